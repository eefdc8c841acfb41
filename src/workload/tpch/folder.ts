/** Files of one data set. */
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { isAlive, parseOwner } from '../../base/owner.ts';

export const dataFile = 'tpch.duckdb';
export const factsFile = 'tpch.json';

/** Under this name a data set grows; its owner is part of it, so that nobody else sweeps it while that one lives. */
export function draftName(owner: string): string {
  return `making_${owner}.duckdb`;
}

/** Deletes what makers that are dead left behind. Cheap, and safe beside makers that live. */
export function sweep(folder: string): void {
  if (!existsSync(folder)) return;
  for (const name of readdirSync(folder)) {
    const match = /^(?:making_|lock-)([0-9a-f-]+)/.exec(name);
    const owner = match === null ? undefined : parseOwner(match[1] ?? '');
    if (owner !== undefined && !isAlive(owner)) rmSync(join(folder, name), { recursive: true, force: true });
  }
}
