/** Nodes of the lab that lose their power, their network, or their time: by the lab's own program, and of no other cluster. */
import { FaultlineError } from '../../base/errors.ts';
import { t } from '../../base/messages.ts';
import { Consent, refuseControlPlane } from '../../cluster/act/protection.ts';
import { clusterIdentity } from '../../cluster/connect/identity.ts';
import type { ClusterConnection } from '../../cluster/connect/connection.ts';
import type { Node } from '../../cluster/objects.ts';
import { kinds, pathOf } from '../../cluster/watch/kinds.ts';
import type { FaultKind, FaultTarget } from '../../journal/fault-plan.ts';
import { factsOf } from '../catalogue.ts';
import type { FaultEnd, Healing, Injection, Injector, PreparedFault, Proof } from '../injector.ts';
import type { AttendedNode, LabFault, LabFaultKind, LabNodeTruth } from '../lab/attend.ts';
import type { Lab, Labs } from '../lab/labs.ts';
import { rehearsed, seen } from './wait.ts';

export interface LabNodeOptions {
  /** Of this machine: `labsOfMachine(process.env)`. */
  readonly labs: Labs;
}

type LabKind = 'nodeStop' | 'nodeCut' | 'nodeFreeze';

/** Each refuses, when it is rehearsed and when it is prepared, where the cluster is no lab of this machine. */
export function labNodeInjectors(options: LabNodeOptions): readonly Injector[] {
  return [
    labNodeInjector('nodeStop', 'stop', options),
    labNodeInjector('nodeCut', 'cut', options),
    labNodeInjector('nodeFreeze', 'freeze', options),
  ];
}

/** The lab's words for them. */
export const labKinds: ReadonlyMap<FaultKind, LabFaultKind> = new Map([
  ['nodeStop', 'stop'],
  ['nodeCut', 'cut'],
  ['nodeFreeze', 'freeze'],
]);

function labNodeInjector(kind: LabKind, how: LabFaultKind, { labs }: LabNodeOptions): Injector {
  return {
    kind,
    rehearse: ({ connection, target }, signal) =>
      rehearsed(async () => {
        const lab = await labOf(labs, kind, connection, signal);
        await refuseOtherNode(connection, target, signal);
        const node = lab.attend(target.name);
        try {
          refuseBroken(await node.look(signal), target);
        } finally {
          await node.dispose();
        }
        return undefined;
      }),
    prepare: async (injection, signal) => {
      const { connection, target } = injection;
      const lab = await labOf(labs, kind, connection, signal);
      await refuseOtherNode(connection, target, signal);
      const node = lab.attend(target.name);
      try {
        refuseBroken(await node.look(signal), target);
      } catch (error) {
        await node.dispose();
        throw error;
      }
      return new LabNodeFault(injection, how, node, lab.healCommand(target.name));
    },
  };
}

/** How often it is looked whether the fault is over; the lab heals what it has not heard of for 10 s. */
const LOOK_MS = 1000;

class LabNodeFault implements PreparedFault {
  readonly undo: string;
  readonly ended: Promise<FaultEnd>;
  readonly #injection: Injection;
  readonly #kind: LabFaultKind;
  readonly #node: AttendedNode;
  readonly #life = new AbortController();
  readonly #ended = Promise.withResolvers<FaultEnd>();
  /** What was begun, or may have been. */
  #begun: LabFault | undefined;
  #isHealing = false;
  #left: string | undefined;
  #watching: Promise<void> = Promise.resolve();

  constructor(injection: Injection, kind: LabFaultKind, node: AttendedNode, undo: string) {
    this.#injection = injection;
    this.#kind = kind;
    this.#node = node;
    this.undo = undo;
    this.ended = this.#ended.promise;
  }

  async apply({ deadlineMs }: { readonly deadlineMs: number }, signal: AbortSignal): Promise<void> {
    const { connection, target } = this.#injection;
    Consent.check(this.#injection.consent('fault'), connection, 'fault');
    await refuseOtherNode(connection, target, signal);
    this.#begun = { kind: this.#kind, untilMs: Math.round(deadlineMs) };
    try {
      await this.#node.begin(this.#begun, signal);
    } catch (error) {
      // What the lab refused it has taken back; what it did not answer to may be there.
      if (FaultlineError.is(error, 'unsupported')) this.#begun = undefined;
      throw error;
    }
    this.#watching = this.#watch();
  }

  effect(signal: AbortSignal): Promise<Proof> {
    return this.#seen(effectText, t('The lab’s node shows no effect yet.'), signal);
  }

  async heal(signal: AbortSignal): Promise<Healing> {
    const begun = this.#begun;
    if (begun === undefined) return { kind: 'sent' };
    this.#isHealing = true;
    const { fault } = await this.#node.look(signal);
    // Ours is over, and somebody has begun another one since.
    if (fault !== undefined && (fault.kind !== begun.kind || fault.untilMs !== begun.untilMs)) {
      this.#left = t('Node {0} has a fault of somebody else by now, which was left.', this.#injection.target.name);
      return { kind: 'left', text: this.#left };
    }
    await this.#node.heal(begun, signal);
    return { kind: 'sent' };
  }

  healed(signal: AbortSignal): Promise<Proof> {
    if (this.#left !== undefined) return Promise.resolve({ proven: true, text: this.#left });
    return this.#seen((_, truth) => healedText(this.#kind, truth), t('The lab’s node is not as it was.'), signal);
  }

  async dispose(): Promise<void> {
    this.#life.abort();
    await this.#watching;
    await this.#node.dispose();
  }

  async #seen(
    textOf: (kind: LabFaultKind, truth: LabNodeTruth) => string | undefined,
    missing: string,
    signal: AbortSignal,
  ): Promise<Proof> {
    let failed: string | undefined;
    const proof = await seen(
      async (looking) => {
        const truth = await this.#node.look(looking);
        failed = truth.failed;
        return textOf(this.#kind, truth);
      },
      missing,
      this.#injection.timing,
      signal,
    );
    return proof.proven || failed === undefined ? proof : { ...proof, text: `${proof.text} ${failed}` };
  }

  async #watch(): Promise<void> {
    const { timing } = this.#injection;
    const { signal } = this.#life;
    for (;;) {
      try {
        await timing.pause(LOOK_MS, signal);
      } catch {
        return;
      }
      try {
        const truth = await this.#node.look(signal);
        if (isBroken(this.#kind, truth)) continue;
        if (this.#isHealing) return;
        this.#ended.resolve(
          timing.nowMs() >= (this.#begun?.untilMs ?? 0)
            ? { step: 'expired', text: t('The lab ended it at its deadline.') }
            : { step: 'endedEarly', text: t('Somebody else has healed the node.') },
        );
        return;
      } catch (error) {
        // It is asked again: the lab ends it, whether or not it is looked at.
        if (!FaultlineError.is(error)) throw error;
      }
    }
  }
}

export function isBroken(kind: LabFaultKind, { hasPower, isCut, isFrozen }: LabNodeTruth): boolean {
  switch (kind) {
    case 'stop':
      return !hasPower;
    case 'cut':
      return isCut;
    case 'freeze':
      return isFrozen;
  }
}

function effectText(kind: LabFaultKind, truth: LabNodeTruth): string | undefined {
  if (!isBroken(kind, truth)) return undefined;
  switch (kind) {
    case 'stop':
      return t('Nothing runs on the node, and its network card is gone.');
    case 'cut':
      return truth.dropped === 0 ? undefined : t('{0} packets of the node were dropped.', truth.dropped);
    case 'freeze':
      return t('The kernel says that all processes of the node stand still.');
  }
}

function healedText(kind: LabFaultKind, truth: LabNodeTruth): string | undefined {
  if (isBroken(kind, truth)) return undefined;
  switch (kind) {
    case 'stop':
      return t('The node is on again, and its kubelet runs.');
    case 'cut':
      return t('Nothing of the node’s packets is dropped any more.');
    case 'freeze':
      return t('The processes of the node go on.');
  }
}

/** Fails: `unsupported` where it is none, as a request does. */
async function labOf(labs: Labs, kind: LabKind, connection: ClusterConnection, signal: AbortSignal): Promise<Lab> {
  const { uid } = await clusterIdentity(connection, signal);
  const lab = uid === undefined ? undefined : await labs.find(uid);
  if (lab !== undefined) return lab;
  throw new FaultlineError('unsupported', {
    what: t(
      '“{0}” is possible only in the lab: {1} is no lab that makes its own nodes on this machine',
      factsOf(kind).title,
      connection.context.name,
    ),
    remedy: t('Drain the node instead, or cut the network of its pods.'),
  });
}

/** Fails: `refusedByProtection` for another node of that name, and for one that runs the control plane. */
async function refuseOtherNode(connection: ClusterConnection, { name, uid }: FaultTarget, signal: AbortSignal): Promise<void> {
  const node = await connection.request<Node>({ path: pathOf(kinds.nodes, { name }), signal });
  if (node.metadata.uid !== uid)
    throw new FaultlineError('refusedByProtection', {
      what: t('Node {0} is another one by now', name),
      remedy: t('Look at it again before you break it.'),
    });
  refuseControlPlane(node);
}

function refuseBroken(truth: LabNodeTruth, { name }: FaultTarget): void {
  if (truth.hasPower && !truth.isCut && !truth.isFrozen) return;
  throw new FaultlineError('refusedByProtection', {
    what: truth.isFrozen
      ? t('Node {0} is frozen already', name)
      : truth.isCut
        ? t('Node {0} is cut off already', name)
        : t('Node {0} is off already', name),
    remedy: t('Wait until that is over: npm run lab -- status'),
  });
}
