/** Nodes through the API: no new pods on them, and empty of those that may go. */
import { cancelled, normalise } from '../../base/errors.ts';
import { t } from '../../base/messages.ts';
import { drainNode } from '../../cluster/act/drain.ts';
import { planDrain, type DrainPlan } from '../../cluster/act/nodes.ts';
import { Consent, refuseControlPlane } from '../../cluster/act/protection.ts';
import { statusOf } from '../../cluster/connect/failure.ts';
import type { Node } from '../../cluster/objects.ts';
import { kinds, pathOf } from '../../cluster/watch/kinds.ts';
import type { FaultTarget } from '../../journal/fault-plan.ts';
import type { FaultOf, Go, Healing, Injection, Injector, PreparedFault, Proof, Rehearsal } from '../injector.ts';
import { guarded } from '../healer/guarded.ts';
import { FieldEdit, type Field } from './edit.ts';
import { rehearsed, seen } from './wait.ts';

export const cordon: Injector<FaultOf<'cordon'>> = {
  kind: 'cordon',
  rehearse: (injection, signal) => rehearsed(() => rehearseCordon(injection, signal)),
  prepare: async (injection, signal) => guarded(injection, schedulingOf(injection.target), await cordoned(injection, signal), signal),
};

export const drain: Injector<FaultOf<'drain'>> = {
  kind: 'drain',
  rehearse: (injection, signal) =>
    rehearsed(async () => {
      const { connection, target } = injection;
      const refused = await rehearseCordon(injection, signal);
      if (refused !== undefined) return refused;
      // One pod tells whether evictions are allowed at all; what a budget says about each is a result of the fault.
      const [pod] = (await planDrain(connection, target.name, { signal })).pods.filter(({ fate }) => fate.kind !== 'skip');
      if (pod === undefined) return undefined;
      const { namespace, name, uid } = pod;
      try {
        await connection.request({
          method: 'POST',
          path: pathOf(kinds.pods, { namespace, name, subresource: 'eviction' }),
          query: { dryRun: 'All' },
          body: {
            apiVersion: 'policy/v1',
            kind: 'Eviction',
            metadata: { namespace, name },
            deleteOptions: { preconditions: { uid }, dryRun: ['All'] },
          },
          signal,
        });
      } catch (error) {
        // A budget that holds the pod is a result.
        if (statusOf(error) !== 429) throw error;
      }
      return undefined;
    }),
  prepare: async (injection, signal) => {
    const cordoning = await cordoned(injection, signal);
    const plan = await planDrain(injection.connection, injection.target.name, { signal });
    return guarded(injection, schedulingOf(injection.target), new Draining(injection, cordoning, plan), signal);
  },
};

const LOOK_MS = 250;

class Draining implements PreparedFault {
  readonly undo: string;
  readonly #injection: Injection<FaultOf<'drain'>>;
  readonly #cordoning: PreparedFault;
  readonly #plan: DrainPlan;
  readonly #life = new AbortController();
  #work: Promise<void> = Promise.resolve();
  #gone = 0;
  #isDrained = false;
  #blocked: string | undefined;

  constructor(injection: Injection<FaultOf<'drain'>>, cordoning: PreparedFault, plan: DrainPlan) {
    this.#injection = injection;
    this.#cordoning = cordoning;
    this.#plan = plan;
    this.undo = cordoning.undo ?? '';
  }

  async apply(go: Go, signal: AbortSignal): Promise<void> {
    const consent = this.#injection.consent('drainNode');
    await this.#cordoning.apply(go, signal);
    this.#work = this.#evict(consent, go.deadlineMs);
  }

  effect(signal: AbortSignal): Promise<Proof> {
    const { timing } = this.#injection;
    const count = this.#plan.pods.filter(({ fate }) => fate.kind !== 'skip').length;
    return seen(
      async () => {
        if (this.#gone > 0) return t('{0} of {1} pods have left the node.', this.#gone, count);
        return this.#isDrained ? t('The node is cordoned, and had no pod that may go.') : undefined;
      },
      t('No pod has left the node.'),
      timing,
      signal,
    ).then((proof) => (proof.proven || this.#blocked === undefined ? proof : { ...proof, text: `${proof.text} ${this.#blocked}` }));
  }

  async heal(signal: AbortSignal): Promise<Healing> {
    await this.#stop();
    return this.#cordoning.heal(signal);
  }

  healed(signal: AbortSignal): Promise<Proof> {
    return this.#cordoning.healed(signal);
  }

  dispose(): Promise<void> {
    return this.#stop();
  }

  async #stop(): Promise<void> {
    this.#life.abort(cancelled());
    await this.#work;
  }

  async #evict(consent: Consent, deadlineMs: number): Promise<void> {
    const { connection, target, timing } = this.#injection;
    // By the wall clock: a laptop that slept past it evicts no more.
    const limit = setInterval(() => {
      if (timing.nowMs() >= deadlineMs) this.#life.abort(cancelled());
    }, LOOK_MS);
    // What a person agreed to lose is what was there when it was prepared.
    const alsoEvict = this.#plan.pods.filter(({ fate }) => fate.kind === 'consent').map(({ namespace, name }) => `${namespace}/${name}`);
    try {
      for await (const event of drainNode(connection, target.name, { consent, signal: this.#life.signal, alsoEvict })) {
        if (event.kind === 'gone') this.#gone++;
        else if (event.kind === 'blocked') this.#blocked = `${event.pod}: ${event.why}`;
        else if (event.kind === 'drained') this.#isDrained = true;
      }
    } catch (error) {
      const known = normalise(error);
      if (known.reason !== 'cancelled') this.#blocked = known.message;
    } finally {
      clearInterval(limit);
    }
  }
}

async function rehearseCordon(injection: Injection<FaultOf<'cordon' | 'drain'>>, signal: AbortSignal): Promise<Rehearsal | undefined> {
  const { kept } = await (await editOf(injection, signal)).rehearse(signal);
  return kept ? undefined : { kind: 'altered', text: t('The node came back other than it was sent: a webhook alters it.') };
}

async function cordoned(injection: Injection<FaultOf<'cordon' | 'drain'>>, signal: AbortSignal): Promise<PreparedFault> {
  const { connection, target, timing } = injection;
  const edit = await editOf(injection, signal);
  refuseControlPlane(await edit.read(signal));
  const isTainted = ({ spec }: Node): boolean => spec?.taints?.some(({ key }) => key === 'node.kubernetes.io/unschedulable') === true;
  return {
    apply: async ({ deadlineMs }, ends) => {
      Consent.check(injection.consent('cordon'), connection, 'cordon');
      await edit.apply(deadlineMs, () => timing.nowMs(), ends);
    },
    effect: (ends) =>
      seen(
        async (looking) => {
          const node = await edit.read(looking);
          return node.spec?.unschedulable === true && isTainted(node)
            ? t('The node is tainted: the scheduler places nothing on it.')
            : undefined;
        },
        t('The node is not tainted.'),
        timing,
        ends,
      ),
    heal: (ends) => edit.heal(ends),
    healed: (ends) =>
      seen(
        async (looking) => {
          if (edit.left !== undefined) return edit.left;
          const node = await edit.read(looking);
          return node.spec?.unschedulable !== true && !isTainted(node) ? t('The node takes pods again.') : undefined;
        },
        t('The node is still cordoned.'),
        timing,
        ends,
      ),
    undo: `kubectl uncordon ${target.name}`,
    dispose: async () => undefined,
  };
}

function editOf(
  { connection, target, run }: Injection<FaultOf<'cordon' | 'drain'>>,
  signal: AbortSignal,
): Promise<FieldEdit<Node, boolean>> {
  return FieldEdit.read(connection, schedulingOf(target), run, true, signal);
}

export function schedulingOf({ name, uid }: Pick<FaultTarget, 'name' | 'uid'>): Field<Node, boolean> {
  return {
    path: pathOf(kinds.nodes, { name }),
    title: t('Node {0}', name),
    uid,
    name: 'unschedulable',
    of: ({ spec }) => spec?.unschedulable === true,
    patch: (isCordoned) => ({ spec: { unschedulable: isCordoned ? true : null } }),
  };
}
