/** Writes what was run into the history, as far as the person wants one. No `vscode` import. */
import { engineOf } from '../../engine/target.ts';
import { History, type HistoryEntry } from '../../query/history.ts';
import { Signal } from '../signal.ts';
import type { FinishedRun } from './runner.ts';

export interface HistoryParts {
  readonly folder: string;
  readonly isEnabled: () => boolean;
  readonly maxEntries: () => number;
  readonly onError: (error: unknown) => void;
}

export class HistoryKeeper {
  readonly #parts: HistoryParts;
  #history: { readonly maxEntries: number; readonly history: History } | undefined;
  #writing: Promise<unknown> = Promise.resolve();
  readonly changed = new Signal();

  constructor(parts: HistoryParts) {
    this.#parts = parts;
  }

  /** Does not wait, and fails with a message at most: a full disk must not stop statements from running. */
  record(run: FinishedRun): void {
    if (!this.#parts.isEnabled() || run.statement.opens === 'plan') return;
    const { statement, target, engine, outcome, startedAt, durationMs, rowCount, changedRows, error, targetName } = run;
    const entry: Omit<HistoryEntry, 'id'> = {
      at: startedAt,
      engine,
      target: targetName,
      ...(target.kind === 'tpch' ? { scale: target.scale } : {}),
      title: statement.title,
      statement: statement.sql,
      rows: changedRows ?? rowCount,
      durationMs,
      outcome,
      ...(error ? { error: error.facts.what } : {}),
    };
    this.#writing = this.#writing
      .then(() => this.#current().add(entry, engineOf(target)))
      .then(
        () => this.changed.fire(),
        (failure: unknown) => this.#parts.onError(failure),
      );
  }

  /** Answers when everything recorded so far is on disk. */
  async written(): Promise<void> {
    await this.#writing;
  }

  search(words: string, limit: number): Promise<readonly HistoryEntry[]> {
    return this.#current().search(words, limit);
  }

  find(id: string): Promise<HistoryEntry | undefined> {
    return this.#current().find(id);
  }

  async clear(): Promise<void> {
    await this.#current().clear();
    this.changed.fire();
  }

  #current(): History {
    const maxEntries = this.#parts.maxEntries();
    if (this.#history?.maxEntries !== maxEntries) {
      this.#history = { maxEntries, history: new History({ folder: this.#parts.folder, maxEntries }) };
    }
    return this.#history.history;
  }
}
