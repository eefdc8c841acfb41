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

const NO_TLS = /server gave HTTP response to HTTPS client/;

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
    when: /(?:Apply failed with \d+ conflicts?(?:: conflicts? with "([^"]+)")?|conflict with "([^"]+)")/,
    reason: 'engine',
    what: ([, first, second]) => {
      const who = first ?? second;
      return t('Another manager owns a field that the chart sets{0}', who === undefined ? '' : `: ${who}`);
    },
    remedy: t('Let one of the two set it: leave the field out of the values, or remove the other manager (an autoscaler owns replicas).'),
  },
  {
    when: /field is immutable|updates to statefulset spec for fields other than/,
    reason: 'engine',
    what: () => t('A field that can’t be changed has another value'),
  },
];

/** Of what fetches charts: it speaks to no cluster. */
const FETCH_PATTERNS: readonly Pattern[] = [
  {
    when: NO_TLS,
    reason: 'unreachable',
    what: () => t('The registry speaks no TLS'),
    remedy: t('Without it only one on this machine is taken. “helm pull --plain-http” fetches the chart; then name the .tgz file.'),
  },
  {
    when: /(?:\b401\b|\b403\b|[Uu]nauthorized|denied: |authentication required|basic auth credential)/,
    reason: 'unauthorised',
    what: () => t('The registry or repository did not accept the login'),
    remedy: t('“helm registry login HOST” logs in to a registry, “helm repo add NAME URL --username USER” to a repository.'),
  },
  {
    when: /(?:connection refused|no such host|i\/o timeout|connect: no route|network is unreachable|x509:|EOF$)/im,
    reason: 'unreachable',
    what: () => t('Helm could not reach where the chart is'),
    remedy: t('Check the address, the network and the proxy.'),
  },
  {
    when: /(?:repo (\S+) not found|no repo named|no cached repo found)/,
    reason: 'notFound',
    what: (match) => t('Helm knows no repository {0}', match[1] ?? ''),
    remedy: t('“helm repo add” and “helm repo update” make it known; --repo names its URL without that.'),
  },
  {
    when: /chart "([^"]+)" (?:matching|version) (\S+) .*not found|could not locate a version matching provided version string (\S+)/,
    reason: 'notFound',
    what: (match) => t('The chart has no version {0}', (match[2] ?? match[3] ?? '').replaceAll('"', '')),
  },
  {
    when: /(?:\b404\b|not found|is not a valid chart repository)/i,
    reason: 'notFound',
    what: () => t('There is no such chart'),
    remedy: t('Check its name, its version and the address.'),
  },
];

/** Whether a registry answered without TLS where Helm spoke TLS to it. */
export function speaksNoTls(error: unknown): boolean {
  return FaultlineError.is(error) && NO_TLS.test(error.facts.meaning ?? '');
}

export function helmFailure(stderr: string, args: readonly string[]): FaultlineError {
  const told = meaningOf(stderr);
  const isFetch = args[0] === 'pull' || args[0] === 'dependency';
  for (const { when, reason, what, remedy } of isFetch ? FETCH_PATTERNS : PATTERNS) {
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
