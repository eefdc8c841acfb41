import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { after, before, beforeEach, describe, it } from 'mocha';
import { Progress, SetupError } from '../workbench/cache.mjs';
import { programs } from './build/programs.ts';
import { SCALE_LABEL } from './kwok/engines.ts';
import { churn, scale } from './kwok/scale.ts';
import type { LabStatus, Profile } from './lab.ts';
import { describeStatus } from './main/words.ts';
import { labProcesses } from './native/processes.ts';
import { openLab } from './use/lab.ts';
import { deployment } from './use/workloads.ts';
import { DEFAULT_MINOR } from './versions.ts';
import { down, status } from './ways.ts';
import { inventory } from './machine.ts';
import type { Inventory } from './machine.ts';

/** No other test uses it. */
const NUMBER = 9;
const MAIN = join(import.meta.dirname, 'main.ts');
const STEP_LIMIT_MS = 120_000;

describe('the life of a native lab', () => {
  let untouched: Inventory;

  before(async function () {
    this.timeout(600_000);
    // Built before, so that a kill meets the lab and not a build.
    await programs(['kube-apiserver', 'kwok', 'kubelet', 'coredns', 'metrics-server'], DEFAULT_MINOR, new Progress('lines'));
  });
  // Of a test that failed: it is not the next one's.
  beforeEach(async function () {
    this.timeout(STEP_LIMIT_MS);
    await down(NUMBER, new Progress('lines'));
    untouched = inventory(NUMBER);
  });
  after(async function () {
    this.timeout(STEP_LIMIT_MS);
    await down(NUMBER, new Progress('lines'));
  });

  for (const profile of ['api', 'node', 'cluster'] as const) {
    it(`profile ${profile} comes up, is used and goes without a trace, twice in a row`, async function () {
      this.timeout(4 * STEP_LIMIT_MS);
      for (let round = 0; round < 2; round++) {
        await lab('up', '--profile', profile, '--images', 'busybox');
        await use(profile);
        await lab('down');
        nothingIsLeft();
      }
    });
  }

  const moments: readonly [string, When][] = [
    ['while the network is made', { line: /^Making certificates and the network …/ }],
    ['when etcd runs and the API server does not answer yet', { line: /^Starting the control plane …/, runs: 'etcd' }],
    ['when the node is about to start', { line: /^Starting the node …/ }],
    ['when the kubelet has begun', { line: /^Starting the node …/, runs: 'kubelet lab-1' }],
  ];
  for (const [moment, when] of moments) {
    it(`a start that is killed ${moment} is finished by the next one`, async function () {
      this.timeout(2 * STEP_LIMIT_MS);
      await killed(when, 'up', '--profile', 'node', '--images', 'none');
      assert.notEqual((await status(NUMBER)).state, 'down');
      await lab('up', '--profile', 'node', '--images', 'none');
      await expectState('up');
      await lab('down');
      nothingIsLeft();
    });
  }

  it('an end that is killed is finished by the next one, and by a start', async function () {
    this.timeout(3 * STEP_LIMIT_MS);
    for (const next of ['down', 'up']) {
      await lab('up', '--profile', 'node', '--images', 'none');
      await killed({ line: new RegExp(`^Taking lab ${NUMBER} down …`) }, 'down');
      await lab(next, ...(next === 'up' ? ['--profile', 'node', '--images', 'none'] : []));
      await expectState(next === 'up' ? 'up' : 'down');
      await lab('down');
      nothingIsLeft();
    }
  });

  function nothingIsLeft(): void {
    const now = inventory(NUMBER);
    const changed = Object.keys(now).flatMap((kind) => [
      ...without(now[kind], untouched[kind]).map((thing) => `${kind}: ${thing} is new`),
      ...without(untouched[kind], now[kind]).map((thing) => `${kind}: ${thing} is gone`),
    ]);
    assert.deepEqual(changed, []);
  }
});

/** Those of the first that are not among the second, as often as they are more. */
function without(things: readonly string[] = [], others: readonly string[] = []): string[] {
  const left = [...others];
  return things.filter((thing) => {
    const index = left.indexOf(thing);
    if (index >= 0) left.splice(index, 1);
    return index < 0;
  });
}

/** Real pods where there are nodes for them, and fake ones otherwise. */
async function use(profile: Profile): Promise<void> {
  const { state, lab: running } = await status(NUMBER);
  assert.ok(state === 'up' && running !== undefined, `the lab is ${state}`);
  if (profile !== 'api') {
    const { testLab, end } = await openLab(running);
    await testLab.apply(deployment({ name: 'used', script: 'sleep 100000', replicas: 2 }));
    await testLab.readyPods('app=used', 2);
    await end();
    return;
  }
  const plan = { kubeconfig: running.kubeconfig, number: NUMBER, signal: new AbortController().signal, say: () => undefined };
  const { created, nodes } = await scale({ ...plan, pods: 250 });
  assert.deepEqual([created, nodes], [250, 3]);
  const churned = await churn({ ...plan, pods: 250, ratePerSecond: 50, durationMs: 2000 });
  assert.ok(churned.changes > 10, `${churned.changes} changes`);
  // What churn left half done is made whole, and all of it can be removed: also where one of a set is still going.
  assert.equal((await scale({ ...plan, pods: 250 })).nodes, 3);
  const { testLab, end } = await openLab(running);
  let whole: ReturnType<typeof scale> | undefined;
  await kwokStopped(async () => {
    await testLab.api.core.deleteNamespacedPod({ namespace: 'scale-clickhouse-1', name: 'chi-ch-1-main-0-0-0' });
    whole = scale({ ...plan, pods: 250 });
    await sleep(1000);
  });
  assert.equal((await whole)?.nodes, 3);
  // kwok knows pods by their names, and may still take one away that came after its namesake.
  const missing = (await scale({ ...plan, pods: 250 })).created;
  assert.ok(missing < 5, `${missing} were missing`);
  const { removed } = await scale({ ...plan, pods: 0 });
  assert.ok(removed > 245 && removed <= 250, `${removed} were removed`);
  assert.deepEqual((await testLab.api.core.listPodForAllNamespaces({ labelSelector: SCALE_LABEL })).items, []);
  await end();
}

async function kwokStopped(work: () => Promise<void>): Promise<void> {
  const pids = labProcesses(NUMBER).flatMap(({ name, pid }) => (name === 'kwok' ? [pid] : []));
  assert.equal(pids.length, 1);
  for (const pid of pids) process.kill(pid, 'SIGSTOP');
  try {
    await work();
  } finally {
    for (const pid of pids) process.kill(pid, 'SIGCONT');
  }
}

async function expectState(expected: LabStatus['state']): Promise<void> {
  const found = await status(NUMBER);
  assert.equal(found.state, expected, describeStatus(found, Date.now()));
}

interface When {
  /** Of the command's progress. */
  readonly line: RegExp;
  /** Afterwards, as soon as this process of the lab is there. */
  readonly runs?: string;
}

/** Runs a command of the lab to its end. */
async function lab(...args: string[]): Promise<void> {
  const child = start(args);
  const output: string[] = [];
  child.stderr?.on('data', (data) => output.push(String(data)));
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0) throw new SetupError(`"lab ${args.join(' ')}" ended with ${code}:\n${output.join('')}`);
}

/** Runs a command of the lab and kills it, and nothing else, at the moment. */
async function killed(when: When, ...args: string[]): Promise<void> {
  const child = start(args);
  const seen: string[] = [];
  const exit = once(child, 'exit');
  if (child.stderr === null) throw new Error('The command has no stderr.');
  const lines = createInterface({ input: child.stderr });
  for await (const line of lines) {
    seen.push(line);
    if (!when.line.test(line)) continue;
    const { runs } = when;
    // There is no event for a process that another one starts.
    while (runs !== undefined && child.exitCode === null && !labProcesses(NUMBER).some(({ name }) => name === runs)) await sleep(5);
    child.kill('SIGKILL');
  }
  const [code, signal] = (await exit) as [number | null, NodeJS.Signals | null];
  assert.equal(signal, 'SIGKILL', `it ended with ${code} before the moment came:\n${seen.join('\n')}`);
}

function start(args: readonly string[]): ChildProcess {
  return spawn(process.execPath, [MAIN, ...args, '--lab', String(NUMBER), ...(args[0] === 'up' ? ['--way', 'native'] : [])], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
}
