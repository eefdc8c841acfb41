/**
 * The tabs of the results panel: one for each statement that was run. Owned by the extension host; the page gets snapshots.
 * No `vscode` import.
 */
import type { EngineTarget } from '../../../engine/engine.ts';
import { targetKey } from '../../../engine/target.ts';
import type { ResultId } from '../../../query/results.ts';
import type { Against, StatementSource } from '../../session/statement.ts';
import { Signal } from '../../signal.ts';
import type { PanelState, TabId, TabState } from './protocol.ts';

export interface Tab {
  readonly state: TabState;
  readonly target: EngineTarget;
  /** Names the run in the query host; a tab that is run again gets a new one. */
  readonly runId: string;
  /** The rows in the query host's store. */
  readonly result?: ResultId;
  readonly source?: StatementSource;
  /** Its rows are the differences of two targets' answers. */
  readonly against?: Against;
}

/** More unpinned tabs than this are released, oldest first: their rows are on disk until then. */
export const maxUnpinnedTabs = 10;

export class ResultTabs {
  readonly #tabs = new Map<TabId, Tab>();
  readonly #release: (result: ResultId) => void;
  #active: TabId | null = null;

  readonly changed = new Signal();

  /** `release` frees the rows of a tab that goes. */
  constructor(release: (result: ResultId) => void) {
    this.#release = release;
  }

  get(id: TabId): Tab | undefined {
    return this.#tabs.get(id);
  }

  all(): readonly Tab[] {
    return [...this.#tabs.values()];
  }

  get active(): TabId | null {
    return this.#active;
  }

  snapshot(): PanelState {
    return { tabs: this.all().map((tab) => tab.state), active: this.#active };
  }

  /** Adds a tab at the end and shows it; older ones beyond the limit go. */
  open(tab: Tab): void {
    this.#tabs.set(tab.state.id, tab);
    this.#active = tab.state.id;
    const ended = this.all().filter(({ state }) => !state.pinned && state.status !== 'running' && state.id !== this.#active);
    const unpinned = this.all().filter(({ state }) => !state.pinned).length;
    for (const old of ended.slice(0, Math.max(0, unpinned - maxUnpinnedTabs))) this.#remove(old.state.id);
    this.changed.fire();
  }

  /** Puts tabs back that an earlier window had, before those that are here already, which stay as they are. */
  restore(tabs: readonly Tab[], active: TabId | null): void {
    const here = [...this.#tabs];
    this.#tabs.clear();
    for (const tab of tabs) this.#tabs.set(tab.state.id, tab);
    for (const [id, tab] of here) this.#tabs.set(id, tab);
    if (this.#active === null) this.#active = active !== null && this.#tabs.has(active) ? active : (this.all().at(-1)?.state.id ?? null);
    this.changed.fire();
  }

  /** Replaces a tab in its place, with new rows; the old rows are released. */
  replace(id: TabId, tab: Tab): void {
    const old = this.#tabs.get(id);
    if (old?.result !== undefined && old.result !== tab.result) this.#release(old.result);
    this.#tabs.set(id, tab);
    this.#active = id;
    this.changed.fire();
  }

  /** Does nothing when the tab is gone, or runs something else by now. */
  update(runId: string, change: Partial<TabState>, result?: ResultId): void {
    const tab = this.all().find((candidate) => candidate.runId === runId);
    if (!tab) {
      if (result !== undefined && change.status !== undefined) this.#release(result);
      return;
    }
    this.#tabs.set(tab.state.id, { ...tab, ...(result === undefined ? {} : { result }), state: { ...tab.state, ...change } });
    this.changed.fire();
  }

  activate(id: TabId): void {
    if (!this.#tabs.has(id) || this.#active === id) return;
    this.#active = id;
    this.changed.fire();
  }

  pin(id: TabId, pinned: boolean): void {
    const tab = this.#tabs.get(id);
    if (!tab || tab.state.pinned === pinned) return;
    this.#tabs.set(id, { ...tab, state: { ...tab.state, pinned } });
    this.changed.fire();
  }

  close(id: TabId): void {
    if (!this.#tabs.has(id)) return;
    this.#remove(id);
    this.changed.fire();
  }

  /**
   * Closes what a newer run of the same statement made superfluous: unpinned, ended, the same text on the same target.
   * Only a run that brought its rows may take the place of older rows.
   */
  closeSuperseded(by: TabId, brought: boolean): void {
    const newer = this.#tabs.get(by);
    if (!newer) return;
    const old = this.all().filter(
      ({ state, result }) => state.id !== by && !state.pinned && state.status !== 'running' && (brought || result === undefined),
    );
    for (const tab of old) if (isSameRun(tab, newer)) this.#remove(tab.state.id);
    this.changed.fire();
  }

  /** The query host is gone and all rows with it: tabs that had some say so. Runs end by themselves. */
  loseRows(): void {
    for (const [id, tab] of this.#tabs) {
      const { result, ...rest } = tab;
      if (tab.state.status === 'running' || result === undefined) continue;
      this.#tabs.set(id, { ...rest, state: { ...tab.state, ...withoutRows } });
    }
    this.changed.fire();
  }

  #remove(id: TabId): void {
    const ids = [...this.#tabs.keys()];
    const tab = this.#tabs.get(id);
    this.#tabs.delete(id);
    if (tab?.result !== undefined) this.#release(tab.result);
    if (this.#active !== id) return;
    const at = ids.indexOf(id);
    this.#active = ids[at + 1] ?? ids[at - 1] ?? null;
  }
}

/** What a tab shows whose rows are no longer there. */
export const withoutRows = {
  status: 'gone',
  rowCount: 0,
  viewRowCount: 0,
  columns: [],
  view: { sort: [], filters: [] },
} as const satisfies Partial<TabState>;

function isSameRun(a: Tab, b: Tab): boolean {
  return (
    a.state.statement === b.state.statement &&
    a.state.opens === b.state.opens &&
    a.source?.uri === b.source?.uri &&
    targetKey(a.target) === targetKey(b.target) &&
    (a.against && targetKey(a.against.target)) === (b.against && targetKey(b.against.target))
  );
}
