// npm run soak [-- --rounds 200] [--seed N] [--only N,N] [--lab N] [--lanes N]: kills runners, helpers, the API server and nodes in the middle of faults, at
// random moments; 1 when anything outlived its deadline or a journal did not tell the truth. Brings its own lab up and down.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Progress, SetupError } from '../workbench/cache.mjs';
import { DEFAULT_MINOR } from '../lab/versions.ts';
import { down, status, up } from '../lab/ways.ts';
import { hostsIn, roundsOf } from './rounds.ts';
import { lineOf, soak, tableOf } from './soak.ts';

const progress = new Progress('lines');
const root = join(import.meta.dirname, '..', '..');

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      rounds: { type: 'string', default: '200' },
      seed: { type: 'string', default: String(Date.now() % 100_000) },
      only: { type: 'string' },
      lab: { type: 'string', default: '9' },
      lanes: { type: 'string', default: '4' },
    },
  });
  const [count, seed, number, lanes] = [values.rounds, values.seed, values.lab, values.lanes].map(Number);
  const only = values.only?.split(',').map(Number);
  if (!isWhole(count, 1, 10_000) || !isWhole(seed, 0, 2 ** 31) || !isWhole(number, 0, 9) || !isWhole(lanes, 1, 8)) {
    console.error('Usage: npm run soak [-- --rounds 200] [--seed N] [--only N,N] [--lab 0 to 9] [--lanes 4]');
    return 2;
  }
  const interrupted = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => interrupted.abort());
  const rounds = roundsOf(seed, count, hostsIn(count)).filter((round) => only === undefined || only.includes(round.number));
  const scratch = mkdtempSync(join(tmpdir(), 'faultline-soak-'));
  // One that was up before is left up.
  const wasUp = (await status(number)).state === 'up';
  try {
    const lab = await up({ number, profile: 'cluster', kubernetes: DEFAULT_MINOR, images: ['busybox', 'node'], way: 'native' }, progress);
    const beganMs = performance.now();
    console.log(`Seed ${seed}, ${rounds.length} rounds.`);
    const tell = (outcome: Parameters<typeof lineOf>[0]): void => console.log(lineOf(outcome));
    const outcomes = await soak({ lab, rounds, root, scratch, lanes, progress: quiet, tell, signal: interrupted.signal });
    const violated = outcomes.filter(({ violations }) => violations.length > 0);
    console.log(`\n${tableOf(outcomes)}`);
    for (const { round } of violated) console.log(`Again: npm run soak -- --rounds ${count} --seed ${seed} --only ${round.number}`);
    const minutes = ((performance.now() - beganMs) / 60_000).toFixed(1);
    console.log(`\n${outcomes.length - violated.length} rounds kept it, ${violated.length} violated, in ${minutes} minutes; seed ${seed}`);
    return violated.length > 0 || outcomes.length < rounds.length ? 1 : 0;
  } finally {
    if (!wasUp) await down(number, progress);
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** A node that is switched off a hundred times is no news. */
const quiet = new Progress('terminal');

function isWhole(value: number | undefined, from: number, to: number): value is number {
  return value !== undefined && Number.isInteger(value) && value >= from && value <= to;
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(error instanceof SetupError ? error.message : error);
  process.exitCode = 3;
}
