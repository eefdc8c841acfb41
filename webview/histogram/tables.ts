/** The tables behind the charts: the same numbers in the same order. */
import { planLength } from '../../src/analysis/text.ts';
import { t } from '../../src/base/messages.ts';
import { formatCount } from '../../src/base/units.ts';
import type { Curve } from '../../src/journal/plan.ts';
import { h, fill, whenChanged, type Child } from '../kit/dom.ts';
import { barsOf, percentileOf, shown, type Figures } from './charts/figures.ts';
import { name } from './charts/curves.ts';
import { digitsFor, inMs, none, percentileName, span } from './words.ts';

const kinds = ['response', 'wait', 'service'] as const;
const quantiles = [0.5, 0.75, 0.9, 0.95, 0.99, 0.999, 1];
const mostBins = 60;

interface Table {
  readonly title: string;
  readonly sub: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** Long ones scroll in their own place. */
  readonly long?: boolean;
}

export class ChartTables {
  readonly element = h('div', { class: 'tables', hidden: true });
  readonly #draw = whenChanged((tables: readonly Table[]) => fill(this.element, ...tables.map(drawTable)));

  show(figures: Figures): void {
    this.#draw([bins(figures), percentiles(figures), overTime(figures)]);
  }

  focus(): void {
    this.element.querySelector<HTMLElement>('[tabindex]')?.focus();
  }
}

function bins(figures: Figures): Table {
  const bars = barsOf(figures, mostBins).filter(({ count }) => count > 0);
  const all = bars.reduce((sum, { count }) => sum + count, 0);
  const digits = digitsFor(bars.map(({ fromMs }) => fromMs));
  const brushed = figures.brush;
  let below = 0;
  return {
    title: t('Response time'),
    sub: t('ms, {0} requests', formatCount(all)),
    head: [
      t('from'),
      t('to'),
      t('requests'),
      ...(brushed === null ? [] : [t('planned in {0}', span(brushed.fromMs, brushed.toMs))]),
      t('up to here, %'),
    ],
    rows: bars.map((bar) => {
      below += bar.count;
      const share = ((100 * below) / all).toFixed(2);
      return [
        inMs(bar.fromMs, digits),
        inMs(bar.toMs, digits),
        formatCount(bar.count),
        ...(brushed === null ? [] : [formatCount(bar.inBrush)]),
        share,
      ];
    }),
    long: true,
  };
}

function percentiles(figures: Figures): Table {
  const view = shown(figures);
  const { brush } = figures;
  const { count } = view.percentiles.response;
  const digits = digitsFor([view.percentiles.response.p50]) + 1;
  const cell = (curve: Curve, quantile: number): string => inMs(percentileOf(view, curve, quantile), digits);
  const of = t('ms, {0} requests that answered', formatCount(count));
  return {
    title: t('Percentiles'),
    sub: brush === null ? of : `${of}, ${t('planned in {0}', span(brush.fromMs, brush.toMs))}`,
    head: [t('percentile'), ...kinds.map(name)],
    rows: quantiles.map((quantile) => [percentileName(quantile), ...kinds.map((kind) => cell(kind, quantile))]),
  };
}

function overTime({ overTime: { columns, stepMs, tail } }: Figures): Table {
  const high = (at: number): number | null => tail?.steps.find(({ fromMs, toMs }) => at >= fromMs && at < toMs)?.ms ?? null;
  const long = tail === null ? 0 : (tail.steps[0]?.toMs ?? 0) - (tail.steps[0]?.fromMs ?? 0);
  const tailHead =
    tail === null
      ? []
      : [long > stepMs ? t('{0} each {1}', percentileName(tail.quantile), planLength(long)) : percentileName(tail.quantile)];
  const digits = digitsFor(columns.map(({ p50 }) => p50));
  return {
    title: t('Over time'),
    sub: t('response time in ms, by planned start'),
    head: [t('planned in'), t('answered'), t('failed'), t('dropped'), 'p50', ...tailHead],
    rows: columns.map(({ fromMs, counts, failed, dropped, p50 }) => [
      span(fromMs, fromMs + stepMs),
      formatCount(counts.reduce((sum, count) => sum + count, 0)),
      formatCount(failed),
      formatCount(dropped),
      inMs(p50, digits),
      ...(tail === null ? [] : [inMs(high(fromMs), digits)]),
    ]),
    long: true,
  };
}

function drawTable({ title, sub, head, rows, long = false }: Table): HTMLElement {
  const cell = (text: string, column: number): Child => {
    const quiet = column > 0 && (text === '0' || text === none);
    return h('td', { class: quiet ? 'none' : '', title: text === none ? t('too few samples') : undefined }, text);
  };
  const table = h(
    'table',
    { class: 'figures' },
    h('thead', {}, h('tr', {}, ...head.map((text) => h('th', {}, text)))),
    h('tbody', {}, ...rows.map((row) => h('tr', {}, ...row.map(cell)))),
  );
  for (const heading of table.querySelectorAll('th')) heading.scope = 'col';
  return h(
    'section',
    {},
    h('div', { class: 'st' }, h('h2', {}, title), h('span', { class: 'dim sm' }, sub)),
    h('div', { class: long ? 'scroll' : 'whole', tabindex: 0, role: 'region', aria: { label: title } }, table),
  );
}
