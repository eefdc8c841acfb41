import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, describe, it } from 'mocha';
import type { HelperClient } from '../../../src/fault/helper/client.ts';
import { machineMs } from './agent.ts';
import { family, spawnHelper, type SpawnedHelper } from './net.ts';

const SLACK_MS = 1000;

/** Counts on and on in two threads, with a child of its own: a container's process 1. */
const PROGRAM = `
import threading, time, os, sys, signal
signal.signal(signal.SIGTERM, lambda *_: print('TERM', flush=True))
if os.fork() == 0:
  while True: time.sleep(0.02)
threading.Thread(target=lambda: [time.sleep(0.02) for _ in iter(int, 1)], daemon=True).start()
while True:
  print(time.monotonic() * 1000, flush=True)
  time.sleep(0.02)
`;

/** Process 1 of a process namespace, seen from outside. */
class Container {
  readonly child: ChildProcess;
  /** Moments at which it was alive. */
  readonly beats: number[] = [];
  readonly words: string[] = [];
  #wake: (() => void) | undefined;

  constructor() {
    this.child = spawn('unshare', ['--pid', '--fork', '--kill-child', '--mount-proc', '--mount', 'python3', '-c', PROGRAM], {
      // When its child is killed it complains.
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    if (this.child.stdout === null) throw new Error('no output');
    createInterface({ input: this.child.stdout }).on('line', (line) => {
      const at = Number(line);
      if (Number.isNaN(at)) this.words.push(line);
      else this.beats.push(at);
      this.#wake?.();
    });
  }

  /** Of `python3` in our own namespace. */
  pid(): number {
    const { pid } = this.child;
    const [first = ''] = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ');
    return Number(first);
  }

  async beat(afterMs: number): Promise<number> {
    for (;;) {
      const found = this.beats.find((at) => at > afterMs);
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  /** As an ephemeral container sees it: its processes, and files of its own. */
  helper(env?: Readonly<Record<string, string>>): Promise<SpawnedHelper> {
    return spawnHelper(['nsenter', '--target', String(this.pid()), '--pid', '--mount', 'unshare', '--mount'], env);
  }

  async end(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    this.child.kill('SIGKILL');
    await once(this.child, 'exit');
  }
}

describe('the helper, beside a container’s process 1', () => {
  let container: Container;
  let helper: SpawnedHelper;
  let client: HelperClient;

  beforeEach(async () => {
    container = new Container();
    await container.beat(0);
    helper = await container.helper();
    client = await helper.client();
  });
  afterEach(async () => {
    helper.child.kill('SIGCONT');
    helper.child.kill('SIGKILL');
    await helper.exited;
    await container.end();
  });

  it('holds all its threads and those of its children from “go” to the deadline, and loses no signal', async () => {
    const { on } = await client.arm({ kind: 'freeze' });
    assert.equal(on.length, 2, on.join(', '));
    const armedMs = machineMs();
    await container.beat(armedMs + 100);
    const { proof } = await client.go(1500);
    const appliedMs = machineMs();
    assert.deepEqual(
      { proven: proof.proven, processes: proof.processes, threads: proof.threads },
      { proven: true, processes: 2, threads: 3 },
    );
    const states = family(container.pid()).flatMap((pid) =>
      readdirSync(`/proc/${pid}/task`).map((tid) => /^State:\s+(\S)/m.exec(readFileSync(`/proc/${pid}/task/${tid}/status`, 'utf8'))?.[1]),
    );
    assert.deepEqual(states, ['t', 't', 't']);
    process.kill(container.pid(), 'SIGTERM');
    const next = await container.beat(appliedMs);
    assert.ok(Math.abs(next - appliedMs - 1500) < SLACK_MS, `it went on ${next - appliedMs} ms after it was applied`);
    const ended = await helper.event('ended');
    assert.deepEqual(ended.event === 'ended' && [ended.why, ended.verified], ['deadline', true]);
    await container.beat(next + 50);
    assert.deepEqual(container.words, ['TERM']);
  });

  it('lets them go when it is asked to', async () => {
    await client.arm({ kind: 'freeze' });
    await client.go(60_000);
    const askedMs = machineMs();
    const { verified } = await client.heal();
    assert.equal(verified, true);
    assert.ok((await container.beat(askedMs)) - askedMs < SLACK_MS);
  });

  it('killed, they go on at once', async () => {
    await client.arm({ kind: 'freeze' });
    await client.go(60_000);
    const killedMs = machineMs();
    helper.kill('SIGKILL');
    assert.ok((await container.beat(killedMs)) - killedMs < SLACK_MS);
  });

  it('stopped, the kernel kills it at the deadline, and they go on', async () => {
    await client.arm({ kind: 'freeze' });
    await client.go(1500);
    const appliedMs = machineMs();
    helper.kill('SIGSTOP');
    const next = await container.beat(appliedMs + 50);
    assert.ok(next - appliedMs > 1000 && next - appliedMs < 1500 + SLACK_MS, `it went on ${next - appliedMs} ms after it was applied`);
    await helper.gone();
    assert.ok(machineMs() - appliedMs < 1500 + SLACK_MS, 'the helper is killed');
  });

  it('killed at any moment, nothing of the container is held', async function () {
    this.timeout(60_000);
    for (let round = 0; round < 20; round++) {
      const one = await container.helper();
      one.pipe.listen(() => undefined);
      await one.event('hello');
      one.pipe.send(JSON.stringify({ id: 1, do: 'arm', name: `round_${round}`, fault: { kind: 'freeze' } }));
      one.pipe.send(JSON.stringify({ id: 2, do: 'go', durationMs: 60_000, notAfter: 60_000 }));
      await pause(Math.random() * 20);
      one.kill('SIGKILL');
      await one.gone();
      await container.beat(machineMs());
    }
    assert.deepEqual(
      family(container.pid()).map((pid) => /TracerPid:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]),
      ['0', '0'],
    );
  });

  it('says so when what it holds dies meanwhile', async () => {
    await client.arm({ kind: 'freeze' });
    await client.go(60_000);
    const [, child = 0] = family(container.pid());
    process.kill(child, 'SIGKILL');
    // One of two: it goes on.
    assert.equal((await client.proof()).proven, false);
    await client.heal();
  });

  it('kills process 1 with “go” and not before, and nothing of its namespace is left', async () => {
    const pid = container.pid();
    await client.arm({ kind: 'containerCrash' });
    const armedMs = machineMs();
    await container.beat(armedMs + 200);
    await client.go(1000);
    await once(container.child, 'exit');
    assert.equal(existsSync(`/proc/${pid}`), false);
    await helper.exited;
    assert.equal((await client.ended).kind, 'lost');
  });

  it('killed before “go”, nothing happens to the container', async () => {
    await client.arm({ kind: 'containerCrash' });
    helper.kill('SIGKILL');
    await helper.gone();
    await container.beat(machineMs() + 100);
  });
});

/** A cgroup with a fifth of a processor and 300 MB, of either version. */
class Group {
  readonly #folders: Readonly<Record<'cpu' | 'cpuacct' | 'memory', string>>;
  readonly #isNew = existsSync('/sys/fs/cgroup/cgroup.controllers');

  constructor() {
    const of = (resource: string): string => join('/sys/fs/cgroup', this.#isNew ? '' : resource, `fltest-${process.pid}`);
    this.#folders = { cpu: of('cpu'), cpuacct: of('cpuacct'), memory: of('memory') };
    for (const folder of new Set(Object.values(this.#folders))) mkdirSync(folder);
    this.#write('cpu', this.#isNew ? 'cpu.max' : 'cpu.cfs_quota_us', this.#isNew ? '20000 100000' : '20000');
    this.#write('memory', this.#isNew ? 'memory.max' : 'memory.limit_in_bytes', String(300 << 20));
  }

  /** For a shell that becomes one of it. */
  enter(): string {
    return [...new Set(Object.values(this.#folders))].map((folder) => `echo $$ > ${folder}/cgroup.procs`).join('; ');
  }

  usedMs(): number {
    if (!this.#isNew) return Number(this.#read('cpuacct', 'cpuacct.usage')) / 1e6;
    return Number(/usage_usec (\d+)/.exec(this.#read('cpu', 'cpu.stat'))?.[1]) / 1000;
  }

  memoryBytes(): number {
    return Number(this.#read('memory', this.#isNew ? 'memory.current' : 'memory.usage_in_bytes'));
  }

  async end(): Promise<void> {
    for (const folder of new Set(Object.values(this.#folders))) {
      while (readFileSync(join(folder, 'cgroup.procs'), 'utf8') !== '') await pause(10);
      rmdirSync(folder);
    }
  }

  #read(resource: 'cpu' | 'cpuacct' | 'memory', file: string): string {
    return readFileSync(join(this.#folders[resource], file), 'utf8').trim();
  }

  #write(resource: 'cpu' | 'memory', file: string, text: string): void {
    writeFileSync(join(this.#folders[resource], file), text);
  }
}

describe('the helper, in a cgroup', () => {
  let group: Group;
  let helper: SpawnedHelper;
  let client: HelperClient;

  beforeEach(async () => {
    group = new Group();
    helper = await spawnHelper(['sh', '-c', `${group.enter()}; exec "$@"`, 'sh']);
    client = await helper.client();
  });
  afterEach(async () => {
    helper.child.kill('SIGKILL');
    await helper.exited;
    await group.end();
  });

  it('burns processor time within the limit that is there, proven by its counters, and stops in time', async () => {
    const { note } = await client.arm({ kind: 'cpuStress', cores: 2 });
    assert.match(note ?? '', /may use 0\.2 processors/);
    await client.go(1500);
    await pause(1000);
    const { proven, cpuUsedMs = 0, cpuThrottledMs = 0 } = await client.proof();
    assert.ok(proven && cpuUsedMs < 600, `${cpuUsedMs} ms used`);
    assert.ok(cpuThrottledMs > 0, 'it was held to its limit');
    await helper.event('ended');
    const beforeMs = group.usedMs();
    await pause(300);
    assert.ok(group.usedMs() - beforeMs < 60, `${group.usedMs() - beforeMs} ms used afterwards`);
  });

  it('holds memory until it is healed', async () => {
    await client.arm({ kind: 'memoryStress', bytes: 128 << 20 });
    const beforeBytes = group.memoryBytes();
    await client.go(60_000);
    let proof = await client.proof();
    for (const limit = machineMs() + 10_000; (proof.memoryBytes ?? 0) < beforeBytes + (120 << 20) && machineMs() < limit; await pause(50))
      proof = await client.proof();
    assert.ok(proof.proven && group.memoryBytes() > beforeBytes + (120 << 20), proof.text);
    await client.heal();
    assert.ok(group.memoryBytes() < beforeBytes + (32 << 20));
  });

  it('is the first to be ended where the kernel has to end one', async () => {
    const { note } = await client.arm({ kind: 'memoryStress', bytes: 600 << 20 });
    assert.match(note ?? '', /will end a process/);
    await client.go(60_000).catch(() => undefined);
    assert.equal((await helper.exited).signal, 'SIGKILL');
    assert.equal((await client.ended).kind, 'lost');
  });
});
