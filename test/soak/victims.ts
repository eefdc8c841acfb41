/** Who is killed, and how it comes back: by the kernel's own means, without a word to anybody. */
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Progress } from '../workbench/cache.mjs';
import { kill } from '../workbench/processes.ts';
import { programs } from '../lab/build/programs.ts';
import { LabApi } from '../lab/native/api.ts';
import { apiServer } from '../lab/native/control-plane.ts';
import { faultNode } from '../lab/native/faults.ts';
import type { NodePlace, Place } from '../lab/native/place.ts';
import { killAll, labProcesses, startProcess, waitUntil } from '../lab/native/processes.ts';
import type { NodeFault } from '../lab/lab.ts';
import type { Api } from '../lab/use/api.ts';
import { DEFAULT_MINOR } from '../lab/versions.ts';
import { runnerOf } from './journal.ts';
import { heldBy, type SoakKind } from './rounds.ts';
import { helpersOf, processesOf, type WatchedPod } from './truth.ts';

/** Wall clock. Of a process that nobody brings back `backMs` is `atMs`. */
export interface Hit {
  readonly atMs: number;
  readonly backMs: number;
  readonly text: string;
}

const BACK_LIMIT_MS = 180_000;

/** undefined: there was none to kill. */
export function killRunner(folder: string): Hit | undefined {
  return killed('runner', runnerOf(folder) === undefined ? [] : [runnerOf(folder) ?? 0]);
}

export function killHelper(kind: SoakKind, pod: WatchedPod, healers: readonly HealerPod[]): Hit | undefined {
  return heldBy[kind] === 'kernel' ? killed('helper', helpersOf(pod)) : killed('healer', healers.flatMap(healerProcesses));
}

export function killed(what: string, pids: readonly number[]): Hit | undefined {
  if (pids.length === 0) return undefined;
  const atMs = Date.now();
  kill(pids.map((pid) => ({ pid })));
  return { atMs, backMs: atMs, text: `${what} ${pids.join(', ')}` };
}

/** Resolves when it answers again. */
export async function killApiServer(place: Place, awayMs: number, progress: Progress): Promise<Hit> {
  const paths = await programs(['kube-apiserver'], DEFAULT_MINOR, progress);
  const server = apiServer(place, paths);
  const running = (): readonly number[] => labProcesses(place.number).flatMap(({ name, pid }) => (name === server.name ? [pid] : []));
  const atMs = Date.now();
  await killAll(running);
  await sleep(awayMs);
  startProcess(place.number, server);
  const api = new LabApi(place);
  await waitUntil(
    'The API server',
    server.log,
    BACK_LIMIT_MS,
    () => api.isReady(),
    () => running().length > 0,
  );
  return { atMs, backMs: Date.now(), text: `API server, for ${((Date.now() - atMs) / 1000).toFixed(1)} s` };
}

/** Resolves when its deadline is over and the cluster hears it again. */
export async function breakNode(place: Place, node: NodePlace, kind: NodeFault['kind'], awayMs: number, progress: Progress): Promise<Hit> {
  const atMs = Date.now();
  const { untilMs } = await faultNode(place.number, node.name, kind, awayMs, progress);
  const api = new LabApi(place);
  await sleep(Math.max(0, untilMs - Date.now()));
  await waitUntil(`Node ${node.name}`, place.logs, BACK_LIMIT_MS, () => api.isNodeReady(node.name));
  return { atMs, backMs: Date.now(), text: `${node.name}: ${kind}, back after ${((Date.now() - atMs) / 1000).toFixed(1)} s` };
}

export interface HealerPod {
  readonly uid: string;
  readonly node: NodePlace;
}

/** Those whose container runs. */
export async function healersIn(api: Api, namespace: string, place: Place): Promise<readonly HealerPod[]> {
  const { items } = await api.core.listNamespacedPod({ namespace, labelSelector: 'faultline.dev/kind=healer' });
  return items.flatMap(({ metadata, spec, status }) => {
    const node = place.nodes.find(({ name }) => name === spec?.nodeName);
    const runs = status?.containerStatuses?.[0]?.state?.running !== undefined;
    return node === undefined || !runs || metadata?.uid === undefined ? [] : [{ uid: metadata.uid, node }];
  });
}

/** The pod's own first process stays: it is nobody's helper. */
function healerProcesses(healer: HealerPod): readonly number[] {
  return processesOf(healer).filter((pid) => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').startsWith('node');
    } catch {
      return false;
    }
  });
}
