/** Client truth: every probe of each vantage at its planned start, by its response time. */
import { t } from '../../../src/base/messages.ts';
import { formatCount } from '../../../src/base/units.ts';
import { sampleOutcomes, type SampleOutcome } from '../../../src/analysis/recovery/client/samples.ts';
import { outcomeText } from '../../../src/analysis/recovery/show/reading.ts';
import { spanText } from '../../../src/analysis/recovery/show/words.ts';
import { secondsText, sinceSeconds } from '../../../src/analysis/recovery/judge/metric-text.ts';
import type { ProbeCounts, RecoveryView, VantageView } from '../../../src/analysis/recovery/view.ts';
import { h, type Child } from '../../kit/dom.ts';
import { inView, type Frame } from '../frame.ts';
import { areBinned, countsHere, keyMark, marksOf, type Mark } from '../marks.ts';
import { box, clearWords, crisp, horizontal, words, type Shape } from '../svg.ts';
import { faint, hatched, plotOf, type LaneSpec, type RowSpec, type Scene, type Table } from './lane.ts';

const height = 78;
const rail = 17;
const least = 0.02;

export function clientLane(scene: Scene): LaneSpec {
  const { view } = scene;
  const { failed, unknown, slow, wrong } = view.counts;
  const parts = [
    t('{0} failed', formatCount(failed)),
    t('{0} unknown', formatCount(unknown)),
    t('{0} slow', formatCount(slow)),
    ...(wrong > 0 ? [t('{0} wrong', formatCount(wrong))] : []),
  ];
  return {
    ...{ id: 'client', name: t('Client truth'), unit: t('ms, log'), inline: true, quiet: false },
    summary: `${parts.join(', ')}; ${view.vantages.map(({ story }) => story).join('; ')}`,
    rows: () => [
      { key: 'client', sub: null, classes: 'solid legend-row', plot: legend(view.counts, scene.frame) },
      ...view.vantages.map((vantage, i) => row(vantage, i, scene)),
    ],
    table: () => tableOf(view),
  };
}

/** The legend is the sum. */
function legend(counts: ProbeCounts, { narrow }: Frame): HTMLElement {
  const { planned, ok, slow, failed, unknown, wrong, notJudged, dropped } = counts;
  const terms: readonly (readonly [Mark | null, number, string])[] = [
    ['ok', ok, t('ok')],
    ['slow', slow, t('slow')],
    ['failed', failed, t('failed')],
    ['unknown', unknown, t('unknown')],
    ...(wrong > 0 ? [['wrong', wrong, t('wrong')] as const] : []),
    ['notJudged', notJudged, t('not judged')],
    [null, dropped, t('dropped')],
  ];
  const parts = terms.flatMap(([mark, count, name], i): Child[] => [
    i === 0 ? null : h('span', {}, '+'),
    h(
      'span',
      { class: `term${count > 0 || narrow ? '' : ' none'}` },
      mark === null ? null : keyMark(mark),
      h('b', {}, formatCount(count)),
      ` ${name}`,
    ),
  ]);
  return h('div', { class: 'legend' }, h('span', {}, t('{0} planned =', formatCount(planned))), ...parts);
}

interface LogScale {
  readonly minMs: number;
  readonly maxMs: number;
  readonly y: (ms: number) => number;
}

/** From below the fastest vantage's median to the deadline. */
function scaleOf({ vantages, deadlineMs, slowMs }: RecoveryView): LogScale {
  const medians = vantages.flatMap(({ baseline: { p50 } }) => (p50 === null ? [] : [p50]));
  const minMs = Math.max(least, Math.min(...medians, 1000) / 2.3);
  const maxMs = deadlineMs ?? Math.max(minMs * 20, (slowMs ?? 0) * 4, ...vantages.map(({ baseline: { max } }) => (max ?? 0) * 2));
  const room = height - rail - 8;
  const span = Math.log(maxMs / minMs);
  return { minMs, maxMs, y: (ms) => rail + 3 + (1 - Math.min(1, Math.max(0, Math.log(ms / minMs) / span))) * room };
}

function row(vantage: VantageView, index: number, scene: Scene): RowSpec {
  const { frame, view, samples } = scene;
  const own = samples.find(({ source }) => source === vantage.source);
  const scale = scaleOf(view);
  const shapes: (Shape | null)[] = [
    ...washes(view, frame),
    baselineBand(vantage, scale, frame),
    ...axes(view, scale, frame),
    ...hatched(frame, vantage.notJudged, 1, height - 2, t('not judged')),
    ...(own === undefined ? [] : marksOf(own, frame, { y: scale.y, rail: frame.narrow ? [4, 8.5, 13] : [5.5, 12] })),
  ];
  return {
    ...{ key: `client-${vantage.source}`, sub: { title: vantage.title, note: unitOf(vantage), stack: true, definition: whereOf(vantage) } },
    plot: plotOf(frame, height, t('Vantage {0}', vantage.story), shapes, index === 0 ? t('not yet observed') : ''),
    read: (reading) => {
      const sample = reading.vantages.find(({ source }) => source === vantage.source)?.sample ?? null;
      if (sample === null) return [faint(t('no sample'))];
      const { outcome, responseMs, at } = sample;
      const first = h(
        'span',
        { class: 'sample' },
        outcome === 'dropped' ? null : keyMark(outcome),
        h('b', {}, responseMs === null ? t('no answer') : t('{0} ms', responseMs.toFixed(1))),
        ` ${outcomeText(outcome)}`,
      );
      const here = own !== undefined && areBinned(own, frame) ? countsHere(own, frame, at) : null;
      return [first, faint(here === null || !isMany(here) ? baselineText(vantage) : hereText(here))];
    },
  };
}

function isMany(here: readonly (readonly [SampleOutcome, number])[]): boolean {
  return here.reduce((sum, [, count]) => sum + count, 0) > 1;
}

function hereText(here: readonly (readonly [SampleOutcome, number])[]): string {
  const order = here.toSorted(([a], [b]) => sampleOutcomes.indexOf(a) - sampleOutcomes.indexOf(b));
  return t('here: {0}', order.map(([outcome, count]) => `${count} ${outcomeText(outcome)}`).join(', '));
}

function unitOf({ source, perSecond }: VantageView): string {
  return perSecond === null ? source : t('{0} · {1}/s', source, perSecond);
}

function whereOf({ asks, place, connection, hasControl, clockErrorMs }: VantageView): string {
  const parts = [
    t('Asks: {0}', asks),
    ...(place === null ? [] : [t('on {0}', place)]),
    ...(connection === null ? [] : [connection === 'fresh' ? t('a new connection each time') : t('one connection kept open')]),
    hasControl ? t('with an unfaulted echo as its control') : t('without a control'),
    ...(clockErrorMs === null
      ? [t('its clock was never compared')]
      : clockErrorMs === 0
        ? []
        : [t('clock ± {0} ms', clockErrorMs.toFixed(1))]),
  ];
  return `${parts.join('; ')}.`;
}

export function baselineText({ baseline: { p50, p95 } }: VantageView): string {
  if (p50 === null) return '';
  return p95 === null ? t('baseline p50 {0}', p50.toFixed(1)) : t('baseline p50 {0}, p95 {1}', p50.toFixed(1), p95.toFixed(1));
}

function washes({ bad }: RecoveryView, frame: Frame): readonly Shape[] {
  return bad.flatMap((interval) => {
    const part = inView(frame, interval);
    return part === null
      ? []
      : [box(frame.x(part.fromAt), 0, Math.max(0.6, frame.x(part.toAt) - frame.x(part.fromAt)), height, 'wash-bad')];
  });
}

/** p50 to p95 of the baseline. */
function baselineBand({ baseline: { p50, p95 } }: VantageView, { y }: LogScale, { gutter, width }: Frame): Shape | null {
  if (p50 === null || p95 === null) return null;
  return box(gutter, y(p95), width - gutter, y(p50) - y(p95), 'wash-ok');
}

function axes({ slowMs }: RecoveryView, { y, minMs, maxMs }: LogScale, frame: Frame): readonly (Shape | null)[] {
  const { gutter, width, narrow, measure } = frame;
  const shapes: (Shape | null)[] = [];
  let last = -Infinity;
  for (const ms of decades(minMs, maxMs)) {
    if (y(ms) > height - 4 || y(ms) < rail + 8 || Math.abs(y(ms) - last) < 11) continue;
    last = y(ms);
    shapes.push(horizontal(crisp(y(ms)), gutter, width, 'grid'), words(gutter - 6, y(ms) + 4, tick(ms), 't-dim t-s', 'end'));
  }
  shapes.push(horizontal(crisp(y(maxMs)), gutter, width, 'ax'));
  shapes.push(
    words(gutter - 6, 13, measure.width(t('no answer'), 10) + 8 > gutter || narrow ? t('none') : t('no answer'), 't-dim t-s', 'end'),
  );
  if (slowMs !== null && slowMs < maxMs) {
    const text = t('slow limit {0} ms', Number(slowMs.toFixed(1)));
    shapes.push(
      horizontal(crisp(y(slowMs)), gutter, width, 'g-limit'),
      ...clearWords(width - 2, y(slowMs) - 3, text, measure.width(text, 10), 'f-limit t-s halo', 'end'),
    );
  }
  return shapes;
}

function decades(minMs: number, maxMs: number): readonly number[] {
  const all: number[] = [];
  for (let ms = 10 ** Math.ceil(Math.log10(minMs)); ms < maxMs; ms *= 10) all.push(ms);
  return all.length >= 2 ? all : [...all, ...[2, 5, 20, 50, 200, 500].filter((ms) => ms > minMs && ms < maxMs)];
}

function tick(ms: number): string {
  return String(Number(ms.toPrecision(2)));
}

function tableOf({ vantages, latency, errors, zeroAt }: RecoveryView): Table {
  const names = [
    t('Planned'),
    t('Ok'),
    t('Slow'),
    t('Failed'),
    t('Unknown'),
    t('Wrong'),
    t('Not judged'),
    t('Dropped'),
    'p50',
    'p95',
    'p99',
  ];
  const ms = (value: number | null): string => (value === null ? '–' : value.toFixed(1));
  const cells = ({ planned, ok, slow, failed, unknown, wrong, notJudged, dropped }: ProbeCounts): readonly string[] =>
    [planned, ok, slow, failed, unknown, wrong, notJudged, dropped].map(formatCount);
  return {
    columns: [{ title: '' }, ...names.map((title) => ({ title, isNumber: true })), { title: t('Note') }],
    rows: [
      ...vantages.map(({ title, counts, baseline, place, firstBadAt, firstGoodAt }) => [
        ...[title, ...cells(counts), ms(baseline.p50), ms(baseline.p95), ms(baseline.p99)],
        [
          ...(place === null ? [] : [t('on {0}', place)]),
          ...(firstBadAt === null ? [] : [t('first bad {0} s', sinceSeconds(firstBadAt - (zeroAt ?? 0)))]),
          ...(firstGoodAt === null ? [] : [t('first good {0} s', sinceSeconds(firstGoodAt - (zeroAt ?? 0)))]),
        ].join(', '),
      ]),
      ...latency.map(({ name, response, counts, fromAt, toAt }) => [
        ...[spanText(name), ...cells(counts), ms(response.p50), ms(response.p95), ms(response.p99)],
        t('{0} s', secondsText(toAt - fromAt)),
      ]),
      ...errors.map(({ outcome, reason, text, count }) => [
        ...[outcomeText(outcome), ...Array<string>(3).fill(''), outcome === 'failed' ? formatCount(count) : ''],
        ...[outcome === 'unknown' ? formatCount(count) : '', outcome === 'wrong' ? formatCount(count) : '', ...Array<string>(5).fill('')],
        text === '' ? reason : text,
      ]),
    ],
  };
}
