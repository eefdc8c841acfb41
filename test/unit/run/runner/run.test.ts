import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { FaultlineError } from '../../../../src/base/errors.ts';
import type { RunPlan } from '../../../../src/journal/plan.ts';
import { runFiles } from '../../../../src/journal/runs.ts';
import { environmentOf } from '../../../../src/run/runner/environment.ts';
import { projectRun, summaryOfRun } from '../../../../src/run/summaries.ts';
import { LibraryStatements } from '../../../../src/run/spec/tpch.ts';
import { packagePaths } from '../../../../src/base/package.ts';
import { endless, endOf, eventsOf, makePlace, operations, type Place } from '../support.ts';

describe('a run', function () {
  this.timeout(60_000);
  let place: Place;
  beforeEach(async () => (place = await makePlace()));
  afterEach(() => place.close());

  async function carriedOut(plan: RunPlan): Promise<{ readonly folder: string; readonly run: string }> {
    const started = await place.start(plan);
    await started.ended;
    return started;
  }

  it('is in its journal from its plan to its end, and summed up', async () => {
    const { folder, run } = await carriedOut(place.plan({ warmUp: { kind: 'iterations', iterations: 1 } }));
    const record = await place.store.record(run);
    assert.equal(record.state, 'ended');
    assert.equal(record.header?.plan.name, 'sales');
    assert.match(record.header?.environment.node ?? '', /^v\d/);
    const events = await eventsOf(folder);
    assert.deepEqual(endOf(events)?.how, 'finished');
    const phases = events.flatMap((event) => (event.kind === 'phase' && event.text === undefined ? [event.phase] : []));
    assert.deepEqual(phases, ['preparing', 'warmUp', 'measuring', 'draining']);
    const { view } = await projectRun(record);
    assert.deepEqual([view.counts.planned, view.counts.ok, view.verdict], [20, 20, 'passed']);
    // The first answer of a statement has none before it: the warm-up has made it.
    assert.deepEqual(
      view.statements.map(({ name, rows, answer }) => [name, rows, answer]),
      [
        ['count', 1, 'repeatable'],
        ['sum', 3, 'repeatable'],
      ],
    );
    assert.ok((await stat(join(folder, runFiles.summary))).size > 0);
    assert.equal((await summaryOfRun(record)).planned, 20);
  });

  it('names the revision of the folder it was started for, and whether that was changed', async () => {
    const folder = join(place.home, 'work');
    const git = (...args: readonly string[]): void => {
      execFileSync('git', ['-C', folder, '-c', 'user.name=t', '-c', 'user.email=t@localhost', ...args], { stdio: 'ignore' });
    };
    await mkdir(folder);
    await writeFile(join(folder, 'q.sql'), 'SELECT 1');
    git('init');
    git('add', '.');
    git('commit', '-m', 'one');
    const clean = await environmentOf('1', folder);
    assert.match(clean.gitRevision ?? '', /^[0-9a-f]{7,}$/);
    await writeFile(join(folder, 'q.sql'), 'SELECT 2');
    assert.equal((await environmentOf('1', folder)).gitRevision, `${clean.gitRevision}, changed`);
    assert.equal((await environmentOf('1', place.home)).gitRevision, undefined);
  });

  it('knows the answers of TPC-H, and shows a wrong one row by row', async () => {
    const [q06, q01] = await new LibraryStatements(join(packagePaths().root, 'snippets')).queries([6, 1]);
    assert.ok(q06 !== undefined && q01 !== undefined);
    const { folder, run } = await carriedOut(
      place.plan({
        arms: [{ label: 'DuckDB', engine: 'duckdb', target: { kind: 'tpch', scale: 0.01 }, threads: 2, memoryLimitBytes: 0 }],
        statements: [q06, { ...q01, sql: q01.sql.replace('l_returnflag,', "'X' AS l_returnflag,") }],
        load: { kind: 'closed', clients: 1, iterations: 2, thinkTimeMs: 0, order: 'listed' },
      }),
    );
    const { view } = await projectRun(await place.store.record(run));
    assert.deepEqual(
      view.statements.map(({ name, answer, counts }) => [name, answer, counts.ok, counts.failed]),
      [
        ['q06', 'ok', 2, 0],
        ['q01', 'wrong', 0, 2],
      ],
    );
    assert.equal(view.verdict, 'failed');
    const shown = (await eventsOf(folder)).filter(({ kind }) => kind === 'answer');
    assert.equal(shown.length, 1);
    assert.deepEqual(view.statements[1]?.difference?.differences[0], {
      row: 1,
      column: 'l_returnflag',
      rule: 'exact',
      expected: 'A',
      got: 'X',
    });
  });

  it('stops a statement that is over its time, and goes on', async () => {
    const { run } = await carriedOut(
      place.plan({
        statements: [
          { name: 'endless', sql: endless, weight: 1 },
          { name: 'quick', sql: 'SELECT 1', weight: 1 },
        ],
        load: { kind: 'closed', clients: 1, iterations: 1, thinkTimeMs: 0, order: 'listed' },
        timeoutMs: 300,
      }),
    );
    const { view } = await projectRun(await place.store.record(run));
    assert.deepEqual([view.counts.planned, view.counts.ok, view.counts.failed], [2, 1, 1]);
    assert.equal(view.counts.errorsByReason[0]?.reason, 'timedOut');
    assert.equal(view.verdict, 'failed');
  });

  it('counts what the engine refuses as failed operations, and nothing more', async () => {
    const { run } = await carriedOut(place.plan({ statements: [{ name: 'typo', sql: 'SELECT amuont FROM sales', weight: 1 }] }));
    const { view } = await projectRun(await place.store.record(run));
    assert.deepEqual([view.status, view.counts.planned, view.counts.failed], ['finished', 10, 10]);
    assert.match(view.counts.errorsByReason[0]?.text ?? '', /amuont/);
  });

  it('that is beyond the engine counts every arrival, the dropped ones too', async () => {
    const { run } = await carriedOut(
      place.plan({
        statements: [{ name: 'slow', sql: 'SELECT sum(hash(range)) FROM range(3000000)', weight: 1 }],
        load: { kind: 'open', ratePerSecond: 500, arrivals: 'uniform', durationMs: 1500, maxInFlight: 1, maxQueued: 5, order: 'listed' },
      }),
    );
    const { view } = await projectRun(await place.store.record(run));
    const { planned, ok, failed, dropped } = view.counts;
    assert.equal(planned, 750);
    assert.equal(ok + failed + dropped, planned);
    assert.ok(ok > 0 && dropped > 100, JSON.stringify(view.counts));
    assert.notEqual(view.verdict, 'passed');
  });

  it('alternates between two arms, and says when they answer differently', async () => {
    const other = join(place.home, 'other');
    await writeFile(`${other}.csv`, 'x\n1\n');
    const [arm] = place.plan().arms;
    assert.ok(arm !== undefined);
    const { folder, run } = await carriedOut(
      place.plan({
        arms: [
          { ...arm, label: 'A' },
          { ...arm, label: 'B', threads: 2 },
        ],
        statements: [
          { name: 'same', sql: 'SELECT 1', weight: 1 },
          { name: 'threads', sql: "SELECT current_setting('threads')", weight: 1 },
        ],
        load: { kind: 'closed', clients: 1, iterations: 4, thinkTimeMs: 0, order: 'listed' },
      }),
    );
    const events = await eventsOf(folder);
    assert.deepEqual(
      events.flatMap((event) => (event.kind === 'engine' ? [event.threads] : [])),
      [1, 2],
    );
    const arms = events.flatMap((event) => (event.kind === 'op' ? [event.arm] : []));
    assert.equal(arms.filter((one) => one === 0).length, arms.filter((one) => one === 1).length);
    const { view } = await projectRun(await place.store.record(run));
    assert.deepEqual(view.notes, ['threads: A and B answer differently']);
  });

  it('whose file is missing says so in its journal', async () => {
    const [arm] = place.plan().arms;
    assert.ok(arm !== undefined);
    const { folder, run } = await carriedOut(
      place.plan({ arms: [{ ...arm, target: { kind: 'file', path: join(place.home, 'gone.csv') } }] }),
    );
    const end = endOf(await eventsOf(folder));
    assert.deepEqual([end?.how, end?.error?.reason], ['failed', 'notFound']);
    assert.match((await summaryOfRun(await place.store.record(run))).reason, /gone\.csv/);
  });

  it('ends early when an abort rule holds', async () => {
    const { folder } = await carriedOut(
      place.plan({
        statements: [{ name: 'typo', sql: 'SELECT amuont FROM sales', weight: 1 }],
        load: {
          kind: 'open',
          ratePerSecond: 20,
          arrivals: 'uniform',
          durationMs: 600_000,
          maxInFlight: 4,
          maxQueued: 100,
          order: 'listed',
        },
        abortRules: [{ text: 'errors > 20 % over 1 s', metric: { kind: 'errors' }, comparison: '>', limit: 0.2, overMs: 1000 }],
      }),
    );
    const events = await eventsOf(folder);
    assert.equal(endOf(events)?.how, 'aborted');
    assert.match(endOf(events)?.reason ?? '', /errors > 20 % over 1 s/);
    assert.ok(operations(events) > 5);
  });

  it('does not begin with a statement that holds a secret, and keeps nothing of it', async () => {
    const statements = [{ name: 's3', sql: "CREATE SECRET s (TYPE s3, KEY_ID 'AKIA', SECRET 'abc')", weight: 1 }];
    await assert.rejects(
      place.start(place.plan({ statements })),
      (error) => FaultlineError.is(error, 'invalid') && /secret/.test(error.message),
    );
    assert.deepEqual(await place.store.list(), []);
  });

  it('runs beside another one, each with all of its own', async () => {
    const both = await Promise.all([carriedOut(place.plan()), carriedOut(place.plan({ name: 'second' }))]);
    for (const { run } of both) {
      const { counts, status } = await summaryOfRunCounts(run);
      assert.deepEqual([counts, status], [20, 'finished']);
    }
    assert.equal((await place.store.list()).length, 2);
  });

  async function summaryOfRunCounts(run: string): Promise<{ readonly counts: number; readonly status: string }> {
    const { ok, status } = await summaryOfRun(await place.store.record(run));
    return { counts: ok, status };
  }
});
