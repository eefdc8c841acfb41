/**
 * What a lab that is not native leaves on this machine: a folder a number, beside and not inside the native lab's state, so that
 * neither takes the other's files for its own. It is written before the first object is made: whoever finds it knows what to remove.
 */
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { cacheDir, SetupError } from '../../workbench/cache.mjs';
import type { RunningLab } from '../lab.ts';

const Record = v.object({
  way: v.picklist(['kubeconfig', 'kind']),
  /** "context prod of /home/…, cluster https://…" */
  about: v.string(),
  /** The kubeconfig that was given; empty for kind. */
  source: v.string(),
  /** Tells this lab from one of the same number that another machine has in the same cluster. */
  owner: v.string(),
  profile: v.picklist(['api', 'node', 'cluster']),
  state: v.picklist(['starting', 'up', 'stopping']),
  /** "v1.34.4"; empty until the cluster has told. */
  kubernetes: v.string(),
  nodes: v.array(v.string()),
  /** Unix ms. */
  upSince: v.number(),
});

export type WayRecord = Readonly<v.InferOutput<typeof Record>>;

export function wayFolder(number: number): string {
  return join(cacheDir(), 'lab', `way-${number}`);
}

/** The kubeconfig that the lab hands out; the person's own file is never written. */
export function wayKubeconfig(number: number): string {
  return join(wayFolder(number), 'kubeconfig');
}

/** undefined: this number is native, or down. */
export function readRecord(number: number): WayRecord | undefined {
  const file = join(wayFolder(number), 'way.json');
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
  try {
    return v.parse(Record, JSON.parse(text));
  } catch {
    throw new SetupError(`${file} is not what a lab writes. Remove ${wayFolder(number)} when no lab ${number} is in use.`);
  }
}

export function runningFrom(number: number, record: WayRecord): RunningLab {
  const { way, profile, kubernetes, nodes, upSince } = record;
  return { number, way, profile, kubernetes, kubeconfig: wayKubeconfig(number), nodes, logs: join(wayFolder(number), 'logs'), upSince };
}

/** For its owner alone: the kubeconfig in it opens a cluster. */
export function makeFolder(number: number): void {
  mkdirSync(wayFolder(number), { recursive: true, mode: 0o700 });
  mkdirSync(join(wayFolder(number), 'logs'), { recursive: true });
}

export function writeRecord(number: number, record: WayRecord): void {
  const folder = wayFolder(number);
  makeFolder(number);
  const partial = join(folder, 'way.json.partial');
  writeFileSync(partial, `${JSON.stringify(record, null, 2)}\n`);
  renameSync(partial, join(folder, 'way.json'));
}

export function forget(number: number): void {
  rmSync(wayFolder(number), { recursive: true, force: true });
}
