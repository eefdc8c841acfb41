/** Follows one journal while a runner writes it: how long it is, and whether it still grows. No `vscode` import. */
import { watch, type FSWatcher } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Disposable } from '../../../base/disposables.ts';
import { runFiles, type RunRecord } from '../../../journal/runs.ts';
import type { JournalFacts, JournalState } from '../journal.ts';

/** Twice a second is live to the eye; each look costs host, workbench and page some milliseconds of the machine that is being measured. */
const lookEveryMs = 500;
/** A runner that was killed tells nobody: its lease is looked at. */
const stateEveryMs = 1_000;

export interface TailParts {
  readonly record: RunRecord;
  /** The run as it is now. */
  readonly look: (run: string) => Promise<RunRecord>;
  /** At most two a second; not called once it was disposed. */
  readonly onChange: () => void;
  readonly onError: (error: unknown) => void;
}

export class JournalTail implements Disposable {
  readonly #parts: TailParts;
  #facts: JournalFacts;
  #watcher: FSWatcher | undefined;
  #timer: NodeJS.Timeout | undefined;
  #stateSeenMs = 0;
  #disposed = false;
  #touched = false;

  constructor(parts: TailParts) {
    this.#parts = parts;
    const { run, state, journalBytes } = parts.record;
    this.#facts = { run, state: journalState(state), sizeBytes: journalBytes };
    if (this.#facts.state === 'live') this.#begin();
  }

  get facts(): JournalFacts {
    return this.#facts;
  }

  /** Watchers and timers are there. */
  get isFollowing(): boolean {
    return this.#timer !== undefined;
  }

  /** Looks at once: the run's end must not wait for its turn. */
  async lookNow(): Promise<void> {
    if (this.#facts.state !== 'live') return;
    this.#stateSeenMs = 0;
    await this.#look();
  }

  dispose(): void {
    this.#disposed = true;
    this.#end();
  }

  #begin(): void {
    try {
      this.#watcher = watch(this.#parts.record.folder, () => (this.#touched = true));
      // A folder that is deleted, a file system that has no events: the clock alone looks then.
      this.#watcher.on('error', () => this.#watcher?.close());
    } catch {
      this.#touched = true;
    }
    this.#next();
  }

  #next(): void {
    this.#timer = setTimeout(() => {
      this.#look()
        .catch((error: unknown) => this.#parts.onError(error))
        .finally(() => {
          if (this.#timer !== undefined) this.#next();
        });
    }, lookEveryMs);
    this.#timer.unref();
  }

  async #look(): Promise<void> {
    const { record, look, onChange } = this.#parts;
    const { run, sizeBytes: before, state: stateBefore } = this.#facts;
    const now = performance.now();
    const due = this.#touched || now - this.#stateSeenMs >= stateEveryMs;
    let state: JournalState = stateBefore;
    const size = await sizeOf(join(record.folder, runFiles.journal));
    // An end comes with the last line, or with silence: a journal that grows is alive.
    if (due && size <= before) {
      this.#touched = false;
      this.#stateSeenMs = now;
      state = journalState((await look(run)).state);
    }
    const sizeBytes = state === stateBefore ? size : await sizeOf(join(record.folder, runFiles.journal));
    if (this.#disposed || (sizeBytes === before && state === stateBefore)) return;
    this.#facts = { run, state, sizeBytes };
    if (state !== 'live') this.#end();
    onChange();
  }

  #end(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#watcher?.close();
    this.#watcher = undefined;
  }
}

function journalState(state: RunRecord['state']): JournalState {
  if (state === 'running') return 'live';
  return state === 'interrupted' ? 'interrupted' : 'ended';
}

/** 0 for a journal that was deleted: there is nothing more to read. */
async function sizeOf(path: string): Promise<number> {
  return stat(path).then(
    ({ size }) => size,
    () => 0,
  );
}
