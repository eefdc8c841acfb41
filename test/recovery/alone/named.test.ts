import assert from 'node:assert/strict';
import { after, before, describe, it } from 'mocha';
import type { PreviewJson } from '../../../src/cli/preview.ts';
import type { FaultTarget } from '../../../src/journal/fault-plan.ts';
import { useLab, type TestLab } from '../../lab/use/lab.ts';
import { chartRelease, type ChartName, type Release } from '../../lab/use/release.ts';
import { LabTerminal } from '../terminal.ts';

const MINUTE = 60_000;

/** Whom an engine names, and what it says itself: previews alone, nothing is broken. */
describe('a target that an engine names, previewed from the terminal', () => {
  let lab: TestLab;
  let terminal: LabTerminal;
  let release: Release | undefined;

  before(async function () {
    this.timeout(MINUTE);
    lab = await useLab({ profile: 'cluster' });
  });
  /** For the tests beside it. Each engine alone: a statement takes all that two processors have. */
  function deployed(chart: ChartName): void {
    before(async function () {
      this.timeout(12 * MINUTE);
      terminal = new LabTerminal(lab);
      release = await chartRelease(lab, chart);
      await release.deploy();
    });
    after(async function () {
      this.timeout(2 * MINUTE);
      await terminal?.close();
      await release?.uninstall();
    });
  }

  interface Previewed {
    readonly code: number | null;
    /** Of the only fault. */
    readonly targets: readonly FaultTarget[];
    readonly said: string;
  }
  async function previewed(target: string, probe: string): Promise<Previewed> {
    const args = ['--target', target, '--for', '10s', '--probe', probe, '--namespace', lab.namespace, '--preview', '--json'];
    const { code, stdout, stderr } = await terminal.cli('fault', 'freeze', ...args);
    assert.notEqual(stdout, '', stderr);
    const { faults, refusals } = JSON.parse(stdout) as PreviewJson;
    const said = [...refusals, ...faults.flatMap((fault) => fault.refusals)].map(({ text }) => text).join('; ');
    return { code, targets: faults[0]?.targets ?? [], said };
  }

  describe('of Trino', () => {
    deployed('trino');

    it('is a worker that runs tasks now, and nobody where none does', async function () {
      this.timeout(5 * MINUTE);
      const idle = await previewed('busy=true', 'trino');
      assert.match(idle.said, /No worker of \S+\/trino runs a task now/);
      assert.deepEqual([idle.code, idle.targets], [2, []]);
      // Hours of work in little memory: it is ended with the terminal.
      const at = ['--engine', 'trino', '--service', 'trino', '--namespace', lab.namespace, '--catalog', 'tpch', '--schema', 'sf1000'];
      const statement = terminal.start('sql', ...at, 'SELECT count(*) FROM lineitem');
      let found = idle;
      while (found.code !== 0) {
        assert.equal(statement.exitCode, null, 'the statement runs');
        lab.signal.throwIfAborted();
        found = await previewed('busy=true', 'trino');
      }
      const [target, another] = found.targets;
      assert.equal(another, undefined);
      assert.match(target?.as ?? '', /^runs (1 task|\d+ tasks)$/);
      const workers = await lab.readyPods(`${release?.selector ?? ''},app.kubernetes.io/component=worker`, 2);
      assert.ok(
        workers.some(({ metadata }) => metadata?.uid === target?.uid),
        target?.name,
      );
    });
  });

  describe('of Kafka', () => {
    deployed('kafka');

    it('is the active controller, as the quorum itself has it', async function () {
      this.timeout(3 * MINUTE);
      // One that has just come up may elect once more meanwhile.
      let [asked, now] = [NaN, await active()];
      let found: Previewed | undefined;
      while (asked !== now) {
        asked = now;
        found = await previewed('controller=true', 'kafka');
        now = await active();
      }
      assert.equal(found?.code, 0, found?.said);
      assert.deepEqual(
        found?.targets.map(({ name, as }) => [name, as]),
        [[`kafka-${now}`, 'active controller']],
      );
    });

    async function active(): Promise<number> {
      const small = ['env', '-u', 'KAFKA_LOG4J_OPTS', 'KAFKA_HEAP_OPTS=-Xmx128m'];
      const status = ['kafka-metadata-quorum.sh', '--bootstrap-server', 'kafka:9092', 'describe', '--status'];
      const { stdout, stderr } = await lab.exec('kafka-0', [...small, ...status], { timeoutMs: MINUTE });
      const [, id] = /^LeaderId:\s+(\d+)$/m.exec(stdout) ?? [];
      assert.ok(id, `${stdout}${stderr}`);
      return Number(id);
    }
  });
});
