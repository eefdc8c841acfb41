/** The page: one snapshot of the host in, one picture out. What the person arranges stays here. */
import type {
  CellRange,
  Filter,
  PageArguments,
  PanelState,
  ResultsHostApi,
  ResultView,
  SortKey,
  TabId,
  TabState,
} from '../../src/ui/panels/results/protocol.ts';
import { t } from '../../src/base/messages.ts';
import { formatCount, formatDuration } from '../../src/base/units.ts';
import { Announcer } from '../kit/announcer.ts';
import { fill } from '../kit/dom.ts';
import { Arranged, type Segment } from './arranged.ts';
import { Banner } from './banner.ts';
import { Body } from './body.ts';
import { openExportMenu } from './export.ts';
import { openFilter } from './filter.ts';
import { Grid } from './grid/grid.ts';
import { openInspector } from './inspector.ts';
import { StatusLine } from './status.ts';
import { Summary } from './summary.ts';
import { Tabs, tabElementId } from './tabs.ts';
import { rowsInWords, stateMark } from './words.ts';

export interface PageStorage {
  load(): unknown;
  save(state: unknown): void;
}

export class App {
  readonly #host: ResultsHostApi;
  readonly #arranged: Arranged;
  readonly #announcer = new Announcer();
  readonly #tabs: Tabs;
  readonly #status: StatusLine;
  readonly #banner: Banner;
  readonly #body: Body;
  readonly #grid: Grid;
  readonly #summary: Summary;
  #state: PanelState = { tabs: [], active: null };
  #selected: { readonly tab: TabId; readonly range: CellRange | null } | null = null;
  /** An order or filter that was asked for and is not there yet. */
  #asked: { readonly tab: TabId; readonly view: ResultView } | null = null;
  #trouble: { readonly tab: TabId; readonly words: string } | null = null;
  #said = '';
  #popover: { close(): void } | null = null;

  constructor(root: HTMLElement, host: ResultsHostApi, storage: PageStorage) {
    this.#host = host;
    this.#arranged = new Arranged(storage.load(), (state) => storage.save(state));
    this.#tabs = new Tabs({
      activate: (tab) => this.#activate(tab),
      close: (tab) => this.#ask(host.close(tab)),
      pin: (tab, pinned) => this.#ask(host.pin(tab, pinned)),
    });
    this.#status = new StatusLine({
      segment: (segment) => this.#show_(segment),
      removeFilter: (index) => this.#changeView((view) => ({ ...view, filters: view.filters.filter((_, i) => i !== index) })),
      openExport: (opener) => this.#openExport(opener),
      stop: () => this.#withTab((tab) => host.stop(tab)),
      openLog: () => this.#ask(host.openLog()),
    });
    this.#banner = new Banner({
      runAgain: () => this.#withTab((tab) => host.runAgain(tab)),
      discard: () => this.#withTab((tab) => host.close(tab)),
      retry: () => {
        this.#trouble = null;
        this.#grid.retry();
        this.#render();
      },
      openLog: () => this.#ask(host.openLog()),
      showTexts: () => this.#withTab((tab) => host.showTexts(tab)),
    });
    this.#grid = new Grid({
      window: (tab, offset, limit) => host.window(tab, offset, limit),
      setSort: (sort) => this.#setSort(sort),
      openFilter: (column, anchor) => this.#openFilter(column, anchor),
      openValue: (at, column, preview, anchor) =>
        this.#onTab((tab) => {
          const one = { fromRow: at.row, toRow: at.row + 1, fromColumn: at.column, toColumn: at.column + 1 };
          this.#popover = openInspector({
            column,
            row: at.row,
            preview,
            anchor,
            returnTo: this.#grid.element,
            load: () => host.cell(tab, at.row, at.column),
            copy: () => this.#copy(one, false),
          });
        }),
      copy: (range, headers) => this.#copy(range, headers),
      selected: (range) => {
        const tab = this.#tab;
        if (tab === undefined) return;
        this.#selected = { tab: tab.id, range };
        this.#summary.show(tab, range);
      },
      arranged: (grid) => {
        if (this.#tab !== undefined) this.#arranged.set(this.#tab.id, { grid });
      },
      failed: (error) => this.#failed(error),
    });
    this.#summary = new Summary({ summary: (tab, range) => host.summary(tab, range) });
    this.#body = new Body(this.#grid, {
      replaceError: (candidate) => this.#withTab((tab) => host.replaceError(tab, candidate)),
      goToError: () => this.#withTab((tab) => host.goToError(tab)),
      copyText: (text) => this.#copyText(text),
      runAgain: () => this.#withTab((tab) => host.runAgain(tab)),
      openLog: () => this.#ask(host.openLog()),
      clearFilters: () => this.#changeView((view) => ({ ...view, filters: [] })),
      asText: (planAsText) => {
        if (this.#tab === undefined) return;
        this.#arranged.set(this.#tab.id, { planAsText });
        this.#render();
      },
    });
    fill(
      root,
      this.#tabs.element,
      this.#status.progress,
      this.#status.element,
      this.#banner.element,
      this.#body.element,
      this.#summary.element,
      this.#announcer.element,
    );
    this.#render();
  }

  show(state: PanelState): void {
    const before = this.#tab;
    this.#state = state;
    this.#arranged.keepOnly(state.tabs.map(({ id }) => id));
    const tab = this.#tab;
    if (before?.id !== tab?.id || before?.startedAt !== tab?.startedAt) {
      this.#popover?.close();
      this.#trouble = null;
    }
    if (this.#asked !== null && (this.#asked.tab !== tab?.id || sameView(this.#asked.view, tab.view))) this.#asked = null;
    this.#render();
    this.#announce(before, tab);
  }

  focusGrid(): void {
    this.#body.focus();
  }

  get #tab(): TabState | undefined {
    return this.#state.tabs.find(({ id }) => id === this.#state.active);
  }

  #render(): void {
    const tab = this.#tab;
    this.#tabs.show(this.#state.tabs, this.#state.active);
    const trouble = tab !== undefined && this.#trouble?.tab === tab.id ? this.#trouble.words : null;
    this.#banner.show(tab ?? null, trouble);
    if (tab === undefined) {
      this.#status.show(null);
      this.#summary.element.hidden = true;
      this.#body.show(null);
      return;
    }
    const arranged = this.#arranged.of(tab.id);
    const segment = this.#segmentOf(tab);
    const arranging = this.#asked !== null;
    const view = this.#asked?.view ?? tab.view;
    this.#status.show({ tab, view, segment, arranging });
    this.#body.element.setAttribute('aria-labelledby', tabElementId(tab.id));
    const showsGrid = this.#body.show({ tab, view, segment, arranged });
    this.#summary.element.hidden = !showsGrid;
    if (showsGrid) this.#summary.show(tab, this.#rangeOf(tab));
  }

  /** What is selected in a tab: a selection in another one says nothing about it. */
  #rangeOf(tab: TabState): CellRange | null {
    return this.#selected?.tab === tab.id ? this.#selected.range : null;
  }

  #segmentOf(tab: TabState): Segment {
    const chosen = this.#arranged.of(tab.id).segment ?? tab.opens;
    return chosen === 'plan' && tab.plan === undefined ? 'rows' : chosen;
  }

  #show_(segment: Segment): void {
    if (this.#tab === undefined) return;
    this.#arranged.set(this.#tab.id, { segment });
    this.#render();
  }

  /** Shown at once; the host's snapshot confirms it. */
  #activate(tab: TabId): void {
    if (this.#state.active === tab) return;
    this.show({ ...this.#state, active: tab });
    this.#ask(this.#host.activate(tab));
  }

  #setSort(sort: readonly SortKey[]): void {
    this.#changeView((view) => ({ ...view, sort }));
  }

  #changeView(change: (view: ResultView) => ResultView): void {
    const tab = this.#tab;
    if (tab === undefined) return;
    const view = change(this.#asked?.view ?? tab.view);
    const asked = { tab: tab.id, view };
    this.#asked = asked;
    this.#render();
    this.#host.setView(tab.id, copyOf(view)).then(
      () => this.#settled(asked),
      (error: unknown) => {
        this.#settled(asked);
        this.#failed(error);
      },
    );
  }

  #settled(asked: { readonly tab: TabId; readonly view: ResultView }): void {
    if (this.#asked !== asked) return;
    this.#asked = null;
    this.#render();
  }

  #openFilter(column: number, anchor: DOMRect): void {
    const tab = this.#tab;
    const definition = tab?.columns[column];
    if (tab === undefined || definition === undefined) return;
    this.#popover?.close();
    this.#grid.filtering = column;
    const of = (view: ResultView): Filter | undefined => view.filters.find((filter) => filter.column === column);
    this.#popover = openFilter({
      column: definition,
      index: column,
      current: of(this.#asked?.view ?? tab.view),
      anchor,
      returnTo: this.#grid.element,
      distinct: (search) => this.#host.distinct(tab.id, column, search),
      apply: (filter) => {
        this.#changeView((view) => ({
          ...view,
          filters: [...view.filters.filter((other) => other.column !== column), ...(filter === null ? [] : [filter])],
        }));
      },
      closed: () => {
        this.#popover = null;
        this.#grid.filtering = null;
      },
    });
  }

  #openExport(opener: HTMLElement): void {
    const tab = this.#tab;
    if (tab === undefined) return;
    this.#popover = openExportMenu(tab, this.#rangeOf(tab), opener, {
      copy: (range, headers) => this.#copy(range, headers),
      export: (format) => this.#ask(this.#host.export(tab.id, format)),
    });
  }

  #copy(range: CellRange, headers: boolean): void {
    this.#withTab(async (tab) => {
      const cells = await this.#host.copy(tab, range, headers);
      this.#announcer.say(cells === 1 ? t('Copied 1 cell') : t('Copied {0} cells', formatCount(cells)));
    });
  }

  #copyText(text: string): void {
    this.#ask(
      this.#host.copyText(text).then(() => {
        this.#announcer.say(t('Copied'));
      }),
    );
  }

  #withTab(run: (tab: TabId) => Promise<unknown>): void {
    if (this.#tab !== undefined) this.#ask(run(this.#tab.id));
  }

  #onTab(run: (tab: TabId) => void): void {
    if (this.#tab !== undefined) run(this.#tab.id);
  }

  #ask(call: Promise<unknown>): void {
    call.catch((error: unknown) => this.#failed(error));
  }

  #failed(error: unknown): void {
    const tab = this.#tab;
    const words = error instanceof Error ? error.message : String(error);
    this.#announcer.say(words);
    if (tab === undefined) return;
    this.#trouble = { tab: tab.id, words };
    this.#render();
  }

  #announce(before: TabState | undefined, tab: TabState | undefined): void {
    if (tab === undefined) return;
    if (tab.status === 'running') {
      if (tab.columns.length > 0) this.#announcer.figure(t('{0} so far', rowsInWords(tab.rowCount)));
      return;
    }
    const said = JSON.stringify([tab.id, tab.startedAt, tab.status, tab.viewRowCount]);
    const changed = said !== this.#said && before !== undefined;
    this.#said = said;
    if (!changed || tab.status === 'failed') return;
    this.#announcer.say(
      `${stateMark(tab.status).word}: ${tab.comparison ?? rowsInWords(tab.viewRowCount)}, ${formatDuration(tab.durationMs)}`,
    );
  }
}

function sameView(a: ResultView, b: ResultView): boolean {
  return JSON.stringify([a.sort, a.filters]) === JSON.stringify([b.sort, b.filters]);
}

function copyOf({ sort, filters }: ResultView): PageArguments<'setView'>[1] {
  return { sort: [...sort], filters: filters.map((filter) => (filter.op === 'in' ? { ...filter, values: [...filter.values] } : filter)) };
}
