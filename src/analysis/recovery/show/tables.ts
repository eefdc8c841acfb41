/** A recovery as tables of text: of Markdown, HTML and the terminal. Browser-safe. */
import { t } from '../../../base/messages.ts';
import { formatCount } from '../../../base/units.ts';
import { secondsText, sinceSeconds } from '../judge/metric-text.ts';
import type { Lane, RecoveryView } from '../view.ts';
import { keyNumbers, spanText, unstableText } from './words.ts';

export interface RecoveryTable {
  readonly title: string;
  readonly columns: readonly { readonly title: string; readonly isNumber: boolean }[];
  readonly rows: readonly (readonly string[])[];
}

/** In the panel's order; those without a row are left out. */
export function recoveryTables(view: RecoveryView): readonly RecoveryTable[] {
  const makers = [numbers, lanes, stages, redundancies, changes, vantages, latencies, errors, messages, predictions, proofs];
  const tables = makers.map((make) => make(view));
  return tables.filter(({ rows }) => rows.length > 0);
}

const text = (title: string): RecoveryTable['columns'][number] => ({ title, isNumber: false });
const number = (title: string): RecoveryTable['columns'][number] => ({ title, isNumber: true });

function numbers(view: RecoveryView): RecoveryTable {
  const mark = (met: boolean | null): string => (met === null ? '' : met ? `✓ ${t('met')}` : `✗ ${t('broken')}`);
  return {
    title: t('Recovery'),
    columns: [text(''), number(t('Value')), text(t('Error')), text(''), text(t('Expectation'))],
    rows: keyNumbers(view).map(({ title, value, error, below, met }) => [title, value, error, below, mark(met)]),
  };
}

function lanes({ lanes: { client }, pods, redundancy }: RecoveryView): RecoveryTable {
  const all: readonly Lane[] = [client, ...pods.map(({ lane }) => lane), ...redundancy.map(({ lane }) => lane)];
  return {
    title: t('Lanes: each adds up to its own total'),
    columns: [text(t('Lane')), text(t('Of')), text(t('Seconds')), number(t('Total')), text(t('Until'))],
    rows: all
      .filter(({ of }) => of !== '')
      .map((lane) => [...[laneWord(lane.name), lane.of, lane.sum, lane.total === '' ? '–' : lane.total], untilText(lane)]),
  };
}

function untilText(lane: Lane): string {
  return [lane.endText, unstableText(lane)].filter((said) => said !== '').join('; ');
}

function laneWord(name: Lane['name']): string {
  return { client: t('Client'), pod: t('Pod'), redundancy: t('Redundancy') }[name];
}

function stages({ pods }: RecoveryView): RecoveryTable {
  return {
    title: t('Pod stages'),
    columns: [
      text(t('Pod')),
      text(t('Stage')),
      number(t('At, s')),
      number(t('Error, s')),
      number(t('Stage took, s')),
      text(t('Source')),
      text(t('Note')),
    ],
    rows: pods.flatMap(({ stages: list }) =>
      list.map(({ pod, title, atMs, earlierMs, tookMs, source, note }) => [
        ...[pod, title, sinceSeconds(atMs), earlierMs === 0 ? '' : `−${secondsText(earlierMs)}`, tookText(atMs, tookMs)],
        ...[source === 'helper' ? t('helper') : t('watch'), note],
      ]),
    ),
  };
}

/** Of moments as they are shown, so that what is shown adds up. */
function tookText(atMs: number, tookMs: number): string {
  const [from, to] = [atMs - tookMs, atMs].map((ms) => Math.round(ms / 10) * 10);
  return secondsText((to ?? 0) - (from ?? 0));
}

function redundancies({ redundancy }: RecoveryView): RecoveryTable {
  return {
    title: t('Redundancy'),
    columns: [text(t('Of')), number(t('Wanted')), number(t('At least')), text(t('Over time'))],
    rows: redundancy.map(({ of, want, least, text: said }) => [of, formatCount(want), least === null ? '–' : formatCount(least), said]),
  };
}

function changes({ leaders, nodes, autoscalers, gaps, zeroAt }: RecoveryView): RecoveryTable {
  const at = (ms: number): string => sinceSeconds(ms - (zeroAt ?? 0));
  return {
    title: t('Leaders, nodes, autoscaling and watches'),
    columns: [text(t('Of')), text(t('Over time'))],
    rows: [
      ...leaders.map(({ of, text: said }) => [of, said]),
      ...nodes.map(({ of, text: said }) => [of, said]),
      ...autoscalers.map(({ namespace, name, text: said }) => [`${namespace}/${name}`, said]),
      ...gaps.map(({ of, fromAt, toAt }) => [t('watch of {0}', of), t('heard nothing from {0} to {1} s', at(fromAt), at(toAt))]),
    ],
  };
}

function messages({ messages: found }: RecoveryView): RecoveryTable {
  const title = t('Messages');
  const columns = [text(''), number(t('Count')), text('')];
  if (found === null) return { title, columns, rows: [] };
  const { acknowledged, failed, unknown, unknownPresent, lost, duplicated, redelivered, reordered, rewritten, sentences, anomalies } =
    found;
  const where = found.path === null ? [] : [['', '', t('written and read in the cluster, on {0}', found.node ?? '')]];
  const row = (name: string, count: number, note = ''): readonly string[] => [name, formatCount(count), note];
  const first = (kind: string): string => anomalies.find((each) => each.kind === kind)?.text ?? '';
  return {
    title,
    columns,
    rows: [
      row(t('acknowledged'), acknowledged, sentences[0] ?? ''),
      row(t('lost'), lost, first('lost')),
      row(t('duplicated'), duplicated, first('duplicate')),
      row(t('redelivered'), redelivered),
      row(t('reordered'), reordered, first('reordered')),
      row(t('rewritten'), rewritten, first('rewritten')),
      row(t('unknown'), unknown, t('{0} of them present', formatCount(unknownPresent))),
      row(t('failed'), failed),
      ...sentences.slice(1).map((said) => ['', '', said]),
      ...where,
    ],
  };
}

function vantages({ vantages: all }: RecoveryView): RecoveryTable {
  const names = [t('Planned'), t('Ok'), t('Slow'), t('Failed'), t('Unknown'), t('Wrong'), t('Not judged'), t('Dropped')];
  return {
    title: t('Vantages'),
    columns: [text(t('Vantage')), text(t('Runs on')), ...names.map(number)],
    rows: all.map(({ title, place, counts: { planned, ok, slow, failed, unknown, wrong, notJudged, dropped } }) => [
      ...[title, place ?? '–'],
      ...[planned, ok, slow, failed, unknown, wrong, notJudged, dropped].map(formatCount),
    ]),
  };
}

function latencies({ latency }: RecoveryView): RecoveryTable {
  const ms = (value: number | null): string => (value === null ? '–' : value.toFixed(1));
  return {
    title: t('Response times, ms'),
    columns: [text(''), number(t('Answers')), ...['p50', 'p95', 'p99', t('max')].map(number)],
    rows: latency.map(({ name, response: { count, p50, p95, p99, max } }) => [
      spanText(name),
      formatCount(count),
      ...[p50, p95, p99, max].map(ms),
    ]),
  };
}

function errors({ errors: all, zeroAt }: RecoveryView): RecoveryTable {
  return {
    title: t('Errors'),
    columns: [text(t('Outcome')), number(t('Count')), number(t('First, s')), number(t('Last, s')), text(t('Reason'))],
    rows: all.map(({ outcome, count, firstAt, lastAt, reason, text: said }) => [
      { failed: t('failed'), unknown: t('unknown'), wrong: t('wrong') }[outcome],
      ...[formatCount(count), ...[firstAt, lastAt].map((at) => sinceSeconds(at - (zeroAt ?? 0)))],
      said === '' ? reason : said,
    ]),
  };
}

function predictions({ predictions: all }: RecoveryView): RecoveryTable {
  return {
    title: t('Predicted against measured'),
    columns: [text(t('Predicted')), text(t('By')), text(t('From')), text(t('Finding'))],
    rows: all.map(({ fromMs, toMs, by, formula, text: finding }) => [
      t('{0} to {1} s', secondsText(fromMs), secondsText(toMs)),
      ...[by, formula, finding],
    ]),
  };
}

function proofs({ proofs: all }: RecoveryView): RecoveryTable {
  const marks = { ok: '✓', missing: '✗', notApplicable: '–', pending: '…' };
  return {
    title: t('What the verdict stands on'),
    columns: [text(''), text('')],
    rows: all.map(({ state, text: said }) => [marks[state], said]),
  };
}
