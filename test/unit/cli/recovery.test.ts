import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import type { RecoveryJson } from '../../../src/analysis/recovery/show/json.ts';
import { describeRecovery } from '../../../src/cli/recovery.ts';
import { widthOf } from '../../../src/cli/format/width.ts';
import type { Terminal } from '../../../src/cli/terminal.ts';
import { writeRun } from '../report/support.ts';
import { neverBack } from '../analysis/recovery/scripts.ts';
import { leaderKill, nothing, viewOf, type Script } from '../analysis/recovery/simulator.ts';
import { writeRecovery } from './recoveries.ts';
import { makeHome, type Home } from './support.ts';

/** Begins what orders a terminal about. */
const escape = '\u001b';

const run = '20261121-140500-leader-kill-0a1b';

const unhealed: Script = {
  ...neverBack,
  steps: [
    [-20, 'go'],
    [0, 'applied'],
    [40, 'effect', { text: '1,204 packets dropped' }],
    [50_000, 'unconfirmed', { text: 'the API does not answer', command: 'kubectl -n shop exec kafka-1 -c fl-x -- sh -c "kill 1"' }],
  ],
};

describe('faultline recovery', () => {
  let home: Home;
  beforeEach(async () => {
    home = await makeHome();
  });
  afterEach(() => home.remove());

  it('shows verdict, proofs, key numbers, lanes with their sums, and the tables behind them', async () => {
    await writeRecovery(home.path, run, leaderKill);
    const { code, stdout, stderr } = await home.run(['recovery', 'last']);
    assert.deepEqual([code, stderr], [0, '']);
    for (const said of [
      /^✓ PASSED {2}kill kafka-1, leader of messages\/17\nUsers were served again 3\.05 s after the fault/,
      /^ {2}✓ effect proven: old container id gone$/m,
      /^ {2}Recovered +3\.05 s {2}± 0\.05 {2}limit ≤ 10 s {2}✓ met$/m,
      /^users +█+▒+─+ +8\.45 s\n +0\.18 to the first bad probe \+ 2\.17 no good answer \+ 0\.70 unstable \(0\.15 bad\)/m,
      /^predicted +╌+░+\n +9\.00 to 10\.00 s by session timeout, recovered 6–7 s sooner$/m,
      /^Pod stages\nPOD +STAGE/m,
      /^ISR of messages\/17 +3 +2 +3 → 2 at \+0\.30 s, 2 → 3 at \+14\.10 s$/m,
      /^acknowledged +41,230 +no loss among 41,230 acknowledged; 12 unknown, 9 of them present$/m,
      new RegExp(`^Run ${run}$`, 'm'),
    ])
      assert.match(stdout, said);
    assert.ok(!stdout.includes(escape));
  });

  it('as JSON has exactly the fields that were promised, and never a number for what never came', async () => {
    await writeRecovery(home.path, run, neverBack);
    const { code, stdout } = await home.run(['recovery', '0a1b', '--json']);
    const json = JSON.parse(stdout) as RecoveryJson;
    assert.equal(code, 1);
    assert.deepEqual(
      [json.verdict, json.recoveredMs, json.effectProven, json.healProven, json.messages],
      ['failed', 'never', true, true, null],
    );
    assert.equal(json.impact?.startMs, 225);
    assert.equal(json.unavailableMs, 59_800);
    assert.deepEqual(
      json.stages.map(({ lane, atMs }) => [lane, atMs]),
      [['client', 225]],
    );
  });

  it('its exit code is the verdict’s: 4 where the heal is not proven, and the command stands whole on a line', async () => {
    await writeRecovery(home.path, run, unhealed);
    const { code, stdout } = await home.run(['recovery', run]);
    assert.equal(code, 4);
    assert.match(stdout, /^INCONCLUSIVE {2}cut kafka-1 off\nHeal not confirmed/);
    assert.match(stdout, /^✗ NOT HEALED, as far as is known: cut kafka-1 off\./m);
    assert.match(stdout, /^ {2}kubectl -n shop exec kafka-1 -c fl-x -- sh -c "kill 1"$/m);
  });

  it('of a runner that was killed says that it was not carried out to its end', async () => {
    await writeRecovery(home.path, run, { ...leaderKill, end: null });
    assert.equal((await home.run(['recovery', 'last'])).code, 3);
  });

  it('of a benchmark says what to use instead', async () => {
    await writeRun(home.path, { run });
    const { code, stdout, stderr } = await home.run(['recovery', 'last']);
    assert.deepEqual([code, stdout], [2, '']);
    assert.match(stderr, new RegExp(`The run ${run} breaks nothing.*\\n.*faultline report ${run} --format md`));
  });

  it('of what is no run, or several, is an invalid request', async () => {
    assert.equal((await home.run(['recovery', 'nothing'])).code, 2);
    await mkdir(join(home.path, 'runs', run), { recursive: true });
    await writeFile(join(home.path, 'runs', run, 'journal.ndjson'), 'no journal\n');
    const { code, stderr } = await home.run(['recovery', run]);
    assert.deepEqual([code, /This is not the journal of a run/.test(stderr)], [2, true]);
  });
});

function edges(columns: number, env: Terminal['env'] = {}, isTTY = true): Pick<Terminal, 'stdout' | 'stderr' | 'env'> {
  const stream = (): Terminal['stdout'] => Object.assign(new PassThrough(), { columns, isTTY });
  return { stdout: stream(), stderr: stream(), env };
}

const plain = (text: string): string => text.replaceAll(new RegExp(`${escape}\\[\\d+m`, 'g'), '');

describe('a recovery on a terminal', () => {
  for (const columns of [160, 100, 80, 60, 40])
    it(`has no line wider than its ${columns} columns, but for commands`, () => {
      for (const script of [leaderKill, neverBack, unhealed]) {
        const lines = plain(describeRecovery(viewOf(script), edges(columns))).split('\n');
        assert.deepEqual(
          lines.filter((line) => widthOf(line) > columns && !/^ {2}(?:faultline|kubectl) /.test(line)),
          [],
        );
      }
    });

  it('paints what was bad red, and nothing where colours are not wanted', () => {
    const text = describeRecovery(viewOf(leaderKill), edges(100));
    assert.ok(text.startsWith(`${escape}[32m✓ PASSED${escape}[0m`));
    assert.ok(text.includes(`█${escape}[0m${escape}[33m▒`));
    assert.equal(describeRecovery(viewOf(leaderKill), edges(100, { NO_COLOR: '1' })), plain(text));
    assert.equal(describeRecovery(viewOf(leaderKill), edges(100, { TERM: 'dumb' })), plain(text));
  });

  it('is letters alone where the locale has no others', () => {
    const text = describeRecovery(viewOf(leaderKill), edges(80, { LC_ALL: 'C', NO_COLOR: '1' }));
    assert.match(text, /^[\n -~]*$/);
    assert.match(text, /^users +#+%+-+ +8\.45 s$/m);
    assert.match(text, /^ok PASSED/);
  });

  it('has no cross for a baseline that nobody needs, a sign of its own for what was bad in part, and numbers that hold together', () => {
    const text = describeRecovery(
      viewOf({ ...leaderKill, baselineMs: 3000, expect: ['recovered <= 10 s'] }),
      edges(120, { NO_COLOR: '1' }),
    );
    assert.match(text, /^ {2}– no steady baseline: 3 s long, 60 s needed$/m);
    assert.doesNotMatch(text, /✗/);
    assert.match(text, /█ bad {3}▄ some bad/);
    assert.match(text, / −1\.00 /);
  });

  it('of a control that showed nothing says that no impact was felt, with an empty lane', () => {
    const text = describeRecovery(viewOf({ fault: nothing }), edges(100, { NO_COLOR: '1' }));
    assert.match(text, /^✓ PASSED {2}nothing\nUsers felt no impact$/m);
    assert.match(text, /^pooled +·+$/m);
    assert.doesNotMatch(text, /^users/m);
  });

  it('of a run that goes on says so, with what is active', () => {
    const { steps: _steps, ...script } = neverBack;
    const running: Script = {
      ...script,
      end: null,
      observeMs: 5000,
      steps: [
        [-20, 'go'],
        [0, 'applied'],
      ],
    };
    const text = describeRecovery(viewOf(running, 'running'), edges(100, { NO_COLOR: '1' }));
    assert.match(text, /^RUNNING {2}cut kafka-1 off\nFault active for /);
    assert.match(text, /^fault +▼━+▶/m);
    assert.match(text, /not healed yet$/m);
  });

  it('at the end of a run is brief: the picture without the tables behind it, which it says how to see', () => {
    const text = describeRecovery(viewOf(leaderKill), edges(100, { NO_COLOR: '1' }), { brief: true });
    assert.match(text, /^users +█+▒+─+/m);
    assert.doesNotMatch(text, /^Pod stages$/m);
    assert.match(text, /^ {2}faultline recovery \S+ {3}the tables behind this$/m);
  });

  it('before anything is broken has no picture, and no error', () => {
    const text = describeRecovery(viewOf({ ...leaderKill, steps: [], end: 'stopped', events: () => [] }), edges(100, { NO_COLOR: '1' }));
    assert.match(text, /^INCONCLUSIVE/);
    assert.doesNotMatch(text, /█/);
  });
});
