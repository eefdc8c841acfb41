/** A run's journal as it lies on the disk, read by nobody's code but this: steps of the fault on the wall clock, and its runner. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { isAlive, parseOwner } from '../../src/base/owner.ts';

export interface Step {
  readonly step: string;
  readonly atMs: number;
  readonly text: string;
}

export interface Told {
  readonly steps: readonly Step[];
  /** How it ended, by its own last line; undefined: it has none. */
  readonly end: string | undefined;
  /** Of the last whole line, wall clock. */
  readonly lastMs: number;
}

const Header = v.object({ startedAt: v.number() });
const Line = v.object({
  t: v.number(),
  kind: v.string(),
  step: v.optional(v.string()),
  text: v.optional(v.string()),
  how: v.optional(v.string()),
  reason: v.optional(v.string()),
});

/** A torn last line is none. */
export function readTold(folder: string): Told {
  const lines = readFileSync(join(folder, 'journal.ndjson'), 'utf8').split('\n').slice(0, -1);
  const { startedAt } = v.parse(Header, JSON.parse(lines[0] ?? '{}'));
  const steps: Step[] = [];
  let end: string | undefined;
  let lastMs = startedAt;
  for (const line of lines.slice(1)) {
    // Most lines are of the load.
    if (!/"kind":"(?:fault|end|phase|note)"/.test(line)) continue;
    const { t, kind, step, text = '', how, reason = '' } = v.parse(Line, JSON.parse(line));
    lastMs = Math.max(lastMs, startedAt + t);
    if (kind === 'fault' && step !== undefined) steps.push({ step, atMs: startedAt + t, text });
    if (kind === 'end') end = `${how ?? ''} ${reason}`.trim();
  }
  return { steps, end, lastMs };
}

const Lease = v.object({ owner: v.string() });

/** undefined: it has none any more. */
export function runnerOf(folder: string): number | undefined {
  const path = join(folder, 'lease.json');
  try {
    if (!existsSync(path)) return undefined;
    const owner = parseOwner(v.parse(Lease, JSON.parse(readFileSync(path, 'utf8'))).owner);
    return owner !== undefined && isAlive(owner) ? owner.pid : undefined;
  } catch {
    return undefined;
  }
}
