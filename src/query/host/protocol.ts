/**
 * What the extension host asks of the query host, and what it is told. The query host is a process of its own
 * (one a window): it owns the engines' connections and the result store. Everything here is JSON.
 */
import type { WireError } from '../../base/errors.ts';
import type { Catalogue, Cell, Column, EngineFacts, EngineTarget, Plan } from '../../engine/engine.ts';
import type {
  CellRange,
  ColumnSummary,
  DistinctValues,
  ExportFormat,
  Outcome,
  ResultId,
  ResultInfo,
  ResultView,
  ResultWindow,
} from '../results.ts';

/** Given to the query host at its start, as the JSON of its first argument. */
export interface QueryHostSettings {
  /** Folder of this window's results; emptied at the end. */
  readonly storeFolder: string;
  /** 0: a quarter of the machine's memory. */
  readonly memoryLimitBytes: number;
  /** 0: as many as the machine has. */
  readonly threads: number;
  /** A statement is stopped after so many rows and keeps them. */
  readonly maxRows: number;
  /** False in an untrusted workspace: no file outside the target, no extension, no network. */
  readonly externalAccess: boolean;
  /** Folder with the engine's extension files; absent where the package has none. */
  readonly extensionFolder?: string;
}

export interface QueryHostApi {
  /**
   * Opens a target (again: answers from the open one). The password is kept in the process for as long as it lives.
   * Fails: notFound, invalid, unsupported; of a server also unreachable, unauthorised, forbidden.
   */
  open(target: EngineTarget, password?: string): Promise<EngineFacts>;
  /**
   * Runs one statement into a new result; answers when it has ended and the engine has stopped.
   * Never rejects for what the engine says: that is in the answer. `runId` is the caller's.
   */
  run(request: RunRequest): Promise<RunEnd>;
  /** Stops a run, an explain or an export; answers when the engine has stopped. Unknown ids are answered with false. */
  stop(runId: string): Promise<boolean>;
  explain(request: {
    readonly runId: string;
    readonly target: EngineTarget;
    readonly sql: string;
    readonly analyze: boolean;
  }): Promise<Plan>;
  catalogue(target: EngineTarget): Promise<Catalogue>;

  info(result: ResultId): Promise<ResultInfo>;
  /** At most 500 rows. Long values are cut: `cell` gives the whole. */
  window(request: { readonly result: ResultId; readonly offset: number; readonly limit: number }): Promise<ResultWindow>;
  cell(request: { readonly result: ResultId; readonly row: number; readonly column: number }): Promise<Cell>;
  /** Sorts and filters; the answer has the new `viewRowCount`. Waits for a running result to end. */
  setView(request: { readonly result: ResultId; readonly view: ResultView }): Promise<ResultInfo>;
  summary(request: { readonly result: ResultId; readonly range: CellRange }): Promise<readonly ColumnSummary[]>;
  distinct(request: {
    readonly result: ResultId;
    readonly column: number;
    readonly search: string;
    readonly limit: number;
  }): Promise<DistinctValues>;
  /** Tab-separated text of a range, at most 64 MB (else `invalid`, which names the export). */
  copy(request: { readonly result: ResultId; readonly range: CellRange; readonly headers: boolean }): Promise<string>;
  /** Writes the current view to a file: complete under its name or not there. Answers bytes and rows written. */
  exportResult(request: {
    readonly runId: string;
    readonly result: ResultId;
    readonly format: ExportFormat;
    readonly path: string;
  }): Promise<{ readonly rows: number; readonly sizeBytes: number }>;
  /** Runs a statement straight into a file, past the store. */
  exportStatement(request: {
    readonly runId: string;
    readonly target: EngineTarget;
    readonly sql: string;
    readonly format: ExportFormat;
    readonly path: string;
  }): Promise<{ readonly rows: number; readonly sizeBytes: number }>;
  /**
   * Runs a statement on two targets and keeps their differences as a result. What an engine says is in the answer, as of `run`.
   */
  compare(request: CompareRequest): Promise<CompareEnd>;
  /** Forgets a result and frees its disk space. */
  release(result: ResultId): Promise<void>;
}

export interface RunRequest {
  readonly runId: string;
  readonly target: EngineTarget;
  readonly sql: string;
}

export interface CompareRequest {
  readonly runId: string;
  readonly a: { readonly target: EngineTarget; readonly sql: string };
  readonly b: { readonly target: EngineTarget; readonly sql: string };
}

export interface CompareEnd extends RunEnd {
  /** There when both answered. */
  readonly comparison?: {
    readonly rowsA: number;
    readonly rowsB: number;
    readonly equalRows: number;
    readonly differences: number;
    readonly shape?: string;
  };
}

export interface RunEnd {
  readonly outcome: Outcome;
  /** Absent when the statement failed before it had columns, or has none. */
  readonly result?: ResultInfo;
  readonly changedRows?: number;
  /** From the request's arrival to the engine's end. */
  readonly durationMs: number;
  /** Cancelled only: how long the engine took to stop. */
  readonly stopMs?: number;
  readonly error?: WireError;
}

/** What the query host tells while it works. */
export interface QueryHostEvents {
  runProgress(event: RunProgress): void;
}

export interface RunProgress {
  readonly runId: string;
  readonly elapsedMs: number;
  readonly fraction?: number;
  /** Set with the first chunk; then the result can be asked for windows while it still grows. */
  readonly result?: { readonly id: ResultId; readonly columns: readonly Column[]; readonly rowCount: number };
}
