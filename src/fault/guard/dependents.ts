/** What depends on what is hit, in sentences: what a person should know before confirming. Pure. */
import { t } from '../../base/messages.ts';
import type { EngineInstance, KafkaInstance, PodLine } from '../../cluster/recognise/model.ts';
import type { FaultSettings, FaultTarget } from '../../journal/fault-plan.ts';
import { kafkaPods, titleOf } from '../target/engine.ts';
import { instancesOf, isKafka, placedOf, podsOfWorkload, type FaultScene, type ScenePod } from '../scene.ts';
import { hitAtOnce, type Hit } from './hit.ts';

export function dependentsOf(scene: FaultScene, settings: FaultSettings, targets: readonly FaultTarget[], hit: Hit): readonly string[] {
  if (hit.pods.length === 0) return [];
  const felt = feltOf(settings);
  // Of pods that go some after the others, or of which one is chosen later, each by itself.
  const isOneOfMany = hit.atOnce < hit.pods.length;
  return [
    ...instancesOf(scene.model).flatMap((instance) => engineDependents(scene, instance, hit, isOneOfMany, felt)),
    ...(isOneOfMany ? [] : serviceDependents(scene, hit.pods, felt)),
    ...autoscalerDependents(scene, targets, hit.pods),
    ...(targets.some(({ kind }) => kind === 'node') ? strangers(scene, hit.pods) : []),
  ];
}

/** Of who stays there: what is noticed of it. undefined: it does not answer, or is gone. */
function feltOf(settings: FaultSettings): string | undefined {
  switch (settings.kind) {
    case 'latency':
    case 'cpuStress':
    case 'memoryStress':
      return t('its answers come later');
    case 'packetLoss':
      return settings.percent >= 100 ? undefined : t('its answers come later, and some may not come in time');
    case 'slowClose':
      return t('it answers as before, and its connections close later');
    case 'networkCut':
      return (settings.peers ?? []).length === 0 ? undefined : t('only who it is cut off from can’t reach it');
    default:
      return undefined;
  }
}

function engineDependents(
  { tasks }: FaultScene,
  instance: EngineInstance,
  all: Hit,
  isOneOfMany: boolean,
  felt: string | undefined,
): readonly string[] {
  const uids = new Set(all.pods.map(({ metadata }) => metadata.uid));
  const isHit = ({ ref }: PodLine): boolean => uids.has(ref.uid);
  const hit = instance.roles.flatMap(({ pods }) => pods).filter(isHit);
  if (hit.length === 0) return [];
  if (isKafka(instance)) {
    const own = new Set(kafkaPods(instance).map(({ ref }) => ref.uid));
    return kafkaDependents(instance, isHit, isOneOfMany ? hitAtOnce(all, ({ metadata }) => own.has(metadata.uid)) : undefined, felt);
  }
  const found: string[] = [];
  for (const { role, pods } of instance.roles) {
    const gone = pods.filter(isHit);
    if (gone.length === 0 || gone.length < pods.length || isOneOfMany) continue;
    if (role === 'coordinator')
      found.push(
        felt === undefined
          ? t('It is the only coordinator of {0}: queries that run fail, and new ones are refused.', titleOf(instance))
          : t('It is the only coordinator of {0}: {1}.', titleOf(instance), felt),
      );
    else if (pods.length === 1) found.push(t('It is the only {0} of {1}.', role, titleOf(instance)));
    else found.push(t('All {0} of role {1} of {2} are hit.', pods.length, role, titleOf(instance)));
  }
  for (const shard of instance.roles.flatMap(({ shards }) => shards)) {
    const left = shard.pods.filter((line) => !isHit(line)).length;
    if (shard.pods.some(isHit) && left === 0 && !isOneOfMany)
      found.push(
        felt === undefined
          ? t('Shard {0} of {1} has no other replica: its data can’t be read meanwhile.', shard.shard, titleOf(instance))
          : t('Shard {0} of {1} has no other replica: {2}.', shard.shard, titleOf(instance), felt),
      );
  }
  const running = hit.reduce((sum, { ref }) => sum + (tasks?.get(ref.uid ?? '') ?? 0), 0);
  if (running > 0) found.push(tasksText(running, felt === undefined));
  return found;
}

function tasksText(running: number, fail: boolean): string {
  if (running === 1) return fail ? t('1 task runs there now; its query fails.') : t('1 task runs there now.');
  return fail ? t('{0} tasks run there now; their queries fail.', running) : t('{0} tasks run there now.', running);
}

/** `some`: only so many of them at one time. */
function kafkaDependents(
  instance: KafkaInstance,
  isHit: (line: PodLine) => boolean,
  some: number | undefined,
  felt: string | undefined,
): readonly string[] {
  const ids = new Set(
    kafkaPods(instance)
      .filter(isHit)
      .flatMap(({ brokerId }) => brokerId ?? []),
  );
  const all = instance.topics.flatMap(({ name, details, underMinInSync }) => details.map((details) => ({ name, details, underMinInSync })));
  const leads = all.filter(({ details }) => ids.has(details.leader)).length;
  const holds = all.filter(({ details }) => details.replicas.some((id) => ids.has(id))).length;
  const found: string[] = [];
  if (some === 1) return [t('Any one of {0} brokers of {1}; together they lead {2} partitions.', ids.size, titleOf(instance), leads)];
  if (some !== undefined)
    return [t('Any {0} of {1} brokers of {2} at once; together all lead {3} partitions.', some, ids.size, titleOf(instance), leads)];
  if (leads > 0)
    found.push(
      leads === 1 ? t('It leads 1 partition of {0}.', titleOf(instance)) : t('It leads {0} partitions of {1}.', leads, titleOf(instance)),
    );
  if (holds > leads) found.push(t('It holds replicas of {0} partitions.', holds));
  if (instance.controllerId !== undefined && ids.has(instance.controllerId))
    found.push(felt === undefined ? t('It is the active controller: another one has to be elected.') : t('It is the active controller.'));
  const alone = all.filter(({ details }) => details.inSync.length > 0 && details.inSync.every((id) => ids.has(id)));
  if (alone.length > 0) found.push(aloneText(alone, felt));
  return found;
}

function aloneText(alone: Parameters<typeof names>[0], felt: string | undefined): string {
  if (alone.length === 1)
    return felt === undefined
      ? t('Partition {0} has no other replica in sync: it goes offline.', names(alone))
      : t('Partition {0} has no other replica in sync: {1}.', names(alone), felt);
  return felt === undefined
    ? t('{0} partitions have no other replica in sync: they go offline ({1}).', alone.length, names(alone))
    : t('{0} partitions have no other replica in sync ({1}): {2}.', alone.length, names(alone), felt);
}

function names(partitions: readonly { readonly name: string; readonly details: { readonly partition: number } }[]): string {
  const some = partitions.slice(0, 3).map(({ name, details }) => `${name}/${details.partition}`);
  return partitions.length > 3 ? t('{0} and {1} more', some.join(', '), partitions.length - 3) : some.join(', ');
}

function serviceDependents({ services, pods }: FaultScene, hit: readonly ScenePod[], felt: string | undefined): readonly string[] {
  return services.flatMap(({ metadata, spec }) => {
    const selector = Object.entries(spec?.selector ?? {});
    if (selector.length === 0) return [];
    const selected = (pod: ScenePod): boolean =>
      pod.metadata.namespace === metadata.namespace && selector.every(([key, value]) => pod.metadata.labels?.[key] === value);
    const gone = hit.filter(selected).length;
    if (gone === 0) return [];
    const left = pods.filter((pod) => selected(pod) && isReady(pod)).length - hit.filter((pod) => selected(pod) && isReady(pod)).length;
    const title = `${metadata.namespace ?? ''}/${metadata.name}`;
    return [felt === undefined ? leftText(title, left) : othersText(title, left, felt)];
  });
}

function leftText(service: string, left: number): string {
  if (left === 0) return t('Service {0} has nobody left to send to.', service);
  return left === 1 ? t('Service {0}: 1 ready pod is left.', service) : t('Service {0}: {1} ready pods are left.', service, left);
}

/** Where who is hit still gets its share. */
function othersText(service: string, others: number, felt: string): string {
  if (others === 0) return t('Service {0} has nobody else to send to: {1}.', service, felt);
  return others === 1
    ? t('Service {0} sends to it and to 1 other ready pod: {1}.', service, felt)
    : t('Service {0} sends to it and to {1} other ready pods: {2}.', service, others, felt);
}

function autoscalerDependents(scene: FaultScene, targets: readonly FaultTarget[], hit: readonly ScenePod[]): readonly string[] {
  return scene.autoscalers.flatMap(({ metadata, spec }) => {
    const { kind, name } = spec?.scaleTargetRef ?? {};
    const workload = scene.workloads.find(
      (one) => one.kind === kind && one.workload.metadata.name === name && one.workload.metadata.namespace === metadata.namespace,
    );
    if (workload === undefined) return [];
    const isTarget = targets.some(({ uid }) => uid === workload.workload.metadata.uid);
    if (!isTarget && !podsOfWorkload(scene, workload).some((pod) => hit.includes(pod))) return [];
    return [t('Autoscaler {0} scales {1} {2} too.', metadata.name, workload.kind, workload.workload.metadata.name)];
  });
}

/** Pods of a node that are of no engine: their users feel it too. */
function strangers({ model }: FaultScene, hit: readonly ScenePod[]): readonly string[] {
  const others = hit.filter(({ metadata }) => placedOf(model, metadata.uid) === undefined);
  if (others.length === 0) return [];
  return [others.length === 1 ? t('1 other pod is on the node.') : t('{0} other pods are on the node.', others.length)];
}

function isReady({ status }: ScenePod): boolean {
  return status?.conditions?.some(({ type, status: value }) => type === 'Ready' && value === 'True') === true;
}
