/** The page: journals in, one picture out. What the person arranges stays here. */
import type { LatencyHostApi } from '../../src/ui/panels/histogram/protocol.ts';
import type { PanelFacts } from '../../src/ui/panels/journal.ts';
import { t } from '../../src/base/messages.ts';
import { formatCount } from '../../src/base/units.ts';
import type { RunView, Selection } from '../../src/analysis/view.ts';
import { CompareSection } from '../compare/section.ts';
import { Announcer } from '../kit/announcer.ts';
import { fill, h } from '../kit/dom.ts';
import type { Palette } from '../kit/palette.ts';
import { quietButton } from '../kit/toolkit.ts';
import { Arranged, type Arrangement, type Column, type Sort, type Span } from './arranged.ts';
import { CurvesChart } from './charts/curves.ts';
import type { Figures } from './charts/figures.ts';
import { HistogramChart } from './charts/histogram.ts';
import { OverTimeChart } from './charts/overtime.ts';
import { Comparing, wordsOf } from './comparing.ts';
import { Details } from './details.ts';
import { Feed } from '../kit/feed.ts';
import { Header } from './header.ts';
import { QueryTable, usualSort } from './queries.ts';
import { Strip } from './strip.ts';
import { ChartTables } from './tables.ts';
import { Trends } from './trend.ts';
import { Turns } from '../kit/turns.ts';
import { latency, limitsOf } from './words.ts';
import { verdictMark } from '../kit/verdict.ts';

export interface PageStorage {
  load(): unknown;
  save(state: unknown): void;
}

export class App {
  readonly #host: LatencyHostApi;
  readonly #arranged: Arranged;
  readonly #announcer = new Announcer();
  readonly #header: Header;
  readonly #strip = new Strip();
  readonly #trouble = h('div', { class: 'trouble', role: 'alert', hidden: true });
  readonly #empty = h('p', { class: 'empty dim', hidden: true });
  readonly #charts: readonly [HistogramChart, CurvesChart, OverTimeChart];
  readonly #chartsElement: HTMLElement;
  readonly #tables = new ChartTables();
  readonly #queries: QueryTable;
  readonly #compare: CompareSection;
  readonly #details = new Details();
  readonly #main: HTMLElement;
  readonly #comparing = new Comparing();
  readonly #trends = new Trends();
  readonly #turns = new Turns(() => this.#draw());
  #facts: PanelFacts | null = null;
  #a: Feed | null = null;
  #b: Feed | null = null;
  #stopping = false;
  #failure: { readonly words: string; retry(): void } | null = null;
  #saidVerdict = '';
  #sorted: Sort = { column: 'p99', descending: true };
  /** Of this run: later reading goes on behind a page that is there. */
  #everDrawn = false;

  constructor(root: HTMLElement, host: LatencyHostApi, storage: PageStorage, palette: Palette) {
    this.#host = host;
    this.#arranged = new Arranged(storage.load(), (state) => storage.save(state));
    this.#header = new Header({
      stop: () => this.#stop(),
      view: (view) => this.#arrange({ view }),
      arm: (arm) => this.#arrange({ arm }),
      compare: () => this.#ask(() => host.compare()),
      export: (format) => this.#ask(() => host.export(format)),
      runAgain: () => this.#ask(() => host.runAgain()),
      openSpec: () => this.#ask(() => host.openSpec()),
    });
    const parts = { palette, say: (text: string) => this.#announcer.say(text), key: (event: KeyboardEvent) => this.#chartKey(event) };
    this.#charts = [
      new HistogramChart(parts),
      new CurvesChart(parts),
      new OverTimeChart({ ...parts, brushed: (brush) => this.#brush(brush) }),
    ];
    this.#chartsElement = h('div', { class: 'charts' }, ...this.#charts.map(({ element }) => element));
    this.#queries = new QueryTable({
      pick: (picked) => this.#arrange({ picked }),
      sort: (column) => this.#sort(column),
      open: (index) => this.#ask(() => host.openStatement(index)),
    });
    this.#compare = new CompareSection({
      palette,
      end: () => this.#ask(() => host.endCompare()),
      say: parts.say,
      key: (event) => parts.key(event),
    });
    this.#main = h(
      'main',
      { hidden: true },
      h('div', { class: 'evidence' }, this.#chartsElement, this.#tables.element),
      this.#queries.element,
      this.#compare.element,
      ...this.#details.elements,
    );
    fill(root, this.#header.element, this.#trouble, this.#strip.element, this.#empty, this.#main, this.#announcer.element);
    document.addEventListener('keydown', (event) => this.#pageKey(event));
    window.addEventListener('scroll', () => this.#arranged.set({ scrollTop: Math.round(window.scrollY) }), { passive: true });
    this.#draw();
  }

  /** The host's snapshot: at the start, when a journal has grown, when another run was chosen for B. */
  show(facts: PanelFacts): void {
    this.#facts = facts;
    this.#arranged.open(facts.a.run, facts.b?.run ?? null);
    document.body.classList.toggle('report', facts.place === 'report');
    if (facts.a.state !== 'live') this.#stopping = false;
    if (this.#a === null || this.#a.run !== facts.a.run) {
      this.#a?.close();
      this.#a = this.#feed('a', facts.a);
      this.#trends.forget();
      this.#everDrawn = false;
    }
    if (this.#b?.run !== facts.b?.run) {
      this.#b?.close();
      this.#b = facts.b === null ? null : this.#feed('b', facts.b);
    }
    this.#a.follow(facts.a);
    if (facts.b !== null) this.#b?.follow(facts.b);
    this.#turns.soon();
  }

  failed(error: unknown, retry: () => void): void {
    this.#failure = { words: wordsOf(error), retry };
    this.#draw();
  }

  #feed(side: 'a' | 'b', facts: PanelFacts['a']): Feed {
    return new Feed(facts, {
      read: (offset) => this.#host.read(side, offset),
      moved: () => this.#turns.soon(),
    });
  }

  /** All of the page from what is known now. */
  #draw(): void {
    const facts = this.#facts;
    const a = this.#a;
    const { now } = this.#arranged;
    const reading = a !== null && a.error === null && !this.#everDrawn && !a.caughtUp ? a.fraction : null;
    const view = a === null || reading !== null ? null : a.view();
    this.#header.show({ view, facts, reading, stopping: this.#stopping, shows: now.view, arm: now.arm });
    this.#showTrouble();
    this.#strip.show(view);
    const figures = a === null || view === null ? null : this.#figures(a, view);
    const answered = figures !== null && figures.whole.counts.planned - figures.whole.counts.underway > 0;
    this.#main.hidden = view === null || figures === null;
    this.#empty.hidden = view === null || answered;
    this.#empty.textContent = view === null ? '' : emptyWords(view);
    this.#chartsElement.hidden = now.view === 'table' || !answered;
    this.#tables.element.hidden = now.view === 'chart' || !answered;
    if (view === null || figures === null || a === null) return;
    const first = !this.#everDrawn;
    this.#everDrawn = true;
    if (answered) {
      if (now.view === 'chart') for (const chart of this.#charts) chart.show(figures);
      else this.#tables.show(figures);
    }
    const { projection } = a;
    this.#queries.element.hidden = view.verdict === null && view.counts.planned === 0;
    this.#sorted = now.sort ?? usualSort(view.statements);
    this.#queries.show(view.statements, { sort: this.#sorted, picked: now.picked }, (statement) =>
      this.#trends.of(statement, () => projection?.responses(statement.index) ?? new Float64Array()),
    );
    const canEnd = facts?.place === 'editor' && facts.b !== null;
    this.#compare.show(this.#comparing.state(a, view, this.#b), now.view, canEnd);
    this.#details.show(view);
    if (first && now.scrollTop > 0) window.scrollTo(0, now.scrollTop);
    this.#announce(view, facts?.a.state === 'live');
  }

  #figures(a: Feed, view: RunView): Figures | null {
    const { projection } = a;
    if (projection === null) return null;
    const { picked, arm, brush } = this.#arranged.now;
    const statement = picked !== null && picked < view.statements.length ? picked : null;
    const of: Selection = {
      ...(statement === null ? {} : { statement }),
      ...(arm === null || arm >= view.plan.arms.length ? {} : { arm }),
    };
    const name = statement === null ? null : (view.statements[statement]?.name ?? null);
    return {
      view,
      whole: projection.latency(of),
      part: brush === null ? null : projection.latency({ ...of, ...brush }),
      brush,
      overTime: projection.overTime(of),
      limits: limitsOf(view, name),
      statement: name,
    };
  }

  #showTrouble(): void {
    const reading = [this.#a, this.#failure].find((each) => each !== null && (each instanceof Feed ? each.error !== null : true)) ?? null;
    this.#trouble.hidden = reading === null;
    if (reading === null) return;
    const words = reading instanceof Feed ? wordsOf(reading.error) : reading.words;
    const again = (): void => {
      this.#failure = null;
      reading.retry();
      this.#draw();
    };
    if (this.#trouble.dataset['words'] === words) return;
    this.#trouble.dataset['words'] = words;
    const editor = this.#facts?.place !== 'report';
    fill(
      this.#trouble,
      h('span', { class: 'grow' }, words),
      quietButton({ on: { click: again } }, t('Try again')),
      editor ? quietButton({ on: { click: () => this.#ask(() => this.#host.openLog()) } }, t('Open the log')) : null,
    );
  }

  #arrange(change: Partial<Arrangement>): void {
    this.#arranged.set(change);
    this.#draw();
  }

  #brush(brush: Span | null): void {
    this.#arrange({ brush });
  }

  #sort(column: Column): void {
    const sort = this.#sorted;
    const descending = sort.column === column ? !sort.descending : column !== 'name';
    this.#arrange({ sort: { column, descending } });
  }

  #stop(): void {
    this.#stopping = true;
    this.#draw();
    this.#host.stop().catch((error: unknown) => {
      this.#stopping = false;
      this.failed(error, () => {});
    });
  }

  #ask(call: () => Promise<unknown>): void {
    call().catch((error: unknown) => this.failed(error, () => {}));
  }

  /** In a chart: T shows the tables. */
  #chartKey(event: KeyboardEvent): boolean {
    if (event.key !== 't' && event.key !== 'T') return false;
    this.#arrange({ view: 'table' });
    this.#tables.focus();
    return true;
  }

  #pageKey(event: KeyboardEvent): void {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    const { now } = this.#arranged;
    if ((event.key === 't' || event.key === 'T') && now.view === 'table' && this.#tables.element.contains(event.target as Node)) {
      this.#arrange({ view: 'chart' });
      this.#chartsElement.querySelector<HTMLElement>('.chart')?.focus();
    } else if (event.key === 'Escape' && now.brush !== null) this.#arrange({ brush: null });
    else if (event.key === 'Escape' && now.picked !== null) this.#arrange({ picked: null });
    else return;
    event.preventDefault();
  }

  /** The verdict at once, figures of a run under way at most every five seconds. */
  #announce(view: RunView, live: boolean): void {
    if (view.verdict === null) {
      const { planned, failed } = view.counts;
      const { p50, p99 } = view.response;
      const tail = p99 === null ? t('median {0}', latency(p50)) : t('median {0}, p99 {1}', latency(p50), latency(p99));
      if (live && planned > 0) this.#announcer.figure(t('{0} planned, {1} failed, {2}', formatCount(planned), formatCount(failed), tail));
      this.#saidVerdict = '';
      return;
    }
    const words = `${verdictMark(view.verdict, view.status).word}. ${view.reason}`;
    if (words === this.#saidVerdict) return;
    this.#saidVerdict = words;
    this.#announcer.say(words);
  }
}

function emptyWords(view: RunView): string {
  if (view.verdict !== null) return t('No query was measured.');
  if (view.phase === null || view.phase.phase === 'preparing') return t('Nothing has been measured yet: the engine is being made ready.');
  if (view.phase.phase === 'warmUp') return t('Warming up: what is measured begins after it.');
  return t('No answer yet: the first query is underway.');
}
