/** Medians of A against B, a column a statement, with their 95 % intervals. B stands at 0; the scale is that of ratios. */
import { t } from '../../src/base/messages.ts';
import type { ComparedStatement, Comparison } from '../../src/analysis/view.ts';
import type { Picture, Plot } from '../kit/chart.ts';
import { ChartBox, label, stroke } from '../kit/chart-box.ts';
import type { Palette } from '../kit/palette.ts';
import type { Ink } from '../kit/palette.ts';
import { against, effectInWords, found, interval, medians, probability, unsaid } from './words.ts';

const heightPx = 168;
const bottomPx = 54;
const widestColumnPx = 72;

export interface CompareChartParts {
  readonly palette: Palette;
  /** Beside the title; by the keyboard it is spoken too. */
  readout(text: string, spoken: boolean): void;
  key(event: KeyboardEvent): boolean;
}

export class CompareChart {
  readonly #box: ChartBox;
  #comparison: Comparison | null = null;

  constructor(parts: CompareChartParts) {
    this.#box = new ChartBox({
      palette: parts.palette,
      heightPx,
      nothing: t('The runs have no query in common.'),
      picture: (widthPx) => this.#picture(widthPx),
      places: () => (this.#comparison?.statements ?? []).map((_, i) => i + 0.5),
      readout: (index, spoken) => parts.readout(index === null ? '' : this.#readout(index), spoken),
      key: (event) => parts.key(event),
    });
  }

  get element(): HTMLElement {
    return this.#box.element;
  }

  show(comparison: Comparison): void {
    this.#comparison = comparison;
    const silent = comparison.statements.filter(({ finding }) => finding === 'unsaid').length;
    this.#box.label = t(
      'Medians of A against B with 95 % intervals: {0}. Nothing can be said of {1} of {2}.',
      comparison.text,
      silent,
      comparison.statements.length,
    );
    this.#box.draw();
  }

  #readout(index: number): string {
    const statement = this.#comparison?.statements[index];
    if (statement === undefined) return '';
    const ms = medians([statement]);
    const { name, a, b, ratio, p, effect } = statement;
    return `${name}: A ${ms(a?.median)} ms, B ${ms(b?.median)} ms, ${found(statement)} (${interval(ratio)}), p ${probability(p)}, ${t('effect {0}', effectInWords(effect))}`;
  }

  #picture(widthPx: number): Picture | null {
    const comparison = this.#comparison;
    if (comparison === null || comparison.statements.length === 0) return null;
    const { statements, geometricMean } = comparison;
    const wide = widthPx > 800;
    const leftPx = wide ? 92 : 74;
    const count = statements.length;
    const meanPx = 96;
    const roomPx = widthPx - leftPx - meanPx;
    // A few statements stand together: their columns don't fill the page.
    const spare = Math.max(0, roomPx - count * widestColumnPx);
    const rightPx = meanPx + spare;
    const reach = reachOf(statements);
    const [up, down] = [Math.log(reach), Math.log(1 / reach)];
    const slower = reach < 2 ? t('{0} % slower', Math.round((reach - 1) * 100)) : t('{0} × slower', reach);
    const faster = reach < 2 ? t('{0} % faster', Math.round((1 - 1 / reach) * 100)) : t('{0} × faster', reach);
    return {
      x: { min: 0, max: count, roomPx: bottomPx, ticks: [] },
      y: {
        min: down * 1.25,
        max: up * 1.25,
        roomPx: leftPx,
        ticks: [
          { at: up, label: slower },
          { at: 0, label: 'B', line: false },
          { at: down, label: faster },
        ],
      },
      padding: { top: 6, right: rightPx },
      under: (plot) => {
        stroke(plot, 'axis', [
          [plot.left, plot.y(0)],
          [plot.right, plot.y(0)],
        ]);
        if (geometricMean !== null) mean(plot, geometricMean.ratio);
      },
      over: (plot) => {
        for (const [i, statement] of statements.entries()) draw(plot, i, statement);
        labels(plot, statements, wide);
      },
    };
  }
}

/** 1.1, 1.2, 1.5, 2, 3 …: what the largest difference and most of the intervals fit in. */
function reachOf(statements: readonly ComparedStatement[]): number {
  const size = (ratio: number): number => Math.max(ratio, 1 / Math.max(ratio, 1e-6));
  const values = statements.flatMap(({ ratio }) => (ratio === null ? [] : [size(ratio.value)]));
  const ends = statements.flatMap(({ ratio, finding }) =>
    ratio === null || finding === 'unsaid' ? [] : [size(ratio.low), size(ratio.high)],
  );
  const most = Math.max(1.08, ...values, ...ends);
  return [1.1, 1.2, 1.5, 2, 3, 5, 10, 20, 50, 100, 1000].find((step) => step >= most / 1.04) ?? 1e6;
}

function mean(plot: Plot, ratio: number): void {
  const y = plot.y(Math.log(ratio));
  stroke(
    plot,
    'response',
    [
      [plot.left, y],
      [plot.right, y],
    ],
    { dash: [7, 3] },
  );
  label(plot, t('geometric'), plot.right + 6, y);
  label(plot, t('mean {0}', against(ratio)), plot.right + 6, y + 12);
}

/** A stands where the ratio is, which is what the row below says; each whisker is the interval of its own median. */
function draw(plot: Plot, index: number, { a, b, ratio, finding }: ComparedStatement): void {
  const { context, palette } = plot;
  if (a === null || b === null || a.median <= 0 || b.median <= 0) return;
  const column = plot.x(1) - plot.x(0);
  const aside = Math.min(8, column / 5);
  const x = plot.x(index + 0.5);
  const y = (factor: number): number => Math.max(plot.top, Math.min(plot.bottom, plot.y(Math.log(Math.max(factor, 1e-6)))));
  const at = ratio?.value ?? a.median / b.median;
  const own = (ms: number | null, median: number, scale: number): number | null => (ms === null ? null : y((scale * ms) / median));
  context.globalAlpha = finding === 'unsaid' ? 0.5 : 1;
  whisker(plot, x + aside, 'wait', own(b.low, b.median, 1), own(b.high, b.median, 1), column);
  const [bx, by] = [x + aside, y(1)];
  context.beginPath();
  context.moveTo(bx, by - 3.8);
  context.lineTo(bx + 3.8, by);
  context.lineTo(bx, by + 3.8);
  context.lineTo(bx - 3.8, by);
  context.closePath();
  context.fillStyle = palette.of('surface');
  context.fill();
  context.strokeStyle = palette.of('wait');
  context.lineWidth = 1.3;
  context.stroke();
  whisker(plot, x - aside, 'response', own(a.low, a.median, at), own(a.high, a.median, at), column);
  context.fillStyle = palette.of('response');
  context.beginPath();
  context.arc(x - aside, y(at), 3, 0, 2 * Math.PI);
  context.fill();
  context.globalAlpha = 1;
}

function whisker({ context, palette }: Plot, x: number, ink: Ink, low: number | null, high: number | null, column: number): void {
  if (low === null || high === null) return;
  const half = Math.min(3, column / 12);
  context.strokeStyle = palette.of(ink);
  context.lineWidth = 1;
  context.setLineDash([]);
  context.beginPath();
  context.moveTo(x, low);
  context.lineTo(x, high);
  for (const y of [low, high]) {
    context.moveTo(x - half, y);
    context.lineTo(x + half, y);
  }
  context.stroke();
}

/** Under the columns: the finding, A's median, the name. Where columns are narrow the findings stand in two rows. */
function labels(plot: Plot, statements: readonly ComparedStatement[], wide: boolean): void {
  const { heightPx: height, left } = plot;
  const column = plot.x(1) - plot.x(0);
  const roomy = wide && column >= 40;
  const rows = [height - 38, height - 22, height - 6] as const;
  label(plot, t('A against B'), left - 8, rows[0], { align: 'right' });
  label(plot, roomy ? t('A median, ms') : '%', left - 8, rows[1], { align: 'right', dim: roomy });
  label(plot, t('query'), left - 8, rows[2], { align: 'right', dim: true });
  const ms = medians(statements);
  const every = Math.max(1, Math.ceil(22 / column));
  for (const [i, statement] of statements.entries()) {
    const x = plot.x(i + 0.5);
    const text = found(statement, 0);
    const words = roomy ? text : text.replace(' %', '');
    const said = text !== unsaid;
    label(plot, words, x, !roomy && i % 2 === 1 ? rows[1] : rows[0], {
      align: 'center',
      strong: statement.finding === 'slower',
      dim: !said,
    });
    if (roomy) label(plot, ms(statement.a?.median), x, rows[1], { align: 'center', dim: true });
    if (i % every === 0)
      label(plot, clipped(plot, shortName(statement.name, column), column * every - 4), x, rows[2], { align: 'center', dim: true });
  }
}

function shortName(name: string, column: number): string {
  return column < 30 ? name.replace(/^q(?=\d)/, '') : name;
}

function clipped({ context, palette }: Plot, text: string, room: number): string {
  context.font = palette.font(11);
  if (context.measureText(text).width <= room) return text;
  let kept = text;
  while (kept.length > 1 && context.measureText(`${kept}…`).width > room) kept = kept.slice(0, -1);
  return `${kept}…`;
}
