/** The server that is broken, in the lab: its pod, who sends packets to it, and what truly happened to it by its witness's log. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { V1Pod } from '@kubernetes/client-node';
import type { Manifest } from '../../lab/use/apply.ts';
import type { TestLab } from '../../lab/use/lab.ts';
import { NODE } from '../../lab/use/workloads.ts';
import type { Witnessed } from './in-pod.ts';

export const SERVED = 'served';
const labels = { app: SERVED };
const port = 8123;
const program = 'in-pod.ts';
const readyWithinMs = 120_000;
const toldWithinMs = 60_000;
const lookMs = 250;

export class Served {
  readonly #lab: TestLab;
  readonly #hasSender: boolean;
  #pod: V1Pod;

  /** Deployed, ready, and packets under way where they are wanted. */
  static async deploy(lab: TestLab, { hasSender = false }: { readonly hasSender?: boolean } = {}): Promise<Served> {
    await lab.apply(manifests());
    const [pod] = await lab.readyPods(`app=${SERVED}`, 1, { timeoutMs: readyWithinMs });
    if (pod === undefined) throw new Error('there is no server');
    const served = new Served(lab, hasSender, pod);
    await served.#send();
    return served;
  }

  private constructor(lab: TestLab, hasSender: boolean, pod: V1Pod) {
    this.#lab = lab;
    this.#hasSender = hasSender;
    this.#pod = pod;
  }

  get podName(): string {
    return this.#pod.metadata?.name ?? '';
  }

  /** As a vantage reaches it. */
  get address(): string {
    return `${SERVED}.${this.#lab.namespace}.svc:${port}`;
  }

  /** Another pod, which has no restart behind it: a container that crashed is started again later and later. */
  async renew(): Promise<void> {
    const old = this.#pod.metadata;
    await this.#lab.api.core.deleteNamespacedPod({ name: this.podName, namespace: this.#lab.namespace, gracePeriodSeconds: 0 });
    const selection = { kind: 'Pod', labelSelector: `app=${SERVED}` } as const;
    await this.#lab.waitForAll('The old server is gone', selection, (pods) => pods.every(({ metadata }) => metadata?.uid !== old?.uid));
    const [pod] = await this.#lab.readyPods(`app=${SERVED}`, 1, { timeoutMs: readyWithinMs });
    if (pod === undefined) throw new Error('there is no server');
    this.#pod = pod;
    await this.#lab.waitFor(
      'The Deployment counts it',
      { kind: 'Deployment', name: SERVED },
      ({ status }) => status?.readyReplicas === 1 && status.replicas === 1 && status.unavailableReplicas === undefined,
    );
    await this.#send();
  }

  /** All that its witness has said so far. */
  async truth(): Promise<readonly Witnessed[]> {
    const told: Witnessed[] = [];
    for await (const line of this.#lab.logs(this.podName, { container: 'witness' })) told.push(JSON.parse(line) as Witnessed);
    return told;
  }

  /** When the first packet came after a time without any that began before a moment and ended after it. Fails where there is none within a minute. */
  async packetAfter(moment: number): Promise<number> {
    const endMs = performance.now() + toldWithinMs;
    while (performance.now() < endMs) {
      const found = (await this.truth()).find(({ at, from }) => from !== undefined && from <= moment && at > moment);
      if (found !== undefined) return found.at;
      await pause(lookMs, undefined, { signal: this.#lab.signal });
    }
    throw new Error('the witness has seen no end of the cut');
  }

  async #send(): Promise<void> {
    if (!this.#hasSender) return;
    const { core } = this.#lab.api;
    const { namespace } = this.#lab;
    const name = 'sender';
    await core.deleteNamespacedPod({ name, namespace, gracePeriodSeconds: 0 }).catch(() => undefined);
    await this.#lab.waitForAll('The old sender is gone', { kind: 'Pod', labelSelector: 'app=sender' }, (pods) => pods.length === 0);
    await this.#lab.apply(sender(this.#pod.status?.podIP ?? ''));
    await this.#lab.readyPods('app=sender', 1, { timeoutMs: readyWithinMs });
  }
}

const volumes = [{ name: 'program', configMap: { name: 'program' } }];

function container(name: string, args: readonly string[]): object {
  return {
    ...{ name, image: NODE, imagePullPolicy: 'IfNotPresent', command: ['node', `/program/${program}`, ...args] },
    volumeMounts: [{ name: 'program', mountPath: '/program' }],
    resources: { requests: { cpu: '10m', memory: '32Mi' } },
  };
}

function manifests(): readonly Manifest[] {
  const server = {
    ...container('server', ['server']),
    ports: [{ containerPort: port }],
    readinessProbe: { httpGet: { path: '/ping', port }, periodSeconds: 1, timeoutSeconds: 1 },
  };
  return [
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'program' },
      data: { [program]: readFileSync(join(import.meta.dirname, program), 'utf8') },
    },
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: SERVED, labels },
      spec: {
        replicas: 1,
        selector: { matchLabels: labels },
        template: {
          metadata: { labels },
          spec: { terminationGracePeriodSeconds: 1, containers: [server, container('witness', ['witness'])], volumes },
        },
      },
    },
    { apiVersion: 'v1', kind: 'Service', metadata: { name: SERVED }, spec: { selector: labels, ports: [{ port }] } },
  ];
}

/** On another node than the server: what it sends goes the way of users. */
function sender(address: string): Manifest {
  const apart = { topologyKey: 'kubernetes.io/hostname', labelSelector: { matchLabels: labels } };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'sender', labels: { app: 'sender' } },
    spec: {
      terminationGracePeriodSeconds: 1,
      affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [apart] } },
      containers: [container('sender', ['sender', address])],
      volumes,
    },
  };
}
