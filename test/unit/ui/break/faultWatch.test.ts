import assert from 'node:assert/strict';
import { appendFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'mocha';
import type { PlannedCluster, PlannedFault } from '../../../../src/journal/fault-plan.ts';
import { readWindow } from '../../../../src/journal/reader.ts';
import { runFiles } from '../../../../src/journal/runs.ts';
import { RunStore } from '../../../../src/journal/store.ts';
import { unfinishedRuns } from '../../../../src/run/stop/stop.ts';
import { FaultWatch, leftText, type WatchedFault } from '../../../../src/ui/session/faultWatch.ts';
import { live, startedAt, step, writeFaultRun } from '../../run/stop/made.ts';

const run = '20261121-140500-cut-0a1b';
const cluster: PlannedCluster = { context: 'lab', kubeconfig: '/k', identity: 'uid/ca' };
const cut: PlannedFault = {
  ...{ kind: 'networkCut', direction: 'both', title: 'Cut Network: kafka-1', durationMs: 60_000 },
  targets: [{ kind: 'pod', namespace: 'data', name: 'kafka-1', uid: 'u-kafka-1', container: 'kafka', containerId: 'old' }],
};

describe('what is broken now', () => {
  let home: string;
  let store: RunStore;
  let watch: FaultWatch;
  const errors: unknown[] = [];

  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), 'faultline-watch-'));
    store = new RunStore({ home });
    errors.length = 0;
    watch = new FaultWatch({
      list: () => store.list(50),
      read: ({ folder }, offset) => readWindow(join(folder, runFiles.journal), offset, 2_000),
      unfinished: () => unfinishedRuns(store),
      onError: (_, error) => errors.push(error),
      everyMs: 1,
    });
  });
  afterEach(async () => {
    watch.dispose();
    await rm(home, { recursive: true, force: true });
    assert.deepEqual(errors, []);
  });

  const append = (...steps: readonly object[]): Promise<void> =>
    appendFile(join(store.folderOf(run), runFiles.journal), steps.map((each) => `${JSON.stringify(each)}\n`).join(''));
  const until = (holds: () => boolean): Promise<void> =>
    new Promise((resolve) => {
      if (holds()) return resolve();
      const listening = watch.changed.listen(() => {
        if (!holds()) return;
        listening.dispose();
        resolve();
      });
    });

  it('is what a run has begun and not ended, with the time that is left; its end is told', async () => {
    const folder = await writeFaultRun(home, { run, cluster, faults: [cut], events: [step(900, 'ready')] });
    const end = await live(folder, run, 'silent');
    await watch.look();
    assert.equal(watch.faults.length, 0);
    // As many samples as stand between two steps.
    const sample = { t: 950, src: 'probe-a', kind: 'sample', wait: 0, service: 1, outcome: 'ok' };
    await append(...Array<object>(200).fill(sample), step(1_000, 'go'), step(1_100, 'applied'));
    await until(() => watch.faults.length > 0);
    const [fault]: readonly (WatchedFault | undefined)[] = watch.faults;
    assert.deepEqual([fault?.title, fault?.state, fault?.context, fault?.run], ['Cut Network: kafka-1', 'running', 'lab', run]);
    assert.equal(leftText(fault?.deadlineMs ?? 0, startedAt + 1_100 + 18_000), '0:42');
    await append(step(30_000, 'heal'), step(30_100, 'healed'));
    await until(() => watch.faults.length === 0);
    await end();
  });

  it('of a run that nobody carries on is what its journal has left open', async () => {
    await writeFaultRun(home, { run, cluster, faults: [cut], events: [step(900, 'ready'), step(1_000, 'go'), step(1_100, 'applied')] });
    await watch.look();
    assert.deepEqual(
      watch.faults.map(({ title, state }) => [title, state]),
      [['Cut Network: kafka-1', 'interrupted']],
    );
    assert.deepEqual(
      watch.left.map((left) => left.run),
      [run],
    );
  });

  it('is nothing where nothing was ever broken', async () => {
    await watch.look();
    assert.deepEqual([watch.faults, watch.left], [[], []]);
  });
});
