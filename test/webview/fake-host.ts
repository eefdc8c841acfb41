/**
 * A host inside the page: it answers what the page calls over the same channel the extension host uses,
 * from rows made by their number, and keeps count of what it was asked. A test reaches it as `fake`.
 */
import { connect, type Remote } from '../../src/base/rpc.ts';
import type {
  Cell,
  DistinctValues,
  PanelState,
  ResultsHostApi,
  ResultsPageApi,
  ResultView,
  TabState,
} from '../../src/ui/panels/results/protocol.ts';
import { fakeChannel } from './fake-channel.ts';
import { cellOf, nations, rowsOf, summaryOf } from './fake-rows.ts';

export interface Fake {
  readonly calls: { readonly name: string; readonly args: readonly unknown[] }[];
  state: PanelState;
  /** Answers of `window` wait until they are let go. */
  hold: boolean;
  release(): void;
  /** Replaces one tab and shows the result. */
  change(tab: string, change: Partial<TabState>): Promise<void>;
  show(state: PanelState): Promise<void>;
  focusGrid(): Promise<void>;
  /** Cells that are not made from their number: `"row:column"`. */
  cells: Record<string, Cell>;
  /** Rejects calls of this name. */
  failing: Record<string, string>;
}

declare global {
  interface Window {
    fake: Fake;
    /** Set before the page's own script by the test. */
    startWith?: PanelState;
    cellsWith?: Record<string, Cell>;
  }
}

let waiting: (() => void)[] = [];

function tabOf(id: string): TabState | undefined {
  return fake.state.tabs.find((tab) => tab.id === id);
}

function rowAt(view: ResultView, rowCount: number): (index: number) => number {
  const key = view.sort[0];
  const step = view.filters.length > 0 ? 7 : 1;
  return (index) => (key?.descending === true ? rowCount - 1 - index * step : index * step);
}

function answer<T>(name: string, args: readonly unknown[], value: () => T): Promise<T> {
  fake.calls.push({ name, args });
  const failure = fake.failing[name];
  return failure === undefined ? Promise.resolve(value()) : Promise.reject(new Error(failure));
}

const host: ResultsHostApi = {
  ready: () => answer('ready', [], () => fake.state),
  activate: (id) => answer('activate', [id], () => void fake.show({ ...fake.state, active: id })),
  close: (id) =>
    answer('close', [id], () => {
      const tabs = fake.state.tabs.filter((tab) => tab.id !== id);
      void fake.show({ tabs, active: tabs[0]?.id ?? null });
    }),
  pin: (id, pinned) => answer('pin', [id, pinned], () => void fake.change(id, { pinned })),
  window: async (id, offset, limit) => {
    fake.calls.push({ name: 'window', args: [id, offset, limit] });
    if (fake.hold) await new Promise<void>((resolve) => waiting.push(resolve));
    const failure = fake.failing['window'];
    if (failure !== undefined) throw new Error(failure);
    const tab = tabOf(id);
    if (tab === undefined) return { offset, rows: [] };
    const rows = rowsOf(offset, Math.max(0, Math.min(limit, tab.viewRowCount - offset)), rowAt(tab.view, tab.rowCount), tab.columns.length);
    for (const [place, cell] of Object.entries(fake.cells)) {
      const [row = 0, column = 0] = place.split(':').map(Number);
      const target = rows[row - offset];
      if (target !== undefined) target[column] = cell;
    }
    return { offset, rows };
  },
  cell: (id, row, column) => answer('cell', [id, row, column], () => wholeOf(row, column)),
  setView: (id, view) =>
    answer('setView', [id, view], () => {
      const rowCount = tabOf(id)?.rowCount ?? 0;
      void fake.change(id, { view, viewRowCount: view.filters.length > 0 ? Math.floor(rowCount / 7) : rowCount });
    }),
  summary: (id, range) => answer('summary', [id, range], () => summaryOf(range)),
  distinct: (id, column, text) => answer('distinct', [id, column, text], () => distinctOf(column, text)),
  copy: (id, range, headers) =>
    answer('copy', [id, range, headers], () => (range.toRow - range.fromRow) * (range.toColumn - range.fromColumn)),
  export: (id, format) => answer('export', [id, format], () => undefined),
  stop: (id) => answer('stop', [id], () => undefined),
  showTexts: (id) => answer('showTexts', [id], () => undefined),
  runAgain: (id) => answer('runAgain', [id], () => undefined),
  goToError: (id) => answer('goToError', [id], () => undefined),
  replaceError: (id, text) => answer('replaceError', [id, text], () => undefined),
  copyText: (text) => answer('copyText', [text], () => undefined),
  openLog: () => answer('openLog', [], () => undefined),
};

function wholeOf(row: number, column: number): Cell {
  const cell = fake.cells[`${row}:${column}`];
  if (cell === undefined) return cellOf(row, column);
  return typeof cell === 'object' && cell !== null && cell.kind === 'long' ? cell.text.padEnd(cell.length, 'y') : cell;
}

function distinctOf(column: number, text: string): DistinctValues {
  const all: readonly (string | null)[] =
    column === 4
      ? nations
      : Array.from({ length: 40 }, (_, row) => cellOf(row, column)).filter((cell) => cell === null || typeof cell === 'string');
  const values = [...new Set(all)].filter((value) => (value ?? '').toLowerCase().includes(text.toLowerCase()));
  return { values: values.slice(0, 8).map((value, i) => ({ value, count: 1372 - i * 13 })), distinct: new Set(all).size, nulls: 0 };
}

const page: Remote<ResultsPageApi, ResultsHostApi> = connect<ResultsPageApi, ResultsHostApi>(fakeChannel('page-state'), host);

const fake: Fake = {
  calls: [],
  state: window.startWith ?? { tabs: [], active: null },
  hold: false,
  release: () => {
    fake.hold = false;
    for (const go of waiting.splice(0)) go();
  },
  change: async (id, change) =>
    fake.show({ ...fake.state, tabs: fake.state.tabs.map((tab) => (tab.id === id ? { ...tab, ...change } : tab)) }),
  show: async (state) => {
    fake.state = state;
    await page.show(state);
  },
  focusGrid: async () => {
    await page.focusGrid();
  },
  cells: window.cellsWith ?? {},
  failing: {},
};
waiting = [];
window.fake = fake;
