/** One rectangle of cells: the anchor is the active cell, the head is where Shift or the mouse has moved to. */
import type { CellRange } from '../../../src/ui/panels/results/protocol.ts';

export interface Position {
  /** -1 is the header. */
  readonly row: number;
  readonly column: number;
}

export interface Selection {
  readonly anchor: Position;
  readonly head: Position;
}

export interface Extent {
  readonly rows: number;
  readonly columns: number;
}

export const single = (at: Position): Selection => ({ anchor: at, head: at });

export function clampPosition(at: Position, extent: Extent): Position {
  return {
    row: Math.max(-1, Math.min(at.row, extent.rows - 1)),
    column: Math.max(0, Math.min(at.column, extent.columns - 1)),
  };
}

export function clampSelection(selection: Selection, extent: Extent): Selection {
  return { anchor: clampPosition(selection.anchor, extent), head: clampPosition(selection.head, extent) };
}

/** The cells that are selected; null while the header is active. */
export function rangeOf(selection: Selection | null): CellRange | null {
  if (selection === null || selection.anchor.row < 0) return null;
  const { anchor, head } = selection;
  return {
    fromRow: Math.max(0, Math.min(anchor.row, head.row)),
    toRow: Math.max(anchor.row, head.row) + 1,
    fromColumn: Math.min(anchor.column, head.column),
    toColumn: Math.max(anchor.column, head.column) + 1,
  };
}

export function countCells(range: CellRange): number {
  return (range.toRow - range.fromRow) * (range.toColumn - range.fromColumn);
}

/** Whole columns between two, with `from` as the anchor. */
export function columnsSelection(from: number, to: number, extent: Extent): Selection {
  return { anchor: { row: 0, column: from }, head: { row: extent.rows - 1, column: to } };
}

export function rowsSelection(from: number, to: number, extent: Extent): Selection {
  return { anchor: { row: from, column: 0 }, head: { row: to, column: extent.columns - 1 } };
}

export type Move = 'up' | 'down' | 'left' | 'right' | 'pageUp' | 'pageDown' | 'rowStart' | 'rowEnd' | 'top' | 'bottom' | 'start' | 'end';

/** The next active cell, or the next head while Shift is held. Only without Shift can the header be reached. */
export function move(at: Position, to: Move, page: number, extent: Extent, extending: boolean): Position {
  const highest = extending ? 0 : -1;
  const last = extent.rows - 1;
  const row = (value: number): number => Math.max(highest, Math.min(value, last));
  switch (to) {
    case 'up':
      return { ...at, row: row(at.row - 1) };
    case 'down':
      return { ...at, row: row(at.row + 1) };
    case 'pageUp':
      return { ...at, row: Math.max(0, row(at.row - page)) };
    case 'pageDown':
      return { ...at, row: row(at.row + page) };
    case 'left':
      return { ...at, column: Math.max(0, at.column - 1) };
    case 'right':
      return { ...at, column: Math.min(extent.columns - 1, at.column + 1) };
    case 'rowStart':
      return { ...at, column: 0 };
    case 'rowEnd':
      return { ...at, column: extent.columns - 1 };
    case 'top':
      return { ...at, row: row(0) };
    case 'bottom':
      return { ...at, row: last };
    case 'start':
      return { row: row(0), column: 0 };
    case 'end':
      return { row: last, column: extent.columns - 1 };
  }
}
