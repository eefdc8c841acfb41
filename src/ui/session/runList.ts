/**
 * The runs of this machine as the Runs view shows them: running ones first, then newest first, a page at a time. Their summaries are
 * read in the background, a few at once. No `vscode` import.
 */
import type { RunSummary } from '../../analysis/view.ts';
import type { Disposable } from '../../base/disposables.ts';
import type { RunRecord } from '../../journal/runs.ts';
import { Signal } from '../signal.ts';

export const pageOfRuns = 100;

/** Each summary that isn't kept yet is a journal to read. */
const readAtOnce = 4;

/** What of `RunStore` the list needs. */
export interface ListedRuns {
  /** Newest first. */
  list(limit?: number): Promise<readonly RunRecord[]>;
  watch(listener: () => void): Disposable;
}

export interface RunListParts {
  readonly store: ListedRuns;
  readonly summary: (record: RunRecord) => Promise<RunSummary>;
  readonly onError: (what: string, error: unknown) => void;
}

export interface RunRow {
  readonly record: RunRecord;
  /** Absent while it runs, until it is read, and when it can't be read: then `problem` says why. */
  readonly summary?: RunSummary;
  readonly problem?: unknown;
}

export interface RunPage {
  readonly rows: readonly RunRow[];
  /** There are more on disk. */
  readonly hasMore: boolean;
}

interface Known {
  readonly state: RunRecord['state'];
  readonly journalBytes: number;
  readonly summary?: RunSummary;
  readonly problem?: unknown;
}

export class RunList implements Disposable {
  readonly #parts: RunListParts;
  readonly #known = new Map<string, Known>();
  readonly #waiting = new Map<string, RunRecord>();
  #reading = 0;
  #shown = pageOfRuns;
  #watching: Disposable | undefined;
  #page: RunPage = { rows: [], hasMore: false };

  /** Runs came, went or changed their state. */
  readonly changed = new Signal();
  /** A summary was read: rows have more to show, and are the same. */
  readonly filled = new Signal();

  constructor(parts: RunListParts) {
    this.#parts = parts;
  }

  /** The page as it was read last. */
  get page(): RunPage {
    return this.#page;
  }

  /** Follows the folder of the runs until disposed; once is enough. */
  follow(): void {
    this.#watching ??= this.#parts.store.watch(() => this.changed.fire());
  }

  showMore(): void {
    this.#shown += pageOfRuns;
    this.changed.fire();
  }

  /** Reads the folder. What is not known of a run yet comes later: `filled` tells. */
  async read(): Promise<RunPage> {
    const records = await this.#parts.store.list(this.#shown + 1);
    const hasMore = records.length > this.#shown;
    const shown = records.slice(0, this.#shown);
    const ids = new Set(shown.map(({ run }) => run));
    for (const run of this.#known.keys()) if (!ids.has(run)) this.#known.delete(run);
    this.#waiting.clear();
    for (const record of shown) if (this.#needsSummary(record)) this.#waiting.set(record.run, record);
    this.#readOn();
    const running = shown.filter(({ state }) => state === 'running');
    const rest = shown.filter(({ state }) => state !== 'running');
    this.#page = { rows: [...running, ...rest].map((record) => this.#row(record)), hasMore };
    return this.#page;
  }

  dispose(): void {
    this.#watching?.dispose();
    this.#watching = undefined;
    this.#waiting.clear();
  }

  #row(record: RunRecord): RunRow {
    const known = this.#known.get(record.run);
    if (!known || known.state !== record.state) return { record };
    const { summary, problem } = known;
    return { record, ...(summary ? { summary } : {}), ...(problem === undefined ? {} : { problem }) };
  }

  #needsSummary({ run, state, journalBytes }: RunRecord): boolean {
    if (state !== 'ended' && state !== 'interrupted') return false;
    const known = this.#known.get(run);
    return known?.state !== state || known.journalBytes !== journalBytes;
  }

  #readOn(): void {
    while (this.#reading < readAtOnce) {
      const [next] = this.#waiting.values();
      if (!next) return;
      this.#waiting.delete(next.run);
      this.#reading++;
      void this.#readOne(next).finally(() => {
        this.#reading--;
        this.#readOn();
      });
    }
  }

  async #readOne(record: RunRecord): Promise<void> {
    const { run, state, journalBytes } = record;
    try {
      this.#known.set(run, { state, journalBytes, summary: await this.#parts.summary(record) });
    } catch (problem) {
      this.#parts.onError(`run ${run} can’t be read`, problem);
      this.#known.set(run, { state, journalBytes, problem });
    }
    this.#page = { ...this.#page, rows: this.#page.rows.map((row) => (row.record.run === run ? this.#row(row.record) : row)) };
    this.filled.fire();
  }
}
