/**
 * What our tree costs beside the bare informer of `@kubernetes/client-node` on the same stream: ten thousand fake pods, of which 200 a
 * second change so that it can be seen. Each watcher is a process of its own; a pod's restarts carry the time at which they were sent.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { connectCluster, type ClusterConnection } from '../../../src/cluster/connect/connection.ts';
import { readKubeconfig } from '../../../src/cluster/connect/kubeconfig.ts';
import { keyOf, type ObjectList, type Pod } from '../../../src/cluster/objects.ts';
import { pathOf, kinds } from '../../../src/cluster/watch/kinds.ts';
import { atMost, type Finding } from '../table.ts';
import type { Figures } from './watcher.ts';

const CHANGES_PER_SECOND = 200;
const WATCHERS = ['ours', 'informer'] as const;

const LIMITS = { p99Ms: 200, cpuRatio: 1.5, heapRatio: 1.1 } as const;
/** Before it the watchers' first lists are still on the heap. */
const SETTLED_MINUTE = 2;
const QUIET_MS = 3000;

/** The pods are there. Figures of every minute are printed, those of the whole are the findings. */
export async function measureWatch(kubeconfig: string, minutes: number): Promise<readonly Finding[]> {
  const connection = await connect(kubeconfig);
  const pods = await podsOf(connection);
  const beganMs = Date.now();
  const watchers = await Promise.all(WATCHERS.map((mode) => start(mode, kubeconfig, pods.length, beganMs)));
  const stopped = new AbortController();
  const changing = change(connection, pods, beganMs, stopped.signal);
  const heaps: number[] = [];
  let last: readonly Figures[] = [];
  let unseen = 0;
  try {
    await sleep(10_000);
    await Promise.all(watchers.map((watcher) => figures(watcher, 'begin')));
    for (let minute = 1; minute <= minutes; minute++) {
      await sleep(60_000);
      last = await Promise.all(watchers.map((watcher) => figures(watcher, 'tell')));
      for (const [at, each] of last.entries()) console.log(minute, WATCHERS[at], JSON.stringify(each));
      if (minute >= SETTLED_MINUTE) heaps.push(last[0]?.heapMb ?? 0);
    }
    stopped.abort();
    const sent = await changing;
    await sleep(QUIET_MS);
    const heard = await Promise.all(watchers.map((watcher) => figures(watcher, 'tell')));
    unseen = sent - (heard[0]?.heard ?? 0);
  } finally {
    stopped.abort();
    await changing;
    for (const watcher of watchers) watcher.kill();
    connection.close();
  }
  const [ours, informer] = last;
  if (ours === undefined || informer === undefined) throw new Error('The watchers told nothing.');
  const stream = `${pods.length} fake pods; ours heard ${ours.changesPerSecond} changes a second of ${CHANGES_PER_SECOND} that were sent, the informer ${informer.changesPerSecond}`;
  return [
    atMost(
      'an event, until it is in its row, p99',
      ours.shownP99Ms,
      LIMITS.p99Ms,
      'ms',
      `${stream}; median ${ours.shownP50Ms} ms. From before the change was sent, the API server's part included: median ${ours.p50Ms}, p99 ${ours.p99Ms} ms, the informer's callback ${informer.p50Ms} and ${informer.p99Ms} ms; VS Code, which draws a tree five times a second, is told by ${ours.toldP99Ms} ms`,
    ),
    // Each pod's changes are further apart than a batch: none may hide another.
    atMost('changes that no row showed', unseen, 0, '', `all that the API server took, and ${QUIET_MS / 1000} s after the last`),
    atMost(
      'processor time of the tree',
      ours.cpuSecondsPerMinute / informer.cpuSecondsPerMinute,
      LIMITS.cpuRatio,
      '×',
      `client-node's informer on the same stream: ${informer.cpuSecondsPerMinute} s a minute, ours ${ours.cpuSecondsPerMinute} s`,
    ),
    atMost(
      'heap at the end',
      (heaps.at(-1) ?? 0) / (heaps[0] ?? 1),
      LIMITS.heapRatio,
      '×',
      `that of minute ${SETTLED_MINUTE}: ${heaps[0] ?? 0} MB; over ${minutes} minutes`,
    ),
  ];
}

async function connect(file: string): Promise<ClusterConnection> {
  const [context] = await readKubeconfig(file);
  if (context === undefined) throw new Error(`${file} has no context.`);
  return connectCluster(context, { env: process.env });
}

async function podsOf(cluster: ClusterConnection): Promise<Pod[]> {
  const { items } = await cluster.request<ObjectList<Pod>>({ path: pathOf(kinds.pods), timeoutMs: 120_000 });
  return [...items];
}

async function start(mode: (typeof WATCHERS)[number], kubeconfig: string, pods: number, beganMs: number): Promise<ChildProcess> {
  const args = [mode, kubeconfig, String(pods), String(beganMs)];
  const child = fork(new URL('watcher.ts', import.meta.url), args, { execArgv: ['--expose-gc'] });
  await once(child, 'message');
  return child;
}

async function figures(watcher: ChildProcess, request: 'begin' | 'tell'): Promise<Figures> {
  watcher.send(request);
  const [answer] = (await once(watcher, 'message')) as [Figures];
  return answer;
}

/** On a schedule: a slow answer holds up no later change. Resolves with how many were taken. */
async function change(connection: ClusterConnection, pods: readonly Pod[], beganMs: number, signal: AbortSignal): Promise<number> {
  const began = performance.now();
  let failures = 0;
  let sent = 0;
  const under = new Set<Promise<unknown>>();
  for (; !signal.aborted; sent++) {
    const early = began + (sent * 1000) / CHANGES_PER_SECOND - performance.now();
    if (early > 0) await sleep(early);
    if (under.size > 100) await Promise.race(under);
    const { metadata, status } = pods[(sent * 7919) % pods.length] ?? { metadata: { name: '' } };
    const { namespace = '', name } = metadata;
    const [first, ...others] = status?.containerStatuses ?? [];
    const request = connection
      .request({
        method: 'PATCH',
        path: pathOf(kinds.pods, { namespace, name, subresource: 'status' }),
        contentType: 'application/merge-patch+json',
        // The list is replaced as a whole.
        body: { status: { containerStatuses: [{ ...first, restartCount: Date.now() - beganMs }, ...others] } },
      })
      .catch(() => failures++)
      .finally(() => under.delete(request));
    under.add(request);
  }
  await Promise.all(under);
  if (failures > 0) console.log(`${failures} changes were refused, the last pod ${keyOf(pods[0] ?? { metadata: { name: '' } })}`);
  return sent - failures;
}
