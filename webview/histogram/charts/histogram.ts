/** Response times on a logarithmic axis: bars of the brushed time full, the rest pale, rulers at the percentiles, the limit. */
import { t } from '../../../src/base/messages.ts';
import { formatCount } from '../../../src/base/units.ts';
import type { Percentiles } from '../../../src/analysis/view.ts';
import type { Picture, Plot } from '../../kit/chart.ts';
import { h } from '../../kit/dom.ts';
import { label, stroke, type ChartBox } from '../../kit/chart-box.ts';
import { latency, percentileName, span, tick } from '../words.ts';
import { around, latencyAxis, log } from './axes.ts';
import { boxIn, type ChartParts } from './box.ts';
import { barsOf, middle, shown, type Bar, type Figures } from './figures.ts';
import { patch, section } from './section.ts';

const leftPx = 50;
const rightPx = 8;
const rulerPx = 36;
const heightPx = 148;

export class HistogramChart {
  readonly #section = section(t('Response time'), 'histogram');
  readonly #box: ChartBox;
  #figures: Figures | null = null;
  #bars: readonly Bar[] = [];

  constructor(parts: ChartParts) {
    this.#box = boxIn(this.#section, parts, {
      heightPx,
      picture: (widthPx) => this.#picture(widthPx),
      places: () => this.#bars.map((bar) => log(middle(bar))),
      words: (index) => this.#readout(index),
    });
  }

  get element(): HTMLElement {
    return this.#section.element;
  }

  show(figures: Figures): void {
    this.#figures = figures;
    this.element.hidden = figures.whole.percentiles.response.count === 0;
    const { brush, statement } = figures;
    this.#section.sub(statement === null ? t('requests per bin') : t('{0}, requests per bin', statement));
    if (brush === null) this.#section.rest();
    else
      this.#section.rest(
        patch('in'),
        t('planned in {0}', span(brush.fromMs, brush.toMs)),
        patch('all'),
        h('span', { class: 'dim' }, t('rest of the run')),
      );
    this.#box.label = finding(figures);
    this.#box.draw();
  }

  #picture(widthPx: number): Picture | null {
    const figures = this.#figures;
    const roomPx = widthPx - leftPx - rightPx;
    this.#bars = figures === null ? [] : barsOf(figures, Math.floor(roomPx / 7));
    const [first, last] = [this.#bars[0], this.#bars.at(-1)];
    if (figures === null || first === undefined || last === undefined) return null;
    const limits = figures.limits.filter(({ curve }) => curve === 'response');
    // A limit far away from what was measured would press all bars to the edge: it is written there instead.
    const near = limits.filter(({ ms }) => ms <= last.toMs * 12 && ms >= first.fromMs / 12);
    const edges = around(Math.min(first.fromMs, ...near.map(({ ms }) => ms * 0.8)), Math.max(last.toMs, ...near.map(({ ms }) => ms * 1.3)));
    const most = niceTop(Math.max(...this.#bars.map(({ count }) => count)));
    return {
      x: { ...latencyAxis(edges.min, edges.max, roomPx, 54, 18), roomPx: 18 },
      y: {
        min: 0,
        max: most,
        roomPx: leftPx,
        ticks: (most % 2 === 0 ? [most / 2, most] : [most]).map((count) => ({ at: count, label: formatCount(count) })),
      },
      padding: { top: rulerPx, right: rightPx },
      under: (plot) => drawBars(plot, this.#bars, figures.part === null),
      over: (plot) => {
        rulers(plot, shown(figures).percentiles.response);
        for (const limit of limits) drawLimit(plot, limit.ms, edges);
      },
    };
  }

  #readout(index: number): string {
    const bar = this.#bars[index];
    if (bar === undefined || this.#figures === null) return '';
    const all = this.#bars.reduce((sum, { count }) => sum + count, 0);
    const below = this.#bars.slice(0, index + 1).reduce((sum, { count }) => sum + count, 0);
    const share = t('{0} % up to here', Number(((100 * below) / Math.max(1, all)).toPrecision(3)));
    const part = this.#figures.part === null ? '' : t(' ({0} of the time selected)', formatCount(bar.inBrush));
    return `${latency(bar.fromMs)}–${latency(bar.toMs)}: ${t('{0} requests', formatCount(bar.count))}${part}, ${share}`;
  }
}

/** The brushed part is the foot of a bar: what is there is seen at 1.5 px at least. */
function drawBars(plot: Plot, bars: readonly Bar[], whole: boolean): void {
  const { context, palette, bottom } = plot;
  context.fillStyle = palette.of('response');
  for (const bar of bars) {
    const left = plot.x(log(bar.fromMs)) + 0.5;
    const width = Math.max(1, plot.x(log(bar.toMs)) - left - 0.5);
    const foot = bar.inBrush === 0 ? 0 : Math.max(2, bottom - plot.y(bar.inBrush));
    const rest = bar.count === bar.inBrush ? 0 : Math.max(1.5, bottom - plot.y(bar.count - bar.inBrush));
    context.globalAlpha = 1;
    context.fillRect(left, bottom - foot, width, foot);
    context.globalAlpha = whole ? 0.6 : 0.38;
    context.fillRect(left, bottom - foot - rest, width, rest);
  }
  context.globalAlpha = 1;
}

function finding(figures: Figures): string {
  const view = shown(figures);
  const { count, p50, p99, max } = view.percentiles.response;
  if (count === 0) return t('Histogram of response times: no request has been answered.');
  const of = t('Histogram of {0} response times, logarithmic.', formatCount(count));
  const named = [
    [t('Median'), p50],
    ['p99', p99],
    [t('maximum'), max],
  ] as const;
  return `${of} ${named.flatMap(([name, ms]) => (ms === null ? [] : [`${name} ${latency(ms)}`])).join(', ')}.`;
}

/** Values on the first row, names on the second; labels that would touch stand aside, with a line to their place. */
function rulers(plot: Plot, percentiles: Percentiles): void {
  const marks = [
    [0.5, percentiles.p50],
    [0.9, percentiles.p90],
    [0.99, percentiles.p99],
    [0.999, percentiles.p999],
    [1, percentiles.max],
  ] as const;
  const known = marks.flatMap(([quantile, ms]) => (ms === null ? [] : [{ quantile, ms, x: plot.x(log(ms)), text: plot.x(log(ms)) }]));
  const apart = 52;
  const rightmost = plot.right - 16;
  for (const [i, mark] of known.entries()) mark.text = Math.max(mark.text, plot.left + 12, (known[i - 1]?.text ?? -apart) + apart);
  for (const [i, mark] of [...known.entries()].reverse())
    mark.text = Math.min(mark.text, known[i + 1] === undefined ? rightmost : (known[i + 1]?.text ?? 0) - apart);
  for (const { quantile, ms, x, text } of known) {
    stroke(
      plot,
      'text',
      [
        [x, plot.top - 8],
        [x, plot.bottom],
      ],
      { opacity: 0.45 },
    );
    if (Math.abs(text - x) > 1)
      stroke(plot, 'axis', [
        [text, plot.top - 11],
        [x, plot.top - 8],
      ]);
    label(plot, latency(ms), text, plot.top - 26, { align: 'center', strong: true });
    label(plot, percentileName(quantile), text, plot.top - 14, { align: 'center', dim: true });
  }
}

function drawLimit(plot: Plot, ms: number, edges: { readonly min: number; readonly max: number }): void {
  const at = log(ms);
  if (at > edges.max) {
    label(plot, `${t('limit {0}', tick(ms))} →`, plot.right, plot.top + 10, { align: 'right', dim: true });
  } else if (at >= edges.min) {
    const x = plot.x(at);
    stroke(
      plot,
      'limit',
      [
        [x, plot.top],
        [x, plot.bottom],
      ],
      { widthPx: 1.2, dash: [4, 2.5] },
    );
    const leftHasRoom = x - plot.left > 90;
    label(plot, t('limit {0}', tick(ms)), leftHasRoom ? x - 5 : x + 5, plot.top + 10, { align: leftHasRoom ? 'right' : 'left', dim: true });
  }
}

function niceTop(count: number): number {
  const steps = [1, 2, 4, 6, 8, 10];
  const decade = 10 ** Math.floor(Math.log10(Math.max(1, count)));
  return Math.max(2, (steps.find((step) => step * decade >= count) ?? 10) * decade);
}
