/** The health of several things together. */
import { t } from '../../base/messages.ts';
import type { Health, HealthState, PodLine } from './model.ts';

const severity: Readonly<Record<HealthState, number>> = { ok: 0, stopping: 1, unknown: 2, starting: 3, degraded: 4, failed: 5 };

export function isWorse(a: HealthState, b: HealthState): boolean {
  return severity[a] > severity[b];
}

export function worst(states: Iterable<HealthState>): HealthState {
  let found: HealthState = 'ok';
  for (const state of states) if (isWorse(state, found)) found = state;
  return found;
}

export function isServing({ isReady, health }: PodLine): boolean {
  return isReady && health.state === 'ok';
}

/** A pod that is over: completed, failed or evicted; another one stands in for it. */
export function isOver({ health, isReady }: PodLine): boolean {
  return !isReady && health.word === t('completed');
}

/** "healthy", "starting", "2 of 3 ready". `wanted` may exceed what is there; `problem` says why it does. */
export function groupHealth(pods: readonly PodLine[], wanted: number, problem?: string): Health {
  const ready = pods.filter(isServing).length;
  const done = pods.filter(({ health, isReady }) => !isReady && health.state === 'ok').length;
  const why = [...(problem === undefined ? [] : [problem]), ...troubles(pods)].join('\n');
  const explained = why === '' ? {} : { why };
  if (wanted === 0 && pods.length === 0) return { state: 'unknown', word: t('scaled to zero') };
  if (ready >= wanted && ready + done >= pods.length && problem === undefined)
    return { state: 'ok', word: done > 0 && ready === 0 ? t('completed') : t('healthy') };
  if (ready >= wanted && problem === undefined) {
    // Enough serve; what is too many comes or goes.
    const extra = worst(pods.filter((pod) => !isServing(pod)).map(({ health }) => health.state));
    if (extra === 'stopping' || extra === 'starting') return { state: 'ok', word: t('healthy'), ...explained };
    return {
      state: extra === 'unknown' ? 'unknown' : 'degraded',
      word: t('{0} of {1} ready', ready, Math.max(wanted, pods.length)),
      ...explained,
    };
  }
  const word = t('{0} of {1} ready', ready, wanted);
  if (ready > 0) return { state: 'degraded', word, ...explained };
  const states = pods.map(({ health }) => health.state);
  if (states.some((state) => state === 'failed' || state === 'degraded') || pods.length === 0 || problem !== undefined)
    return { state: 'failed', word, ...explained };
  if (states.every((state) => state === 'stopping')) return { state: 'stopping', word: t('stopping'), ...explained };
  if (states.includes('unknown')) return { state: 'unknown', word, ...explained };
  return { state: 'starting', word: wanted === 1 ? t('starting') : word, ...explained, ...oldest(pods) };
}

function oldest(pods: readonly PodLine[]): { readonly sinceMs?: number } {
  const times = pods.flatMap(({ health }) => (health.sinceMs === undefined ? [] : [health.sinceMs]));
  return times.length === 0 ? {} : { sinceMs: Math.min(...times) };
}

const listed = 5;

function troubles(pods: readonly PodLine[]): string[] {
  const bad = pods.filter(({ health }) => health.state !== 'ok');
  const lines = bad.slice(0, listed).map(({ ref, health }) => `${ref.name}: ${health.why ?? health.word}`);
  return bad.length > listed ? [...lines, t('and {0} more', bad.length - listed)] : lines;
}
