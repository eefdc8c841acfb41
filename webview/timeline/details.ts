/** Below the lanes: what was expected, what became of messages, what failed and why, each fault's steps, the load beside, notes. */
import { t } from '../../src/base/messages.ts';
import { formatCount } from '../../src/base/units.ts';
import { secondsText, sinceSeconds } from '../../src/analysis/recovery/judge/metric-text.ts';
import { spanText } from '../../src/analysis/recovery/show/words.ts';
import { outcomeText } from '../../src/analysis/recovery/show/reading.ts';
import type { FaultView, MessagesView, RecoveryView } from '../../src/analysis/recovery/view.ts';
import type { FaultStep } from '../../src/journal/fault-events.ts';
import type { RunView } from '../../src/analysis/view.ts';
import { fill, h, whenChanged, type Child } from '../kit/dom.ts';
import { icon } from '../kit/icons.ts';
import { quietButton } from '../kit/toolkit.ts';
import { expectationMark } from '../kit/verdict.ts';
import type { Table } from './lanes/lane.ts';
import { drawTable } from './rows.ts';

export interface DetailParts {
  readonly openLatency: () => void;
  readonly copy: (text: string) => void;
}

export class Details {
  readonly element = h('div', { class: 'details' });
  readonly #draw: (state: readonly [RecoveryView, RunView | null, boolean]) => void;

  constructor(parts: DetailParts) {
    const sections: readonly ((view: RecoveryView) => HTMLElement | null)[] = [expectations, messages, faults(parts), spans, errors, notes];
    const drawn = whenChanged(([view, load, inEditor]: readonly [RecoveryView, RunView | null, boolean]) =>
      fill(this.element, ...sections.map((section) => section(view)), load === null ? null : loadBeside(load, inEditor, parts)),
    );
    this.#draw = drawn;
  }

  /** `load`: of a run that has one beside its probes. */
  show(view: RecoveryView, load: RunView | null, inEditor: boolean): void {
    this.#draw([view, load, inEditor]);
  }
}

function section(title: string, sub: string, ...children: Child[]): HTMLElement {
  return h(
    'section',
    {},
    h('div', { class: 'st' }, h('h2', {}, title), sub === '' ? null : h('span', { class: 'dim sm' }, sub)),
    ...children,
  );
}

function expectations({ expectations: all, verdict }: RecoveryView): HTMLElement | null {
  if (all.length === 0) return null;
  const rows = all.map((each) => {
    const mark = expectationMark(each);
    // What holds so far may still break.
    const isOpen = verdict === null && each.outcome !== 'broken';
    return h(
      'li',
      {},
      icon(isOpen ? 'partial' : mark.icon, isOpen ? '' : mark.colour, isOpen ? t('not yet known') : mark.word),
      h(
        'span',
        { class: 'what' },
        each.expectation.text.replace('<=', '≤').replace('>=', '≥'),
        each.expectation.implied === true ? h('span', { class: 'dim' }, ` ${t('(always)')}`) : null,
      ),
      h('span', { class: 'dim' }, each.text),
    );
  });
  return section(t('Expectations'), '', h('ul', { class: 'marks' }, ...rows));
}

function messages({ messages: found }: RecoveryView): HTMLElement | null {
  if (found === null) return null;
  const { sentences, anomalies, settings, topic, path, node } = found;
  const how =
    settings === null || settings === undefined
      ? topic
      : t(
          '{0}: {1} replicas, min ISR {2}, unclean election {3}',
          topic,
          settings.replicationFactor,
          settings.minInSync,
          settings.uncleanElection ? t('on') : t('off'),
        );
  const lines = sentences.map((text) => h('li', {}, text));
  const where = path === null ? '' : t('; written and read in the cluster, on {0}', node ?? '');
  return section(
    t('Messages'),
    how + where,
    h('ul', { class: 'plain' }, ...lines),
    latencyLine(found),
    anomalies.length === 0 ? null : drawTable(t('Anomalies'), anomalyTable(found)),
  );
}

function latencyLine({ written, endToEnd }: MessagesView): HTMLElement | null {
  const parts = [
    ...(written === null || written.p50 === null
      ? []
      : [t('acknowledged after p50 {0} ms, p99 {1} ms', written.p50.toFixed(1), inMs(written.p99, 1))]),
    ...(endToEnd === null || endToEnd.p50 === null
      ? []
      : [t('read live after p50 {0} ms, p99 {1} ms', endToEnd.p50.toFixed(1), inMs(endToEnd.p99, 1))]),
  ];
  return parts.length === 0 ? null : h('p', { class: 'dim sm' }, parts.join('; '));
}

function anomalyTable({ anomalies }: MessagesView): Table {
  const words = { lost: t('lost'), duplicate: t('duplicate'), reordered: t('reordered'), rewritten: t('rewritten') };
  const number = (title: string): Table['columns'][number] => ({ title, isNumber: true });
  return {
    columns: [{ title: t('What') }, number(t('Partition')), number(t('Sequence')), number(t('Offset')), { title: t('Finding') }],
    rows: anomalies.map(({ kind, partition, sequence, offset, text }) => [
      words[kind],
      String(partition),
      formatCount(sequence),
      offset === undefined ? '–' : formatCount(offset),
      text,
    ]),
  };
}

/** Of one fault that ended as it should its milestones say enough, but its steps are evidence. */
function faults({ copy }: DetailParts): (view: RecoveryView) => HTMLElement | null {
  return ({ faults: all, zeroAt }) => {
    const begun = all.filter(({ steps }) => steps.length > 0);
    if (begun.length === 0) return null;
    const table: Table = {
      columns: [
        ...(all.length > 1 ? [{ title: t('Fault') }] : []),
        { title: t('Step') },
        { title: t('At, s'), isNumber: true },
        { title: t('Target') },
        { title: t('Note') },
      ],
      rows: begun.flatMap((fault) =>
        fault.steps.map((step) => [
          ...(all.length > 1 ? [fault.title] : []),
          stepText(step.step),
          zeroAt === null ? secondsText(step.at) : sinceSeconds(step.at - zeroAt),
          step.target ?? '',
          step.text ?? '',
        ]),
      ),
    };
    const commands = all.flatMap(({ command, title }) => (command === null ? [] : [unconfirmed(title, command, copy)]));
    return section(
      all.length > 1 ? t('Faults') : t('Fault'),
      all.map(({ title }) => title).join('; '),
      ...all.map(targetsOf),
      ...commands,
      drawTable(t('Steps of the fault'), table),
    );
  };
}

function targetsOf({ targets }: FaultView): HTMLElement | null {
  if (targets.length === 0) return null;
  const words = targets.map(({ kind, namespace, name, node, as }) => {
    const place = [
      namespace === undefined ? name : `${namespace}/${name}`,
      ...(node === undefined ? [] : [t('on {0}', node)]),
      ...(as === undefined ? [] : [as]),
    ];
    return kind === 'pod' ? place.join(', ') : `${kind} ${place.join(', ')}`;
  });
  return h('p', { class: 'dim sm' }, words.join('; '));
}

function unconfirmed(title: string, command: string, copy: (text: string) => void): HTMLElement {
  return h(
    'p',
    { class: 'unconfirmed' },
    icon('warn', 'c-warn'),
    h('span', {}, t('Whether {0} has ended is not confirmed. Check with:', title)),
    h('code', { class: 'mono' }, command),
    quietButton({ on: { click: () => copy(command) } }, t('Copy')),
  );
}

function stepText(step: FaultStep): string {
  const words: Readonly<Record<FaultStep, string>> = {
    ...{ ready: t('helper ready, disarmed'), go: t('go'), applied: t('applied'), effect: t('effect proven'), heal: t('heal asked for') },
    ...{
      healed: t('healed'),
      expired: t('ended by its deadline'),
      endedEarly: t('ended early'),
      refused: t('refused'),
      unconfirmed: t('end not confirmed'),
    },
  };
  return words[step];
}

function spans({ latency }: RecoveryView): HTMLElement | null {
  if (latency.length < 2) return null;
  const number = (title: string): Table['columns'][number] => ({ title, isNumber: true });
  const table: Table = {
    columns: [{ title: '' }, number(t('Seconds')), number(t('Answers')), ...['p50', 'p95', 'p99', t('max')].map(number), number(t('Bad'))],
    rows: latency.map(({ name, fromAt, toAt, response: { count, p50, p95, p99, max }, counts }) => [
      ...[spanText(name), secondsText(toAt - fromAt), formatCount(count), inMs(p50, 1), inMs(p95, 1), inMs(p99, 1), inMs(max, 1)],
      formatCount(counts.failed + counts.unknown + counts.slow + counts.wrong),
    ]),
  };
  return section(t('Response times'), spansTitle(latency), drawTable(t('Response times'), table));
}

function spansTitle(latency: RecoveryView['latency']): string {
  const has = (name: RecoveryView['latency'][number]['name']): boolean => latency.some((span) => span.name === name);
  if (has('since')) return t('ms, before the fault and since: it was not seen to recover');
  return has('during') && has('after')
    ? t('ms, before, during and after')
    : has('after')
      ? t('ms, before and after')
      : t('ms, before and during');
}

function errors({ errors: all, zeroAt }: RecoveryView): HTMLElement | null {
  if (all.length === 0) return null;
  const number = (title: string): Table['columns'][number] => ({ title, isNumber: true });
  const since = (at: number): string => sinceSeconds(at - (zeroAt ?? 0));
  const table: Table = {
    columns: [{ title: t('Outcome') }, number(t('Count')), number(t('First, s')), number(t('Last, s')), { title: t('What was said') }],
    rows: all.map(({ outcome, count, firstAt, lastAt, text, reason }) => [
      outcomeText(outcome),
      formatCount(count),
      since(firstAt),
      since(lastAt),
      text === '' ? reason : text,
    ]),
  };
  return section(t('Errors'), t('by kind, since go'), drawTable(t('Errors'), table));
}

function notes({ notes: all }: RecoveryView): HTMLElement | null {
  return all.length === 0 ? null : section(t('Notes'), '', h('ul', { class: 'plain' }, ...all.map((note) => h('li', {}, note))));
}

function loadBeside({ statements, counts }: RunView, inEditor: boolean, { openLatency }: DetailParts): HTMLElement {
  const number = (title: string): Table['columns'][number] => ({ title, isNumber: true });
  const table: Table = {
    columns: [{ title: t('Query') }, ...[t('Planned'), t('Ok'), t('Failed'), t('Dropped'), 'p50', 'p95', 'p99', t('max')].map(number)],
    rows: statements.map(({ name, counts: { planned, ok, failed, dropped }, response: { p50, p95, p99, max } }) => [
      ...[name, ...[planned, ok, failed, dropped].map(formatCount)],
      ...[p50, p95, p99, max].map((ms) => inMs(ms, 1)),
    ]),
  };
  const { planned, ok, failed, dropped } = counts;
  const sub = t(
    '{0} planned = {1} ok + {2} failed + {3} dropped; response times in ms',
    ...[planned, ok, failed, dropped].map(formatCount),
  );
  const open = inEditor ? quietButton({ on: { click: openLatency } }, t('Latency…')) : null;
  return section(t('Load beside'), sub, drawTable(t('Load beside'), table), open);
}

/** 4.2; – where too few samples allow it. */
function inMs(ms: number | null, digits: number): string {
  return ms === null ? '–' : ms.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}
