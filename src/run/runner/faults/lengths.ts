/** How long each part of a run that breaks something may take: what waits for it, and what has to live as long, go by the same. */
import type { FaultPlan } from '../../../journal/fault-plan.ts';

/** The baseline begins once all were answered, or after so long; `share`: of a short baseline, at most. */
export const warmWithin = { ms: 60_000, share: 1 } as const;
/** A load that warms up may take that long before its baseline begins. */
export const beginWithinMs = 30 * 60_000;
/** A heal that nobody confirms goes on beside the next step, and the observation. */
export const healWaitMs = 35_000;
/** Beyond the observation that was planned: whatever is still hoped for. */
const hopeMs = 30 * 60_000;

/** From the last step on. */
export function longestObservationMs({ observeMs }: Pick<FaultPlan, 'observeMs'>): number {
  return observeMs + hopeMs;
}

/** From the first question to the end of the observation, at the longest. Making ready and fetching come on top. */
export function longestMs(plan: Pick<FaultPlan, 'baselineMs' | 'faults' | 'observeMs'>, hasLoad: boolean): number {
  const { baselineMs, faults } = plan;
  const steps = faults.map(
    ({ durationMs = 0, when }) => (when?.kind === 'isr' ? when.withinMs : (when?.pauseMs ?? 0)) + durationMs + healWaitMs,
  );
  const broken = steps.reduce((sum, ms) => sum + ms, 0);
  return (hasLoad ? beginWithinMs : warmWithin.ms) + baselineMs + broken + longestObservationMs(plan);
}
