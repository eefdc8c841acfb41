/**
 * What every SQL engine can do for us. One folder an engine beside this file.
 * Values are exact: see `Cell`. Browser-safe (types only).
 */
import type { StatementPosition } from '../base/errors.ts';
import type { ServerEngine, ServerPath, ServerTarget } from '../base/target.ts';

export type EngineId = 'duckdb' | ServerEngine;

/** What statements run on: chosen in the status bar, named on the command line. */
export type EngineTarget = EmbeddedTarget | ServerTarget;

/** `tpch` names a data set made by us at a scale factor; `file` is a person's own file. */
export type EmbeddedTarget =
  { readonly kind: 'tpch'; readonly scale: number; readonly path: string } | { readonly kind: 'file'; readonly path: string };

/** How a column's values are compared, aligned and summed. */
export type ColumnKind =
  'integer' | 'decimal' | 'float' | 'text' | 'boolean' | 'date' | 'time' | 'timestamp' | 'interval' | 'binary' | 'nested' | 'other';

export interface Column {
  readonly name: string;
  /** The engine's own name of the type: `DECIMAL(15,2)`. */
  readonly type: string;
  readonly kind: ColumnKind;
  /** Types inside a nested one: the element of a list, key and value of a map, fields of a struct, members of a union. */
  readonly children?: readonly Column[];
}

/**
 * One value, exact: NULL is null; a scalar is the engine's own exact text (`9223372036854775807`, `1234.50`,
 * `2026-03-01 14:31:07.123456+00`); a nested value keeps its structure; a long text is cut and says how long it is.
 */
export type Cell = null | string | NestedCell;

export type NestedCell =
  /** `length` may exceed `values.length`: the rest was cut. */
  | { readonly kind: 'list'; readonly length: number; readonly values: readonly Cell[] }
  | { readonly kind: 'struct'; readonly entries: readonly (readonly [string, Cell])[] }
  | { readonly kind: 'map'; readonly length: number; readonly entries: readonly (readonly [Cell, Cell])[] }
  /** `length` in characters of the whole text, which is longer than `text`. */
  | { readonly kind: 'long'; readonly length: number; readonly text: string };

/** A batch of rows as the engine delivered it. `rows()` converts; a store may have a faster way for a batch it knows. */
export interface RowBatch {
  readonly rowCount: number;
  /** Row-major, whole values (nothing is cut). */
  rows(): readonly (readonly Cell[])[];
}

export type QueryEvent =
  /** `queryId` is the server's, there before the first row where the engine has one. */
  | { readonly kind: 'started'; readonly queryId?: string }
  /** `fraction` is 0 to 1 where the engine can say. */
  | { readonly kind: 'progress'; readonly fraction?: number; readonly rowsRead?: number; readonly bytesRead?: number }
  | { readonly kind: 'columns'; readonly columns: readonly Column[] }
  | { readonly kind: 'rows'; readonly batch: RowBatch }
  /** `changedRows` for statements that change rows and return none. */
  | { readonly kind: 'finished'; readonly changedRows?: number };

export interface EngineFacts {
  readonly engine: EngineId;
  /** "DuckDB 1.5.5" */
  readonly title: string;
  /** "TPC-H 0.01", "sales.parquet" */
  readonly target: string;
  readonly version: string;
  /** Of the embedded engine. */
  readonly threads?: number;
  readonly memoryLimitBytes?: number;
  /** Of a server. */
  readonly path?: ServerPath;
}

export interface CatalogueTable {
  /** As it has to be written in a statement, without quotes where it needs none. */
  readonly name: string;
  readonly schema: string;
  readonly rowsEstimate?: number;
  readonly columns: readonly { readonly name: string; readonly type: string }[];
}

export interface Catalogue {
  readonly tables: readonly CatalogueTable[];
  readonly functions: readonly { readonly name: string; readonly signature: string; readonly description?: string }[];
}

/** One operator of a plan. Times and rows are absent in a plan that was not run. */
export interface PlanNode {
  /** "Hash Join" */
  readonly operator: string;
  /** "l_orderkey = o_orderkey" */
  readonly detail: string;
  /** Own time, children left out, summed over threads. */
  readonly ownTimeMs?: number;
  readonly rowsExpected?: number;
  readonly rowsReal?: number;
  readonly sizeBytes?: number;
  readonly children: readonly PlanNode[];
}

export interface Plan {
  readonly analyzed: boolean;
  readonly root: PlanNode;
  /** Wall time of the whole statement, only if it was run. */
  readonly totalMs?: number;
  /** The engine's own text form. */
  readonly text: string;
}

export interface QueryOptions {
  /** Interval of `progress` events; none without. */
  readonly progressEveryMs?: number;
}

/**
 * An open connection to one target.
 *
 * `query` fails with a FaultlineError: `engine` (with position, candidates, code), `cancelled`, `crashed`, `storage`.
 * After its signal is aborted it ends only when the engine has stopped.
 */
export interface Engine {
  readonly facts: EngineFacts;
  query(sql: string, options: QueryOptions, signal: AbortSignal): AsyncIterable<QueryEvent>;
  /** With `analyze` the statement is run and times are real. */
  explain(sql: string, options: { readonly analyze: boolean }, signal: AbortSignal): Promise<Plan>;
  catalogue(signal: AbortSignal): Promise<Catalogue>;
  close(): Promise<void>;
}

export type { StatementPosition };
