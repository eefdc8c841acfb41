/** Passed, failed or inconclusive, and why: one sentence with the figure and its limit. Browser-safe. */
import { t } from '../base/messages.ts';
import { formatCount, formatDuration } from '../base/units.ts';
import type { EndEvent, PhaseEvent } from '../journal/events.ts';
import type { FaultPlan } from '../journal/fault-plan.ts';
import type { Expectation, RunPlan } from '../journal/plan.ts';
import { measure, outcomeOf, type Facts, type Measured } from './metric.ts';
import { foundText, metText, noLimit } from './recovery/metric-text.ts';
import {
  curveName,
  formatInstant,
  formatLimit,
  formatMeasured,
  formatMetric,
  formatRate,
  formatShare,
  percentileName,
  sentence,
} from './text.ts';
import type { Counts, DriverView, ExpectationView, Percentiles, RunStatus, StatementView, Verdict } from './view.ts';

/**
 * What is expected of every run: no wrong answer, ever; no error and nothing dropped unless the person wrote a limit. Of a run that
 * breaks something errors are what is looked for: it is expected to recover, and to lose nothing.
 */
export function expectationsOf(plan: RunPlan): readonly Expectation[] {
  const implied: readonly Expectation[] = [
    { text: 'errors <= 0 %', metric: { kind: 'errors' }, comparison: '<=', limit: 0, implied: true },
    { text: 'dropped <= 0 %', metric: { kind: 'dropped' }, comparison: '<=', limit: 0, implied: true },
    { text: 'answers ok', metric: { kind: 'answers' }, comparison: '<=', limit: 0, implied: true },
  ];
  const written = ({ metric }: Expectation): boolean => plan.expectations.some((each) => wordOf(each) === wordOf({ metric }));
  const all = plan.fault === undefined ? implied : impliedOfFault(plan, plan.fault);
  return [...plan.expectations, ...all.filter((each) => !written(each))];
}

function impliedOfFault({ load }: RunPlan, { probes, messages }: FaultPlan): readonly Expectation[] {
  const none = { comparison: '<=', limit: 0, implied: true } as const;
  return [
    { text: 'recovered', metric: { kind: 'recovery', of: 'recovered' }, comparison: '<=', limit: noLimit, implied: true },
    ...(probes.length === 0 ? [] : [{ text: 'probes.wrong <= 0 %', metric: { kind: 'probes', of: 'wrong' }, ...none } as const]),
    ...(messages === undefined ? [] : [{ text: 'messages.lost <= 0', metric: { kind: 'messages', of: 'lost' }, ...none } as const]),
    ...(load.kind === 'none' ? [] : [{ text: 'answers ok', metric: { kind: 'answers' }, ...none } as const]),
  ];
}

/** Of a metric that may be written once. */
function wordOf({ metric }: Pick<Expectation, 'metric'>): string {
  return 'of' in metric ? `${metric.kind}.${metric.of}` : metric.kind;
}

export function judge(plan: RunPlan, facts: Facts): readonly ExpectationView[] {
  return expectationsOf(plan).map((expectation): ExpectationView => {
    const measured = measure(expectation.metric, facts);
    if (measured.kind === 'unknown') return { expectation, outcome: 'unknown', measured: null, text: measured.why };
    const holds = outcomeOf(measured, expectation);
    const outcome = holds === null ? 'unknown' : holds ? 'met' : 'broken';
    if (measured.kind === 'above') return { expectation, outcome, measured: null, text: aboveText(expectation, outcome, measured) };
    if (outcome === 'unknown') return { expectation, outcome, measured: measured.value, text: tooClose(expectation, measured) };
    const text = findingText(expectation, outcome, measured, plan, facts);
    return { expectation, outcome, measured: measured.value, text };
  });
}

function limitText({ metric, limit }: Expectation): string | null {
  return limit >= noLimit ? null : formatLimit(metric, limit);
}

/** "not recovered within 120 s, the limit is 10 s" */
function aboveText(expectation: Expectation, outcome: ExpectationView['outcome'], { text }: Extract<Measured, { kind: 'above' }>): string {
  const limit = limitText(expectation);
  if (limit === null) return text;
  return outcome === 'unknown'
    ? t('{0}: too short to tell whether the limit of {1} was kept', text, limit)
    : t('{0}, the limit is {1}', text, limit);
}

function tooClose(expectation: Expectation, { value, error = 0 }: Extract<Measured, { kind: 'value' }>): string {
  const { metric, limit } = expectation;
  const figure = t('{0} ± {1}', formatMeasured(metric, value, limit), formatMetric(metric, error));
  return t(
    '{0} was {1}: too close to the limit of {2} to tell',
    wordOf(expectation).replace('recovery.', ''),
    figure,
    formatLimit(metric, limit),
  );
}

function findingText(
  { metric, limit: limitValue }: Expectation,
  outcome: 'met' | 'broken',
  measured: { readonly value: number; readonly of?: string },
  plan: RunPlan,
  facts: Facts,
): string {
  const value = outcome === 'broken' ? formatMeasured(metric, measured.value, limitValue) : formatMetric(metric, measured.value);
  const limit = formatLimit(metric, limitValue);
  const none = outcome === 'met' && measured.value === 0;
  switch (metric.kind) {
    case 'latency': {
      const name = percentileName(metric.percentile);
      return metric.statement === undefined
        ? t('{0} {1} was {2}, the limit is {3}', name, curveName(metric.curve), value, limit)
        : t('{0} {1} of {2} was {3}, the limit is {4}', name, curveName(metric.curve), metric.statement, value, limit);
    }
    case 'errors':
      return none ? t('no errors') : t('{0} failed ({1}), the limit is {2}', value, measured.of ?? '', limit);
    case 'dropped':
      if (outcome === 'broken' && plan.load.kind === 'open') {
        const planned = formatCount(facts.ok + facts.failed + facts.dropped);
        const rate = formatRate(plan.load.ratePerSecond);
        return t('the engine could not take {0}: {1} of {2} were never sent', rate, formatCount(facts.dropped), planned);
      }
      return none ? t('none dropped') : t('{0} dropped ({1}), the limit is {2}', value, measured.of ?? '', limit);
    case 'throughput':
      return t('throughput was {0}, the limit is {1}', value, limit);
    case 'answers':
      if (none) return t('no wrong answer');
      return facts.wrong === 1 ? t('1 wrong answer, the limit is {0}', limit) : t('{0} wrong answers, the limit is {1}', value, limit);
    case 'recovery':
    case 'unavailable':
    case 'relapses':
    case 'probes':
    case 'messages':
      return foundText(metric, value, limitValue >= noLimit ? null : limit, measured.of);
  }
}

export interface Judged {
  readonly status: RunStatus;
  readonly phase: PhaseEvent | null;
  /** Operations that the measured part was to plan, where that was known before. */
  readonly announced: number | null;
  readonly end: EndEvent | null;
  readonly durationMs: number;
  /** Milliseconds since the epoch. */
  readonly lastEventAt: number;
  readonly plan: RunPlan;
  readonly counts: Counts;
  readonly statements: readonly StatementView[];
  readonly response: Percentiles;
  readonly driver: DriverView;
  /** Processors of the machine, where an engine on it may take every one: then none is sure to be left to the driver. */
  readonly takenProcessors: number | null;
  readonly expectations: readonly ExpectationView[];
}

/** The order is the rule: a wrong answer fails every run; what could not be measured is not judged; then the expectations decide. */
export function verdictOf(run: Judged): { readonly verdict: Verdict | null; readonly reason: string } {
  if (run.status === 'running') return { verdict: null, reason: soFar(run) };
  if (run.status === 'aborted') return { verdict: 'failed', reason: sentence(run.end?.reason ?? t('an abort rule ended it')) };
  if (run.counts.wrong > 0) return { verdict: 'failed', reason: wrongAnswers(run.statements) };
  const inconclusive = notCarriedOut(run) ?? invalidDriver(run);
  if (inconclusive !== null) return { verdict: 'inconclusive', reason: sentence(inconclusive) };
  const broken = run.expectations.find(({ outcome }) => outcome === 'broken');
  if (broken !== undefined) return { verdict: 'failed', reason: sentence(withCause(broken, run.counts)) };
  const unknown = run.expectations.find(({ outcome }) => outcome === 'unknown');
  if (unknown !== undefined) return { verdict: 'inconclusive', reason: sentence(unknown.text) };
  return { verdict: 'passed', reason: t('Every expectation was met: {0}', run.expectations.flatMap((each) => met(each, run)).join(', ')) };
}

function notCarriedOut({ status, end, durationMs, lastEventAt, announced, counts }: Judged): string | null {
  switch (status) {
    case 'failed':
      return end?.reason ?? end?.error?.text ?? t('it could not be carried out');
    case 'stopped':
      return t('stopped by a person after {0}', formatDuration(durationMs));
    case 'interrupted':
      return t('interrupted after {0}, the last event is from {1}', formatDuration(durationMs), formatInstant(lastEventAt));
    case 'finished':
      // Lines of the journal were lost: what they said may have been anything.
      if (announced === null || counts.planned >= announced) return null;
      return t('the journal accounts for {0} of {1} planned operations', formatCount(counts.planned), formatCount(announced));
    case 'running':
    case 'aborted':
      return null;
  }
}

/** What it means, and what can be done about it, beside the figure. */
function invalidDriver({ driver, takenProcessors, counts }: Judged): string | null {
  if (driver.reason === null) return null;
  const parts = [driver.reason];
  if (counts.dropped > 0) parts.push(t('{0} of {1} were never sent', formatCount(counts.dropped), formatCount(counts.planned)));
  if (driver.gaps.length === 0 && takenProcessors !== null)
    parts.push(t('the engine takes all {0} processors, so give it fewer threads', formatCount(takenProcessors)));
  return parts.join('; ');
}

const namedStatements = 3;

function wrongAnswers(statements: readonly StatementView[]): string {
  const wrong = statements.filter(({ counts }) => counts.wrong > 0);
  const [first, ...others] = wrong;
  if (first === undefined) return '';
  const start =
    first.counts.wrong === 1
      ? t('{0} answered wrong once', first.name)
      : t('{0} answered wrong {1} times', first.name, formatCount(first.counts.wrong));
  const named = others
    .slice(0, namedStatements - 1)
    .map(({ name, counts }) => (counts.wrong === 1 ? t('{0} once', name) : t('{0} {1} times', name, formatCount(counts.wrong))));
  const rest = others.length - named.length;
  const more = rest === 0 ? [] : [rest === 1 ? t('another statement too') : t('{0} more statements too', rest)];
  return [start, ...named, ...more].join(', ');
}

/** Errors name the most frequent one. */
function withCause({ expectation, text }: ExpectationView, { errorsByReason }: Counts): string {
  const [cause] = errorsByReason;
  return expectation.metric.kind === 'errors' && cause !== undefined ? `${text}: ${cause.text}` : text;
}

function met({ expectation, measured }: ExpectationView, run: Judged): readonly string[] {
  const { metric, limit } = expectation;
  const value = formatMetric(metric, measured ?? 0);
  switch (metric.kind) {
    case 'latency': {
      const curve = metric.curve === 'response' ? [] : [curveName(metric.curve)];
      const name = [...(metric.statement === undefined ? [] : [metric.statement]), percentileName(metric.percentile), ...curve].join(' ');
      return [t('{0} {1} (limit {2})', name, value, formatLimit(metric, limit))];
    }
    case 'errors':
      return [measured === 0 ? t('no errors') : t('{0} errors (limit {1})', value, formatShare(limit))];
    case 'dropped':
      if (run.plan.load.kind === 'closed') return [];
      return [measured === 0 ? t('none dropped') : t('{0} dropped (limit {1})', value, formatShare(limit))];
    case 'throughput':
      return [t('throughput {0} (limit {1})', value, formatLimit(metric, limit))];
    case 'answers':
      return [answersText(run.statements)];
    case 'recovery':
    case 'unavailable':
    case 'relapses':
    case 'probes':
    case 'messages':
      return [metText(metric, value, limitText(expectation))];
  }
}

/** "answers ok (2 of 22 only repeatable)": of most statements the word, of the rest how many. */
function answersText(statements: readonly StatementView[]): string {
  const count = (of: StatementView['answer']): number => statements.filter(({ answer }) => answer === of).length;
  const [ok, repeatable, unchecked, none] = [count('ok'), count('repeatable'), count('unchecked'), count(null)];
  const rest = (...parts: readonly (readonly [count: number, words: string])[]): string => {
    const [first, ...others] = parts.filter(([each]) => each > 0);
    if (first === undefined) return '';
    const start = t('{0} of {1} {2}', formatCount(first[0]), formatCount(statements.length), first[1]);
    return ` (${[start, ...others.map(([each, words]) => `${formatCount(each)} ${words}`)].join(', ')})`;
  };
  const notChecked = [unchecked, t('not checked')] as const;
  const never = [none, t('never answered')] as const;
  if (ok >= Math.max(1, repeatable, unchecked)) {
    return t('answers ok') + rest([repeatable, t('only repeatable')], notChecked, never);
  }
  if (repeatable >= Math.max(1, unchecked)) return t('answers repeatable') + rest([ok, t('ok')], notChecked, never);
  return t('answers not checked') + rest([ok, t('ok')], [repeatable, t('repeatable')], never);
}

function soFar({ phase, counts, response }: Judged): string {
  if (phase === null || phase.phase === 'preparing') return sentence(phase?.text ?? t('Preparing'));
  if (phase.phase === 'warmUp') return t('Warming up');
  const done = counts.ok + counts.failed + counts.dropped;
  if (done === 0) return t('Nothing has been answered yet');
  const facts: string[] = [];
  if (counts.wrong > 0) facts.push(counts.wrong === 1 ? t('1 wrong answer') : t('{0} wrong answers', formatCount(counts.wrong)));
  if (counts.errors > 0) facts.push(counts.errors === 1 ? t('1 error') : t('{0} errors', formatCount(counts.errors)));
  if (counts.dropped > 0) facts.push(t('{0} dropped', formatCount(counts.dropped)));
  if (facts.length === 0) facts.push(t('no errors'));
  const [name, value] = response.p99 === null ? ['p50', response.p50] : ['p99', response.p99];
  if (value !== null) facts.push(t('response {0} {1}', name ?? '', formatDuration(value)));
  return t('So far {0}', facts.join(', '));
}
