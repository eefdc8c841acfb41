/** What Helm printed when it refused, in words of ours. Helm tells errors as text only: this is the one place that reads it. */
import { FaultlineError } from '../../base/errors.ts';
import type { ErrorReason } from '../../base/errors.ts';
import { t } from '../../base/messages.ts';

interface Pattern {
  readonly when: RegExp;
  readonly reason: ErrorReason;
  readonly what: (match: RegExpExecArray) => string;
  readonly remedy?: string;
}

const PATTERNS: readonly Pattern[] = [
  {
    when: /another operation \(install\/upgrade\/rollback\) is in progress/,
    reason: 'refusedByProtection',
    what: () => t('Another deploy of this release goes on, or was interrupted'),
    remedy: t('“faultline deploy status” says which; a deploy after it has ended goes on.'),
  },
  { when: /release: not found/, reason: 'notFound', what: () => t('There is no such release') },
  {
    when: /(?:values don't meet the specifications of the schema|values don’t meet)/,
    reason: 'invalid',
    what: () => t('The values do not fit the chart'),
  },
  {
    when: /(?:path "?([^"\s]+)"? not found|failed to download "?([^"\s]+)"?|repo (\S+) not found|chart "?([^"\s]+)"? .*not found|no cached repo found)/,
    reason: 'notFound',
    what: (match) => t('The chart {0} could not be had', match.slice(1).find((part) => part !== undefined) ?? ''),
    remedy: t('Check its name; “helm repo add” and “helm repo update” make a repository known.'),
  },
  {
    when: /invalid ownership metadata/,
    reason: 'engine',
    what: () => t('An object of this name is there already and belongs to no release or to another one'),
    remedy: t('Choose another release name or namespace, or remove that object.'),
  },
  {
    when: /no matches for kind "([^"]+)" in version "([^"]+)"/,
    reason: 'engine',
    what: (match) => t('The cluster does not know the kind {0} ({1})', match[1] ?? '', match[2] ?? ''),
    remedy: t('Install the operator that brings its definition first.'),
  },
  {
    when: /(?:connection refused|no such host|i\/o timeout|cluster unreachable|connect: no route)/i,
    reason: 'unreachable',
    what: () => t('Helm could not reach the cluster'),
  },
  {
    when: /(?:is forbidden:|cannot (?:get|list|create|update|patch|delete) resource)/,
    reason: 'forbidden',
    what: () => t('The cluster did not allow it'),
  },
  { when: /(?:Unauthorized|provide credentials)/, reason: 'unauthorised', what: () => t('The cluster did not accept the login') },
  { when: /(?:timed out waiting|context deadline exceeded)/, reason: 'timedOut', what: () => t('Helm waited longer than it may') },
  {
    when: /(?:Apply failed with \d+ conflicts?|conflict with "([^"]+)")/,
    reason: 'engine',
    what: (match) => t('Another manager owns a field that the chart sets{0}', match[1] === undefined ? '' : `: ${match[1]}`),
    remedy: t('Let one of the two set it: leave the field out of the values, or remove the other manager (an autoscaler owns replicas).'),
  },
  {
    when: /field is immutable|updates to statefulset spec for fields other than/,
    reason: 'engine',
    what: () => t('A field that can’t be changed has another value'),
  },
];

export function helmFailure(stderr: string, args: readonly string[]): FaultlineError {
  const told = meaningOf(stderr);
  for (const { when, reason, what, remedy } of PATTERNS) {
    const match = when.exec(stderr);
    if (match === null) continue;
    return new FaultlineError(reason, { what: what(match), meaning: told, ...(remedy === undefined ? {} : { remedy }) }, stderr);
  }
  return new FaultlineError('engine', { what: t('Helm refused “{0}”', args[0] ?? ''), meaning: told }, stderr);
}

/** Its error without the colours, warnings and log lines around it. */
function meaningOf(stderr: string): string {
  const lines = stderr
    // oxlint-disable-next-line no-control-regex
    .replaceAll(/\u001b\[[\d;]*m/g, '')
    .split('\n')
    .filter((line) => line.trim() !== '' && !/^(WARNING|W\d{4}|I\d{4}|level=|time=|walk\.go)/.test(line));
  const from = lines.findIndex((line) => line.startsWith('Error:'));
  return (from < 0 ? lines.slice(-10) : lines.slice(from))
    .join('\n')
    .replace(/^Error: /, '')
    .slice(0, 4000);
}
