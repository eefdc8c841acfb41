/** What keys do to cursor and window: one probe, one second, one event, one lane. */
import { indexAt } from '../../src/analysis/recovery/client/stream.ts';
import type { RecoveryView, VantageSamples } from '../../src/analysis/recovery/view.ts';

export type CursorStep = 'probe' | 'second' | 'event' | 'edge';

/** The planned start of the next probe of any vantage, in the direction. */
export function nextProbe(samples: readonly VantageSamples[], at: number, direction: 1 | -1): number | null {
  let best: number | null = null;
  for (const { at: times } of samples) {
    // A planned start is no round number: half a millisecond off is the same one.
    const index = direction > 0 ? indexAt(times, at + 0.5) : indexAt(times, at - 0.5) - 1;
    const found = times[index];
    if (found !== undefined && (best === null || (direction > 0 ? found < best : found > best))) best = found;
  }
  return best;
}

/** Moments that count in any lane, ascending. */
export function eventsOf({ milestones, pods, redundancy, leaders, nodes, autoscalers, zeroAt }: RecoveryView): readonly number[] {
  const zero = zeroAt ?? 0;
  const all = [
    ...milestones.map(({ at }) => at),
    ...pods.flatMap(({ stages }) => stages.map(({ atMs }) => zero + atMs)),
    ...redundancy.flatMap(({ steps }) => steps.slice(1).map(({ at }) => at)),
    ...[...leaders, ...nodes].flatMap(({ segments }) => segments.slice(1).map(({ fromAt }) => fromAt)),
    ...autoscalers.flatMap(({ steps }) => steps.slice(1).map(({ at }) => at)),
  ];
  return [...new Set(all)].toSorted((a, b) => a - b);
}

export function nextEvent(view: RecoveryView, at: number, direction: 1 | -1): number | null {
  const events = eventsOf(view);
  return (direction > 0 ? events.find((each) => each > at + 5) : events.findLast((each) => each < at - 5)) ?? null;
}
