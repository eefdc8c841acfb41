/**
 * What a lab that is not native leaves on this machine: a folder a number, beside and not inside the native lab's state, so that
 * neither takes the other's files for its own. It is written before the first object is made: whoever finds it knows what to remove.
 */
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cacheDir, SetupError } from '../../workbench/cache.mjs';
import type { Profile } from '../lab.ts';

export interface WayRecord {
  readonly way: 'kubeconfig' | 'kind';
  /** "lab 3 through context prod of https://…" */
  readonly about: string;
  readonly profile: Profile;
  readonly state: 'starting' | 'up' | 'stopping';
  /** "v1.34.4"; empty until the cluster has told. */
  readonly kubernetes: string;
  readonly nodes: readonly string[];
  /** Unix ms. */
  readonly upSince: number;
}

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
  const value: unknown = JSON.parse(text);
  if (!isRecord(value)) throw new SetupError(`${file} is not what a lab writes. Remove it when no lab ${number} is in use.`);
  return value;
}

function isRecord(value: unknown): value is WayRecord {
  if (typeof value !== 'object' || value === null) return false;
  const { way, upSince, nodes } = value as Partial<Record<keyof WayRecord, unknown>>;
  return (way === 'kubeconfig' || way === 'kind') && typeof upSince === 'number' && Array.isArray(nodes);
}

export function writeRecord(number: number, record: WayRecord): void {
  const folder = wayFolder(number);
  // The kubeconfig beside it opens a cluster.
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const partial = join(folder, 'way.json.partial');
  writeFileSync(partial, `${JSON.stringify(record, null, 2)}\n`);
  renameSync(partial, join(folder, 'way.json'));
}

export function forget(number: number): void {
  rmSync(wayFolder(number), { recursive: true, force: true });
}
