/**
 * What of a fault is really there: asked of the kernel of the lab's nodes and of the API server, never of the program that made it, nor
 * of its journal.
 */
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { unlessGone, type Api } from '../lab/use/api.ts';
import { hierarchies } from '../lab/native/cgroups.ts';
import type { NodePlace } from '../lab/native/place.ts';
import { run } from '../workbench/cache.mjs';
import type { SoakKind } from './rounds.ts';

/** One look. It began at `atMs` and was over at `untilMs`, wall clock; `active` undefined: nobody could be asked. */
export interface Sample {
  readonly atMs: number;
  readonly untilMs: number;
  readonly active: boolean | undefined;
  /** What shows it, in words. */
  readonly text: string;
}

export interface WatchedPod {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  /** Of its container `main`, without the runtime's name. */
  readonly containerId: string;
  readonly address: string;
  readonly node: NodePlace;
}

export interface WatchedObjects {
  readonly deployment: string;
  readonly replicas: number;
  readonly node: string;
}

export interface Watched {
  readonly kind: SoakKind;
  readonly api: Api;
  readonly pod: WatchedPod;
  readonly objects: WatchedObjects;
}

/** Looks again and again; each look tells what has changed since the one before. */
export function looker(watched: Watched): () => Promise<Sample> {
  const busy = new Map<number, number>();
  let lookedMs = 0;
  return async () => {
    const atMs = Date.now();
    const elapsedMs = atMs - lookedMs;
    const found = await lookAt(watched, (pid, ticks) => {
      const before = busy.get(pid);
      busy.set(pid, ticks);
      // A helper that is only armed computes next to nothing.
      return before !== undefined && (ticks - before) * MS_PER_TICK > 0.1 * elapsedMs && ticks - before >= 2;
    });
    lookedMs = atMs;
    return { atMs, untilMs: Date.now(), ...found };
  };
}

type Found = Pick<Sample, 'active' | 'text'>;

/** Of `stat`: USER_HZ is 100 on every Linux that the lab runs on. */
const MS_PER_TICK = 10;
const MIB = 2 ** 20;
/** A helper that holds no memory has a few. */
const HELD_BYTES = 16 * MIB;

async function lookAt({ kind, api, pod, objects }: Watched, isBusy: (pid: number, ticks: number) => boolean): Promise<Found> {
  switch (kind) {
    case 'freeze': {
      const held = mainProcesses(pod).filter((pid) => isHeld(pid));
      return { active: held.length > 0, text: `${held.length} processes stand still` };
    }
    case 'networkCut':
    case 'packetLoss':
    case 'latency': {
      const { live, tables } = await tablesOf(pod);
      return { active: live.length > 0, text: live.length > 0 ? `rules of ${live.join(', ')} hold` : `${tables.length} tables` };
    }
    case 'cpuStress': {
      const burning = helpersOf(pod).filter((pid) => isBusy(pid, ticksOf(pid)));
      return { active: burning.length > 0, text: `${burning.length} helpers compute` };
    }
    case 'memoryStress': {
      const holding = helpersOf(pod).filter((pid) => residentOf(pid) > HELD_BYTES);
      return { active: holding.length > 0, text: `${holding.length} helpers hold memory` };
    }
    case 'scale':
      return asked(async () => {
        const { spec } = await api.apps.readNamespacedDeployment({ name: objects.deployment, namespace: pod.namespace });
        return { active: spec?.replicas !== objects.replicas, text: `${spec?.replicas} replicas` };
      });
    case 'cordon':
      return asked(async () => {
        const { spec } = await api.core.readNode({ name: objects.node });
        return { active: spec?.unschedulable === true, text: `unschedulable: ${String(spec?.unschedulable ?? false)}` };
      });
    case 'podDelete':
      return asked(async () => {
        const found = await unlessGone(api.core.readNamespacedPod({ name: pod.name, namespace: pod.namespace }));
        const isGone = found?.metadata?.uid !== pod.uid || found.metadata.deletionTimestamp !== undefined;
        return { active: isGone, text: isGone ? 'the pod was deleted' : 'the pod is there' };
      });
  }
}

async function asked(work: () => Promise<Found>): Promise<Found> {
  try {
    return await work();
  } catch (error) {
    return { active: undefined, text: error instanceof Error ? error.message.slice(0, 80) : String(error) };
  }
}

/** The queue that a killed helper leaves holds nothing up without a table, and tables are looked for beside it. */
const withoutInert = (devices: string): string =>
  devices
    .split('\n')
    .filter((line) => !/ fa1[789]: /.test(line))
    .join('\n');

/** What must not be there any more when a round is over, in words. */
export async function leftInPod(pod: WatchedPod): Promise<readonly string[]> {
  const helpers = helpersOf(pod);
  const held = mainProcesses(pod).filter((pid) => isHeld(pid));
  const { tables } = await tablesOf(pod);
  const devices = await inNetwork(pod, ['tc', 'qdisc', 'show']);
  return [
    ...(helpers.length === 0 ? [] : [`helper processes ${helpers.join(', ')}`]),
    ...(held.length === 0 ? [] : [`processes that stand still: ${held.join(', ')}`]),
    ...tables.map((name) => `table ${name}`),
    ...(/netem|tbf/.test(withoutInert(devices)) ? [`a shaped device: ${devices}`] : []),
  ];
}

/** The programs of helpers that run in this pod, whichever container they came in. */
export function helpersOf(pod: WatchedPod): readonly number[] {
  return processesOf(pod).filter((pid) => {
    try {
      return readlinkSync(`/proc/${pid}/exe`).includes('fl-helper');
    } catch {
      return false;
    }
  });
}

/** Also of a pod whose node is off: then none. */
export function processesOf({ node, uid }: Pick<WatchedPod, 'node' | 'uid'>): readonly number[] {
  return podFolders(node, uid).flatMap((folder) => [
    ...pidsIn(folder),
    ...readdirSafe(folder).flatMap((name) => pidsIn(join(folder, name))),
  ]);
}

function mainProcesses({ node, uid, containerId }: WatchedPod): readonly number[] {
  return podFolders(node, uid).flatMap((folder) => pidsIn(join(folder, containerId)));
}

const CLASSES = ['', 'besteffort', 'burstable'] as const;

function podFolders(node: NodePlace, uid: string): readonly string[] {
  const all = hierarchies();
  // Each holds the same processes: one is enough. That of the freezer has no processors to be given first.
  const { path = '' } = all.find(({ path: at, options }) => options === undefined || at.endsWith('freezer')) ?? all[0] ?? {};
  return CLASSES.map((name) => join(path, node.namespace, 'kubepods', name, `pod${uid}`)).filter((folder) => existsSync(folder));
}

function pidsIn(folder: string): readonly number[] {
  return textOf(join(folder, 'cgroup.procs'))
    .split('\n')
    .map(Number)
    .filter((pid) => pid > 0);
}

/** By a tracer, or a signal; not by its own wish. */
function isHeld(pid: number): boolean {
  const status = textOf(`/proc/${pid}/status`);
  return /^State:\s+[tT]/m.test(status) || /^TracerPid:\s+[1-9]/m.test(status);
}

function ticksOf(pid: number): number {
  const fields = textOf(`/proc/${pid}/stat`)
    .replace(/^.*\)\s/s, '')
    .split(' ');
  return Number(fields[11] ?? 0) + Number(fields[12] ?? 0);
}

function residentOf(pid: number): number {
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(textOf(`/proc/${pid}/status`))?.[1] ?? 0) * 1024;
}

interface Tables {
  readonly tables: readonly string[];
  /** Of them those whose rules hold: what they ask for is in the set `on`, until the kernel takes it out. */
  readonly live: readonly string[];
}

async function tablesOf(pod: WatchedPod): Promise<Tables> {
  return readTables(await inNetwork(pod, ['nft', 'list', 'ruleset']));
}

export function readTables(rules: string): Tables {
  const tables = rules
    .split(/^table /m)
    .slice(1)
    .flatMap((text) => {
      const name = /^\S+ (faultline_\S+)/.exec(text)?.[1];
      return name === undefined ? [] : [{ name, isLive: /^\s*set on \{[^}]*elements = \{\s*"/m.test(text) }];
    });
  return { tables: tables.map(({ name }) => name), live: tables.filter(({ isLive }) => isLive).map(({ name }) => name) };
}

/** Of a pod whose processes have ended: nothing. */
async function inNetwork(pod: WatchedPod, command: readonly string[]): Promise<string> {
  const [pid] = processesOf(pod);
  if (pid === undefined) return '';
  return run('nsenter', [`--net=/proc/${pid}/ns/net`, ...command]).catch(() => '');
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

function readdirSafe(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
