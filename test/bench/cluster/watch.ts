/**
 * What our watch costs beside the bare informer of `@kubernetes/client-node` on the same stream: ten thousand fake pods, of which 200 a
 * second change. Each watcher is a process of its own; the changes carry the time at which they were sent.
 *
 *     npm run lab -- scale --lab N --pods 10000
 *     node test/bench/cluster/watch.ts KUBECONFIG [minutes]
 */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { connectCluster, type ClusterConnection } from '../../../src/cluster/connect/connection.ts';
import { readKubeconfig } from '../../../src/cluster/connect/kubeconfig.ts';
import { keyOf, type ObjectList, type Pod } from '../../../src/cluster/objects.ts';
import { pathOf, kinds } from '../../../src/cluster/watch/kinds.ts';
import { SENT, type Figures } from './watcher.ts';

const CHANGES_PER_SECOND = 200;
const WATCHERS = ['ours', 'informer'] as const;

const [kubeconfig = '', minutes = '10'] = process.argv.slice(2);
const connection = await connect(kubeconfig);
const pods = await podsOf(connection);
const watchers = await Promise.all(WATCHERS.map(start));
console.log(`${pods.length} pods; both watchers have them all.`);
const end = performance.now() + Number(minutes) * 60_000;
const stopped = new AbortController();
const changing = change(stopped.signal);
await sleep(10_000);
await Promise.all(watchers.map((watcher) => figures(watcher, 'begin')));
for (let minute = 1; performance.now() < end; minute++) {
  await sleep(Math.min(60_000, end - performance.now()));
  for (const [at, watcher] of watchers.entries()) console.log(minute, WATCHERS[at], JSON.stringify(await figures(watcher, 'tell')));
}
stopped.abort();
await changing;
for (const watcher of watchers) watcher.kill();
connection.close();

async function connect(file: string): Promise<ClusterConnection> {
  const [context] = await readKubeconfig(file);
  if (context === undefined) throw new Error(`${file} has no context.`);
  return connectCluster(context, { env: process.env });
}

async function podsOf(cluster: ClusterConnection): Promise<Pod[]> {
  const { items } = await cluster.request<ObjectList<Pod>>({ path: pathOf(kinds.pods), timeoutMs: 120_000 });
  return [...items];
}

async function start(mode: (typeof WATCHERS)[number]): Promise<ChildProcess> {
  const child = fork(new URL('watcher.ts', import.meta.url), [mode, kubeconfig, String(pods.length)], { execArgv: ['--expose-gc'] });
  await once(child, 'message');
  return child;
}

async function figures(watcher: ChildProcess, request: 'begin' | 'tell'): Promise<Figures> {
  watcher.send(request);
  const [answer] = (await once(watcher, 'message')) as [Figures];
  return answer;
}

/** On a schedule: a slow answer holds up no later change. */
async function change(signal: AbortSignal): Promise<void> {
  const began = performance.now();
  let failures = 0;
  const under = new Set<Promise<unknown>>();
  for (let sent = 0; !signal.aborted; sent++) {
    const early = began + (sent * 1000) / CHANGES_PER_SECOND - performance.now();
    if (early > 0) await sleep(early);
    if (under.size > 100) await Promise.race(under);
    const { metadata } = pods[(sent * 7919) % pods.length] ?? { metadata: { name: '' } };
    const { namespace = '', name } = metadata;
    const request = connection
      .request({
        method: 'PATCH',
        path: pathOf(kinds.pods, { namespace, name }),
        contentType: 'application/merge-patch+json',
        body: { metadata: { annotations: { [SENT]: String(Date.now()) } } },
      })
      .catch(() => failures++)
      .finally(() => under.delete(request));
    under.add(request);
  }
  await Promise.all(under);
  if (failures > 0) console.log(`${failures} changes were refused, the last pod ${keyOf(pods[0] ?? { metadata: { name: '' } })}`);
}
