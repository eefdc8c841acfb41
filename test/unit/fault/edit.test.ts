import assert from 'node:assert/strict';
import { FaultlineError } from '../../../src/base/errors.ts';
import type { ClusterConnection } from '../../../src/cluster/connect/connection.ts';
import { FieldEdit } from '../../../src/fault/inject/edit.ts';
import { replicasOf } from '../../../src/fault/inject/scale.ts';
import type { Workload } from '../../../src/cluster/objects.ts';
import { ScriptedApi } from './api.ts';

const { signal } = new AbortController();
const path = '/apis/apps/v1/namespaces/data/statefulsets';

describe('a field that was set, and lost its mark', () => {
  let api: ScriptedApi;
  let connection: ClusterConnection;
  beforeEach(async () => {
    api = await ScriptedApi.start();
    connection = await api.connect();
    api.put(path, { metadata: { name: 'bus', namespace: 'data', uid: 'uid-bus', generation: 1 }, spec: { replicas: 3 } });
  });
  afterEach(async () => {
    connection.close();
    await api.stop();
  });

  const field = replicasOf({ kind: 'workload', workload: 'StatefulSet', namespace: 'data', name: 'bus', uid: 'uid-bus' });
  const edit = (): Promise<FieldEdit<Workload, number>> => FieldEdit.read(connection, field, 'r1', 1, signal);
  const applied = async (): Promise<FieldEdit<Workload, number>> => {
    const made = await edit();
    await made.apply(Date.now() + 60_000, Date.now, signal);
    assert.equal(replicas(), 1);
    return made;
  };
  const replicas = (): number => (api.at(`${path}/bus`)['spec'] as { replicas: number }).replicas;
  const set = (count: number): void => void ((api.at(`${path}/bus`)['spec'] as { replicas: number }).replicas = count);
  const unmark = (): void => void (api.at(`${path}/bus`).metadata.annotations = {});

  it('is set back: nobody has set another value', async () => {
    const made = await applied();
    unmark();
    assert.deepEqual(await made.heal(signal), { kind: 'sent' });
    assert.equal(replicas(), 3);
    set(1);
    assert.equal((await made.heal(signal)).kind, 'left', 'once it was set back, who sets the same is somebody else');
    assert.equal(replicas(), 1);
  });

  it('is left where the value is another, and where nobody acknowledged that it is ours', async () => {
    const made = await applied();
    unmark();
    set(2);
    assert.deepEqual(await made.heal(signal), { kind: 'left', text: 'replicas is 2 by now, and was left: somebody else has set it' });
    set(3);
    const never = await edit();
    set(1);
    assert.equal((await never.heal(signal)).kind, 'left');
    assert.equal(replicas(), 1);
  });

  it('and was changed twice since is neither overwritten nor called healed', async () => {
    const made = await applied();
    unmark();
    const { metadata } = api.at(`${path}/bus`);
    metadata.generation = (metadata.generation ?? 0) + 2;
    await assert.rejects(
      made.heal(signal),
      (error) => FaultlineError.is(error, 'unsupported') && /has lost its mark and was changed since/.test(error.message),
    );
    assert.equal(replicas(), 1);
  });

  it('is healed, and its mark goes, between the two writes of the healer in the cluster', async () => {
    const made = await applied();
    set(3);
    assert.deepEqual(await made.heal(signal), { kind: 'sent' });
    assert.deepEqual([replicas(), api.at(`${path}/bus`).metadata.annotations], [3, {}]);
  });
});
