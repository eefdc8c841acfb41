/** A fault that a helper holds, from armed to healed: what it says is heard, and what it can't say any more is looked for in the pod. */
import type { Clock } from '../../base/clock.ts';
import { FaultlineError, normalise } from '../../base/errors.ts';
import { t } from '../../base/messages.ts';
import { runCommand } from '../../cluster/act/exec.ts';
import type { Pod } from '../../cluster/objects.ts';
import { kinds, pathOf } from '../../cluster/watch/kinds.ts';
import { factsOf } from '../catalogue.ts';
import type { HelperTarget, TargetPod } from '../helper/container.ts';
import { capabilityFor, type Helper } from '../helper/helper.ts';
import { endCommand, helperUndo } from '../helper/undo.ts';
import type { EndReason, HelperFaultKind } from '../helper/protocol.ts';
import type { FaultEnd, FaultOf, Healing, Injection, PreparedFault, Proof } from '../injector.ts';
import { seen } from './wait.ts';

export interface Held {
  readonly injection: Injection<FaultOf<HelperFaultKind>>;
  readonly place: HelperTarget;
  readonly helper: Helper;
  readonly clock: Pick<Clock, 'monotonicMs'>;
  /** Of the peers as they are now; undefined: there are none. */
  readonly addresses: (signal: AbortSignal) => Promise<readonly string[] | undefined>;
  /** Makes it ready, once more: looks at the target as it is now. */
  readonly arm: (signal: AbortSignal) => Promise<void>;
}

/** A helper that gets no order leaves after 30 s. A run that lives and waits for its moment says so in between. */
const ARM_AGAIN_MS = 12_000;

/** Pods that are named by name get another address when they come back. */
const PEERS_EVERY_MS = 1000;

export function heldFault(held: Held): PreparedFault {
  const { injection, helper, clock } = held;
  const { fault, timing } = injection;
  const { heals, lasts } = factsOf(fault.kind);
  const life = new AbortController();
  const ended = Promise.withResolvers<FaultEnd>();
  /** Of what was applied; not by the wall clock, which may be set meanwhile. */
  let endsAtMs: number | undefined;
  /** What the helper has verified about the end. */
  let verified: string | undefined;
  let isHealing = false;
  const waiting = new AbortController();
  const armed = keepArmed(held, AbortSignal.any([waiting.signal, life.signal]));

  /** Of a crash: what the helper says where the process had not ended in time. */
  let survived: string | undefined;

  const said = helper.said.listen((told) => {
    if (told.event !== 'ended') return;
    if (!lasts && !told.verified) survived = told.text;
    if (told.verified) verified = [endText(told.why), openText(told.proof?.open)].filter((text) => text !== '').join(' ');
    if (told.why === 'deadline') {
      // One that is not verified is healed like one that goes on.
      if (told.verified) ended.resolve({ step: 'expired', text: endText(told.why) });
    } else if (told.why !== 'heal') ended.resolve({ step: 'endedEarly', text: told.text || endText(told.why) });
  });
  void helper.ended.then(({ text }) => {
    life.abort();
    if (endsAtMs === undefined || !lasts || isHealing || verified !== undefined) return;
    // On a busy node the kernel may be faster than the helper: that is no early end.
    if (clock.monotonicMs() >= endsAtMs)
      ended.resolve({ step: 'expired', text: t('The kernel ended it at its deadline, and the helper with it.') });
    else ended.resolve({ step: 'endedEarly', text: t('The helper is gone, and the kernel ended with it what it held. {0}', text) });
  });

  return {
    apply: async ({ deadlineMs }) => {
      waiting.abort();
      await armed;
      const lastsMs = lasts ? Math.max(0, deadlineMs - timing.nowMs()) : 1000;
      endsAtMs = clock.monotonicMs() + lastsMs;
      try {
        await helper.go(lastsMs);
      } catch (error) {
        // What kills process 1 kills the helper, too, and sometimes its answer: the container's id tells.
        if (fault.kind !== 'containerCrash' || normalise(error).reason !== 'unreachable') throw error;
      }
      followPeers(held, life.signal);
    },
    effect: async (signal) => {
      if (fault.kind !== 'containerCrash')
        return seen((looking) => effectText(helper, looking), t('Its own counters show no effect yet.'), timing, signal);
      const proof = await seen((looking) => restartedText(held, looking), t('The container still has its old id.'), timing, signal);
      return survived === undefined ? proof : { ...proof, text: t('{0} ({1})', proof.text, survived) };
    },
    heal: async (): Promise<Healing> => {
      if (!lasts) return { kind: 'nothing', text: heals };
      isHealing = true;
      try {
        const healed = await helper.heal();
        if (healed.verified) verified ??= endText('heal');
        // What it could not see to be gone the kernel takes back with the helper itself: that is looked for next.
        else await helper.close();
      } catch (error) {
        // Nobody is there to be told: its death, or its silence, has healed or will within 10 s. That is looked for next.
        if (normalise(error).reason !== 'unreachable') throw error;
      }
      return { kind: 'sent' };
    },
    healed: async (signal): Promise<Proof> => {
      if (!lasts) return { proven: true, text: t('There was nothing to heal.') };
      if (verified !== undefined) return { proven: true, text: verified };
      return seen(
        async (looking) => verified ?? (await helperGoneText(held, looking)),
        t('The helper does not answer, and has not ended as far as the cluster tells.'),
        timing,
        signal,
      );
    },
    ...(lasts ? { undo: undoOf(held), ended: ended.promise } : {}),
    dispose: async () => {
      said.dispose();
      life.abort();
      await armed;
      await helper.close();
    },
  };
}

/** Of the proxy. */
function openText(open = 0): string {
  if (open === 0) return '';
  return open === 1
    ? t('One connection that was made meanwhile goes on through it, without delay, until it closes.')
    : t('{0} connections that were made meanwhile go on through it, without delay, until they close.', open);
}

function endText(why: EndReason): string {
  switch (why) {
    case 'deadline':
      return t('The kernel ended it at its deadline, and the helper found nothing left.');
    case 'heal':
      return t('The helper took it back, and found nothing left.');
    case 'lost':
      return t('Before its end the kernel knew nothing of it any more.');
    case 'targetGone':
      return t('The processes that were held have ended.');
    case 'noHeartbeat':
      return t('The helper heard nothing of this run for 10 s, and took it back.');
    case 'inputEnded':
      return t('The connection to the helper ended, and it took it back.');
    case 'terminated':
      return t('The helper was told to end, and took it back.');
  }
}

async function effectText(helper: Helper, signal: AbortSignal): Promise<string | undefined> {
  signal.throwIfAborted();
  const { proven, text } = await helper.proof();
  return proven ? text : undefined;
}

async function restartedText({ injection, place, helper }: Held, signal: AbortSignal): Promise<string | undefined> {
  try {
    const { metadata, status } = await podOf(injection, place, signal);
    if (metadata.uid !== place.uid) return t('The pod is gone.');
    const now = status?.containerStatuses?.find(({ name }) => name === place.container);
    const old = helper.containerId;
    if (old === undefined || now === undefined) return undefined;
    if (now.state?.terminated !== undefined || now.containerID?.endsWith(old) === false)
      return t('The container that was there has ended: {0}', old.slice(0, 12));
    return undefined;
  } catch (error) {
    if (FaultlineError.is(error, 'notFound')) return t('The pod is gone.');
    throw error;
  }
}

async function helperGoneText(held: Held, signal: AbortSignal): Promise<string | undefined> {
  const { injection, place, helper } = held;
  try {
    const pod = await podOf(injection, place, signal);
    if (pod.metadata.uid !== place.uid) return t('The pod is gone.');
    if (capabilityFor(injection.fault.kind) === undefined) return await stressGoneText(held, signal);
    const state = pod.status?.ephemeralContainerStatuses?.find(({ name }) => name === helper.name)?.state;
    return state?.terminated === undefined ? undefined : t('The helper’s container has ended, and the kernel took back what it held.');
  } catch (error) {
    if (FaultlineError.is(error, 'notFound')) return t('The pod is gone.');
    throw error;
  }
}

const lookLimitMs = 5000;

/** In the target's own container nothing shows from outside: it is looked for there, and ended where it goes on. */
async function stressGoneText({ injection, place }: Held, signal: AbortSignal): Promise<string | undefined> {
  const { namespace, pod, container } = place;
  const look = endCommand(injection.fault.kind);
  const { code, stdout } = await runCommand(injection.connection, { namespace, pod, container }, look, { signal, timeoutMs: lookLimitMs });
  return code === 0 && stdout.trim() === '' ? t('No process of the helper is left in container {0}.', container) : undefined;
}

function podOf({ connection }: Injection, { namespace, pod }: HelperTarget, signal: AbortSignal): Promise<TargetPod & Pod> {
  return connection.request<TargetPod>({ path: pathOf(kinds.pods, { namespace, name: pod }), signal });
}

/** Until the signal aborts. What fails then, the order will tell. */
async function keepArmed({ injection, arm }: Held, signal: AbortSignal): Promise<void> {
  try {
    for (;;) {
      await injection.timing.pause(ARM_AGAIN_MS, signal);
      await arm(signal);
    }
  } catch {
    return;
  }
}

/** Until the signal aborts. While the API does not answer, the last ones stay. */
function followPeers({ injection, helper, addresses }: Held, signal: AbortSignal): void {
  const follow = async (): Promise<void> => {
    if ((await addresses(signal)) === undefined) return;
    for (;;) {
      await injection.timing.pause(PEERS_EVERY_MS, signal);
      try {
        const now = await addresses(signal);
        if (now !== undefined) await helper.setPeers(now);
      } catch (error) {
        if (signal.aborted) throw error;
      }
    }
  };
  follow().catch(() => undefined);
}

function undoOf({ injection: { fault }, place, helper }: Held): string {
  return helperUndo(fault.kind, place.namespace, place.pod, helper.name);
}
