/** What the person arranged, per tab, kept by the workbench while the page is hidden or made anew. */
import type { TabId } from '../../src/ui/panels/results/protocol.ts';
import { fresh, type Arrangement } from './grid/arrangement.ts';
import type { Position, Selection } from './grid/selection.ts';

export type Segment = 'rows' | 'plan' | 'messages';

export interface TabArrangement {
  readonly grid: Arrangement;
  /** null: as the tab opens. */
  readonly segment: Segment | null;
  readonly planAsText: boolean;
}

const nothing: TabArrangement = { grid: fresh, segment: null, planAsText: false };
const version = 1;
const saveAfterMs = 200;

export class Arranged {
  readonly #tabs: Map<TabId, TabArrangement>;
  readonly #save: (state: unknown) => void;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(stored: unknown, save: (state: unknown) => void) {
    this.#tabs = read(stored);
    this.#save = save;
    // A page that goes away must not lose the last fifth of a second.
    window.addEventListener('pagehide', () => this.#flush());
    document.addEventListener('visibilitychange', () => this.#flush());
  }

  of(tab: TabId): TabArrangement {
    return this.#tabs.get(tab) ?? nothing;
  }

  set(tab: TabId, change: Partial<TabArrangement>): void {
    this.#tabs.set(tab, { ...this.of(tab), ...change });
    this.#timer ??= setTimeout(() => this.#flush(), saveAfterMs);
  }

  /** Forgets tabs that are gone. */
  keepOnly(tabs: readonly TabId[]): void {
    for (const tab of this.#tabs.keys()) if (!tabs.includes(tab)) this.#tabs.delete(tab);
  }

  #flush(): void {
    if (this.#timer === undefined) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#save({ version, tabs: Object.fromEntries(this.#tabs) });
  }
}

/** Another version of the page, or a broken store, may have written it: what doesn't fit is dropped. */
function read(stored: unknown): Map<TabId, TabArrangement> {
  const found = new Map<TabId, TabArrangement>();
  if (!isRecord(stored) || stored['version'] !== version || !isRecord(stored['tabs'])) return found;
  for (const [tab, value] of Object.entries(stored['tabs'])) {
    if (!isRecord(value) || !isRecord(value['grid'])) continue;
    const { grid } = value;
    const segment = value['segment'];
    found.set(tab, {
      grid: {
        widths: widths(grid['widths']),
        topRow: amount(grid['topRow']),
        leftPx: amount(grid['leftPx']),
        selection: selection(grid['selection']),
      },
      segment: segment === 'rows' || segment === 'plan' || segment === 'messages' ? segment : null,
      planAsText: value['planAsText'] === true,
    });
  }
  return found;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function amount(value: unknown): number {
  return typeof value === 'number' && Number.isFinite(value) && value > 0 ? value : 0;
}

function widths(value: unknown): Record<string, number> {
  if (!isRecord(value)) return {};
  return Object.fromEntries(Object.entries(value).flatMap(([column, width]) => (amount(width) > 0 ? [[column, amount(width)]] : [])));
}

function selection(value: unknown): Selection | null {
  if (!isRecord(value)) return null;
  const anchor = position(value['anchor']);
  const head = position(value['head']);
  return anchor === null || head === null ? null : { anchor, head };
}

function position(value: unknown): Position | null {
  if (!isRecord(value) || !Number.isInteger(value['row']) || !Number.isInteger(value['column'])) return null;
  return { row: value['row'] as number, column: value['column'] as number };
}
