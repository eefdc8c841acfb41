/** No fault on an unwell system: what is wrong already could not be told from what the fault does. Pure. */
import { t } from '../../base/messages.ts';
import type { EngineInstance } from '../../cluster/recognise/model.ts';
import type { Node } from '../../cluster/objects.ts';
import type { FaultTarget } from '../../journal/fault-plan.ts';
import { titleOf } from '../target/engine.ts';
import { instancesOf, isKafka, placedOf, podOf, workloadOf, type FaultScene, type ScenePod, type SceneWorkload } from '../scene.ts';
import { refusal, refusalOf, type Refusal } from './refusal.ts';

/** What the fault is about: the engines and workloads of the targets, and of the pods that they take with them. */
export interface Concerned {
  readonly instances: readonly EngineInstance[];
  readonly workloads: readonly SceneWorkload[];
}

export function concernedBy(scene: FaultScene, targets: readonly FaultTarget[], pods: readonly ScenePod[]): Concerned {
  const all = [...pods, ...targets.flatMap(({ uid }) => podOf(scene, uid) ?? [])];
  const instances = new Set<EngineInstance>();
  const workloads = new Set<SceneWorkload>();
  for (const { metadata } of all) {
    const placed = placedOf(scene.model, metadata.uid);
    if (placed !== undefined) instances.add(placed.instance);
  }
  for (const pod of all) {
    const workload = workloadOf(scene, pod);
    if (workload !== undefined) workloads.add(workload);
  }
  const uids = new Set(targets.map(({ uid }) => uid));
  for (const workload of scene.workloads) if (uids.has(workload.workload.metadata.uid ?? '')) workloads.add(workload);
  // All workloads of an engine: a worker is not broken while its coordinator rolls out.
  for (const instance of instancesOf(scene.model)) {
    const refs = instance.roles.flatMap((role) => role.workloads);
    const own = scene.workloads.filter(({ workload }) => refs.some(({ uid }) => uid !== undefined && uid === workload.metadata.uid));
    if (own.some((workload) => workloads.has(workload))) instances.add(instance);
    if (instances.has(instance)) for (const workload of own) workloads.add(workload);
  }
  return { instances: [...instances], workloads: [...workloads] };
}

export function unwellRefusals(scene: FaultScene, concerned: Concerned): readonly Refusal[] {
  const known = [
    ...concerned.workloads.flatMap(workloadTrouble),
    ...concerned.instances.flatMap((instance) => [
      ...replicaTrouble(instance, concerned),
      ...truthTrouble(instance),
      ...releaseTrouble(scene, instance),
    ]),
    ...scene.nodes.flatMap(nodeTrouble),
  ].map((text) => refusal('unwell', text, { remedy: t('Wait until it is well: then look again.') }));
  return [...known, ...concerned.instances.flatMap(unknownTruth)];
}

/** Who can't ask a Kafka does not know whether it is well: a login that is refused is mended by its own remedy, and not by waiting. */
function unknownTruth(instance: EngineInstance): readonly Refusal[] {
  if (!isKafka(instance) || instance.underReplicated !== undefined) return [];
  const { problem, remedy = t('Wait until it is well: then look again.') } = instance;
  const why = problem?.replace(/\.$/, '') ?? t('it was not asked');
  return [refusal('unwell', t('Whether the partitions of {0} are in sync is not known: {1}', titleOf(instance), why), { remedy })];
}

/** Another tool's fault anywhere, and ours of another run anywhere that was looked: two faults at once explain nothing. */
export function otherFaults({ others }: FaultScene, run: string | undefined, targets: readonly FaultTarget[]): readonly Refusal[] {
  const uids = new Set(targets.map(({ uid }) => uid));
  return others
    .filter((other) => other.tool !== 'faultline' || other.run !== run || uids.has(other.targetUid ?? ''))
    .map(({ title, tool }) =>
      refusal('otherFault', t('{0} is active now', title), {
        remedy: tool === 'faultline' ? t('Stop that run, or wait until it is over.') : t('End it there, or wait until it is over.'),
      }),
    );
}

/** What is not known can't be well; where it is only a part of the cluster that people often may not see, it is a warning. */
export function unreadRefusals({ unread }: FaultScene): { readonly refusals: readonly Refusal[]; readonly warnings: readonly string[] } {
  const needed = unread.filter(({ part }) => part === 'pods' || part === 'workloads');
  const others = unread.filter((one) => !needed.includes(one));
  const meaning = {
    nodes: t('Whether all nodes are ready is not known'),
    budgets: t('Disruption budgets are not known'),
    services: t('Services are not known'),
    autoscalers: t('Autoscalers are not known'),
    faults: t('Whether another fault is active is not known'),
    faultsElsewhere: t('Whether a fault of another tool is active in another namespace is not known'),
    pods: '',
    workloads: '',
  };
  return {
    refusals: needed.map(({ error }) => refusalOf('unread', error)),
    warnings: others.map(({ part, error }) => `${meaning[part]}: ${error.facts.what}.`),
  };
}

function workloadTrouble({ kind, workload }: SceneWorkload): readonly string[] {
  const { metadata, spec = {}, status = {} } = workload;
  const title = `${kind} ${metadata.namespace ?? ''}/${metadata.name}`;
  const wanted = kind === 'DaemonSet' ? (status.desiredNumberScheduled ?? 0) : (spec.replicas ?? 1);
  const updated = kind === 'DaemonSet' ? (status.updatedNumberScheduled ?? 0) : (status.updatedReplicas ?? 0);
  const ready = kind === 'DaemonSet' ? (status.numberReady ?? 0) : (status.readyReplicas ?? 0);
  const isSeen = (status.observedGeneration ?? 0) >= (metadata.generation ?? 0);
  const isOnDelete = workload.spec?.updateStrategy?.type === 'OnDelete';
  // A StatefulSet that has finished drops the count of updated ones from some versions on: its revisions say it.
  const isSettled = status.currentRevision !== undefined && status.currentRevision === status.updateRevision;
  if (!isSeen || (!isOnDelete && !isSettled && updated < wanted))
    return [t('A rollout of {0} is running: {1} of {2} pods are of the newest revision', title, isSeen ? updated : 0, wanted)];
  if (ready < wanted) return [t('Replicas of {0} are missing: {1} of {2} are ready', title, ready, wanted)];
  return [];
}

function replicaTrouble(instance: EngineInstance, { workloads }: Concerned): readonly string[] {
  if (instance.ready >= instance.wanted) return [];
  // Said already, with its workload's name.
  const names = new Set(instance.roles.flatMap((role) => role.workloads.map(({ uid }) => uid)));
  if (workloads.some((one) => names.has(one.workload.metadata.uid) && workloadTrouble(one).length > 0)) return [];
  return [t('Replicas of {0} are missing: {1} of {2} are ready', titleOf(instance), instance.ready, instance.wanted)];
}

function truthTrouble(instance: EngineInstance): readonly string[] {
  if (isKafka(instance)) {
    const { underReplicated, offline = 0 } = instance;
    if (underReplicated === undefined) return [];
    if (offline > 0) return [t('{0} has {1} offline', titleOf(instance), partitions(offline))];
    return underReplicated > 0 ? [t('{0} has {1} under-replicated', titleOf(instance), partitions(underReplicated))] : [];
  }
  return instance.roles
    .flatMap(({ pods }) => pods)
    .filter(({ truth }) => truth !== undefined && truth.state !== 'serving' && truth.state !== 'unknown')
    .map(({ ref, truth }) => t('{0} says of itself: {1}', ref.name, truth?.word ?? ''));
}

function partitions(count: number): string {
  return count === 1 ? t('1 partition') : t('{0} partitions', count);
}

function releaseTrouble({ model }: FaultScene, { release, namespace }: EngineInstance): readonly string[] {
  const found = model.releases.items.find((one) => one.name === release && one.namespace === namespace);
  return found?.status.startsWith('pending-') === true ? [t('Helm release {0} is being changed: {1}', found.name, found.status)] : [];
}

function nodeTrouble({ metadata, status }: Node): readonly string[] {
  const ready = status?.conditions?.find(({ type }) => type === 'Ready');
  return ready?.status === 'True' ? [] : [t('Node {0} is not ready', metadata.name)];
}
