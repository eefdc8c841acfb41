/** Latency by percentile, x = −log10(1 − p): each nine has the same width. Response thick, service thin, wait dashed. */
import { t } from '../../../src/base/messages.ts';
import type { CurvePoint } from '../../../src/analysis/view.ts';
import type { Curve } from '../../../src/journal/plan.ts';
import type { Axis, Line, Picture, Plot, Point } from '../../kit/chart.ts';
import { label, stroke, type ChartBox } from '../../kit/chart-box.ts';
import { latency, percent, percentileName, span, tick, type Limit } from '../words.ts';
import { latencyTicks, log } from './axes.ts';
import { boxIn, type ChartParts } from './box.ts';
import { percentileOf, shown, type Figures } from './figures.ts';
import { section } from './section.ts';

const leftPx = 50;
const rightPx = 78;
const heightPx = 160;
const kinds = ['response', 'service', 'wait'] as const;
const styles: Readonly<Record<Curve, Pick<Line, 'widthPx' | 'dash'>>> = {
  response: { widthPx: 2.2 },
  service: { widthPx: 1.2 },
  wait: { widthPx: 1.8, dash: [8, 3] },
};

export class CurvesChart {
  readonly #section = section(t('Percentiles'), 'curves');
  readonly #box: ChartBox;
  #figures: Figures | null = null;

  constructor(parts: ChartParts) {
    this.#box = boxIn(this.#section, parts, {
      heightPx,
      picture: () => this.#picture(),
      places: () => this.#points('response').map(({ quantile }) => nines(quantile, this.#most)),
      words: (index) => this.#readout(index),
    });
  }

  get element(): HTMLElement {
    return this.#section.element;
  }

  show(figures: Figures): void {
    this.#figures = figures;
    this.element.hidden = figures.whole.percentiles.response.count === 0;
    this.#section.sub(t('response = wait + service, each request'));
    const { brush } = figures;
    this.#section.rest(brush === null ? '' : t('planned in {0}', span(brush.fromMs, brush.toMs)));
    this.#box.label = finding(figures);
    this.#box.draw();
  }

  get #most(): number {
    const last = this.#points('response').findLast(({ quantile }) => quantile < 1)?.quantile ?? 0.9;
    return Math.max(1, Math.min(6, nines(last, 6)));
  }

  #points(kind: Curve): readonly CurvePoint[] {
    return this.#figures === null ? [] : shown(this.#figures).curves[kind];
  }

  #picture(): Picture | null {
    const figures = this.#figures;
    const response = this.#points('response');
    const [first, last] = [response[0], response.at(-1)];
    if (figures === null || first === undefined || last === undefined) return null;
    const limits = figures.limits.filter(({ ms }) => ms <= last.ms * 30 && ms >= first.ms / 30);
    const most = this.#most;
    // A wait is mostly nothing: below the decade under the fastest answer all of it lies on the floor.
    const floor = Math.max(-2, Math.floor(log(first.ms) - 0.3));
    const top = Math.max(log(last.ms), ...limits.map(({ ms }) => log(ms))) + 0.12;
    const y: Axis = {
      min: floor,
      max: Math.max(top, floor + 1),
      roomPx: leftPx,
      ticks: latencyTicks(floor, top, heightPx - 30, 28)
        .filter((at) => Number.isInteger(at))
        .map((at) => ({ at, label: at === floor ? `≤${tick(10 ** at)}` : tick(10 ** at), line: at !== floor })),
    };
    const line = (kind: Curve): Line => ({
      ink: kind,
      ...styles[kind],
      points: this.#points(kind).map((point): Point => ({ x: nines(point.quantile, most), y: Math.max(floor, log(point.ms)) })),
    });
    return {
      x: { min: 0, max: most, roomPx: 20, ticks: nineTicks(most) },
      y,
      padding: { top: 8, right: rightPx },
      lines: [line('response'), line('wait'), line('service')],
      under: (plot) => {
        for (const limit of limits) drawLimit(plot, limit);
      },
      over: (plot) => this.#over(plot, figures, most, floor),
    };
  }

  #over(plot: Plot, figures: Figures, most: number, floor: number): void {
    const few = this.#points('response').find((point) => point.few);
    if (few !== undefined) {
      const x = plot.x(nines(few.quantile, most));
      plot.context.globalAlpha = 0.6;
      plot.context.fillStyle = plot.palette.of('surface');
      plot.context.fillRect(x, plot.top, plot.right - x + 1, plot.bottom - plot.top - 1);
      plot.context.globalAlpha = 1;
      const room = plot.right - x > 76;
      label(plot, t('< 5 samples'), room ? x + 4 : plot.right - 4, plot.bottom - 5, { align: room ? 'left' : 'right', dim: true });
    }
    this.#ends(plot, floor);
    this.#figure(plot, figures, most);
  }

  /** A curve's name stands where it ends. */
  #ends(plot: Plot, floor: number): void {
    const ends = kinds
      .flatMap((kind) => {
        const last = this.#points(kind).at(-1);
        return last === undefined ? [] : [{ kind, y: plot.y(Math.max(floor, log(last.ms))) }];
      })
      .sort((a, b) => a.y - b.y || kinds.indexOf(a.kind) - kinds.indexOf(b.kind));
    for (const [i, end] of ends.entries()) end.y = Math.max(end.y, plot.top + 3, (ends[i - 1]?.y ?? -99) + 14);
    for (const [i, end] of [...ends.entries()].reverse()) end.y = Math.min(end.y, (ends[i + 1]?.y ?? plot.bottom + 14) - 14);
    for (const { kind, y } of ends) {
      const { widthPx, dash = [] } = styles[kind];
      stroke(
        plot,
        kind,
        [
          [plot.right + 2, y],
          [plot.right + 14, y],
        ],
        { widthPx, dash },
      );
      label(plot, name(kind), plot.right + 18, y + 4, { strong: kind === 'response' });
    }
  }

  /** The figure that decides: the limit's percentile, else the highest that has enough samples. */
  #figure(plot: Plot, figures: Figures, most: number): void {
    const { limits } = figures;
    const view = shown(figures);
    const limit = limits.find(({ curve }) => curve === 'response');
    const said = [0.999, 0.99, 0.95, 0.9, 0.5].find((quantile) => percentileOf(view, 'response', quantile) !== null);
    const at = limit !== undefined && percentileOf(view, 'response', limit.percentile) !== null ? limit.percentile : said;
    if (at === undefined) return;
    const placed = (['response', 'service'] as const).flatMap((kind) => {
      const ms = percentileOf(view, kind, at);
      return ms === null ? [] : [{ kind, ms, x: plot.x(nines(at, most)), y: plot.y(log(ms)) }];
    });
    const [response, service] = placed;
    if (response === undefined) return;
    const both = service !== undefined && service.y - response.y > 5;
    for (const { kind, x, y } of both ? placed : [response]) {
      plot.context.fillStyle = plot.palette.of(kind);
      plot.context.beginPath();
      plot.context.arc(x, y, 3, 0, 2 * Math.PI);
      plot.context.fill();
    }
    label(plot, latency(response.ms), response.x - 6, Math.max(plot.top + 4, response.y - 7), { align: 'right', strong: true });
    if (both) label(plot, latency(service.ms), service.x + 6, service.y + 14);
  }

  #readout(index: number): string {
    const point = this.#points('response')[index];
    if (point === undefined) return '';
    const figures = kinds.flatMap((kind) => {
      const at = atQuantile(this.#points(kind), point.quantile);
      return at === undefined ? [] : [`${name(kind)} ${latency(at.ms)}`];
    });
    return `${percentileName(point.quantile)}: ${figures.join(', ')}${point.few ? t(' (fewer than 5 samples beyond)') : ''}`;
  }
}

function atQuantile(points: readonly CurvePoint[], quantile: number): CurvePoint | undefined {
  return points.find((point) => point.quantile >= quantile - 1e-9) ?? points.at(-1);
}

export function name(kind: Curve): string {
  return { response: t('response'), service: t('service'), wait: t('wait') }[kind];
}

function nines(quantile: number, most: number): number {
  return quantile >= 1 ? most : Math.min(most, -Math.log10(1 - quantile));
}

function nineTicks(most: number): Axis['ticks'] {
  const ticks = [0, 0.5, ...Array.from({ length: Math.floor(most + 1e-9) }, (_, i) => 1 - 10 ** -(i + 1))];
  return ticks.map((quantile) => ({
    at: nines(quantile, most),
    label: quantile === 0 ? '0' : `${percent(quantile)} %`,
    line: quantile > 0,
  }));
}

function drawLimit(plot: Plot, { ms, percentile }: Limit): void {
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
  const words = t('limit {0} at {1}', tick(ms), percentileName(percentile));
  label(plot, words, plot.left + 6, y < plot.top + 14 ? y + 13 : y - 4, { dim: true });
}

function finding(figures: Figures): string {
  const { percentiles } = shown(figures);
  const named = (['p999', 'p99', 'p95', 'p90', 'p50'] as const).find((key) => percentiles.response[key] !== null);
  if (named === undefined) return t('Percentile curves: too few requests have been answered.');
  const figure = kinds.map((kind) => `${name(kind)} ${latency(percentiles[kind][named])}`).join(', ');
  return t('Percentile curves. {0}: {1}.', named === 'p999' ? 'p99.9' : named, figure);
}
