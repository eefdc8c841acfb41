/** What the person arranged, kept by the workbench while the page is hidden or made anew. */
import type { SavedRuns } from '../../src/ui/panels/journal.ts';

export interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

export const columns = ['name', 'count', 'errors', 'answer', 'p50', 'p95', 'p99', 'max'] as const;
export type Column = (typeof columns)[number];

export interface Sort {
  readonly column: Column;
  readonly descending: boolean;
}

export interface Arrangement {
  readonly view: 'chart' | 'table';
  /** null: as the figures that are there suggest. */
  readonly sort: Sort | null;
  /** Index of the picked statement. */
  readonly picked: number | null;
  readonly arm: number | null;
  readonly brush: Span | null;
  readonly scrollTop: number;
}

const fresh: Arrangement = {
  view: 'chart',
  sort: null,
  picked: null,
  arm: null,
  brush: null,
  scrollTop: 0,
};
const version = 1;
const saveAfterMs = 200;

export class Arranged {
  readonly #save: (state: unknown) => void;
  #stored: unknown;
  #run = '';
  #other: string | null = null;
  #now: Arrangement = fresh;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(stored: unknown, save: (state: unknown) => void) {
    this.#stored = stored;
    this.#save = save;
    // A page that goes away must not lose the last fifth of a second.
    window.addEventListener('pagehide', () => this.#flush());
    document.addEventListener('visibilitychange', () => this.#flush());
  }

  get now(): Arrangement {
    return this.#now;
  }

  /**
   * What was arranged for another run says nothing about this one, but for how one likes to look. `other`: what it is compared with. Both
   * are kept at once: a reloaded window finds its panels by them.
   */
  open(run: string, other: string | null): void {
    if (run !== this.#run || other !== this.#other) this.set({});
    this.#other = other;
    if (run === this.#run) return;
    const kept = read(this.#stored);
    this.#stored = null;
    this.#run = run;
    this.#now = kept?.run === run ? kept.arrangement : { ...fresh, view: kept?.arrangement.view ?? this.#now.view };
  }

  set(change: Partial<Arrangement>): void {
    this.#now = { ...this.#now, ...change };
    this.#timer ??= setTimeout(() => this.#flush(), saveAfterMs);
  }

  #flush(): void {
    if (this.#timer === undefined) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const runs: SavedRuns = { a: this.#run, b: this.#other };
    this.#save({ version, ...runs, arrangement: this.#now });
  }
}

/** Another version of the page, or a broken store, may have written it: what doesn't fit is dropped. */
function read(stored: unknown): { readonly run: string; readonly arrangement: Arrangement } | null {
  if (!isRecord(stored) || stored['version'] !== version || typeof stored['a'] !== 'string' || !isRecord(stored['arrangement']))
    return null;
  const { arrangement } = stored;
  const sort = isRecord(arrangement['sort']) ? arrangement['sort'] : {};
  const column = columns.find((name) => name === sort['column']);
  return {
    run: stored['a'],
    arrangement: {
      view: arrangement['view'] === 'table' ? 'table' : 'chart',
      sort: column === undefined ? null : { column, descending: sort['descending'] === true },
      picked: index(arrangement['picked']),
      arm: index(arrangement['arm']),
      brush: brush(arrangement['brush']),
      scrollTop: amount(arrangement['scrollTop']) ?? 0,
    },
  };
}

function brush(value: unknown): Span | null {
  if (!isRecord(value)) return null;
  const fromMs = amount(value['fromMs']);
  const toMs = amount(value['toMs']);
  return fromMs !== null && toMs !== null && toMs > fromMs ? { fromMs, toMs } : null;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function amount(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : null;
}

function index(value: unknown): number | null {
  return Number.isSafeInteger(value) && (value as number) >= 0 ? (value as number) : null;
}
