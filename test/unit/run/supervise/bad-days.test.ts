import assert from 'node:assert/strict';
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, watch } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { FaultlineError } from '../../../../src/base/errors.ts';
import { readLease } from '../../../../src/journal/lease.ts';
import type { RunPlan } from '../../../../src/journal/plan.ts';
import { runFiles } from '../../../../src/journal/runs.ts';
import { RunStore } from '../../../../src/journal/store.ts';
import { projectRun, summaryOfRun } from '../../../../src/run/summaries.ts';
import { connectRun } from '../../../../src/run/supervise/connect.ts';
import { endless, endOf, eventsOf, isRunning, makePlace, operations, steady, until, type Place } from '../support.ts';
import type { ParentRequest } from './parent.ts';

describe('bad days of a run', function () {
  this.timeout(60_000);
  let place: Place;
  const parents: ChildProcess[] = [];
  beforeEach(async () => (place = await makePlace()));
  afterEach(async () => {
    for (const parent of parents.splice(0)) parent.kill('SIGKILL');
    await place.close();
  });

  /** Resolves when the run has begun; the parent lives on. */
  async function startFromParent(
    plan: RunPlan,
    options: Pick<ParentRequest, 'detach' | 'adoptWithinMs'>,
  ): Promise<{ readonly parent: ChildProcess; readonly run: string; readonly pid: number; readonly folder: string }> {
    const request: ParentRequest = { home: place.home, plan, ...options };
    const parent = spawn(process.execPath, [join(import.meta.dirname, 'parent.ts'), JSON.stringify(request)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    parents.push(parent);
    const [line] = (await once(createInterface({ input: parent.stdout }), 'line')) as [string];
    const { run, pid } = JSON.parse(line) as { run: string; pid: number };
    return { parent, run, pid, folder: place.store.folderOf(run) };
  }

  for (const signal of ['SIGKILL', 'SIGSEGV'] as const) {
    const how = signal === 'SIGKILL' ? 'the runner is killed' : 'the engine crashes the runner';
    it(`${how} in the middle: what was flushed is there, and it says that it was interrupted`, async () => {
      const started = await place.start(place.plan(steady));
      const before = operations(await until(started.folder, (events) => operations(events) >= 20));
      process.kill(started.pid, signal);
      await started.ended;
      const record = await place.store.record(started.run);
      assert.equal(record.state, 'interrupted');
      const { view, skippedLines } = await projectRun(record);
      assert.ok(view.counts.ok >= before && skippedLines <= 1, `${view.counts.ok} of ${before}`);
      assert.equal(view.status, 'interrupted');
      assert.equal(view.verdict, 'inconclusive');
      assert.equal((await summaryOfRun(record)).status, 'interrupted');
      assert.ok(existsSync(join(started.folder, runFiles.summary)));
      await assert.rejects(connectRun(record), (error) => FaultlineError.is(error, 'unreachable'));
    });
  }

  it('the window goes and nobody comes: the run ends as interrupted, with its figures', async () => {
    const { parent, run, folder } = await startFromParent(place.plan(steady), { detach: false, adoptWithinMs: 200 });
    await until(folder, (events) => operations(events) >= 5);
    parent.kill('SIGKILL');
    const end = endOf(await until(folder, (events) => endOf(events) !== undefined));
    assert.equal(end?.how, 'interrupted');
    await gone(folder);
    const { status, verdict, ok } = await summaryOfRun(await place.store.record(run));
    assert.deepEqual([status, verdict], ['interrupted', 'inconclusive']);
    assert.ok(ok >= 5);
  });

  it('the window goes and another one takes the run over: it goes on until that one has gone too', async () => {
    const { parent, run, folder } = await startFromParent(place.plan(steady), { detach: false, adoptWithinMs: 1000 });
    await until(folder, (events) => operations(events) >= 5);
    parent.kill('SIGKILL');
    await once(parent, 'exit');
    const link = await connectRun(await place.store.record(run));
    await link.adopt();
    const at = (await eventsOf(folder)).at(-1)?.t ?? 0;
    // Well beyond the time that it would have waited.
    const later = await until(folder, (events) => events.some(({ t }) => t > at + 2000));
    assert.equal(endOf(later), undefined);
    assert.equal((await place.store.record(run)).state, 'running');
    link.close();
    const end = endOf(await until(folder, (events) => endOf(events) !== undefined));
    assert.equal(end?.how, 'interrupted');
    await gone(folder);
  });

  it('the window goes, and a run that was let go finishes by itself', async () => {
    const plan = place.plan({ load: { kind: 'closed', clients: 1, iterations: 20, thinkTimeMs: 50, order: 'listed' } });
    const { parent, folder, run } = await startFromParent(plan, { detach: true, adoptWithinMs: 1 });
    parent.kill('SIGKILL');
    const end = endOf(await until(folder, (events) => endOf(events) !== undefined));
    assert.equal(end?.how, 'finished');
    await gone(folder);
    assert.equal((await summaryOfRun(await place.store.record(run))).ok, 40);
  });

  it('is stopped from another window: that one hears when it is in the journal, and every operation is accounted for', async () => {
    const { parent, run, folder } = await startFromParent(place.plan(steady), { detach: false, adoptWithinMs: 60_000 });
    await until(folder, (events) => operations(events) >= 5);
    const link = await connectRun(await place.store.record(run));
    await link.stop();
    assert.equal(endOf(await eventsOf(folder))?.how, 'stopped');
    await link.closed;
    const { view } = await projectRun(await place.store.record(run));
    const { planned, ok, failed, dropped, underway } = view.counts;
    assert.deepEqual([view.verdict, underway, planned], ['inconclusive', 0, ok + failed + dropped]);
    parent.kill('SIGKILL');
    await gone(folder);
  });

  it('is stopped in the middle of a statement that would go on for ever', async () => {
    const started = await place.start(place.plan({ statements: [{ name: 'endless', sql: endless, weight: 1 }] }));
    await until(started.folder, (events) => events.some((event) => event.kind === 'phase' && event.phase === 'measuring'));
    await started.stop();
    assert.equal(endOf(await eventsOf(started.folder))?.how, 'stopped');
    assert.equal(isRunning(started.pid), false);
  });

  it('SIGTERM ends it as stopped', async () => {
    const started = await place.start(place.plan(steady));
    await until(started.folder, (events) => operations(events) >= 1);
    process.kill(started.pid, 'SIGTERM');
    await started.ended;
    assert.equal(endOf(await eventsOf(started.folder))?.how, 'stopped');
  });

  it('the process stands still for seconds, as on a laptop that sleeps: the run says that it is not valid, and why', async () => {
    const started = await place.start(place.plan(steady));
    await until(started.folder, (events) => operations(events) >= 10);
    process.kill(started.pid, 'SIGSTOP');
    const asked = performance.now();
    // Nobody waits for ever for a process that does not answer.
    await assert.rejects(connectRun(await place.store.record(started.run)), (error) => FaultlineError.is(error, 'timedOut'));
    assert.ok(performance.now() - asked > 2500);
    process.kill(started.pid, 'SIGCONT');
    const events = await until(started.folder, (found) => found.some(({ kind }) => kind === 'gap'));
    const gap = events.find((event) => event.kind === 'gap');
    assert.ok(gap !== undefined && gap.ms > 2000, JSON.stringify(gap));
    await started.stop();
    const { view } = await projectRun(await place.store.record(started.run));
    assert.equal(view.driver.valid, false);
    assert.match(view.driver.reason ?? '', /stood still|stopped|slept/);
    assert.equal(view.verdict, 'inconclusive');
  });

  it('a home too deep for a socket: the run is reached all the same', async () => {
    const deep = join(place.home, 'x'.repeat(120));
    await mkdir(deep);
    const other = await makePlace(deep);
    try {
      const started = await other.start(other.plan(steady));
      await until(started.folder, (events) => operations(events) >= 1);
      const { socket = '' } = readLease(started.folder) ?? {};
      assert.ok(socket.startsWith(tmpdir()) && !socket.startsWith(deep), socket);
      const link = await connectRun(await other.store.record(started.run));
      await link.stop();
      await started.ended;
      assert.equal(existsSync(socket), false);
    } finally {
      await other.close();
    }
  });

  it('the disk is full in the middle: the end is in the journal and says why', async () => {
    // A disk of its own. Only root may make one: for others this fails, and says so.
    const disk = await mkdtemp(join(tmpdir(), 'faultline-disk-'));
    await promisify(execFile)('mount', ['-t', 'tmpfs', '-o', 'size=220k', 'faultline-test', disk]);
    let small: Place | undefined;
    try {
      small = await makePlace(disk);
      const load: RunPlan['load'] = { ...steadyOpen(), ratePerSecond: 150 };
      const started = await small.start(small.plan({ load, statements: [{ name: 'typo', sql: 'SELECT amuont FROM sales', weight: 1 }] }));
      await started.ended;
      const end = endOf(await eventsOf(started.folder));
      assert.deepEqual([end?.how, end?.error?.reason], ['failed', 'storage']);
      assert.match(end?.reason ?? '', /disk is full/);
      const { status, verdict, reason } = await summaryOfRun(await small.store.record(started.run));
      assert.deepEqual([status, verdict], ['failed', 'inconclusive']);
      assert.match(reason, /disk is full/);
    } finally {
      await small?.close();
      await promisify(execFile)('umount', ['-l', disk]);
      await rm(disk, { recursive: true });
    }
  });

  it('a run that can’t be written is refused, and nothing of it stays', async () => {
    // A folder where the journal has to be.
    class Blocking extends RunStore {
      override async create(name: string, startedAt: number): Promise<{ readonly run: string; readonly folder: string }> {
        const made = await super.create(name, startedAt);
        await mkdir(join(made.folder, runFiles.journal));
        return made;
      }
    }
    const blocking = new Blocking({ home: place.home });
    await assert.rejects(place.start(place.plan(), { store: blocking }), (error) => FaultlineError.is(error, 'storage'));
    assert.deepEqual(await readdir(join(place.home, 'runs')), []);
  });

  it('a summary that is lost or of another format is made again', async () => {
    const started = await place.start(place.plan());
    await started.ended;
    const record = await place.store.record(started.run);
    const path = join(started.folder, runFiles.summary);
    const first = await readFile(path, 'utf8');
    for (const spoil of [() => rm(path), () => writeFile(path, '{"format":0}'), () => writeFile(path, '{"for')]) {
      await spoil();
      assert.equal((await summaryOfRun(record)).ok, 20);
      assert.equal(await readFile(path, 'utf8'), first);
    }
  });

  function steadyOpen(): Extract<RunPlan['load'], { kind: 'open' }> {
    const { load } = steady;
    if (load.kind !== 'open') throw new Error('steady is open');
    return load;
  }

  /** The runner has given up its lease: the last thing it does. */
  async function gone(folder: string): Promise<void> {
    let onChange: () => void = () => undefined;
    const watcher = watch(folder, () => onChange());
    try {
      for (;;) {
        const changed = new Promise<void>((resolve) => (onChange = resolve));
        if (readLease(folder) === undefined) return;
        await changed;
      }
    } finally {
      watcher.close();
    }
  }
});
