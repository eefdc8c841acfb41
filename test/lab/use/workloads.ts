/** Small workloads of busybox that several tests need. */
import type { V1Container, V1PodSpec } from '@kubernetes/client-node';
import type { Manifest } from './apply.ts';

export const BUSYBOX = 'docker.io/library/busybox:1.36';
/** Node 24 as `node`, for probes and healers. */
export const NODE = 'docker.io/library/node:24-slim';

/** Answers each HTTP request on port 8080 with the name of its pod. */
export const SAYS_ITS_NAME = 'mkdir -p /www && hostname > /www/index.html && exec httpd -f -p 8080 -h /www';

export interface ShellWorkload {
  readonly name: string;
  /** For `sh -c`. */
  readonly script: string;
  readonly replicas?: number;
  /** One pod a node; one more than there are nodes stays pending. */
  readonly spread?: boolean;
  /** The pod is ready when this port answers; without one it is ready when it runs. */
  readonly port?: number;
  readonly resources?: NonNullable<V1Container['resources']>;
}

/** The affinity of pods `app=NAME` of which no two are on one node. */
export function onePerNode(app: string): NonNullable<V1PodSpec['affinity']> {
  const perNode = { topologyKey: 'kubernetes.io/hostname', labelSelector: { matchLabels: { app } } };
  return { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [perNode] } };
}

function podSpec({ name, script, port, resources, spread = false }: ShellWorkload): Record<string, unknown> {
  return {
    // A shell is process 1 and hears no SIGTERM.
    terminationGracePeriodSeconds: 1,
    ...(spread ? { affinity: onePerNode(name) } : {}),
    containers: [
      {
        name: 'main',
        image: BUSYBOX,
        imagePullPolicy: 'IfNotPresent',
        command: ['sh', '-c', script],
        ...(port === undefined ? {} : { ports: [{ containerPort: port }], readinessProbe: { tcpSocket: { port }, periodSeconds: 1 } }),
        ...(resources === undefined ? {} : { resources }),
      },
    ],
  };
}

/** A pod of its own that is not started again. Its container is `main`, its label `app=NAME`. */
export function pod(workload: ShellWorkload): Manifest {
  const { name } = workload;
  const spec = { restartPolicy: 'Never', ...podSpec(workload) };
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name, labels: { app: name } }, spec };
}

/** Its pods have the container `main` and the label `app=NAME`. */
export function deployment(workload: ShellWorkload): Manifest {
  const { name, replicas = 1 } = workload;
  const labels = { app: name };
  const spec = { replicas, selector: { matchLabels: labels }, template: { metadata: { labels }, spec: podSpec(workload) } };
  return { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name, labels }, spec };
}

/** Port 80 leads to `port` of the pods `app=NAME`; headless: its name stands for each of their addresses. */
export function service(name: string, options: { readonly app: string; readonly port: number; readonly headless?: boolean }): Manifest {
  const { app, port, headless = false } = options;
  const spec = { selector: { app }, ports: [{ port: 80, targetPort: port }], ...(headless ? { clusterIP: 'None' } : {}) };
  return { apiVersion: 'v1', kind: 'Service', metadata: { name }, spec };
}
