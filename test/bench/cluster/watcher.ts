/** A process that follows pods and says what that cost it: `watcher.ts ours|informer KUBECONFIG PODS BEGAN`. */
import { CoreV1Api, KubeConfig, makeInformer, type V1Pod } from '@kubernetes/client-node';

export interface Figures {
  /** Since it was started; the others since `begin`. */
  readonly heard: number;
  readonly changes: number;
  readonly changesPerSecond: number;
  readonly cpuSecondsPerMinute: number;
  readonly heapMb: number;
  readonly rssMb: number;
  /** From before the change was sent until it is in its row, or in the informer's callback, ms. */
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  /** Of our tree: from when the event came until it is in its row. */
  readonly shownP50Ms: number;
  readonly shownP99Ms: number;
  /** Of our tree: until VS Code is told. */
  readonly toldP99Ms: number;
}

/** A pod has this many restarts: when that was sent, in ms since the bench began. */
export type Heard = (restarts: number) => unknown;

if (process.argv[1]?.endsWith('watcher.ts')) await main();

async function main(): Promise<void> {
  const [mode, kubeconfig = '', expected = '0', beganAt = '0'] = process.argv.slice(2);
  let latencies: number[] = [];
  let told: number[] = [];
  let shown: number[] = [];
  let total = 0;
  const heard = (restarts: number, shownMs?: number): void => {
    total++;
    latencies.push(Date.now() - Number(beganAt) - restarts);
    if (shownMs !== undefined) shown.push(Math.round(shownMs));
  };
  let began = performance.now();
  let cpu = process.cpuUsage();
  process.on('message', (request) => {
    if (request === 'begin') {
      began = performance.now();
      cpu = process.cpuUsage();
      latencies = [];
      told = [];
      shown = [];
    }
    const seconds = (performance.now() - began) / 1000;
    const { user, system } = process.cpuUsage(cpu);
    const sorted = latencies.toSorted((a, b) => a - b);
    const at = (share: number, of = sorted): number => of[Math.min(of.length - 1, Math.floor(of.length * share))] ?? 0;
    const byLength = (of: readonly number[]): number[] => of.toSorted((a, b) => a - b);
    const [sortedShown, sortedTold] = [byLength(shown), byLength(told)];
    // Not part of the figures: the collection is asked for after the time was taken, and costs both watchers the same.
    globalThis.gc?.();
    const { heapUsed, rss } = process.memoryUsage();
    const figures: Figures = {
      heard: total,
      changes: latencies.length,
      changesPerSecond: Math.round(latencies.length / seconds),
      cpuSecondsPerMinute: Math.round(((user + system) / 1e6 / seconds) * 6000) / 100,
      heapMb: Math.round(heapUsed / 1e5) / 10,
      rssMb: Math.round(rss / 1e6),
      p50Ms: at(0.5),
      p99Ms: at(0.99),
      maxMs: at(1),
      shownP50Ms: at(0.5, sortedShown),
      shownP99Ms: at(0.99, sortedShown),
      toldP99Ms: at(0.99, sortedTold),
    };
    process.send?.(figures);
  });
  process.on('disconnect', () => process.exit());
  const tell: Heard = (restarts) => told.push(Date.now() - Number(beganAt) - restarts);
  if (mode === 'ours') await (await import('./ours.ts')).ours(kubeconfig, Number(expected), heard, tell);
  else await informer(kubeconfig, Number(expected), heard);
  process.send?.('ready');
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
    pods.on('update', ({ status }) => heard(status?.containerStatuses?.[0]?.restartCount ?? 0));
    pods.on('error', (error: unknown) => {
      console.error('The informer ended:', error);
      void pods.start();
    });
    pods.start().catch(reject);
  });
}
