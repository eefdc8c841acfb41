import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'mocha';
import { runningLab } from '../lab/use/running.ts';
import { hostsIn, roundsOf } from './rounds.ts';
import { lineOf, soak, tableOf } from './soak.ts';
import { Progress } from '../workbench/cache.mjs';

const ROUNDS = 30;
const LANES = 6;

/** The same rounds as `npm run soak`, another choice of them each time: its line names the seed. */
describe('faults in the middle of which somebody is killed', () => {
  const scratch = mkdtempSync(join(tmpdir(), 'faultline-soak-'));
  after(() => rmSync(scratch, { recursive: true, force: true }));

  it('end by their deadline, whoever died, and every journal opens and tells the truth', async function () {
    this.timeout(30 * 60_000);
    const seed = Date.now() % 100_000;
    const lab = await runningLab('cluster');
    const outcomes = await soak({
      ...{ lab, scratch, lanes: LANES, root: join(import.meta.dirname, '..', '..') },
      rounds: roundsOf(seed, ROUNDS, hostsIn(ROUNDS)),
      progress: new Progress('terminal'),
      tell: (outcome) => console.log(`      ${lineOf(outcome)}`),
      signal: new AbortController().signal,
    });
    const violated = outcomes.filter(({ violations }) => violations.length > 0);
    const again = `npm run soak -- --rounds ${ROUNDS} --seed ${seed} --only ${violated.map(({ round }) => round.number).join(',')}`;
    assert.deepEqual(violated.map(lineOf), [], again);
    assert.equal(outcomes.length, ROUNDS);
    // Some moments are shorter than what it takes to strike; but most rounds are to mean something.
    const hits = outcomes.filter(({ hit }) => hit !== undefined).length;
    assert.ok(hits >= 0.8 * ROUNDS, `seed ${seed}\n${tableOf(outcomes)}`);
  });
});
