/** The rows that are drawn: as many elements as fit, used again for other rows as they scroll by. */
import type { Cell, CellRange, Column } from '../../../src/ui/panels/results/protocol.ts';
import { formatCount } from '../../../src/base/units.ts';
import { attr, h } from '../../kit/dom.ts';
import type { Row } from './blocks.ts';
import { paintCell } from './cells.ts';
import type { ColumnBox } from './columns.ts';
import { isNumber } from './text.ts';
import type { Position } from './selection.ts';

export const rowPx = 22;
/** Rows are placed from an origin near by: positions stay small, whatever the row's number. */
const rebaseRows = 5000;

interface CellSlot {
  readonly element: HTMLElement;
  column: number;
  start: number;
  width: number;
  /** undefined: the row has not arrived. */
  value: Cell | undefined;
  look: string;
}

interface RowSlot {
  readonly element: HTMLElement;
  readonly number: HTMLElement;
  readonly cells: CellSlot[];
  row: number;
  top: number;
}

export interface Frame {
  readonly firstRow: number;
  /** Without. */
  readonly endRow: number;
  readonly boxes: readonly ColumnBox[];
  readonly columns: readonly Column[];
  readonly numbersPx: number;
  readonly range: CellRange | null;
  readonly active: Position | null;
  row(index: number): Row | undefined;
}

export const cellId = (row: number, column: number): string => `cell-${row}-${column}`;

export class Rows {
  readonly element = h('div', { class: 'rows', role: 'rowgroup' });
  readonly #slots: RowSlot[] = [];
  #origin = 0;

  /** Where the layer has to stand for the true offset `top`. */
  offset(top: number): number {
    return this.#origin * rowPx - top;
  }

  draw(frame: Frame): void {
    const { firstRow, endRow } = frame;
    if (Math.abs(firstRow - this.#origin) > rebaseRows) this.#origin = firstRow;
    const count = endRow - firstRow;
    while (this.#slots.length < count) this.#slots.push(this.#addSlot());
    const taken = new Set<RowSlot>();
    for (let row = firstRow; row < endRow; row++) {
      const slot = this.#slots[row % this.#slots.length];
      if (slot === undefined) continue;
      taken.add(slot);
      this.#bind(slot, row, frame);
    }
    for (const slot of this.#slots) {
      if (!taken.has(slot) && slot.row >= 0) {
        slot.row = -1;
        slot.element.hidden = true;
      }
    }
    this.#trim(count);
  }

  /** A window made smaller lets go of what it no longer shows. */
  #trim(count: number): void {
    if (this.#slots.length <= count + 40) return;
    for (const slot of this.#slots.splice(count)) slot.element.remove();
    for (const slot of this.#slots) slot.row = -1;
  }

  #addSlot(): RowSlot {
    const number = h('div', { class: 'cell rn', role: 'rowheader', aria: { colindex: 1 } });
    const element = h('div', { class: 'row', role: 'row' }, number);
    this.element.append(element);
    return { element, number, cells: [], row: -1, top: Number.NaN };
  }

  #bind(slot: RowSlot, row: number, frame: Frame): void {
    const top = (row - this.#origin) * rowPx;
    if (slot.top !== top) {
      slot.top = top;
      slot.element.style.transform = `translateY(${top}px)`;
    }
    const moved = slot.row !== row;
    if (moved) {
      if (slot.row < 0) slot.element.hidden = false;
      slot.row = row;
      slot.number.textContent = formatCount(row + 1);
      slot.number.dataset['row'] = String(row);
      slot.element.setAttribute('aria-rowindex', String(row + 2));
    }
    const width = `${frame.numbersPx}px`;
    if (slot.number.style.width !== width) slot.number.style.width = width;
    const content = frame.row(row);
    for (const [i, box] of frame.boxes.entries()) this.#bindCell(this.#cell(slot, i), moved, row, box, content, frame);
    for (const cell of slot.cells.splice(frame.boxes.length)) cell.element.remove();
  }

  #cell(slot: RowSlot, index: number): CellSlot {
    const found = slot.cells[index];
    if (found !== undefined) return found;
    const element = h('div', { class: 'cell', role: 'gridcell' });
    slot.element.append(element);
    const made: CellSlot = { element, column: -1, start: -1, width: -1, value: undefined, look: '' };
    slot.cells.push(made);
    return made;
  }

  #bindCell(cell: CellSlot, moved: boolean, row: number, box: ColumnBox, content: Row | undefined, frame: Frame): void {
    const { element } = cell;
    const column = frame.columns[box.index];
    if (column === undefined) return;
    if (cell.start !== box.start) {
      cell.start = box.start;
      element.style.left = `${box.start}px`;
    }
    if (cell.width !== box.width) {
      cell.width = box.width;
      element.style.width = `${box.width}px`;
    }
    const other = cell.column !== box.index;
    if (other) {
      cell.column = box.index;
      element.setAttribute('aria-colindex', String(box.index + 2));
      element.dataset['column'] = String(box.index);
    }
    if (other || moved) element.id = cellId(row, box.index);
    const value = content === undefined ? undefined : (content[box.index] ?? null);
    if (other || value !== cell.value) {
      cell.value = value;
      if (value === undefined) element.textContent = '';
      else paintCell(element, value, column);
    }
    const look = lookOf(row, box.index, value, column, frame);
    if (look !== cell.look) {
      cell.look = look;
      element.className = look;
      attr(element, 'aria-selected', look.includes(' sel') || look.includes(' active'));
    }
  }
}

function lookOf(row: number, column: number, value: Cell | undefined, definition: Column, { range, active }: Frame): string {
  let look = 'cell';
  if (isNumber(definition)) look += ' r';
  if (value === undefined) look += ' wait';
  else if (value !== null && typeof value === 'object') look += ' nested';
  const inside = range !== null && row >= range.fromRow && row < range.toRow && column >= range.fromColumn && column < range.toColumn;
  const isActive = active !== null && active.row === row && active.column === column;
  if (inside && (range.toRow - range.fromRow > 1 || range.toColumn - range.fromColumn > 1)) {
    look += ' sel';
    if (row === range.fromRow) look += ' st';
    if (row === range.toRow - 1) look += ' sb';
    if (column === range.fromColumn) look += ' sl';
    if (column === range.toColumn - 1) look += ' sr';
  }
  if (isActive) look += ' active';
  return look;
}
