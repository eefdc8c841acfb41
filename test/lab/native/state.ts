/** What a lab's folder says about it: enough to go on, or to clear away, after any interruption. */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import * as v from 'valibot';
import { placeOf } from './place.ts';

const State = v.object({
  phase: v.picklist(['starting', 'up', 'stopping']),
  profile: v.picklist(['api', 'node', 'cluster']),
  minor: v.picklist(['1.33', '1.34']),
  version: v.string(),
  /** Unix ms at which it was up. */
  upSince: v.number(),
  /** Of the machine: a lab from before a restart is gone. */
  boot: v.string(),
});

export type State = v.InferOutput<typeof State>;

function file(number: number): string {
  return join(placeOf(number, 'api').folder, 'state.json');
}

/** undefined: no lab of this number; a file that can't be read counts as an interrupted start. */
export function readState(number: number): State | 'unreadable' | undefined {
  let text;
  try {
    text = readFileSync(file(number), 'utf8');
  } catch {
    return undefined;
  }
  try {
    return v.parse(State, JSON.parse(text));
  } catch {
    return 'unreadable';
  }
}

export async function writeState(number: number, state: Omit<State, 'boot'>): Promise<void> {
  const path = file(number);
  await mkdir(dirname(path), { recursive: true });
  writeFileSync(`${path}.new`, JSON.stringify({ ...state, boot: bootId() }, null, 2));
  renameSync(`${path}.new`, path);
}

export function bootId(): string {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
}
