/** Who may be hit, in words: the very pod, or one that a role, a leader, a task names when it begins. No `vscode` import. */
import { t } from '../../../base/messages.ts';
import type { KafkaInstance } from '../../../cluster/recognise/model.ts';
import { probeTopic } from '../../../fault/marks.ts';
import type { FaultTarget } from '../../../journal/fault-plan.ts';
import type { Choice } from '../../panels/fault/protocol.ts';
import type { BreakSubject } from './subject.ts';

/** Keys of a spec's `target`. */
type Target = Readonly<Record<string, unknown>>;

export interface Whom extends Choice {
  readonly of: FaultTarget['kind'];
  readonly target: Target;
  /** It is the leader of a partition that a person names. */
  readonly needsPartition?: true;
  /** There are several to choose among. */
  readonly isOneOfMany?: true;
  /** This very object, and not one that takes its name. */
  readonly uid?: string;
}

export function whomOf(subject: BreakSubject): readonly Whom[] {
  switch (subject.kind) {
    case 'node': {
      const { name, uid } = subject;
      return [{ key: 'this', of: 'node', title: t('{0} only', name), target: { node: name }, ...(uid === undefined ? {} : { uid }) }];
    }
    case 'pod':
      return podWhom(subject);
    case 'group':
      return groupWhom(subject);
  }
}

function podWhom(subject: Extract<BreakSubject, { kind: 'pod' }>): readonly Whom[] {
  const { name, uid, namespace, role, shard, instance } = subject;
  const self: Whom = {
    key: 'this',
    of: 'pod',
    title: t('{0} only', name),
    target: { pod: name, namespace },
    ...(uid === undefined ? {} : { uid }),
  };
  if (instance === undefined) return [self];
  const place = placeOf(instance);
  const any: Whom =
    shard === undefined
      ? { key: 'role', of: 'pod', title: t('Any {0} of {1}', role, instance.name), target: { engine: instance.engine, role, ...place } }
      : { key: 'shard', of: 'pod', title: t('Any replica of shard {0}', shard), target: { shard: shardValue(shard), ...place } };
  return [self, ...wordsOf(instance, place), ...(instance.ready > 1 ? [{ ...any, isOneOfMany: true as const }] : [])];
}

function groupWhom({ instance, role, shard, workloads }: Extract<BreakSubject, { kind: 'group' }>): readonly Whom[] {
  const place = placeOf(instance);
  const found: Whom[] = [];
  if (shard !== undefined)
    found.push({
      key: 'shard',
      of: 'pod',
      title: t('A replica of shard {0}', shard),
      target: { shard: shardValue(shard), ...place },
      isOneOfMany: true,
    });
  else if (role !== undefined)
    found.push({
      key: 'role',
      of: 'pod',
      title: t('A {0} of {1}', role, instance.name),
      target: { engine: instance.engine, role, ...place },
      isOneOfMany: true,
    });
  else
    for (const group of instance.roles) {
      if (group.role === 'operator' || group.pods.length === 0) continue;
      found.push({
        key: `role:${group.role}`,
        of: 'pod',
        title: t('A {0}', group.role),
        target: { engine: instance.engine, role: group.role, ...place },
        isOneOfMany: true,
      });
    }
  found.push(...wordsOf(instance, place));
  for (const { kind, name, namespace = instance.namespace } of workloads)
    found.push({
      key: `workload:${kind}/${name}`,
      of: 'workload',
      title: `${kind} ${name}`,
      target: { workload: `${kind.toLowerCase()}/${name}`, namespace },
    });
  return found;
}

/** What only the engine itself can tell, when it begins. */
function wordsOf(instance: { readonly engine: string }, place: Target): readonly Whom[] {
  switch (instance.engine) {
    case 'kafka':
      return [
        { key: 'leader', of: 'pod', title: t('The leader of a partition'), target: place, needsPartition: true },
        { key: 'controller', of: 'pod', title: t('The active controller'), target: { controller: true, ...place } },
      ];
    case 'trino':
    case 'presto':
      return [{ key: 'busy', of: 'pod', title: t('The worker that runs the most tasks now'), target: { busy: true, ...place } }];
    default:
      return [];
  }
}

function placeOf({ name, namespace }: { readonly name: string; readonly namespace: string }): Target {
  return { instance: name, namespace };
}

/** Of a number its digits, as people write it. */
function shardValue(shard: string): string | number {
  return /^(0|[1-9]\d{0,8})$/.test(shard) ? Number(shard) : shard;
}

/** A partition that a person may mean: of a topic of their own, else of the run's own messages. */
export function partitionOf(instance: KafkaInstance | undefined, ownTopic: string): string {
  const topic = instance?.topics.find(({ internal, name }) => !internal && !name.startsWith(probeTopic));
  return `${topic?.name ?? ownTopic}/0`;
}
