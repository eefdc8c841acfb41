/** What a right-click on a line of the tree means. */
import type { ClusterModel, LineSubject, ObjectRef } from '../../cluster/recognise/model.ts';
import type { TargetBy, TargetObject, TargetSelector } from '../draft.ts';

/** undefined: the line stands for nothing that can be broken. `model`: that of the line. */
export function selectorOfLine(subject: LineSubject, model: Pick<ClusterModel, 'kafka'>): TargetSelector | undefined {
  switch (subject.kind) {
    case 'pod':
      return object('Pod', subject.pod.ref);
    case 'broker':
      return subject.broker.pod === undefined ? undefined : object('Pod', subject.broker.pod.ref);
    case 'node':
      return object('Node', subject.node.ref);
    case 'role': {
      const [only, another] = subject.role.workloads;
      const { engine, name, namespace } = subject.instance;
      if (only !== undefined && another === undefined && isWorkload(only.kind)) return object(only.kind, only);
      return { by: { kind: 'role', engine, instance: name, role: subject.role.role }, namespace };
    }
    case 'shard':
      return within(subject.instance.namespace, { kind: 'replica', shard: subject.shard.shard, instance: subject.instance.name });
    case 'topic': {
      const { topic } = subject;
      const kafka = model.kafka.items.find(({ topics }) => topics.some(({ id }) => id === topic.id));
      return kafka && within(kafka.namespace, { kind: 'leader', topic: topic.name, partition: 0, instance: kafka.name });
    }
    case 'engine':
      return within(subject.instance.namespace, { kind: 'role', engine: subject.instance.engine, instance: subject.instance.name });
    default:
      return undefined;
  }
}

function object(kind: TargetObject, { name, namespace, uid }: ObjectRef): TargetSelector {
  return {
    by: { kind: 'object', object: kind, name, ...(uid === undefined ? {} : { uid }) },
    ...(namespace === undefined ? {} : { namespace }),
  };
}

function within(namespace: string, by: TargetBy): TargetSelector {
  return { by, namespace };
}

function isWorkload(kind: string): kind is 'Deployment' | 'StatefulSet' | 'DaemonSet' {
  return kind === 'Deployment' || kind === 'StatefulSet' || kind === 'DaemonSet';
}
