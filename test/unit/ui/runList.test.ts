import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import type { RunSummary } from '../../../src/analysis/view.ts';
import type { RunRecord } from '../../../src/journal/runs.ts';
import { pageOfRuns, RunList } from '../../../src/ui/session/runList.ts';
import { elapsedText, markOf, runFacts, runName } from '../../../src/ui/session/runWords.ts';
import { recordOf, summaryOf } from './run-records.ts';

/** A list over these records; `open` is how many summaries are being read, `let go` answers the oldest of them. */
function listOf(records: readonly RunRecord[], fails: (run: string) => boolean = () => false) {
  const waiting: (() => void)[] = [];
  const asked: (number | undefined)[] = [];
  let reads = 0;
  const list = new RunList({
    store: {
      list: async (limit) => {
        asked.push(limit);
        return records.slice(0, limit);
      },
      watch: () => ({ dispose: () => undefined }),
    },
    summary: ({ run }) => {
      reads++;
      return new Promise<RunSummary>((resolve, reject) => {
        waiting.push(() => (fails(run) ? reject(new Error(`${run} is torn`)) : resolve(summaryOf({ run }))));
      });
    },
    onError: () => undefined,
  });
  const next = async (): Promise<void> => {
    const filled = new Promise<void>((resolve) => {
      const listening = list.filled.listen(() => {
        listening.dispose();
        resolve();
      });
    });
    waiting.shift()?.();
    await filled;
    // The next one is asked for after the last one has been told.
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { list, next, asked, open: () => waiting.length, reads: () => reads };
}

const rowsOf = (list: RunList) => list.page.rows.map(({ record, summary }) => [record.run, summary?.verdict]);

describe('the list of runs', () => {
  it('has running ones first, then the newest; verdicts are filled in as they are read', async () => {
    const { list, next } = listOf([recordOf('c', 'ended'), recordOf('b', 'running'), recordOf('a', 'interrupted')]);
    await list.read();
    assert.deepEqual(rowsOf(list), [
      ['b', undefined],
      ['c', undefined],
      ['a', undefined],
    ]);
    await next();
    await next();
    assert.deepEqual(rowsOf(list), [
      ['b', undefined],
      ['c', 'passed'],
      ['a', 'passed'],
    ]);
  });

  it('reads four summaries at a time, and each of them once', async () => {
    const records = Array.from({ length: 10 }, (_, index) => recordOf(`run-${index}`, 'ended'));
    const { list, next, open, reads } = listOf(records);
    await list.read();
    assert.equal(open(), 4);
    for (let left = 10; left > 0; left--) {
      assert.equal(open(), Math.min(4, left));
      await next();
    }
    await list.read();
    assert.equal(reads(), 10);
    assert.ok(list.page.rows.every(({ summary }) => summary?.verdict === 'passed'));
  });

  it('of 2,000 runs asks for a page, and for one more when it is told to', async () => {
    const records = Array.from({ length: 2_000 }, (_, index) => recordOf(`run-${index}`, 'damaged'));
    const { list, asked } = listOf(records);
    assert.deepEqual([(await list.read()).rows.length, list.page.hasMore], [pageOfRuns, true]);
    list.showMore();
    assert.equal((await list.read()).rows.length, 2 * pageOfRuns);
    assert.deepEqual(asked, [pageOfRuns + 1, 2 * pageOfRuns + 1]);
  });

  it('a run that ended since is read again; one that can’t be read says why, and is not asked for ever', async () => {
    const records = [recordOf('a', 'running'), recordOf('b', 'ended')];
    const { list, next, reads } = listOf(records, (run) => run === 'b');
    await list.read();
    await next();
    assert.match(String(list.page.rows[1]?.problem), /b is torn/);
    records[0] = recordOf('a', 'ended');
    await list.read();
    await next();
    assert.deepEqual([rowsOf(list)[0], reads()], [['a', 'passed'], 2]);
  });
});

describe('a run in one line', () => {
  const ended = recordOf('a', 'ended');

  it('begins with its verdict as a word', () => {
    assert.equal(runFacts(ended, summaryOf(), 0), 'passed · p99 41 ms · 12.4 s · DuckDB 1.5.5');
    assert.equal(runFacts(ended, summaryOf({ verdict: 'failed' }), 0), 'failed · p99 41 ms · 12.4 s · DuckDB 1.5.5');
  });

  it('with too few samples for a p99 shows the median, and of none nothing', () => {
    const few = { p50: 8, p95: null, p99: null, max: 9 };
    assert.equal(runFacts(ended, summaryOf({ latencyMs: few }), 0), 'passed · p50 8 ms · 12.4 s · DuckDB 1.5.5');
    assert.equal(runFacts(ended, summaryOf({ latencyMs: { ...few, p50: null } }), 0), 'passed · 12.4 s · DuckDB 1.5.5');
  });

  it('while it runs counts its time', () => {
    assert.equal(runFacts(recordOf('a', 'running', 1_000), undefined, 68_000), 'running · 1:07 · DuckDB');
    assert.equal(elapsedText(3_723_000), '1:02:03');
  });

  it('stopped, interrupted, newer and damaged ones each have a word of their own', () => {
    const marks = [
      markOf(ended, summaryOf({ status: 'stopped', verdict: 'inconclusive' })),
      markOf(ended, summaryOf({ status: 'interrupted', verdict: 'inconclusive' })),
      markOf(recordOf('a', 'interrupted'), undefined),
      markOf(recordOf('a', 'newer'), undefined),
      markOf(recordOf('a', 'damaged'), undefined),
      markOf(ended, undefined),
    ];
    assert.deepEqual(marks, ['stopped', 'interrupted', 'interrupted', 'newer', 'damaged', 'unknown']);
    const unreadable = [recordOf('a', 'newer'), recordOf('b', 'damaged')];
    assert.deepEqual(
      unreadable.map((record) => [runName(record), runFacts(record, undefined, 0)]),
      [
        ['Run of a newer version', 'a'],
        ['Damaged run', 'b'],
      ],
    );
  });
});
