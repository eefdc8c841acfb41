/** One fault of a plan: looked at once more, made ready, begun, ended. */
import { normalise } from '../../../base/errors.ts';
import { t } from '../../../base/messages.ts';
import { consentTo, type ClusterChange, type Consent } from '../../../cluster/act/protection.ts';
import type { ClusterConnection } from '../../../cluster/connect/connection.ts';
import { factsOf } from '../../../fault/catalogue.ts';
import type { Injector } from '../../../fault/injector.ts';
import { takeLease, type FaultLease } from '../../../fault/lease.ts';
import { previewAgain } from '../../../fault/plan.ts';
import { changedSince } from '../../../fault/preview/preview.ts';
import { refuseOtherCluster } from '../../../fault/preflight/identity.ts';
import { readScene } from '../../../fault/scene-read.ts';
import type { FaultEvent } from '../../../journal/fault-events.ts';
import type { FaultKind, FaultPlan, PlannedFault } from '../../../journal/fault-plan.ts';
import type { ConfirmedFaults } from '../../prepare/confirmed.ts';
import { injectorTiming } from '../../prepare/injectors.ts';
import type { RunWatches } from '../../watches/watches.ts';
import { anotherByNow, chosenTargets, conditionMet } from './chosen.ts';
import { HeldTarget, type HealWhy } from './held.ts';
import { healWaitMs } from './lengths.ts';
import type { RunRecord } from './record.ts';
import { pause } from './waiting.ts';

/** Beyond the fault's own end: for healing it. */
const leaseSpareMs = 60_000;
/** What is ready within this time has its lease from then. */
const soonMs = 10_000;
/** One that is over at once holds its target for so long. */
const onceMs = 60_000;

export interface StepOptions {
  readonly connection: ClusterConnection;
  readonly run: string;
  readonly plan: FaultPlan;
  readonly confirmed: ConfirmedFaults;
  readonly injectors: ReadonlyMap<FaultKind, Injector>;
  readonly watches: RunWatches;
  readonly record: RunRecord;
}

/** What ends a run, or a fault before its time. */
export interface Stops {
  readonly signal: AbortSignal;
  /** Of a fault that lasts, once it has begun: its end, and not that of the run. */
  readonly heal: () => AbortSignal;
  /** Why, once it is aborted. */
  readonly why: () => HealWhy;
  /** Each target as soon as it is ready: whoever holds it closes it. */
  readonly holds: (held: HeldTarget) => void;
}

/**
 * Resolves when the fault is over, or was sent its end; with why, where nothing was begun. Never fails for what the cluster says: that
 * is in the journal.
 */
export async function carryOutFault(index: number, options: StepOptions, stops: Stops): Promise<string | undefined> {
  const { plan, record } = options;
  const fault = plan.faults[index];
  if (fault === undefined) return undefined;
  const refuse = (text: string): string => {
    record.append([event(record, index, { step: 'refused', text })]);
    return text;
  };
  const unmet = await conditionMet(fault, options.watches, stops.signal);
  if (stops.signal.aborted) return undefined;
  if (unmet !== undefined) return refuse(unmet);
  let held: readonly HeldTarget[];
  try {
    const changed = await refusedNow(index, fault, options, stops.signal);
    if (changed !== undefined) return refuse(changed);
    const targets = chosenTargets(fault, options.watches);
    if (typeof targets === 'string') return refuse(targets);
    held = await ready(index, fault, targets, options, stops.signal);
    // Making ready takes seconds, and an image that is pulled minutes.
    const lost = anotherByNow(fault, targets, options.watches);
    if (lost !== undefined) {
      await Promise.all(held.map((one) => one.close()));
      return refuse(lost);
    }
  } catch (error) {
    if (stops.signal.aborted) return undefined;
    const { what, meaning, remedy } = normalise(error).facts;
    return refuse([what, meaning, remedy].filter((part) => part !== undefined && part !== '').join('. '));
  }
  for (const one of held) stops.holds(one);
  await begin(index, fault, held, options, stops);
  return undefined;
}

/** The same fault, with the targets that were confirmed, in the scene of now. */
async function refusedNow(index: number, fault: PlannedFault, options: StepOptions, signal: AbortSignal): Promise<string | undefined> {
  const { connection, run, plan, confirmed, watches } = options;
  const given = confirmed.faults[index];
  if (given === undefined) return t('Nobody has confirmed it');
  await refuseOtherCluster(connection, plan.cluster.identity, signal);
  const { namespace } = confirmed;
  const scene = await readScene(
    connection,
    { model: watches.model(), nowMs: () => Date.now(), ...(namespace === undefined ? {} : { namespace }) },
    signal,
  );
  const request = {
    fault: given.draft,
    identity: plan.cluster.identity,
    run,
    isLaterStep: index > 0,
    ...(plan.messages === undefined ? {} : { ownTopic: plan.messages.topic }),
  };
  const again = previewAgain(request, { ...fault, losses: given.losses }, scene);
  const [first] = again.refusals;
  if (first !== undefined) return [first.text, first.remedy].filter((part) => part !== undefined).join('. ');
  const changed = changedSince(given.parts, again.parts, index > 0);
  if (changed.length === 0) return undefined;
  return t('What would be hit is not what was confirmed any more: {0}. Look at the preview again', changed.join(', '));
}

/** Wall clock: of a fault that begins now. */
function leasedUntil({ durationMs = onceMs }: PlannedFault): number {
  return Date.now() + durationMs + leaseSpareMs;
}

/** Fails as a request does; then nothing is left behind. */
async function ready(
  index: number,
  fault: PlannedFault,
  targets: readonly number[],
  { connection, run, plan, injectors, record }: StepOptions,
  signal: AbortSignal,
): Promise<readonly HeldTarget[]> {
  const { lasts, title } = factsOf(fault.kind);
  const injector = injectors.get(fault.kind);
  if (injector === undefined) throw new Error(`no injector for ${fault.kind}`);
  const held: HeldTarget[] = [];
  const beganMs = performance.now();
  const consent = (change: ClusterChange): Consent => consentOf(connection, change);
  try {
    // A control may have no target at all.
    for (const at of targets) {
      const target = fault.targets[at];
      if (target === undefined) continue;
      const nowMs = Date.now();
      const lease =
        fault.kind === 'none'
          ? freeLease
          : await takeLease(connection, { run, target, title: `${title}: ${target.name}`, deadlineMs: leasedUntil(fault), nowMs }, signal);
      try {
        const injection = { connection, run, index, fault, target, consent, timing: injectorTiming, healerImage: plan.images.node };
        const prepared = await injector.prepare(injection, signal);
        held.push(new HeldTarget({ fault: index, target: at, lasts: lasts && fault.kind !== 'none', prepared, lease, record }));
      } catch (error) {
        await lease.release(AbortSignal.timeout(5000)).catch(() => undefined);
        throw error;
      }
    }
    // An image that is pulled takes minutes: what holds the target has to last as long as the fault, from now.
    if (performance.now() - beganMs > soonMs) for (const one of held) await one.extend(leasedUntil(fault), signal);
    return held;
  } catch (error) {
    await Promise.all(held.map((one) => one.close()));
    throw error;
  }
}

async function begin(index: number, fault: PlannedFault, held: readonly HeldTarget[], options: StepOptions, stops: Stops): Promise<void> {
  const { record } = options;
  if (stops.signal.aborted) return;
  const lasts = factsOf(fault.kind).lasts && fault.kind !== 'none';
  const durationMs = lasts ? (fault.durationMs ?? 0) : 0;
  const at = record.nowMs();
  const all =
    held.length === 0
      ? [event(record, index, { step: 'go' }, at)]
      : held.map((one) => event(record, index, { step: 'go', target: one.target }, at));
  record.append(all);
  // Before it happens: whoever finds this journal later knows that it may have.
  record.sync();
  if (held.length === 0) {
    record.append([
      event(record, index, { step: 'applied' }),
      event(record, index, { step: 'effect', text: t('nothing was to be broken') }),
    ]);
    return;
  }
  const beganMs = performance.now();
  const deadlineMs = Date.now() + durationMs;
  const wanted = stops.heal();
  const why = (): HealWhy => (stops.signal.aborted ? stops.why() : wanted.aborted ? 'stopped' : 'duration');
  const asked = AbortSignal.any([stops.signal, wanted]);
  const applying = held.map((one) => one.apply(deadlineMs));
  // What is broken already does not wait for what is still being broken.
  asked.addEventListener('abort', () => held.forEach((one, i) => void applying[i]?.then(() => one.heal(why()))), { once: true });
  const applied = await Promise.all(applying);
  if (!lasts) return;
  if (applied.every(Boolean)) {
    const ends = new AbortController();
    void Promise.all(held.map((one) => one.ended)).then(() => ends.abort());
    await pause(durationMs - (performance.now() - beganMs), AbortSignal.any([asked, ends.signal]));
  }
  const last = asked.aborted || applied.every(Boolean) ? why() : 'aborted';
  await Promise.race([Promise.all(held.map((one) => one.heal(last))), pause(healWaitMs, new AbortController().signal)]);
}

/** Whoever started the run has asked a person; which cluster it is was checked a moment ago. */
function consentOf({ context, server }: ClusterConnection, change: ClusterChange): Consent {
  return consentTo({ context: context.name, server, level: 'confirm', knownBy: 'identity' }, change, { typedName: context.name });
}

const freeLease: FaultLease = { extend: () => Promise.resolve(), release: () => Promise.resolve() };

function event(
  record: RunRecord,
  fault: number,
  what: Pick<FaultEvent, 'step' | 'target' | 'text'>,
  at: number = record.nowMs(),
): FaultEvent {
  return { t: at, src: 'runner', kind: 'fault', fault, ...what };
}
