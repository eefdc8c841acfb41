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

/** Whole milliseconds up to two minutes, in memory that does not grow: the heap is measured too. */
class Lengths {
  readonly #counts = new Uint32Array(120_001);
  count = 0;

  add(ms: number): void {
    const at = Math.min(this.#counts.length - 1, Math.max(0, Math.round(ms)));
    this.#counts[at] = (this.#counts[at] ?? 0) + 1;
    this.count++;
  }

  at(share: number): number {
    let left = Math.max(1, Math.ceil(this.count * share));
    return Math.max(
      0,
      this.#counts.findIndex((count) => (left -= count) <= 0),
    );
  }

  clear(): void {
    this.#counts.fill(0);
    this.count = 0;
  }
}

if (process.argv[1]?.endsWith('watcher.ts')) await main();

async function main(): Promise<void> {
  const [mode, kubeconfig = '', expected = '0', beganAt = '0'] = process.argv.slice(2);
  const latencies = new Lengths();
  const told = new Lengths();
  const shown = new Lengths();
  let total = 0;
  const heard = (restarts: number, shownMs?: number): void => {
    total++;
    latencies.add(Date.now() - Number(beganAt) - restarts);
    if (shownMs !== undefined) shown.add(shownMs);
  };
  let began = performance.now();
  let cpu = process.cpuUsage();
  process.on('message', (request) => {
    if (request === 'begin') {
      began = performance.now();
      cpu = process.cpuUsage();
      for (const each of [latencies, told, shown]) each.clear();
    }
    const seconds = (performance.now() - began) / 1000;
    const { user, system } = process.cpuUsage(cpu);
    // Not part of the figures: the collection is asked for after the time was taken, and costs both watchers the same.
    globalThis.gc?.();
    const { heapUsed, rss } = process.memoryUsage();
    const figures: Figures = {
      heard: total,
      changes: latencies.count,
      changesPerSecond: Math.round(latencies.count / seconds),
      cpuSecondsPerMinute: Math.round(((user + system) / 1e6 / seconds) * 6000) / 100,
      heapMb: Math.round(heapUsed / 1e5) / 10,
      rssMb: Math.round(rss / 1e6),
      p50Ms: latencies.at(0.5),
      p99Ms: latencies.at(0.99),
      maxMs: latencies.at(1),
      shownP50Ms: shown.at(0.5),
      shownP99Ms: shown.at(0.99),
      toldP99Ms: told.at(0.99),
    };
    process.send?.(figures);
  });
  process.on('disconnect', () => process.exit());
  const tell: Heard = (restarts) => told.add(Date.now() - Number(beganAt) - restarts);
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
