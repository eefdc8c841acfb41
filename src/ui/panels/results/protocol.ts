/**
 * What the results page asks of the extension host, and what it is told. Imported by both sides.
 * The host owns the data; the page owns only what the person arranged (column widths, scroll, selection).
 * Every call from the page is validated on arrival with the schemas below.
 */
import * as v from 'valibot';
import type { Cell, Column, Plan } from '../../../engine/engine.ts';
import type { CellRange, ColumnSummary, DistinctValues, ExportFormat, Outcome, ResultView, ResultWindow } from '../../../query/results.ts';
import type { ErrorFacts, ErrorReason } from '../../../base/errors.ts';

export type { Cell, CellRange, Column, ColumnSummary, DistinctValues, ExportFormat, Outcome, Plan, ResultView, ResultWindow };
export type { NestedCell, PlanNode } from '../../../engine/engine.ts';
export type { Filter, SortKey } from '../../../query/results.ts';

/** Names one tab of the panel: one statement that was run. */
export type TabId = string;

export interface TabState {
  readonly id: TabId;
  /** "q10 returned items", else the statement's first words. */
  readonly title: string;
  readonly pinned: boolean;
  /** "DuckDB 1.5.5" and "TPC-H 0.01" */
  readonly engine: string;
  readonly target: string;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly statement: string;
  /** `gone`: the window was reloaded or its query host ended, the rows are no longer there, the statement can be run again. */
  readonly status: 'running' | 'gone' | Outcome;
  readonly durationMs: number;
  /** 0 to 1, while running and where the engine can say. */
  readonly fraction?: number;
  readonly columns: readonly Column[];
  readonly rowCount: number;
  readonly viewRowCount: number;
  readonly view: ResultView;
  readonly changedRows?: number;
  /** Of the differences of two answers: what is said where there are none. */
  readonly comparison?: string;
  /** Of such: which engine was asked another text than the one in the editor; *Show Both Texts* shows them. */
  readonly otherWords?: string;
  /** Cancelled: how long the engine took to stop. */
  readonly stopMs?: number;
  readonly error?: TabError;
  readonly plan?: Plan;
  /** Which view the tab opens with. */
  readonly opens: 'rows' | 'plan';
  /** Lines of the Messages view, oldest first. */
  readonly messages: readonly { readonly at: number; readonly text: string }[];
}

export interface TabError {
  readonly reason: ErrorReason;
  readonly facts: ErrorFacts;
  /** Line of the statement's first character in its document (0-based), so that the page can number lines as the editor does. */
  readonly firstLine: number;
}

export interface PanelState {
  readonly tabs: readonly TabState[];
  readonly active: TabId | null;
}

export interface ResultsPageApi {
  /** A full snapshot, at most 10 a second; never a delta, since a hidden page keeps only the newest. */
  show(state: PanelState): void;
  /** Moves keyboard focus into the grid. */
  focusGrid(): void;
}

const tab = v.pipe(v.string(), v.maxLength(64));
const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const text = v.pipe(v.string(), v.maxLength(10_000));
const range = v.pipe(
  v.object({ fromRow: count, toRow: count, fromColumn: count, toColumn: count }),
  v.check(({ fromRow, toRow, fromColumn, toColumn }) => fromRow <= toRow && fromColumn <= toColumn, 'a range ends behind its start'),
);
const filter = v.variant('op', [
  v.object({ column: count, op: v.literal('in'), values: v.pipe(v.array(v.nullable(text)), v.maxLength(10_000)) }),
  v.object({ column: count, op: v.picklist(['contains', 'like', '=', '<>', '<', '<=', '>', '>=']), text }),
  v.object({ column: count, op: v.picklist(['null', 'notNull']) }),
]);
const view = v.object({
  sort: v.pipe(v.array(v.object({ column: count, descending: v.boolean() })), v.maxLength(100)),
  filters: v.pipe(v.array(filter), v.maxLength(1000)),
});
const format = v.picklist(['csv', 'json', 'ndjson', 'parquet']);

/** One schema a call: the arguments as a tuple. */
export const pageCalls = {
  ready: v.tuple([]),
  activate: v.tuple([tab]),
  close: v.tuple([tab]),
  pin: v.tuple([tab, v.boolean()]),
  window: v.tuple([tab, count, v.pipe(count, v.maxValue(500))]),
  cell: v.tuple([tab, count, count]),
  setView: v.tuple([tab, view]),
  summary: v.tuple([tab, range]),
  distinct: v.tuple([tab, count, text]),
  copy: v.tuple([tab, range, v.boolean()]),
  export: v.tuple([tab, format]),
  stop: v.tuple([tab]),
  runAgain: v.tuple([tab]),
  showTexts: v.tuple([tab]),
  goToError: v.tuple([tab]),
  replaceError: v.tuple([tab, text]),
  copyText: v.tuple([v.pipe(v.string(), v.maxLength(2_000_000))]),
  openLog: v.tuple([]),
} as const;

export type PageCall = keyof typeof pageCalls;
export type PageArguments<C extends PageCall> = v.InferOutput<(typeof pageCalls)[C]>;

/** What each call answers. */
export interface PageAnswers {
  /** The page is listening (again): the host answers with the snapshot. */
  ready: PanelState;
  activate: void;
  close: void;
  pin: void;
  window: ResultWindow;
  /** A value whole, where the window's was cut. */
  cell: Cell;
  setView: void;
  summary: readonly ColumnSummary[];
  distinct: DistinctValues;
  /** Puts the range on the clipboard; answers how many cells. */
  copy: number;
  /** Asks where, then writes the current view. */
  export: void;
  stop: void;
  runAgain: void;
  /** Opens what either engine was asked, side by side. */
  showTexts: void;
  goToError: void;
  /** Replaces the text at the error's position with a candidate, in the document. */
  replaceError: void;
  copyText: void;
  openLog: void;
}

export type ResultsHostApi = { [C in PageCall]: (...args: PageArguments<C>) => Promise<PageAnswers[C]> };
