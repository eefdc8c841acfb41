/** Looking again until something is seen, and what the API says to a rehearsal. */
import { FaultlineError, normalise } from '../../base/errors.ts';
import { t } from '../../base/messages.ts';
import type { Healing, InjectorTiming, PreparedFault, Proof, Rehearsal } from '../injector.ts';

/** An API server answers a GET of one object in milliseconds; a change is seen at most so much later. */
const AGAIN_MS = 200;

/** Looks until `look` says what proves it. While the API does not answer it goes on looking; then it says that. */
export async function seen(
  look: (signal: AbortSignal) => Promise<string | undefined>,
  missing: string,
  timing: InjectorTiming,
  signal: AbortSignal,
): Promise<Proof> {
  let last: string | undefined;
  for (;;) {
    try {
      const text = await look(signal);
      if (text !== undefined) return { proven: true, text };
      last = undefined;
    } catch (error) {
      const known = normalise(error);
      if (known.reason === 'forbidden' || known.reason === 'unauthorised' || known.reason === 'internal') throw known;
      if (known.reason !== 'cancelled') last = known.facts.what;
    }
    if (signal.aborted) return notSeen(missing, last);
    try {
      await timing.pause(AGAIN_MS, signal);
    } catch {
      return notSeen(missing, last);
    }
  }
}

function notSeen(missing: string, last: string | undefined): Proof {
  return { proven: false, text: last === undefined ? missing : t('{0} ({1})', missing, last) };
}

/** What the API says against it is an answer; that it does not answer is none. */
export async function rehearsed(work: () => Promise<Rehearsal | undefined>): Promise<Rehearsal> {
  try {
    return (await work()) ?? { kind: 'accepted' };
  } catch (error) {
    const known = normalise(error);
    if (known.reason === 'unreachable' || known.reason === 'unauthorised' || known.reason === 'timedOut' || known.reason === 'cancelled')
      throw known;
    const { what, meaning, remedy } = (known satisfies FaultlineError).facts;
    const text = meaning === undefined ? what : `${what}: ${meaning}`;
    return { kind: 'refused', text, ...(remedy === undefined ? {} : { remedy }) };
  }
}

/** Of kinds that are over as soon as they have happened. */
export function overAtOnce(heals: string, { apply, effect }: Pick<PreparedFault, 'apply' | 'effect'>): PreparedFault {
  return {
    apply,
    effect,
    heal: async (): Promise<Healing> => ({ kind: 'nothing', text: heals }),
    healed: async (): Promise<Proof> => ({ proven: true, text: t('There was nothing to heal.') }),
    dispose: async () => undefined,
  };
}
