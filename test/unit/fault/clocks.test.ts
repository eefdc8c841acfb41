import assert from 'node:assert/strict';
import type { ClusterConnection } from '../../../src/cluster/connect/connection.ts';
import { FieldEdit } from '../../../src/fault/inject/edit.ts';
import { replicasOf } from '../../../src/fault/inject/scale.ts';
import { leasesOfFaults, takeLease, type FaultLease } from '../../../src/fault/lease.ts';
import { sweep, type Swept } from '../../../src/fault/sweep.ts';
import { deadlineMark } from '../../../src/fault/marks.ts';
import type { FaultTarget } from '../../../src/journal/fault-plan.ts';
import { ScriptedApi } from './api.ts';

const { signal } = new AbortController();
const target: FaultTarget = { kind: 'workload', workload: 'StatefulSet', namespace: 'data', name: 'bus', uid: 'uid-bus' };
const path = '/apis/apps/v1/namespaces/data/statefulsets';

/** Whoever's it is, that of the cluster is right. */
describe('a clock that is ten minutes off', () => {
  let api: ScriptedApi;
  const opened: ClusterConnection[] = [];
  beforeEach(async () => {
    api = await ScriptedApi.start();
    api.put(path, { metadata: { name: 'bus', namespace: 'data', uid: 'uid-bus' }, spec: { replicas: 3 } });
  });
  afterEach(async () => {
    for (const connection of opened.splice(0)) connection.close();
    await api.stop();
  });

  interface Machine {
    readonly connection: ClusterConnection;
    readonly nowMs: () => number;
  }
  const machine = async (offMs: number): Promise<Machine> => {
    const nowMs = (): number => Date.now() + offMs;
    const connection = await api.connect({ wallMs: nowMs, monotonicMs: () => performance.now() });
    opened.push(connection);
    // As whoever has looked which cluster it is.
    await connection.request({ path: '/api/v1/namespaces/kube-system', signal });
    return { connection, nowMs };
  };
  const locked = ({ connection, nowMs }: Machine, run: string, forMs: number): Promise<FaultLease> =>
    takeLease(connection, { run, target, title: 'Scale', deadlineMs: nowMs() + forMs, nowMs: nowMs() }, signal);
  const broken = async ({ connection, nowMs }: Machine, forMs: number): Promise<void> => {
    const edit = await FieldEdit.read(connection, replicasOf(target), 'r1', 1, signal);
    await edit.apply(nowMs() + forMs, nowMs, signal);
  };
  const swept = ({ connection, nowMs }: Machine): Promise<Swept> => sweep(connection, { nowMs: nowMs(), alive: new Set() }, signal);
  const replicas = (): number => (api.at(`${path}/bus`)['spec'] as { replicas: number }).replicas;

  for (const [title, ownMs, otherMs] of [
    ['of the one who looks', 0, 600_000],
    ['of the one who looks, behind', 0, -600_000],
    ['of the one who broke it', -600_000, 0],
    ['of the one who broke it, ahead', 600_000, 0],
  ] as const)
    it(`takes over and sweeps nothing that is not over, and all that is: ${title}`, async () => {
      const own = await machine(ownMs);
      const other = await machine(otherMs);
      const lease = await locked(own, 'r1', 60_000);
      await broken(own, 60_000);
      await assert.rejects(locked(other, 'r2', 60_000), /bus is broken already/);
      assert.equal((await leasesOfFaults(other.connection, 'data', other.nowMs(), signal)).length, 1);
      assert.deepEqual(await swept(other), { found: [], leases: 0, unread: [] });
      assert.equal(replicas(), 1);
      await lease.release(signal);
      await locked(own, 'r1', -6000);
      api.at(`${path}/bus`).metadata.annotations = {
        ...api.at(`${path}/bus`).metadata.annotations,
        [deadlineMark]: new Date(Date.now() - 6000).toISOString(),
      };
      const { found, leases } = await swept(other);
      assert.deepEqual([found[0]?.outcome, leases, replicas()], ['healed', 1, 3]);
    });

  it('is compared by seconds: what is over for less than two is not taken from anybody', async () => {
    const own = await machine(0);
    await locked(own, 'r1', -1000);
    await assert.rejects(locked(own, 'r2', 60_000), /bus is broken already/);
    assert.equal((await swept(own)).leases, 0);
  });
});
