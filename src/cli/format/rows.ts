/** A result set as text, a batch of rows at a time. */
import type { Cell, Column } from '../../engine/engine.ts';

export interface RowsFormat {
  begin(columns: readonly Column[]): string;
  rows(rows: readonly (readonly Cell[])[]): string;
  end(): string;
}
