/** The bar of a pod's place over the whole run. Browser-safe. */
import type { PodEvent } from '../../../journal/fault-events.ts';
import type { Interval, PodState, PodView } from '../view.ts';
import type { Pair } from './pods.ts';

const kubeletLateMs = 1000;
const better: readonly PodState[] = ['unknown', 'gone', 'notReady', 'ready', 'serving'];

interface Step {
  readonly at: number;
  readonly whose: 0 | 1;
  readonly state: PodState;
  /** It may have been that much earlier. */
  readonly upToMs: number;
}

/** Of the two that have the place one after the other, and for a while together, the better one. */
export function segmentsOf({ victim, replacement }: Pair, span: Interval): PodView['segments'] {
  const steps = [
    ...stepsOf(untilStart(victim), 0, 'unknown'),
    ...(victim.goneAt === null ? [] : [{ at: victim.goneAt, whose: 0, state: 'gone', upToMs: 0 } as const]),
    ...stepsOf(replacement?.events ?? [], 1, 'gone'),
  ].toSorted((a, b) => a.at - b.at);
  const now: [PodState, PodState] = ['unknown', 'unknown'];
  const segments: { fromAt: number; toAt: number; state: PodState; upToMs: number }[] = [
    { fromAt: span.fromAt, toAt: span.toAt, state: 'unknown', upToMs: 0 },
  ];
  for (const { at, whose, state, upToMs } of steps) {
    now[whose] = state;
    const best = better.indexOf(now[0]) >= better.indexOf(now[1]) ? now[0] : now[1];
    const last = segments.at(-1);
    if (last === undefined || last.state === best) continue;
    const fromAt = Math.max(span.fromAt, at);
    last.toAt = fromAt;
    if (last.toAt === last.fromAt) segments.pop();
    const before = segments.at(-1);
    if (before?.state === best) before.toAt = span.toAt;
    else segments.push({ fromAt, toAt: span.toAt, state: best, upToMs });
  }
  return segments.filter(({ fromAt, toAt }) => toAt > fromAt);
}

/** The watch tells late, step by step, what the helper saw at once: the container is gone until one is started. */
function untilStart({ pod, goneAt }: Pair['victim']): readonly PodEvent[] {
  if (goneAt === null) return pod.events;
  const startedAt = pod.events.find(({ stage, t }) => stage === 'started' && t >= goneAt)?.t ?? Infinity;
  return pod.events.filter(({ t }) => t <= goneAt || t >= startedAt);
}

function stepsOf(events: readonly PodEvent[], whose: 0 | 1, start: PodState): readonly Step[] {
  let state = start;
  let isReady = false;
  return events.flatMap(({ t: at, stage, ...event }): readonly Step[] => {
    switch (stage) {
      case 'seen':
        isReady = event.isReady === true;
        state = event.isServing === true ? 'serving' : isReady ? 'ready' : 'notReady';
        break;
      case 'ready':
        isReady = true;
        if (state !== 'serving') state = 'ready';
        break;
      case 'notReady':
        isReady = false;
        state = 'notReady';
        break;
      case 'serving':
        state = 'serving';
        break;
      case 'notServing':
        if (state === 'serving') state = isReady ? 'ready' : 'notReady';
        break;
      case 'created':
      case 'scheduled':
      case 'stopped':
      case 'gone':
        isReady = false;
        state = 'gone';
        break;
      case 'started':
        state = isReady ? state : 'notReady';
        break;
      case 'terminating':
        return [];
    }
    const kubelet = stage === 'ready' || stage === 'notReady' || stage === 'started' || stage === 'stopped';
    return [{ at, whose, state, upToMs: kubelet ? kubeletLateMs : 0 }];
  });
}
