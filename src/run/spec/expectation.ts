/**
 * Lines of `expect` and `abort`: what a person expects of a run, and what ends it early. Pure.
 *
 *     latency.p99 <= 2 s          latency, service, wait  ×  p1 to p99.99, median, max
 *     latency.p95(q01) <= 500 ms  of one statement
 *     errors <= 1 %               failed of those sent; dropped: of those planned
 *     throughput >= 15/s          ok answers a second
 *     answers ok                  no wrong answer
 *     errors > 20 % over 10 s     in abort: the window
 *
 * Of a run that breaks something:
 *     recovered <= 10 s           detected, firstGood, baseline, failover, rejoin, pod, redundancy likewise
 *     unavailable <= 5 s          relapses <= 0
 *     probes.failed <= 1 %        of the judged: failed, slow, unknown, wrong, bad
 *     messages.lost <= 0          duplicated, redelivered, reordered, rewritten, unknown
 */
import { FaultlineError, invalid } from '../../base/errors.ts';
import { t } from '../../base/messages.ts';
import { formatDuration } from '../../base/units.ts';
import type { AbortRule, Curve, Expectation, Metric } from '../../journal/plan.ts';
import { specLimits } from './limits.ts';
import { nearest } from '../../base/nearest.ts';
import { abortWindow, recoveryMetricOf, recoveryWords } from './recovery-metric.ts';
import { parseCount, parseDuration, parsePercentage, parseRate } from './units.ts';

/** An error of a line, with the part of it that is meant: offsets in the line. */
export class LineError extends Error {
  readonly start: number;
  readonly end: number;
  readonly error: FaultlineError;

  constructor(error: FaultlineError, start: number, end: number) {
    super(error.message);
    this.error = error;
    this.start = start;
    this.end = end;
  }
}

/** First words of a line, as completion offers them. */
export const curves: readonly Curve[] = ['response', 'service', 'wait'];
const curveNames: Readonly<Record<string, Curve>> = { latency: 'response', response: 'response', service: 'service', wait: 'wait' };
const metricNames = ['latency', 'service', 'wait', 'errors', 'dropped', 'throughput', 'answers', ...recoveryWords];

/** Of a benchmark. Of a run that breaks something `expectationsOf` (analysis/verdict.ts) says what is implied. */
export function impliedExpectations(written: readonly Expectation[]): readonly Expectation[] {
  const implied: readonly Expectation[] = [
    { text: 'answers ok', metric: { kind: 'answers' }, comparison: '<=', limit: 0, implied: true },
    { text: 'errors <= 0 %', metric: { kind: 'errors' }, comparison: '<=', limit: 0, implied: true },
    { text: 'dropped <= 0 %', metric: { kind: 'dropped' }, comparison: '<=', limit: 0, implied: true },
  ];
  return implied.filter(({ metric }) => !written.some((expectation) => expectation.metric.kind === metric.kind));
}

/** Fails: `LineError`, `invalid` inside. `statements`: names that may stand in parentheses; undefined when they are not known. */
export function parseExpectation(line: string, statements?: readonly string[]): Expectation {
  const { rule, over } = parseRule(line, statements);
  if (over !== undefined) {
    throw at(over.at, invalid(t('An expectation holds for the whole run'), t('Leave “over …” out, or write the line under abort.')));
  }
  return rule;
}

/** Fails: `LineError`, `invalid` inside. */
export function parseAbortRule(line: string, statements?: readonly string[]): AbortRule {
  const { rule, over } = parseRule(line, statements);
  const all = { start: 0, end: line.length };
  if (rule.metric.kind === 'answers') {
    throw at(all, invalid(t('“answers” can’t end a run early'), t('Write it under expect: a wrong answer fails the run.')));
  }
  if (rule.metric.kind === 'messages') {
    throw at(all, invalid(t('Messages are counted when the run is over'), t('Write it under expect.')));
  }
  const window = abortWindow(rule.metric);
  if (over === undefined) {
    if (window !== 'needed') return { ...rule, overMs: 0 };
    throw at(all, invalid(t('The rule does not say over how long'), t('Write {0} over 10 s.', line.trim())));
  }
  if (window === 'none') throw at(over.at, invalid(t('It is counted from the fault on'), t('Leave “over …” out.')));
  const overMs = within(over.at, () => parseDuration(over.text));
  if (overMs < specLimits.minAbortWindowMs || overMs > specLimits.maxDurationMs) {
    const bounds = [formatDuration(specLimits.minAbortWindowMs), formatDuration(specLimits.maxDurationMs)] as const;
    throw at(over.at, invalid(t('The window is from {0} to {1} long', ...bounds)));
  }
  return { ...rule, overMs };
}

interface Span {
  readonly start: number;
  readonly end: number;
}

interface Part {
  readonly text: string;
  readonly at: Span;
}

const shape =
  /^(?<lead>\s*)(?<metric>[^\s()<>=≤≥]+)(?:(?<open>\s*\(\s*)(?<statement>[^()]*?)\s*\))?(?<space>\s*)(?<comparison>[<>=≤≥!]+)?(?<gap>\s*)(?<rest>.*)$/su;

function parseRule(line: string, statements: readonly string[] | undefined): { readonly rule: Expectation; readonly over?: Part } {
  const groups = shape.exec(line)?.groups;
  const text = line.trim();
  if (groups === undefined) throw at({ start: 0, end: line.length }, unreadable(text));
  let offset = 0;
  const spans: Record<string, Span> = {};
  for (const name of ['lead', 'metric', 'open', 'statement', 'space', 'comparison', 'gap', 'rest']) {
    const length = groups[name]?.length ?? 0;
    // The closing parenthesis, and blanks before it, belong to no group.
    if (name === 'space' && groups['open'] !== undefined) offset = line.indexOf(')', offset) + 1;
    spans[name] = { start: offset, end: offset + length };
    offset += length;
  }
  const part = (name: string): Part => ({ text: groups[name] ?? '', at: spans[name] ?? { start: 0, end: line.length } });
  const metric = metricOf(part('metric'), groups['statement'] === undefined ? undefined : part('statement'), statements);
  const rest = part('rest');
  if (metric.kind === 'answers') {
    if (groups['comparison'] !== undefined || rest.text.trim() !== 'ok') {
      throw at({ start: 0, end: line.length }, invalid(t('Answers are ok, or the run fails'), t('Write {0}.', 'answers ok')));
    }
    return { rule: { text, metric, comparison: '<=', limit: 0 } };
  }
  const comparison = comparisonOf(part('comparison'), text, line.length);
  const split = /^(?<limit>.*?)(?<gap>\s+over\b\s*)(?<over>.*)$/su.exec(rest.text)?.groups;
  const limitText = split?.['limit'] ?? rest.text;
  const limitAt = { start: rest.at.start, end: rest.at.start + limitText.trimEnd().length };
  if (limitText.trim() === '') throw at({ start: 0, end: line.length }, unreadable(text));
  const limit = within(limitAt, () => limitOf(metric, limitText));
  const rule: Expectation = { text, metric, comparison, limit };
  if (split === undefined) return { rule };
  const start = rest.at.start + limitText.length + (split['gap'] ?? '').length;
  return { rule, over: { text: split['over'] ?? '', at: { start, end: rest.at.start + rest.text.trimEnd().length } } };
}

function metricOf(written: Part, statement: Part | undefined, statements: readonly string[] | undefined): Metric {
  const [name = '', ...more] = written.text.split('.');
  const figure = more.join('.');
  const curve = curveNames[name];
  if (curve === undefined) {
    if (name === 'errors' || name === 'dropped' || name === 'throughput' || name === 'answers') {
      if (figure !== '') throw at(written.at, invalid(t('“{0}” has no percentiles', name), t('Write {0} alone.', name)));
      if (statement !== undefined) {
        throw at(statement.at, invalid(t('“{0}” is known for the whole run only', name), t('Leave the parentheses out.')));
      }
      return { kind: name };
    }
    const recovery = within(written.at, () => recoveryMetricOf(name, figure));
    if (recovery !== undefined) {
      if (statement === undefined) return recovery;
      throw at(statement.at, invalid(t('“{0}” is known for the whole run only', name), t('Leave the parentheses out.')));
    }
    const near = nearest(name, metricNames);
    throw at(
      written.at,
      invalid(
        t('“{0}” is not measured', written.text.slice(0, 60)),
        near === undefined
          ? t(
              'Use latency.p99, service.p99, wait.max, errors, dropped, throughput or answers; of a fault recovered, unavailable or messages.lost.',
            )
          : t('Did you mean {0}?', near),
      ),
    );
  }
  const percentile = within(written.at, () => percentileOf(name, figure));
  if (statement === undefined) return { kind: 'latency', curve, percentile };
  if (statements !== undefined && !statements.includes(statement.text)) {
    const near = nearest(statement.text, statements);
    throw at(
      statement.at,
      invalid(
        t('The workload has no statement “{0}”', statement.text.slice(0, 60)),
        near === undefined ? t('Its statements are {0}.', listed(statements)) : t('Did you mean {0}?', near),
      ),
    );
  }
  return { kind: 'latency', curve, percentile, statement: statement.text };
}

function percentileOf(name: string, figure: string): number {
  if (figure === 'max') return 1;
  if (figure === 'median') return 0.5;
  const digits = /^p(\d{1,3}(?:\.\d{1,4})?)$/.exec(figure)?.[1];
  const percent = Number(digits);
  if (digits === undefined || percent <= 0 || percent > 100) {
    throw invalid(
      figure === '' ? t('“{0}” does not say which percentile', name) : t('“{0}” is not a percentile', figure.slice(0, 30)),
      t('Write {0}.p50, {0}.p99, {0}.p99.9 or {0}.max.', name),
    );
  }
  return Number((percent / 100).toPrecision(12));
}

function comparisonOf({ text, at: span }: Part, line: string, length: number): Expectation['comparison'] {
  if (text === '<=' || text === '≤') return '<=';
  if (text === '>=' || text === '≥') return '>=';
  if (text === '<' || text === '>') return text;
  if (text === '') throw at({ start: 0, end: length }, unreadable(line));
  throw at(span, invalid(t('“{0}” is not a comparison', text), t('Use <=, <, >= or >.')));
}

function limitOf(metric: Metric, written: string): number {
  switch (metric.kind) {
    case 'latency':
    case 'recovery':
    case 'unavailable':
      return notNegative(parseDuration(written), written);
    case 'throughput':
      return notNegative(parseRate(written), written);
    case 'relapses':
    case 'messages':
      return parseCount(written);
    case 'errors':
    case 'dropped':
    case 'probes':
    case 'answers':
      return parsePercentage(written);
  }
}

function notNegative(value: number, written: string): number {
  if (value < 0) throw invalid(t('{0} is below zero', written.trim()));
  return value;
}

function unreadable(line: string): FaultlineError {
  return invalid(t('“{0}” is not a rule', line.slice(0, 60)), t('Write what is measured, a comparison and a limit: latency.p99 <= 2 s.'));
}

function listed(names: readonly string[]): string {
  return names.length > 8 ? `${names.slice(0, 8).join(', ')} …` : names.join(', ');
}

function within<V>(span: Span, work: () => V): V {
  try {
    return work();
  } catch (error) {
    if (FaultlineError.is(error)) throw at(span, error);
    throw error;
  }
}

function at({ start, end }: Span, error: FaultlineError): LineError {
  return new LineError(error, start, Math.max(end, start + 1));
}
