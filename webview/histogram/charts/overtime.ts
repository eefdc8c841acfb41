/** Requests by planned start and latency: a matrix of shades with the percentiles of each step, and what was not ok below it. */
import { t } from '../../../src/base/messages.ts';
import { formatCount } from '../../../src/base/units.ts';
import type { OverTime } from '../../../src/analysis/view.ts';
import type { Line, Picture, Plot, Point } from '../../kit/chart.ts';
import { label, stroke, type ChartBox } from '../../kit/chart-box.ts';
import { h } from '../../kit/dom.ts';
import { quietButton } from '../../kit/toolkit.ts';
import type { Span } from '../arranged.ts';
import { endsEarlier, latency, percentileName, span } from '../words.ts';
import { latencyTicks, log, timeAxis } from './axes.ts';
import { boxIn, type ChartParts } from './box.ts';
import { Brush } from './brush.ts';
import { shown, type Figures } from './figures.ts';
import { section } from './section.ts';

const leftPx = 50;
const rightPx = 40;
const heightPx = 148;
const bottomPx = 34;

export interface OverTimeParts extends ChartParts {
  brushed(brush: Span | null): void;
}

export class OverTimeChart {
  readonly #parts: OverTimeParts;
  readonly #section = section(t('Over time'), 'overtime');
  readonly #box: ChartBox;
  readonly #brush: Brush;
  #figures: Figures | null = null;

  constructor(parts: OverTimeParts) {
    this.#parts = parts;
    this.#box = boxIn(this.#section, parts, {
      heightPx,
      picture: (widthPx) => this.#picture(widthPx),
      places: () => this.#columns.map(({ fromMs }) => fromMs + this.#step / 2),
      words: (index) => this.#readout(index),
      moved: (index) => this.#brush.keyAt(index === null ? null : this.#spanOf(index)),
      key: (event) => this.#brush.key(event),
    });
    this.#brush = new Brush(this.#box.element, {
      plot: () => this.#box.plot,
      // A brush begins and ends at a column's edge, so that its figures are those of whole columns.
      snap: (ms) => this.#snap(ms),
      changed: (brush, done) => {
        if (done) parts.brushed(brush);
        else this.#box.refresh();
      },
      say: (text) => parts.say(text),
    });
  }

  get element(): HTMLElement {
    return this.#section.element;
  }

  show(figures: Figures): void {
    this.#figures = figures;
    this.#brush.set(figures.brush);
    const most = mostOf(figures.overTime);
    if (most > 0) this.#section.sub(h('span', { class: 'opt' }, t('requests per cell'), ' 1 ', shades(), ` ${formatCount(most)}`));
    this.#rest(figures);
    this.#box.label = finding(figures);
    this.#box.draw();
  }

  #rest(figures: Figures): void {
    const { brush, part } = figures;
    if (brush === null || part === null) {
      this.#section.rest();
      return;
    }
    const { p50, p99, max } = part.percentiles.response;
    const tail = p99 === null ? t('max {0}', latency(max)) : `p99 ${latency(p99)}`;
    const clear = quietButton({ class: 'quiet clear', aria: { label: t('Clear the time selection') } }, t('Clear'));
    clear.addEventListener('click', () => {
      this.#parts.brushed(null);
      this.#box.element.focus();
    });
    this.#section.rest(
      h('span', { class: 'strong' }, span(brush.fromMs, brush.toMs)),
      h('span', { class: 'dim' }, t('planned {0}, p50 {1}, {2}', formatCount(part.counts.planned), latency(p50), tail)),
      clear,
    );
  }

  get #columns(): OverTime['columns'] {
    return this.#figures?.overTime.columns ?? [];
  }

  get #step(): number {
    return this.#figures?.overTime.stepMs ?? 0;
  }

  #spanOf(index: number): Span | null {
    const column = this.#columns[index];
    return column === undefined ? null : { fromMs: column.fromMs, toMs: column.fromMs + this.#step };
  }

  #snap(ms: number): number {
    const first = this.#columns[0]?.fromMs ?? 0;
    const step = this.#step;
    return step <= 0 ? ms : first + Math.max(0, Math.min(this.#columns.length, Math.round((ms - first) / step))) * step;
  }

  #picture(widthPx: number): Picture | null {
    const figures = this.#figures;
    const columns = this.#columns;
    const [first, last] = [columns[0], columns.at(-1)];
    if (figures === null || first === undefined || last === undefined) return null;
    const { edgesMs, stepMs } = figures.overTime;
    const roomPx = widthPx - leftPx - rightPx;
    const limits = figures.limits.filter(
      ({ curve, ms }) => curve === 'response' && ms < (edgesMs.at(-1) ?? 1) * 30 && ms > (edgesMs[0] ?? 1) / 10,
    );
    const min = log(Math.min(edgesMs[0] ?? 1, ...limits.map(({ ms }) => ms)));
    const max = Math.max(log(edgesMs.at(-1) ?? 10), ...limits.map(({ ms }) => log(ms))) + 0.04;
    const ends = figures.view.measured?.toMs ?? 0;
    // The last step is cut where the run ended; while it runs the room of what is to come is there already.
    const end = Math.max(ends > last.fromMs ? Math.min(ends, last.fromMs + stepMs) : last.fromMs + stepMs, plannedEnd(figures));
    const ticks = edgesMs.length === 0 ? [] : latencyTicks(min, max, heightPx - bottomPx, 24);
    return {
      x: timeAxis(first.fromMs, end, roomPx, bottomPx, 15),
      y: {
        min,
        max: Math.max(max, min + 0.3),
        roomPx: leftPx,
        ticks: ticks
          .filter((at) => limits.every(({ ms }) => Math.abs(at - log(ms)) > 0.13 * (max - min)))
          .map((at) => ({ at, label: latencyTick(at) })),
      },
      padding: { top: 6, right: rightPx },
      lines: [this.#median(end), this.#tail(end)],
      under: (plot) => {
        cells(plot, figures.overTime);
        for (const { ms } of limits) {
          const y = plot.y(log(ms));
          stroke(
            plot,
            'limit',
            [
              [plot.left, y],
              [plot.right, y],
            ],
            { widthPx: 1.2, dash: [4, 2.5] },
          );
          label(plot, t('limit'), plot.left - 6, y + 4, { align: 'right', dim: true });
        }
      },
      over: (plot) => {
        this.#names(plot);
        notOk(plot, figures.overTime);
        this.#brush.draw(plot);
      },
    };
  }

  /** Medians of a step here and there are no line. */
  get #hasMedian(): boolean {
    const answered = this.#columns.filter(({ counts }) => counts.some((count) => count > 0));
    return answered.filter(({ p50 }) => p50 !== null).length * 2 >= answered.length;
  }

  #median(end: number): Line {
    if (!this.#hasMedian) return { ink: 'service', widthPx: 1.3, points: [] };
    const points = this.#columns.flatMap(({ fromMs, p50 }) => step(fromMs, Math.min(end, fromMs + this.#step), p50));
    return { ink: 'service', widthPx: 1.3, edge: true, points };
  }

  #tail(end: number): Line {
    const steps = this.#figures?.overTime.tail?.steps ?? [];
    const points = steps.flatMap(({ fromMs, toMs, ms }) => step(fromMs, Math.min(end, toMs), ms));
    return { ink: 'service', widthPx: 1.3, edge: true, points, dash: [3, 2.2] };
  }

  /** A percentile's name stands where its line ends. */
  #names(plot: Plot): void {
    const tail = this.#figures?.overTime.tail;
    const last = this.#hasMedian ? this.#columns.findLast(({ p50 }) => p50 !== null) : undefined;
    const high = tail?.steps.findLast(({ ms }) => ms !== null);
    const ends = [last === undefined ? 0 : last.fromMs + this.#step, high?.toMs ?? 0];
    const x = Math.min(plot.right, plot.x(Math.max(...ends))) + 6;
    const medianY = last === undefined ? Infinity : plot.y(log(last.p50 ?? 0)) + 4;
    if (last !== undefined) label(plot, 'p50', x, medianY);
    if (high !== undefined && tail) label(plot, percentileName(tail.quantile), x, Math.min(plot.y(log(high.ms ?? 0)) + 4, medianY - 13));
  }

  #readout(index: number): string {
    const column = this.#columns[index];
    if (column === undefined) return '';
    const count = column.counts.reduce((sum, each) => sum + each, 0);
    const parts = [t('{0} requests', formatCount(count))];
    if (column.p50 !== null) parts.push(`p50 ${latency(column.p50)}`);
    const tail = this.#figures?.overTime.tail;
    const high = tail?.steps.find(({ fromMs, toMs }) => column.fromMs >= fromMs && column.fromMs < toMs);
    if (tail && high !== undefined && high.ms !== null)
      parts.push(`${percentileName(tail.quantile)} ${latency(high.ms)} (${span(high.fromMs, high.toMs)})`);
    if (column.failed > 0) parts.push(t('{0} failed', formatCount(column.failed)));
    if (column.dropped > 0) parts.push(t('{0} dropped', formatCount(column.dropped)));
    return `${span(column.fromMs, column.fromMs + this.#step)}: ${parts.join(', ')}`;
  }
}

function step(fromMs: number, toMs: number, ms: number | null): readonly Point[] {
  const y = ms === null ? null : log(ms);
  return [
    { x: fromMs, y },
    { x: toMs, y },
  ];
}

function latencyTick(at: number): string {
  return latency(10 ** at).replace(/\.0+ /, ' ');
}

function plannedEnd({ view }: Figures): number {
  const { phase } = view;
  return view.verdict === null && phase?.phase === 'measuring' && !endsEarlier(view) ? phase.t + (phase.durationMs ?? 0) : 0;
}

function mostOf({ columns }: OverTime): number {
  return Math.max(0, ...columns.map(({ counts }) => Math.max(0, ...counts)));
}

export function shade(count: number, most: number): number {
  return Math.min(0.85, 0.26 + 0.6 * (count / Math.max(1, most)) ** 0.8);
}

function shades(): HTMLElement {
  return h('span', { class: 'shades', aria: { hidden: true } }, ...[1, 2, 3, 4].map((n) => h('i', { class: `shade s${n}` })));
}

function cells(plot: Plot, overTime: OverTime): void {
  const { columns, edgesMs, stepMs } = overTime;
  const most = mostOf(overTime);
  const { context, palette } = plot;
  context.fillStyle = palette.of('response');
  const edges = edgesMs.map((ms) => plot.y(log(ms)));
  for (const column of columns) {
    const left = plot.x(column.fromMs);
    const width = Math.min(plot.right, plot.x(column.fromMs + stepMs)) - left + 0.2;
    for (const [row, count] of column.counts.entries()) {
      const [low, high] = [edges[row], edges[row + 1]];
      if (count === 0 || low === undefined || high === undefined) continue;
      context.globalAlpha = shade(count, most);
      context.fillRect(left, high, width, low - high + 0.2);
    }
  }
  context.globalAlpha = 1;
}

/** A cross for each step with failures, a dashed ring for dropped ones. */
function notOk(plot: Plot, { columns, stepMs }: OverTime): void {
  const y = plot.bottom + 9;
  label(plot, t('not ok'), plot.left - 6, y + 4, { align: 'right', dim: true });
  const { context, palette } = plot;
  let [failedUntil, droppedUntil] = [-Infinity, -Infinity];
  for (const column of columns) {
    const x = plot.x(column.fromMs + stepMs / 2);
    if (column.dropped > 0 && x - droppedUntil >= 7) {
      context.strokeStyle = palette.of('dropped');
      context.lineWidth = 1.2;
      context.setLineDash([1.7, 1.3]);
      context.beginPath();
      context.arc(column.failed > 0 ? x + 7 : x, y, 3, 0, 2 * Math.PI);
      context.stroke();
      droppedUntil = x;
    }
    if (column.failed > 0 && x - failedUntil >= 6) {
      stroke(
        plot,
        'bad',
        [
          [x - 3, y - 3],
          [x + 3, y + 3],
        ],
        { widthPx: 1.6 },
      );
      stroke(
        plot,
        'bad',
        [
          [x + 3, y - 3],
          [x - 3, y + 3],
        ],
        { widthPx: 1.6 },
      );
      failedUntil = x;
    }
  }
}

function finding(figures: Figures): string {
  const { overTime, brush } = figures;
  const counted = overTime.columns.filter(({ p50 }) => p50 !== null);
  const slowest = counted.reduce<(typeof counted)[number] | undefined>(
    (worst, column) => ((column.p50 ?? 0) > (worst?.p50 ?? 0) ? column : worst),
    undefined,
  );
  if (slowest === undefined) return t('Latency over time: too few requests have been answered.');
  const failed = overTime.columns.reduce((sum, column) => sum + column.failed, 0);
  const dropped = overTime.columns.reduce((sum, column) => sum + column.dropped, 0);
  const said = t(
    'Latency over time. The highest median, {0}, was at {1}; {2} failed, {3} dropped.',
    latency(slowest.p50),
    span(slowest.fromMs, slowest.fromMs + overTime.stepMs),
    formatCount(failed),
    formatCount(dropped),
  );
  if (brush === null) return said;
  const { p50, p99 } = shown(figures).percentiles.response;
  return `${said} ${t('Selected {0}: p50 {1}, p99 {2}.', span(brush.fromMs, brush.toMs), latency(p50), latency(p99))}`;
}
