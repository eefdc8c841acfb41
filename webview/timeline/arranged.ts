/** What the person arranged, kept by the workbench while the page is hidden or made anew. */
import type { SavedRuns } from '../../src/ui/panels/histogram/protocol.ts';
import type { Interval } from '../../src/analysis/recovery/view.ts';

export interface Arrangement {
  /** ms of the run; null: what the run suggests. */
  readonly window: Interval | null;
  readonly cursorAt: number | null;
  readonly pinAt: number | null;
  /** By lane: the person folded or opened it. */
  readonly folded: Readonly<Record<string, boolean>>;
  readonly tables: readonly string[];
  readonly scrollTop: number;
}

const fresh: Arrangement = { window: null, cursorAt: null, pinAt: null, folded: {}, tables: [], scrollTop: 0 };
const version = 1;
const saveAfterMs = 200;

export class Arranged {
  readonly #save: (state: unknown) => void;
  #stored: unknown;
  #run = '';
  #now: Arrangement = fresh;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(stored: unknown, save: (state: unknown) => void) {
    this.#stored = stored;
    this.#save = save;
    window.addEventListener('pagehide', () => this.#flush());
    document.addEventListener('visibilitychange', () => this.#flush());
  }

  get now(): Arrangement {
    return this.#now;
  }

  /** By what is kept a reloaded window finds its panels: it is kept at once. */
  open(run: string): void {
    if (run === this.#run) return;
    const kept = read(this.#stored);
    this.#stored = null;
    this.#run = run;
    this.#now = kept?.run === run ? kept.arrangement : fresh;
    this.set({});
  }

  set(change: Partial<Arrangement>): void {
    this.#now = { ...this.#now, ...change };
    this.#timer ??= setTimeout(() => this.#flush(), saveAfterMs);
  }

  #flush(): void {
    if (this.#timer === undefined) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const runs: SavedRuns = { a: this.#run, b: null };
    this.#save({ version, ...runs, arrangement: this.#now });
  }
}

/** Another version of the page, or a broken store, may have written it: what doesn't fit is dropped. */
function read(stored: unknown): { readonly run: string; readonly arrangement: Arrangement } | null {
  if (!isRecord(stored) || stored['version'] !== version || typeof stored['a'] !== 'string' || !isRecord(stored['arrangement']))
    return null;
  const { arrangement } = stored;
  const folded = isRecord(arrangement['folded']) ? Object.entries(arrangement['folded']) : [];
  const tables: readonly unknown[] = Array.isArray(arrangement['tables']) ? arrangement['tables'] : [];
  return {
    run: stored['a'],
    arrangement: {
      window: interval(arrangement['window']),
      ...{ cursorAt: moment(arrangement['cursorAt']), pinAt: moment(arrangement['pinAt']) },
      folded: Object.fromEntries(folded.flatMap(([id, is]) => (typeof is === 'boolean' ? [[id, is]] : []))),
      tables: tables.filter((id) => typeof id === 'string'),
      scrollTop: moment(arrangement['scrollTop']) ?? 0,
    },
  };
}

function interval(value: unknown): Interval | null {
  if (!isRecord(value)) return null;
  const fromAt = moment(value['fromAt']);
  const toAt = moment(value['toAt']);
  return fromAt !== null && toAt !== null && toAt > fromAt ? { fromAt, toAt } : null;
}

function moment(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
