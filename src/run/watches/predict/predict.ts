/** What the cluster's real settings let expect of each fault, before it begins. None where nothing honest can be said. */
import { FaultlineError } from '../../../base/errors.ts';
import { t } from '../../../base/messages.ts';
import type { ClusterConnection } from '../../../cluster/connect/connection.ts';
import type { ConfigMap, ObjectList, Pod } from '../../../cluster/objects.ts';
import type { ClusterModel, PodLine } from '../../../cluster/recognise/model.ts';
import { ownerOf } from '../../../cluster/recognise/owner.ts';
import { kinds, pathOf } from '../../../cluster/watch/kinds.ts';
import { placedOf, type Placed } from '../../../fault/scene.ts';
import type { PredictionEvent } from '../../../journal/fault-events.ts';
import type { FaultPlan, FaultTarget, PlannedFault } from '../../../journal/fault-plan.ts';
import type { KafkaFollower } from '../kafka/follow.ts';
import { brokerSettingNames, failoverOf, timesOf } from './kafka.ts';
import { graceOf, movedOf, notReadyOf, type NodeGrace } from './node.ts';
import { backAfter, outOfService, settingsOf, startOf, type FullPod, type PodSettings } from './pod.ts';
import { atMost, either, last, plus, untilHealed, type Span } from './spans.ts';
import { configOf, workerGone, type DetectorSettings } from './trino.ts';

export type Prediction = Omit<PredictionEvent, 't' | 'src' | 'kind'>;

export interface PredictParts {
  readonly connection: ClusterConnection;
  readonly plan: FaultPlan;
  readonly model: ClusterModel;
  readonly kafka: readonly Pick<KafkaFollower, 'settings' | 'leads' | 'nameOf' | 'controller' | 'partition'>[];
  /** Those that matter. */
  readonly pods: readonly Pod[];
  readonly wallMs: number;
  readonly signal: AbortSignal;
}

/** How a pod falls. `hang`: it is there, and does not answer; its node's probes notice, unless only its network is cut. */
type Fall =
  | { readonly kind: 'crash' }
  | { readonly kind: 'delete'; readonly graceMs: number | undefined }
  | { readonly kind: 'hang'; readonly isProbed: boolean; readonly durationMs: number }
  | { readonly kind: 'node'; readonly isStopped: boolean; readonly durationMs: number };

/** Never fails for what can't be read. Fails: `cancelled`. */
export async function predict(parts: PredictParts): Promise<readonly Prediction[]> {
  const predictor = new Predictor(parts);
  const all: Prediction[] = [];
  for (const [fault, planned] of parts.plan.faults.entries()) {
    const span = await predictor.of(planned);
    if (span === undefined) continue;
    all.push({ fault, from: Math.round(span.fromMs), to: Math.round(span.toMs), formula: span.formula, by: span.by });
  }
  return all;
}

class Predictor {
  readonly #parts: PredictParts;
  #grace: Promise<NodeGrace> | undefined;

  constructor(parts: PredictParts) {
    this.#parts = parts;
  }

  /** Of all that it hits. */
  async of(fault: PlannedFault): Promise<Span | undefined> {
    if (fault.kind === 'rollingRestart') return this.#rolling(fault);
    const fall = fallOf(fault);
    if (fall === undefined) return undefined;
    const hit = this.#meant(fault).flatMap((target) => this.#hitBy(target));
    const spans: Span[] = [];
    for (const pod of hit) {
      const span = await this.#span(pod, fall, fault);
      if (span !== undefined) spans.push(span);
    }
    return last(spans);
  }

  /** Who would be chosen now; where nobody leads yet any of them is as good. */
  #meant({ choose, targets }: PlannedFault): readonly FaultTarget[] {
    if (choose === undefined) return targets;
    const nodes = this.#parts.kafka.map((follower) => {
      const node =
        choose.kind === 'controller' ? follower.controller : (follower.partition(choose.topic, choose.partition)?.leader ?? null);
      return node === null || node < 0 ? undefined : follower.nameOf(node);
    });
    const now = targets.filter(({ name }) => nodes.includes(name));
    return now.length > 0 ? now : targets.slice(0, 1);
  }

  #hitBy(target: FaultTarget): readonly Pod[] {
    const { pods } = this.#parts;
    switch (target.kind) {
      case 'pod':
        return pods.filter(({ metadata }) => metadata.uid === target.uid);
      case 'node':
        return pods.filter(({ spec }) => spec?.nodeName === target.name);
      case 'workload':
        return pods.filter((pod) => {
          const { kind, name } = ownerOf(pod);
          return pod.metadata.namespace === target.namespace && kind === target.workload && name === target.name;
        });
    }
  }

  async #span(pod: Pod, fall: Fall, { choose }: PlannedFault): Promise<Span | undefined> {
    const placed = placedOf(this.#parts.model, pod.metadata.uid);
    if (placed === undefined) return undefined;
    const { instance, line } = placed;
    switch (instance.engine) {
      case 'kafka':
        return this.#broker(line, fall, choose);
      case 'trino':
      case 'presto':
        if (line.role === 'worker') return this.#worker(instance.engine, pod, fall);
        return line.role === 'coordinator' ? this.#alone(pod, line, fall, t('nobody else coordinates')) : undefined;
      case 'clickhouse':
        return line.role === 'server' ? this.#replica(pod, placed, fall) : undefined;
      default:
        return undefined;
    }
  }

  async #broker({ ref: { name } }: PodLine, fall: Fall, choose: PlannedFault['choose']): Promise<Span | undefined> {
    const { plan, kafka } = this.#parts;
    // The topics of the run itself may be made later, and have leaders on every broker.
    const isAsked = choose?.kind === 'leader' || plan.messages !== undefined || plan.probes.some(({ engine }) => engine === 'kafka');
    const follower = kafka.find((one) => isAsked || one.leads(name));
    if (follower === undefined) return undefined;
    const times = timesOf(await this.#readable(follower.settings(name, brokerSettingNames, this.#parts.signal), []));
    if (times === undefined) return undefined;
    const settings = fall.kind === 'delete' && fall.graceMs === undefined ? await this.#settings(name) : undefined;
    const graceMs = fall.kind === 'delete' ? (fall.graceMs ?? settings?.graceMs ?? 30_000) : undefined;
    const common = { times, ...(graceMs === undefined ? {} : { graceMs }) };
    const controls = choose?.kind === 'controller' || (follower.controller !== null && follower.nameOf(follower.controller) === name);
    const isUnknown = choose?.kind === 'leader' && follower.partition(choose.topic, choose.partition) === undefined;
    const span = isUnknown
      ? either(failoverOf({ ...common, isController: false }), failoverOf({ ...common, isController: true }))
      : failoverOf({ ...common, isController: controls });
    // A fault that is over before another one leads leaves the old leader.
    return fall.kind === 'hang' || fall.kind === 'node' ? atMost(span, untilHealed(fall.durationMs, t('the broker leads again'))) : span;
  }

  /** Of one that hangs the coordinator hears nothing for as long as its connections do not fail: nothing can be said. */
  async #worker(engine: 'trino' | 'presto', pod: Pod, fall: Fall): Promise<Span | undefined> {
    if (fall.kind !== 'crash' && fall.kind !== 'delete') return undefined;
    const full = await this.#full(pod);
    if (full === undefined) return undefined;
    const { image } = settingsOf(full, undefined);
    return workerGone(engine, image, await this.#detector(pod), fall.kind === 'delete' && fall.graceMs !== 0);
  }

  /** Where another one serves behind the same Service, users wait only until it is out of it. */
  async #replica(pod: Pod, { instance, line }: Placed, fall: Fall): Promise<Span | undefined> {
    const servers = instance.roles.flatMap(({ pods }) => pods).filter(({ role }) => role === 'server');
    const others = servers.filter(
      (one) => one.id !== line.id && one.isReady && one.shard === line.shard && !(fall.kind === 'node' && one.node === line.node),
    );
    if (others.length === 0) return this.#alone(pod, line, fall, t('no other replica serves'));
    switch (fall.kind) {
      case 'crash':
        return {
          fromMs: 0,
          toMs: 2000,
          formula: t('the kubelet tells within 1 s, + up to 1 s until Services know it'),
          by: t('endpoint removal'),
        };
      case 'delete':
        return {
          fromMs: 0,
          toMs: 1000,
          formula: t('out of its Services with the request, + up to 1 s until they know it'),
          by: t('endpoint removal'),
        };
      case 'hang': {
        const healed = untilHealed(fall.durationMs, fall.isProbed ? t('no readiness probe') : t('its node’s probes still reach it'));
        const full = fall.isProbed ? await this.#full(pod) : undefined;
        const out = full === undefined ? undefined : outOfService(settingsOf(full, line.container));
        return out === undefined ? healed : atMost(out, healed);
      }
      case 'node':
        return atMost(notReadyOf(await this.#nodeGrace()), untilHealed(fall.durationMs, t('the node is back')));
    }
  }

  /** Users wait until it is back. */
  async #alone(pod: Pod, line: PodLine, fall: Fall, why: string): Promise<Span | undefined> {
    const { wallMs } = this.#parts;
    const full = await this.#full(pod);
    if (full === undefined) return undefined;
    const settings = settingsOf(full, line.container);
    const isCoordinator = line.role === 'coordinator';
    const announced = { fromMs: 0, toMs: 6000, formula: t('up to 6 s until its workers are known again') };
    const whole = (span: Span | undefined): Span | undefined => (span === undefined || !isCoordinator ? span : plus(span, announced));
    switch (fall.kind) {
      case 'crash':
        return whole(backAfter(settings, fall, wallMs));
      case 'delete':
        return whole(backAfter(settings, { kind: 'delete', graceMs: fall.graceMs ?? settings.graceMs }, wallMs));
      case 'hang':
        return untilHealed(fall.durationMs, why);
      case 'node': {
        const start = startOf(settings);
        const healed = untilHealed(fall.durationMs, why);
        const back = !fall.isStopped ? healed : start === undefined ? undefined : plus(healed, start);
        const moved = movedOf(await this.#nodeGrace(), settings, wallMs);
        return whole(moved === undefined ? back : back === undefined ? moved : atMost(moved, back));
      }
    }
  }

  /** One after the other, each as long as its end and its start take. */
  async #rolling({ targets }: PlannedFault): Promise<Span | undefined> {
    const hit = targets.flatMap((target) => this.#hitBy(target));
    const spans: { readonly settings: PodSettings; readonly start: Span }[] = [];
    for (const pod of hit) {
      const full = await this.#full(pod);
      const settings = full === undefined ? undefined : settingsOf(full, placedOf(this.#parts.model, pod.metadata.uid)?.line.container);
      const start = settings === undefined ? undefined : startOf(settings);
      if (settings === undefined || start === undefined) return undefined;
      spans.push({ settings, start });
    }
    const [first] = spans;
    if (first === undefined || first.settings.owner !== 'StatefulSet') return undefined;
    return {
      fromMs: spans.reduce((sum, { start }) => sum + start.fromMs, 0),
      toMs: spans.reduce((sum, { settings, start }) => sum + settings.graceMs + 3000 + start.toMs, 0),
      formula: t(
        '{0} pods, one after the other: terminationGracePeriodSeconds up to {1}, up to 3 s until the next is started, {2}',
        spans.length,
        first.settings.graceMs / 1000,
        first.start.formula,
      ),
      by: t('pod starts'),
    };
  }

  async #settings(name: string): Promise<PodSettings | undefined> {
    const pod = this.#parts.pods.find(({ metadata }) => metadata.name === name);
    const full = pod === undefined ? undefined : await this.#full(pod);
    return full === undefined ? undefined : settingsOf(full, undefined);
  }

  #full({ metadata: { namespace, name } }: Pod): Promise<FullPod | undefined> {
    const { connection, signal } = this.#parts;
    const path = pathOf(kinds.pods, { ...(namespace === undefined ? {} : { namespace }), name });
    return this.#readable(connection.request<FullPod>({ path, signal, timeoutMs: 5000 }), undefined);
  }

  async #detector(pod: Pod): Promise<DetectorSettings> {
    const { connection, signal, model } = this.#parts;
    const instance = placedOf(model, pod.metadata.uid)?.instance;
    const coordinator = instance?.roles.flatMap(({ pods }) => pods).find(({ role }) => role === 'coordinator');
    const own = this.#parts.pods.find(({ metadata }) => metadata.uid === coordinator?.id);
    const full = own === undefined ? undefined : await this.#full(own);
    const namespace = own?.metadata.namespace ?? '';
    for (const name of (full?.spec?.volumes ?? []).flatMap(({ configMap }) => configMap?.name ?? [])) {
      const path = pathOf(kinds.configMaps, { namespace, name });
      const map = await this.#readable(connection.request<ConfigMap>({ path, signal, timeoutMs: 5000 }), undefined);
      const properties = map?.data?.['config.properties'];
      if (properties !== undefined) return configOf(properties);
    }
    return {};
  }

  #nodeGrace(): Promise<NodeGrace> {
    this.#grace ??= this.#readGrace();
    return this.#grace;
  }

  async #readGrace(): Promise<NodeGrace> {
    const { connection, signal } = this.#parts;
    const path = pathOf(kinds.pods, { namespace: 'kube-system' });
    const query = { labelSelector: 'component=kube-controller-manager' };
    const managers = await this.#readable(connection.request<ObjectList<Pod>>({ path, query, signal, timeoutMs: 5000 }), { items: [] });
    const version = await this.#readable(
      connection.request<{ readonly minor?: string }>({ path: '/version', signal, timeoutMs: 5000 }),
      {},
    );
    const minor = /^\d+/.exec(version.minor ?? '')?.[0];
    return graceOf(managers.items, minor === undefined ? undefined : Number(minor));
  }

  /** What can't be read says nothing. */
  async #readable<T>(asked: Promise<T>, otherwise: T): Promise<T> {
    try {
      return await asked;
    } catch (error) {
      if (this.#parts.signal.aborted || !FaultlineError.is(error)) throw error;
      return otherwise;
    }
  }
}

/** `undefined`: what users feel of it is not in any setting. */
function fallOf(fault: PlannedFault): Fall | undefined {
  const { durationMs = 0 } = fault;
  switch (fault.kind) {
    case 'containerCrash':
      return { kind: 'crash' };
    case 'podDelete':
      return { kind: 'delete', graceMs: fault.graceSeconds === undefined ? undefined : fault.graceSeconds * 1000 };
    case 'drain':
      return { kind: 'delete', graceMs: undefined };
    case 'freeze':
      return { kind: 'hang', isProbed: true, durationMs };
    case 'networkCut':
      // From named peers alone: who is still reached is not known.
      return fault.peers === undefined || fault.peers.length === 0 ? { kind: 'hang', isProbed: false, durationMs } : undefined;
    case 'nodeStop':
    case 'nodeCut':
    case 'nodeFreeze':
      return { kind: 'node', isStopped: fault.kind === 'nodeStop', durationMs };
    default:
      return undefined;
  }
}
