/** A process that watches pods and says what that cost it: `watcher.ts ours|informer KUBECONFIG PODS`. */
import { CoreV1Api, KubeConfig, makeInformer, type V1Pod } from '@kubernetes/client-node';
import { connectCluster } from '../../../src/cluster/connect/connection.ts';
import { readKubeconfig } from '../../../src/cluster/connect/kubeconfig.ts';
import { kinds } from '../../../src/cluster/watch/kinds.ts';
import { watchKind } from '../../../src/cluster/watch/watch.ts';

/** Annotation: when the change was sent, ms since the epoch. */
export const SENT = 'faultline-bench-sent';

export interface Figures {
  readonly changes: number;
  readonly changesPerSecond: number;
  readonly cpuSecondsPerMinute: number;
  readonly heapMb: number;
  readonly rssMb: number;
  /** From before the change was sent to the callback, ms. */
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

if (process.argv[1]?.endsWith('watcher.ts')) await main();

async function main(): Promise<void> {
  const [mode, kubeconfig = '', expected = '0'] = process.argv.slice(2);
  let latencies: number[] = [];
  const heard = (annotations: Readonly<Record<string, string>> | undefined): void => {
    const sent = Number(annotations?.[SENT]);
    if (Number.isFinite(sent)) latencies.push(Date.now() - sent);
  };
  let began = performance.now();
  let cpu = process.cpuUsage();
  process.on('message', (request) => {
    if (request === 'begin') {
      began = performance.now();
      cpu = process.cpuUsage();
      latencies = [];
    }
    const seconds = (performance.now() - began) / 1000;
    const { user, system } = process.cpuUsage(cpu);
    const sorted = latencies.toSorted((a, b) => a - b);
    const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
    // Not part of the figures: the collection is asked for after the time was taken, and costs both watchers the same.
    globalThis.gc?.();
    const { heapUsed, rss } = process.memoryUsage();
    const figures: Figures = {
      changes: latencies.length,
      changesPerSecond: Math.round(latencies.length / seconds),
      cpuSecondsPerMinute: Math.round(((user + system) / 1e6 / seconds) * 6000) / 100,
      heapMb: Math.round(heapUsed / 1e5) / 10,
      rssMb: Math.round(rss / 1e6),
      p50Ms: at(0.5),
      p99Ms: at(0.99),
      maxMs: at(1),
    };
    process.send?.(figures);
  });
  process.on('disconnect', () => process.exit());
  await (mode === 'ours' ? ours : informer)(kubeconfig, Number(expected), heard);
  process.send?.('ready');
}

type Heard = (annotations: Readonly<Record<string, string>> | undefined) => void;

async function ours(kubeconfig: string, expected: number, heard: Heard): Promise<void> {
  const [context] = await readKubeconfig(kubeconfig);
  if (context === undefined) throw new Error(`${kubeconfig} has no context.`);
  const pods = watchKind(await connectCluster(context, { env: process.env }), kinds.pods);
  await new Promise<void>((resolve) => {
    pods.changed.listen(({ changed }) => {
      for (const key of changed) heard(pods.objects().get(key)?.metadata.annotations);
      if (pods.state.kind === 'live' && pods.objects().size >= expected) resolve();
    });
  });
}

async function informer(kubeconfig: string, expected: number, heard: Heard): Promise<void> {
  const config = new KubeConfig();
  config.loadFromFile(kubeconfig);
  const api = config.makeApiClient(CoreV1Api);
  const pods = makeInformer<V1Pod>(config, '/api/v1/pods', () => api.listPodForAllNamespaces());
  let count = 0;
  await new Promise<void>((resolve, reject) => {
    pods.on('add', () => {
      if (++count >= expected) resolve();
    });
    pods.on('update', ({ metadata }) => heard(metadata?.annotations));
    pods.on('error', (error: unknown) => {
      console.error('The informer ended:', error);
      void pods.start();
    });
    pods.start().catch(reject);
  });
}
