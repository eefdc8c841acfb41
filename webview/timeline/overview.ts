/** The whole run in one strip, with the window that the lanes show: drag it, its edges, or a new one. */
import { t } from '../../src/base/messages.ts';
import { sinceSeconds } from '../../src/analysis/recovery/judge/metric-text.ts';
import type { Interval, OverviewColumn, RecoveryView } from '../../src/analysis/recovery/view.ts';
import { attr, h } from '../kit/dom.ts';
import { ticksOf, tickStepMs, tickText, type Frame } from './frame.ts';
import { box, crisp, horizontal, path, picture, px, vertical, words, type Shape } from './svg.ts';
import { clipped, type WindowName } from './windows.ts';

const height = 40;
const base = height - 15;
const edgePx = 6;

export interface OverviewParts {
  window(window: Interval): void;
  named(name: WindowName): void;
  key(event: KeyboardEvent): void;
}

export class Overview {
  readonly element: HTMLElement;
  readonly #plot = h('div', { class: 'plot ov-plot', role: 'slider', tabindex: 0 });
  readonly #read = h('span', { class: 'k' });
  readonly #parts: OverviewParts;
  /** Of the whole run. */
  #frame: Frame | null = null;
  #window: Interval = { fromAt: 0, toAt: 1 };

  constructor(parts: OverviewParts) {
    this.#parts = parts;
    const names: readonly (readonly [WindowName, string])[] = [
      ['fault', t('Fault')],
      ['recovery', t('Recovery')],
      ['all', t('All')],
    ];
    const buttons = names.map(([name, label]) => {
      const button = h('button', { class: 'quiet', on: { click: () => parts.named(name) } }, label);
      button.type = 'button';
      return button;
    });
    this.element = h(
      'div',
      { class: 'row top ov' },
      h(
        'div',
        { class: 'lh sub ov-head' },
        h('span', {}, h('b', {}, t('Whole run'))),
        h('span', { class: 'dim' }, t('median and slowest, ms')),
      ),
      this.#plot,
      h('div', { class: 'rd' }, this.#read, h('span', { class: 'windows', role: 'group', aria: { label: t('Window') } }, ...buttons)),
    );
    this.#plot.addEventListener('pointerdown', (event) => this.#drag(event));
    this.#plot.addEventListener('keydown', (event) => parts.key(event));
  }

  /** `frame`: of the whole run, as wide as the lanes. */
  show(frame: Frame, shown: Interval, view: RecoveryView, columns: readonly OverviewColumn[]): void {
    const window = clipped(shown, frame);
    this.#frame = frame;
    this.#window = window;
    const { zeroAt } = frame;
    const from = sinceSeconds(window.fromAt - zeroAt);
    const to = sinceSeconds(window.toAt - zeroAt);
    attr(this.#plot, 'aria-label', t('Window on the whole run'));
    attr(this.#plot, 'aria-valuetext', t('{0} to {1} s', from, to));
    attr(this.#plot, 'aria-valuemin', Math.round((frame.fromAt - zeroAt) / 1000));
    attr(this.#plot, 'aria-valuemax', Math.round((frame.toAt - zeroAt) / 1000));
    attr(this.#plot, 'aria-valuenow', Math.round((window.fromAt - zeroAt) / 1000));
    const shapes = [...this.#windowShapes(), ...bars(columns, frame), ...ticks(frame), ...notes(frame, view, columns)];
    this.#plot.replaceChildren(picture(frame.width, height, null, shapes));
    this.#read.textContent = t('window {0} of {1} s', seconds(window), seconds(frame));
  }

  #windowShapes(): readonly Shape[] {
    const frame = this.#frame;
    if (frame === null) return [];
    const [from, to] = [frame.x(this.#window.fromAt), frame.x(this.#window.toAt)];
    return [
      box(from, -1.5, to - from, height - 12, 'window'),
      ...[from, to].map((x) => box(Math.min(Math.max(x, frame.gutter + 2), frame.width - 2) - 2.5, 7, 5, 11, 'handle', 1)),
    ];
  }

  #drag(event: PointerEvent): void {
    const frame = this.#frame;
    if (frame === null || event.button !== 0) return;
    const left = this.#plot.getBoundingClientRect().left;
    const place = (at: PointerEvent): number => Math.max(frame.fromAt, Math.min(frame.toAt, frame.at(at.clientX - left)));
    const start = place(event);
    const { fromAt, toAt } = this.#window;
    const startX = event.clientX - left;
    const near = (at: number): boolean => Math.abs(frame.x(at) - startX) <= edgePx;
    const kind = near(fromAt) ? 'from' : near(toAt) ? 'to' : start > fromAt && start < toAt ? 'move' : 'new';
    this.#plot.setPointerCapture(event.pointerId);
    const move = (moved: PointerEvent): void => {
      const at = place(moved);
      if (kind === 'move') this.#parts.window({ fromAt: fromAt + at - start, toAt: toAt + at - start });
      else {
        const fixed = kind === 'from' ? toAt : kind === 'to' ? fromAt : start;
        if (Math.abs(frame.x(at) - frame.x(fixed)) > 2) this.#parts.window({ fromAt: Math.min(at, fixed), toAt: Math.max(at, fixed) });
      }
    };
    const over = new AbortController();
    const { signal } = over;
    const end = (up: PointerEvent): void => {
      over.abort();
      // A press beside the window brings it there.
      if (kind === 'new' && Math.abs(up.clientX - left - startX) <= 2) {
        const half = (toAt - fromAt) / 2;
        this.#parts.window({ fromAt: start - half, toAt: start + half });
      }
    };
    this.#plot.addEventListener('pointermove', move, { signal });
    this.#plot.addEventListener('pointercancel', () => over.abort(), { signal });
    this.#plot.addEventListener('pointerup', end, { signal });
  }
}

/** How many columns the strip has in this width. */
export function columnsIn({ width, gutter }: Pick<Frame, 'width' | 'gutter'>): number {
  return Math.max(10, Math.floor((width - gutter) / 3));
}

function bars(columns: readonly OverviewColumn[], frame: Frame): readonly Shape[] {
  const all = columns.flatMap(({ medianMs, slowestMs }) => [medianMs, slowestMs]).filter((ms): ms is number => ms !== null && ms > 0);
  const low = Math.log(Math.max(0.01, all.reduce((least, ms) => Math.min(least, ms), Infinity) / 2));
  const high = Math.log(all.reduce((most, ms) => Math.max(most, ms), 1));
  const y = (ms: number): number => base - ((Math.log(Math.max(0.01, ms)) - low) / Math.max(0.1, high - low)) * (height - 22);
  let slowest = '';
  let median = '';
  const failed: Shape[] = [];
  for (const { fromAt, toAt, medianMs, slowestMs, bad } of columns) {
    const [from, to] = [frame.x(fromAt), frame.x(toAt)];
    const column = (ms: number): string => `M${px(from)} ${base}V${px(y(ms))}H${px(to)}V${base}z`;
    if (slowestMs !== null) slowest += column(slowestMs);
    if (medianMs !== null) median += column(medianMs);
    if (bad > 0) failed.push(box(from, 1, to - from + 0.5, 4, 'f-fault'));
  }
  return [path(slowest, 'spark'), path(median, 'spark mid'), ...failed];
}

function ticks(frame: Frame): readonly (Shape | null)[] {
  const step = tickStepMs(frame, frame.narrow ? 60 : 50);
  const zero = frame.x(frame.zeroAt);
  return [
    horizontal(base + 0.5, frame.gutter, frame.width, 'ax'),
    ...ticksOf(frame, step).flatMap((since) => {
      const x = frame.x(frame.zeroAt + since);
      const anchor = x > frame.width - 12 ? 'end' : x < frame.gutter + 12 ? 'start' : 'middle';
      return [vertical(crisp(x), base + 1, base + 4, 'ax'), words(x, height - 1, tickText(frame, since, step), 't-dim t-s', anchor)];
    }),
    zero > frame.gutter ? vertical(zero, -1, base, 'g-fault') : null,
    frame.nowAt === null ? null : vertical(frame.x(frame.nowAt), -1, base, 'edge'),
  ];
}

function notes(frame: Frame, { baseline, zeroAt, proofs }: RecoveryView, columns: readonly OverviewColumn[]): readonly (Shape | null)[] {
  if (zeroAt === null) return [];
  const zero = frame.x(zeroAt);
  const observed = proofs.find(({ of }) => of === 'observed')?.text ?? '';
  const first = frame.measure.fit([baseline.text, baseline.text.split(':')[0] ?? ''], zero - frame.gutter - 20, 10);
  // Over the marks of what failed it could not be read.
  const width = frame.measure.width(observed, 10) / 2 + 6;
  const middle = (zero + frame.width) / 2;
  const isFree = !columns.some(({ fromAt, toAt, bad }) => bad > 0 && frame.x(toAt) > middle - width && frame.x(fromAt) < middle + width);
  const second = isFree ? frame.measure.fit([observed], frame.width - zero - 20, 10) : '';
  return [
    words((frame.gutter + zero) / 2, 8, first, 't-dim t-s halo', 'middle'),
    words((zero + frame.width) / 2, 8, second, 't-dim t-s halo', 'middle'),
  ];
}

function seconds({ fromAt, toAt }: Interval): string {
  const length = (toAt - fromAt) / 1000;
  return length < 10 ? length.toFixed(1) : length.toFixed(0);
}
