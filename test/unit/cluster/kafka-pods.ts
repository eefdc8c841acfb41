/** Kafka as Kubernetes shows it, for tests. */
import type { ClusterConnection } from '../../../src/cluster/connect/connection.ts';
import { keyOf, type Pod, type Workload } from '../../../src/cluster/objects.ts';
import type { ClusterModel, KafkaInstance } from '../../../src/cluster/recognise/model.ts';
import { modelOf } from '../../../src/cluster/recognise/modelOf.ts';
import { appComponent, appInstance, appName, pod, ready, type PodFacts } from './recognise/pods.ts';

export function brokerPod(name: string, more: PodFacts & { readonly instance?: string; readonly ip?: string } = {}): Pod {
  const made = pod({
    name,
    labels: { [appName]: 'kafka', [appInstance]: more.instance ?? 'bus', [appComponent]: 'broker' },
    owner: { kind: 'StatefulSet', name: name.replace(/-\d+$/, '') },
    ...more,
  });
  return more.ip === undefined ? made : { ...made, status: { ...(more.status ?? ready()), podIP: more.ip } };
}

export function kafkaModel(pods: readonly Pod[], workloads: readonly Workload[] = []): ClusterModel {
  const part = <T extends Pod | Workload>(objects: readonly T[]) => ({
    objects: new Map(objects.map((one) => [keyOf(one), one])),
    state: { kind: 'live', sinceMs: 0 } as const,
  });
  return modelOf({ context: 'x', parts: { pods: part(pods), statefulSets: part(workloads) }, truth: new Map(), kafka: new Map() });
}

export function kafkaOf(pods: readonly Pod[], workloads: readonly Workload[] = []): KafkaInstance {
  const [instance] = kafkaModel(pods, workloads).kafka.items;
  if (instance === undefined) throw new Error('no Kafka is recognised');
  return instance;
}

/** Answers every request with this. */
export function answering(object: object): ClusterConnection {
  return { request: () => Promise.resolve(object) } as unknown as ClusterConnection;
}
