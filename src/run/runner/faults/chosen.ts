/** What a fault is waiting for, and which of its targets is meant then. */
import { t } from '../../../base/messages.ts';
import type { FaultTarget, PlannedFault } from '../../../journal/fault-plan.ts';
import type { RunWatches } from '../../watches/watches.ts';
import { pause } from './waiting.ts';

/** undefined: it holds. Else why it will not. */
export async function conditionMet({ when }: PlannedFault, watches: RunWatches, signal: AbortSignal): Promise<string | undefined> {
  if (when === undefined) return undefined;
  if (when.kind === 'afterHeal') {
    await pause(when.pauseMs, signal);
    return undefined;
  }
  const { topic, partition, size, withinMs } = when;
  const limit = AbortSignal.any([signal, AbortSignal.timeout(withinMs)]);
  while (watches.inSync(topic, partition) !== size) {
    try {
      await watches.changed(limit);
    } catch {
      if (watches.inSync(topic, partition) === size) return undefined;
      const now = watches.inSync(topic, partition);
      return t(
        'The ISR of {0} was not {1} within {2} s; it is {3}',
        `${topic}/${partition}`,
        size,
        Math.round(withinMs / 1000),
        now ?? t('not known'),
      );
    }
  }
  return undefined;
}

/** By index; a string says why none is. */
export function chosenTargets({ targets, choose }: PlannedFault, watches: RunWatches): readonly number[] | string {
  if (choose === undefined) return targets.map((_, index) => index);
  const name = choose.kind === 'leader' ? watches.leaderOf(choose.topic, choose.partition) : watches.controller();
  const what = choose.kind === 'leader' ? t('the leader of {0}', `${choose.topic}/${choose.partition}`) : t('the active controller');
  if (name === null) return t('Nobody knows {0} now', what);
  const index = targets.findIndex((target) => target.name === name);
  return index < 0 ? t('{0} is {1}, which is not among the targets that were confirmed', what, name) : [index];
}

/** After `chosen` were made ready. undefined: they are meant still, and what was waited for holds. Else why nothing is begun. */
export function anotherByNow(fault: PlannedFault, chosen: readonly number[], watches: RunWatches): string | undefined {
  const now = chosenTargets(fault, watches);
  if (typeof now === 'string') return now;
  if (now.toString() !== chosen.toString()) return t('Who is meant is another one by now: it changed while this was made ready');
  const { when } = fault;
  if (when?.kind !== 'isr') return undefined;
  // With fewer in sync it would break more than was previewed.
  const inSync = watches.inSync(when.topic, when.partition);
  if (inSync === when.size) return undefined;
  return t(
    'The ISR of {0} is {1} by now: it was {2}, and changed while this was made ready',
    `${when.topic}/${when.partition}`,
    inSync ?? t('not known'),
    when.size,
  );
}

/** "kafka-1" */
export function namesOf(targets: readonly FaultTarget[]): string {
  return targets.map(({ name }) => name).join(', ');
}
