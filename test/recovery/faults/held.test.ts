import assert from 'node:assert/strict';
import { before, describe, it } from 'mocha';
import type { ClusterConnection } from '../../../src/cluster/connect/connection.ts';
import type { PreparedFault } from '../../../src/fault/injector.ts';
import type { FaultSettings } from '../../../src/journal/fault-plan.ts';
import { useLab, type TestLab } from '../../lab/use/lab.ts';
import { deployment, pod, SAYS_ITS_NAME } from '../../lab/use/workloads.ts';
import { asked, injection, podTarget, prepared, proves } from './kit.ts';

/** What a processor does within its limit in a moment. */
const WORK = 'i=0; while [ $i -lt 150000 ]; do i=$((i+1)); done';
/** Of whichever version of cgroups the node has. */
const MEMORY = 'cat /sys/fs/cgroup/memory/memory.usage_in_bytes /sys/fs/cgroup/memory.current 2>/dev/null';
const MIB = 2 ** 20;

describe('faults that last until they are healed, seen by a user', () => {
  let lab: TestLab;
  let connection: ClusterConnection;
  let address: string;

  before(async function () {
    this.timeout(180_000);
    lab = await useLab({ profile: 'node' });
    connection = await lab.api.connection();
    await lab.apply([
      deployment({ name: 'web', script: SAYS_ITS_NAME, port: 8080 }),
      deployment({ name: 'worker', script: 'sleep 100000', resources: { limits: { cpu: '500m', memory: '96Mi' } } }),
      pod({ name: 'user', script: 'sleep 100000' }),
    ]);
    for (const app of ['worker', 'user']) await lab.readyPods(`app=${app}`, 1);
    const [web] = await lab.readyPods('app=web', 1);
    address = web?.status?.podIP ?? '';
  });

  /** What a user measures before, while it lasts and after it was healed; the effect and the end are proven in between. */
  async function through<T>(
    app: string,
    settings: FaultSettings,
    effect: RegExp,
    measure: () => Promise<T>,
  ): Promise<{ readonly before: T; readonly during: T; readonly after: T }> {
    const fault: PreparedFault = await prepared(injection(connection, settings, await podTarget(lab, app)), lab.signal);
    try {
      const before = await measure();
      await fault.apply({ deadlineMs: Date.now() + 60_000 }, lab.signal);
      const during = await measure();
      await proves(fault.effect(lab.signal), effect);
      assert.deepEqual(await fault.heal(lab.signal), { kind: 'sent' });
      assert.equal((await fault.healed(lab.signal)).proven, true);
      return { before, during, after: await measure() };
    } finally {
      await fault.heal(lab.signal);
      await fault.dispose();
    }
  }

  const isAnswered = async (): Promise<boolean> => (await asked(lab, `http://${address}:8080`)) !== undefined;

  async function tookMs(from: string, script: string): Promise<number> {
    const startMs = performance.now();
    const { code, stderr } = await lab.exec(from, ['sh', '-c', script]);
    assert.equal(code, 0, stderr);
    return performance.now() - startMs;
  }

  it('freeze: it takes connections and answers nothing, and goes on where it was', async function () {
    this.timeout(60_000);
    const connects = async (): Promise<object> => {
      const { code } = await lab.exec('user', ['sh', '-c', `timeout 2 nc ${address} 8080 -e true`]);
      return { connects: code === 0, answers: await isAnswered() };
    };
    assert.deepEqual(await through('web', { kind: 'freeze' }, /stopped|held|thread/i, connects), {
      before: { connects: true, answers: true },
      during: { connects: true, answers: false },
      after: { connects: true, answers: true },
    });
  });

  for (const direction of ['both', 'in', 'out'] as const)
    it(`networkCut, ${direction}: its users do not reach it, and the kubelet does`, async function () {
      this.timeout(60_000);
      const restarts = async (): Promise<unknown> => (await lab.readyPods('app=web', 1))[0]?.status?.containerStatuses?.[0]?.restartCount;
      const before = await restarts();
      const seen = await through('web', { kind: 'networkCut', direction }, /packets dropped/, isAnswered);
      assert.deepEqual(seen, { before: true, during: false, after: true });
      assert.equal(await restarts(), before);
    });

  it('packetLoss: about as many pings are lost as were asked for', async function () {
    this.timeout(90_000);
    const lost = async (): Promise<number> => {
      const { stdout } = await lab.exec('user', ['ping', '-q', '-A', '-c', '60', '-W', '1', '-w', '20', address]);
      const [, sent = '0', received = '0'] = /(\d+) packets transmitted, (\d+) packets received/.exec(stdout) ?? [];
      assert.ok(Number(sent) > 0, stdout);
      return 1 - Number(received) / Number(sent);
    };
    const { before, during, after } = await through('web', { kind: 'packetLoss', percent: 50 }, /dropped/, lost);
    assert.deepEqual([before, after], [0, 0]);
    assert.ok(during > 0.2 && during < 0.8, `${during} of them were lost`);
  });

  it('latency: each answer comes later by as much as was asked for', async function () {
    this.timeout(60_000);
    const ask = (): Promise<number> => tookMs('user', `wget -T 20 -qO /dev/null http://${address}:8080`);
    const settings = { kind: 'latency', latencyMs: 2000, jitterMs: 0, existing: 'reset' } as const;
    const { before, during, after } = await through('web', settings, /./, ask);
    assert.ok(during >= 2000 && during > 3 * before && during > 3 * after, JSON.stringify({ before, during, after }));
  });

  it('slowClose: the answer comes at once, and the end of the connection later', async function () {
    this.timeout(60_000);
    const ask = (): Promise<number> => tookMs('user', `wget -T 20 -qO /dev/null http://${address}:8080`);
    const close = (): Promise<number> => tookMs('user', `printf 'GET / HTTP/1.0\\r\\n\\r\\n' | timeout 20 nc ${address} 8080 > /dev/null`);
    const settings = { kind: 'slowClose', delayMs: 3000, port: 8080, existing: 'reset' } as const;
    const { before, during, after } = await through('web', settings, /./, async () => [await ask(), await close()] as const);
    const figures = JSON.stringify({ before, during, after });
    assert.ok(during[1] >= 3000 && during[1] > 3 * before[1] && during[1] > 3 * after[1], figures);
    assert.ok(during[1] > 2 * during[0], figures);
  });

  it('cpuStress: work in the container takes longer within the same limit', async function () {
    this.timeout(90_000);
    const { name: worker } = await podTarget(lab, 'worker');
    const work = (): Promise<number> => tookMs(worker, WORK);
    const { before, during, after } = await through('worker', { kind: 'cpuStress', cores: 2 }, /cpu|processor|s of/i, work);
    assert.ok(during > 1.3 * before && during > 1.3 * after, JSON.stringify({ before, during, after }));
  });

  it('memoryStress: the container holds as much more, and lets it go', async function () {
    this.timeout(60_000);
    const { name } = await podTarget(lab, 'worker');
    const used = async (): Promise<number> => Number((await lab.exec(name, ['sh', '-c', MEMORY])).stdout);
    // It is held from the moment that it is proven.
    const fault = await prepared(
      injection(connection, { kind: 'memoryStress', bytes: 48 * MIB }, await podTarget(lab, 'worker')),
      lab.signal,
    );
    const before = await used();
    await fault.apply({ deadlineMs: Date.now() + 60_000 }, lab.signal);
    await proves(fault.effect(lab.signal), /MiB|MB|bytes/i);
    const during = await used();
    await fault.heal(lab.signal);
    assert.equal((await fault.healed(lab.signal)).proven, true);
    const after = await used();
    await fault.dispose();
    assert.ok(during - before > 40 * MIB && during - after > 40 * MIB, JSON.stringify({ before, during, after }));
  });
});
