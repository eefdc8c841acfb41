/** Results as they are asked for and shown: shared by the store, the query host and the results panel. Types only. */
import type { Cell, Column } from '../engine/engine.ts';

/** Names one result set in the store of a window. */
export type ResultId = string;

/** A filter on one column. Texts are compared as the column's type where it has one, else as text. */
export type Filter =
  | { readonly column: number; readonly op: 'in'; readonly values: readonly (string | null)[] }
  | { readonly column: number; readonly op: 'contains'; readonly text: string }
  | { readonly column: number; readonly op: 'like'; readonly text: string }
  | { readonly column: number; readonly op: '=' | '<>' | '<' | '<=' | '>' | '>='; readonly text: string }
  | { readonly column: number; readonly op: 'null' | 'notNull' };

export interface SortKey {
  readonly column: number;
  readonly descending: boolean;
}

/** What part of a result is looked at, in which order. */
export interface ResultView {
  readonly sort: readonly SortKey[];
  readonly filters: readonly Filter[];
}

export interface ResultWindow {
  readonly offset: number;
  readonly rows: readonly (readonly Cell[])[];
}

/** A rectangle of the current view: rows `fromRow` up to and without `toRow`, likewise columns. */
export interface CellRange {
  readonly fromRow: number;
  readonly toRow: number;
  readonly fromColumn: number;
  readonly toColumn: number;
}

/** Figures as exact text (sums of floats are the engine's); `sum` only for numbers. */
export interface ColumnSummary {
  readonly column: number;
  readonly count: number;
  readonly nulls: number;
  readonly distinct: number;
  readonly min: string | null;
  readonly max: string | null;
  readonly sum: string | null;
}

export interface DistinctValues {
  /** Most frequent first, at most `limit`. */
  readonly values: readonly { readonly value: string | null; readonly count: number }[];
  readonly distinct: number;
  readonly nulls: number;
}

export type ExportFormat = 'csv' | 'json' | 'ndjson' | 'parquet';

/** Everything about one result but its rows. */
export interface ResultInfo {
  readonly id: ResultId;
  readonly columns: readonly Column[];
  /** Rows that have arrived. */
  readonly rowCount: number;
  /** Rows of the current view (equal to `rowCount` without a filter). */
  readonly viewRowCount: number;
  readonly view: ResultView;
}

/** How a statement ended. `limited`: it was stopped at the row limit, or where the store took no more; what had arrived is kept. */
export type Outcome = 'done' | 'failed' | 'cancelled' | 'limited';
