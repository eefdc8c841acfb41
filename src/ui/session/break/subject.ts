/** What a person pointed at to break it, and which engines could feel it. From the model of now. No `vscode` import. */
import { t } from '../../../base/messages.ts';
import type { ClusterModel, EngineInstance, LineSubject, ObjectRef } from '../../../cluster/recognise/model.ts';
import { instancesOf, placedOf } from '../../../fault/scene.ts';

export type BreakSubject =
  | {
      readonly kind: 'pod';
      readonly namespace: string;
      readonly name: string;
      readonly uid?: string;
      readonly shard?: string;
      /** "broker", "worker" */
      readonly role: string;
      readonly port?: number;
      readonly instance?: EngineInstance;
    }
  /** Pods of an engine together: all, of a role, of a shard. */
  | {
      readonly kind: 'group';
      readonly instance: EngineInstance;
      readonly role?: string;
      readonly shard?: string;
      readonly workloads: readonly ObjectRef[];
      /** Of the workloads together. */
      readonly wanted: number;
    }
  | { readonly kind: 'node'; readonly name: string; readonly uid?: string };

/** undefined: nothing of that line can be broken. */
export function subjectOf(line: LineSubject, model: ClusterModel): BreakSubject | undefined {
  switch (line.kind) {
    case 'pod':
    case 'broker': {
      const pod = line.kind === 'pod' ? line.pod : line.broker.pod;
      if (pod === undefined) return undefined;
      const { namespace = '', name, uid } = pod.ref;
      const instance = placedOf(model, uid)?.instance;
      return {
        kind: 'pod',
        namespace,
        name,
        role: pod.role,
        ...(uid === undefined ? {} : { uid }),
        ...(pod.shard === undefined ? {} : { shard: pod.shard }),
        ...(pod.http === undefined ? {} : { port: pod.http.port }),
        ...(instance === undefined ? {} : { instance }),
      };
    }
    case 'engine':
      return groupOf(line.instance, line.instance.roles);
    case 'role': {
      const instance = instanceOf(model, line.instance.id);
      return instance === undefined ? undefined : { ...groupOf(instance, [line.role]), role: line.role.role };
    }
    case 'shard': {
      const instance = instanceOf(model, line.instance.id);
      return instance === undefined ? undefined : { kind: 'group', instance, shard: line.shard.shard, workloads: [], wanted: 0 };
    }
    case 'node': {
      const { name, uid } = line.node.ref;
      return { kind: 'node', name, ...(uid === undefined ? {} : { uid }) };
    }
    default:
      return undefined;
  }
}

export function subjectTitle(subject: BreakSubject): string {
  if (subject.kind !== 'group') return subject.name;
  const { instance, role, shard } = subject;
  if (role !== undefined) return t('{0} of {1}', role, instance.name);
  return shard === undefined ? instance.name : t('shard {0} of {1}', shard, instance.name);
}

/** Of its page. What took its name later is another, and has another page. */
export function subjectKey(subject: BreakSubject): string {
  const { kind } = subject;
  if (kind !== 'group') return [kind, subject.uid ?? subject.name, namespaceOf(subject) ?? ''].join(' ');
  const { instance, role = '', shard = '' } = subject;
  return [kind, instance.id, role, shard].join(' ');
}

/** Where engines are looked for; undefined: nodes are in no namespace. */
export function namespaceOf(subject: BreakSubject): string | undefined {
  if (subject.kind === 'node') return undefined;
  return subject.kind === 'pod' ? subject.namespace : subject.instance.namespace;
}

/** Engines with users that can be stood for, those first that the subject is of, or that run on it. */
export function observersOf(subject: BreakSubject, model: ClusterModel): readonly EngineInstance[] {
  const own = subject.kind === 'node' ? undefined : subject.instance;
  const isNear = (instance: EngineInstance): boolean =>
    instance.id === own?.id ||
    (subject.kind === 'node' && instance.roles.some(({ pods }) => pods.some(({ node }) => node === subject.name)));
  return instancesOf(model)
    .filter(({ engine, service }) => service !== undefined && ['trino', 'presto', 'clickhouse', 'kafka'].includes(engine))
    .toSorted((a, b) => Number(isNear(b)) - Number(isNear(a)));
}

function groupOf(instance: EngineInstance, roles: EngineInstance['roles']): Extract<BreakSubject, { kind: 'group' }> {
  // What an operator does for its engine is not what its users see.
  const own = roles.filter(({ role }) => role !== 'operator');
  return {
    kind: 'group',
    instance,
    workloads: own.flatMap(({ workloads }) => workloads),
    wanted: own.reduce((sum, { wanted }) => sum + wanted, 0),
  };
}

function instanceOf(model: ClusterModel, id: string): EngineInstance | undefined {
  return instancesOf(model).find((instance) => instance.id === id);
}
