/** All lanes on one time axis with one cursor: puts rows in order, draws what lies behind and before them, answers pointer and keys. */
import { t } from '../../src/base/messages.ts';
import { readingAt, type Reading } from '../../src/analysis/recovery/show/reading.ts';
import type { Interval, OverviewColumn, RecoveryView, VantageSamples } from '../../src/analysis/recovery/view.ts';
import type { FaultPlan } from '../../src/journal/fault-plan.ts';
import { h } from '../kit/dom.ts';
import type { Arrangement } from './arranged.ts';
import { AxisRow, defs } from './axis-row.ts';
import { Cursor } from './cursor.ts';
import { columnsOf } from './columns.ts';
import { frameOf, narrowPx, type Frame } from './frame.ts';
import { nextEvent, nextProbe } from './keys.ts';
import { guides } from './lanes/axis.ts';
import { clientLane } from './lanes/client.ts';
import type { LaneSpec, RowSpec, Scene } from './lanes/lane.ts';
import { autoscalingLane, nodesLane } from './lanes/others.ts';
import { podLane } from './lanes/pods.ts';
import { recoveryLane } from './lanes/recovery.ts';
import { controllerLane, redundancyLane } from './lanes/redundancy.ts';
import { columnsIn, Overview } from './overview.ts';
import { onPlots } from './pointer.ts';
import { Row, TableRow, type LaneState } from './rows.ts';
import { Measure, shape } from './svg.ts';
import type { Tips } from './tips.ts';
import { clipped, liveWindow, panned, showing, windowNamed, wholeRun, within, zoomed, type WindowName } from './windows.ts';

export interface BoardParts {
  readonly tips: Tips;
  arrange(change: Partial<Arrangement>): void;
  say(text: string): void;
}

export interface BoardState {
  readonly view: RecoveryView;
  readonly plan: FaultPlan;
  readonly samples: readonly VantageSamples[];
  readonly arranged: Arrangement;
  readonly overview: (columns: number) => readonly OverviewColumn[];
}

/** Narrower a plot says nothing: the page is hidden or folded away, and drawn again when it is not. */
const leastWidth = 120;

export class Board {
  readonly element: HTMLElement;
  readonly #parts: BoardParts;
  readonly #guides = h('div', { class: 'over' });
  readonly #cursor = new Cursor();
  readonly #rows = new Map<string, Row>();
  readonly #tables = new Map<string, TableRow>();
  readonly #axis = new AxisRow();
  readonly #overview: Overview;
  readonly #measure = new Measure();
  readonly #clip = shape('rect', { y: -100, height: 1000 });
  #state: BoardState | null = null;
  #frame: Frame | null = null;
  #lanes: readonly LaneSpec[] = [];
  #hoverAt: number | null = null;
  #lane = 0;
  /** While it ran this was shown: what comes with the verdict does not move it. */
  #liveWindow: Interval | null = null;
  #widthPx = 0;
  #strip: { readonly of: unknown; readonly count: number; readonly columns: readonly OverviewColumn[] } = {
    of: null,
    count: 0,
    columns: [],
  };

  constructor(parts: BoardParts) {
    this.#parts = parts;
    this.#overview = new Overview({
      window: (window) => this.#window(window),
      named: (name) => this.#named(name),
      key: (event) => this.#overviewKey(event),
    });
    this.element = h('section', {
      class: 'lanes',
      role: 'group',
      tabindex: 0,
      aria: {
        label: t(
          'Recovery on one time axis. Left and right move the cursor by a probe, with Shift by a second, brackets jump between events; up and down choose a lane, T shows its table, Enter folds it.',
        ),
      },
      on: { keydown: (event) => this.#key(event) },
    });
    onPlots(this.element, {
      frame: () => this.#frame,
      left: () => this.#cursor.element.getBoundingClientRect().left,
      hover: (at) => this.#hover(at),
      pan: (byMs) => this.#change((window, whole) => panned(window, byMs, whole)),
      zoom: (around, factor) => this.#change((window, whole) => zoomed(window, around, factor, whole)),
      pin: (at) => this.#pin(at),
    });
    new ResizeObserver(() => {
      if (this.element.clientWidth !== this.#widthPx) this.draw();
    }).observe(this.element);
  }

  get frame(): Frame | null {
    return this.#frame;
  }

  show(state: BoardState): void {
    this.#state = state;
    this.draw();
  }

  /** Only what the person arranged has changed. */
  arrange(arranged: Arrangement): void {
    if (this.#state !== null) this.show({ ...this.#state, arranged });
  }

  draw(): void {
    const state = this.#state;
    this.#widthPx = this.element.clientWidth;
    if (state === null) return;
    const narrow = window.innerWidth <= narrowPx;
    const { view, plan, arranged, samples } = state;
    const columns = columnsOf(view, this.#measure, narrow);
    const width = this.#widthPx - columns.head - columns.read;
    if (width < leastWidth) return;
    for (const [name, value] of Object.entries(columns)) this.element.style.setProperty(`--${name}`, `${value}px`);
    const shown = this.#shown(state);
    const nowAt = view.status === 'running' ? view.observed.toAt : null;
    const facts = {
      width,
      gutter: columns.gutter,
      narrow,
      nowAt,
      measure: this.#measure,
      zeroAt: view.zeroAt ?? 0,
      signed: view.zeroAt !== null,
    };
    const frame = frameOf({ ...facts, ...shown });
    this.#frame = frame;
    const scene: Scene = { view, plan, samples, frame };
    this.#lanes = [recoveryLane, clientLane, podLane, redundancyLane, controllerLane, nodesLane, autoscalingLane].flatMap(
      (make) => make(scene) ?? [],
    );
    const clipWidth = width - frame.gutter + 2;
    this.#clip.setAttribute('x', String(frame.gutter - 1));
    this.#clip.setAttribute('width', String(clipWidth));
    this.#axis.show(scene);
    const elements = [defs(this.#clip), this.#guides, this.#axis.element, ...this.#rowElements(arranged), this.#cursor.element];
    this.#overview.show(frameOf({ ...facts, ...wholeRun(view, plan) }), shown, view, this.#columns(state, columnsIn(frame)));
    this.#place([...elements, this.#overview.element]);
    const height = this.#overview.element.offsetTop;
    this.#guides.replaceChildren(guides(scene, height));
    this.#moved();
  }

  /** They are the same until the run has told more, wherever the window goes. */
  #columns(state: BoardState, count: number): readonly OverviewColumn[] {
    if (this.#strip.of !== state.overview || this.#strip.count !== count)
      this.#strip = { of: state.overview, count, columns: state.overview(count) };
    return this.#strip.columns;
  }

  /** Only what is new is moved: an element that is taken out loses its focus. */
  #place(elements: readonly Element[]): void {
    const wanted = new Set(elements);
    for (const child of [...this.element.children]) if (!wanted.has(child)) child.remove();
    elements.forEach((element, i) => {
      if (this.element.children[i] !== element) this.element.insertBefore(element, this.element.children[i] ?? null);
    });
  }

  #rowElements(arranged: Arrangement): readonly Element[] {
    return this.#lanes.flatMap((lane, index) => {
      const isFolded = arranged.folded[lane.id] ?? lane.quiet;
      const table = isFolded ? null : lane.table();
      const isTableOpen = table !== null && arranged.tables.includes(lane.id);
      const laneState: LaneState = { isFolded, hasTable: table !== null, isTableOpen, isCurrent: index === this.#lane && this.#hasFocus() };
      const specs = isFolded ? [folded(lane)] : lane.rows();
      const rows = specs.map((spec) => {
        const row =
          this.#rows.get(spec.key) ??
          new Row(lane, spec, { tips: this.#parts.tips, fold: (id) => this.#fold(id), table: (id) => this.#table(id) });
        this.#rows.set(spec.key, row);
        row.show(lane, spec, laneState);
        return row.element;
      });
      if (!isTableOpen) return rows;
      const shown = this.#tables.get(lane.id) ?? new TableRow(lane.id);
      this.#tables.set(lane.id, shown);
      shown.show(lane.name, table);
      return [...rows, shown.element];
    });
  }

  #shown({ view, plan, arranged }: BoardState): Interval {
    if (arranged.window !== null) return within(arranged.window, wholeRun(view, plan));
    if (view.status === 'running') return (this.#liveWindow = liveWindow(view, plan));
    return this.#liveWindow === null ? windowNamed('recovery', view, plan) : clipped(this.#liveWindow, wholeRun(view, plan));
  }

  /** The cursor where the pointer is, else where keys put it, else where users were served again. */
  get #at(): number | null {
    const state = this.#state;
    const frame = this.#frame;
    if (state === null || frame === null) return null;
    const { view } = state;
    if (this.#chosenAt !== null) return this.#chosenAt;
    const { recovered } = view.figures;
    if (view.status === 'running') return view.observed.toAt;
    if (view.zeroAt === null) return frame.fromAt;
    return recovered.kind === 'value' ? view.zeroAt + recovered.ms : (view.impact?.firstBadAt ?? view.zeroAt);
  }

  get #chosenAt(): number | null {
    return this.#hoverAt ?? this.#state?.arranged.cursorAt ?? null;
  }

  #moved(): Reading | null {
    const state = this.#state;
    const frame = this.#frame;
    const at = this.#at;
    if (state === null || frame === null || at === null) return null;
    const { view, samples, arranged } = state;
    const height = this.#overview.element.offsetTop;
    const ticks = this.#axis.element.querySelectorAll<SVGTextElement>('.tick');
    // At the edge of a run under way stands its own mark.
    this.#cursor.show(frame, frame.nowAt === null ? at : this.#chosenAt, arranged.pinAt, height, ticks);
    const reading = readingAt(view, samples, at);
    this.#axis.read(reading, arranged.pinAt, frame.nowAt !== null && this.#chosenAt === null);
    for (const row of this.#rows.values()) if (row.element.isConnected) row.read(reading);
    return reading;
  }

  #hover(at: number | null): void {
    if (at === null && this.#hoverAt !== null) this.#parts.arrange({ cursorAt: this.#hoverAt });
    this.#hoverAt = at;
    this.#moved();
  }

  #pin(at: number | null): void {
    this.#parts.arrange({ pinAt: at });
    this.#parts.say(at === null ? t('Pin removed') : t('Pinned at {0}', this.#moved()?.spoken ?? ''));
  }

  #fold(id: string): void {
    const lane = this.#lanes.find((each) => each.id === id);
    if (lane === undefined || this.#state === null) return;
    const { folded: now } = this.#state.arranged;
    const isFolded = !(now[id] ?? lane.quiet);
    this.#parts.arrange({ folded: { ...now, [id]: isFolded } });
    this.#parts.say(isFolded ? t('{0} folded: {1}', lane.name, lane.summary) : t('{0} opened', lane.name));
  }

  #table(id: string): void {
    const tables = this.#state?.arranged.tables ?? [];
    const isOpen = tables.includes(id);
    const lane = this.#lanes.find((each) => each.id === id);
    if (lane === undefined || (!isOpen && lane.table() === null)) return;
    this.#parts.arrange({ tables: isOpen ? tables.filter((each) => each !== id) : [...tables, id] });
    this.#parts.say(isOpen ? t('Table of {0} closed', lane.name) : t('Table of {0} opened', lane.name));
  }

  #named(name: WindowName): void {
    if (this.#state === null) return;
    const { view, plan } = this.#state;
    this.#parts.arrange({ window: windowNamed(name, view, plan) });
  }

  #window(window: Interval): void {
    if (this.#state === null) return;
    this.#parts.arrange({ window: within(window, wholeRun(this.#state.view, this.#state.plan)) });
  }

  #change(change: (window: Interval, whole: Interval) => Interval): void {
    if (this.#state === null) return;
    this.#parts.arrange({ window: change(this.#shown(this.#state), wholeRun(this.#state.view, this.#state.plan)) });
  }

  #hasFocus(): boolean {
    return document.activeElement === this.element;
  }

  #key(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    const isOwn = event.target === this.element;
    const lane = isOwn ? this.#lanes[this.#lane] : this.#laneOf(event.target);
    if (this.#laneKey(event, lane?.id, isOwn) || (isOwn && (this.#cursorKey(event) || this.#windowKey(event)))) event.preventDefault();
  }

  #laneOf(target: EventTarget | null): LaneSpec | undefined {
    const element = target instanceof Element ? target.closest<HTMLElement>('[data-lane], [data-table-of]') : null;
    const id = element?.dataset['lane'] ?? element?.dataset['tableOf'];
    return this.#lanes.find((each) => each.id === id);
  }

  #laneKey(event: KeyboardEvent, id: string | undefined, isOwn: boolean): boolean {
    const { key } = event;
    if (isOwn && (key === 'ArrowDown' || key === 'ArrowUp')) {
      this.#lane = Math.max(0, Math.min(this.#lanes.length - 1, this.#lane + (key === 'ArrowDown' ? 1 : -1)));
      const lane = this.#lanes[this.#lane];
      this.draw();
      if (lane !== undefined) this.#parts.say(t('Lane {0}: {1}', lane.name, lane.summary));
      this.element.querySelector('.row.current')?.scrollIntoView({ block: 'nearest' });
      return true;
    }
    if (key === 'Escape') return this.#escape(id, isOwn);
    if (id === undefined) return false;
    if (key === 't' || key === 'T') this.#table(id);
    else if (isOwn && (key === 'Enter' || key === ' ')) this.#fold(id);
    else return false;
    return true;
  }

  #escape(id: string | undefined, isOwn: boolean): boolean {
    const { tables = [], pinAt = null } = this.#state?.arranged ?? {};
    const open = id !== undefined && tables.includes(id) ? id : isOwn ? tables.at(-1) : undefined;
    if (open !== undefined) this.#table(open);
    else if (isOwn && pinAt !== null) this.#pin(null);
    else return false;
    if (!isOwn) this.element.focus();
    return true;
  }

  #cursorKey({ key, shiftKey }: KeyboardEvent): boolean {
    const at = this.#at;
    const state = this.#state;
    const frame = this.#frame;
    if (at === null || state === null || frame === null) return false;
    const direction = key === 'ArrowRight' || key === ']' ? 1 : -1;
    let to: number | null;
    if (key === 'ArrowLeft' || key === 'ArrowRight') to = shiftKey ? at + direction * 1000 : nextProbe(state.samples, at, direction);
    else if (key === '[' || key === ']') to = nextEvent(state.view, at, direction);
    else if (key === 'Home' || key === 'End') to = key === 'Home' ? frame.fromAt : frame.toAt;
    else if (key === 'p' || key === 'P') {
      this.#pin(state.arranged.pinAt === null ? at : null);
      return true;
    } else return false;
    if (to === null) return true;
    const whole = wholeRun(state.view, state.plan);
    const cursorAt = Math.max(whole.fromAt, Math.min(whole.toAt, to));
    this.#hoverAt = null;
    const isSeen = cursorAt >= frame.fromAt && cursorAt <= frame.toAt;
    this.#parts.arrange(isSeen ? { cursorAt } : { cursorAt, window: showing({ fromAt: frame.fromAt, toAt: frame.toAt }, cursorAt, whole) });
    this.#parts.say(this.#moved()?.spoken ?? '');
    return true;
  }

  #windowKey({ key }: KeyboardEvent): boolean {
    const around = this.#at;
    if (key === '+' || key === '=') this.#change((window, whole) => zoomed(window, around ?? window.fromAt, 0.5, whole));
    else if (key === '-' || key === '−') this.#change((window, whole) => zoomed(window, around ?? window.fromAt, 2, whole));
    else if (key === '0') this.#named('all');
    else return false;
    return true;
  }

  #overviewKey(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const step = { ArrowLeft: -0.1, ArrowDown: -0.1, ArrowRight: 0.1, ArrowUp: 0.1, PageUp: 1, PageDown: -1, Home: -1e9, End: 1e9 }[
      event.key
    ];
    if (step !== undefined) this.#change((window, whole) => panned(window, step * (window.toAt - window.fromAt), whole));
    else if (!this.#windowKey(event)) return;
    event.preventDefault();
    event.stopPropagation();
  }
}

function folded(lane: LaneSpec): RowSpec {
  return {
    key: `${lane.id}-folded`,
    classes: 'shut solid',
    sub: null,
    plot: h('div', { class: 'folded', title: lane.summary }, lane.summary),
  };
}
