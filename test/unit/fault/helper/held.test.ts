import assert from 'node:assert/strict';
import { consentTo } from '../../../../src/cluster/act/protection.ts';
import { pause } from '../../../../src/cluster/act/signal.ts';
import type { ClusterConnection } from '../../../../src/cluster/connect/connection.ts';
import type { Helper } from '../../../../src/fault/helper/helper.ts';
import type { Said } from '../../../../src/fault/helper/protocol.ts';
import { heldFault } from '../../../../src/fault/inject/held.ts';
import type { FaultTarget } from '../../../../src/journal/fault-plan.ts';
import { ScriptedApi } from '../api.ts';

const { signal } = new AbortController();
const target: FaultTarget = { kind: 'pod', namespace: 'data', name: 'bus-1', uid: 'uid-1', container: 'kafka' };

describe('a crash by a helper', () => {
  let api: ScriptedApi;
  let connection: ClusterConnection;
  beforeEach(async () => {
    api = await ScriptedApi.start();
    connection = await api.connect();
  });
  afterEach(async () => {
    connection.close();
    await api.stop();
  });

  const container = (id: string): unknown =>
    api.put('/api/v1/namespaces/data/pods', {
      metadata: { name: 'bus-1', namespace: 'data', uid: 'uid-1' },
      status: { containerStatuses: [{ name: 'kafka', containerID: `containerd://${id}`, state: { running: {} } }] },
    });

  it('of a process that had not died in time says so, also where it has died by then', async () => {
    container('first');
    const listeners: ((said: Said) => void)[] = [];
    const helper = {
      ...{ name: 'fl-r1-1', containerId: 'first' },
      said: { listen: (listener: (said: Said) => void) => (listeners.push(listener), { dispose: () => undefined }) },
      ended: new Promise(() => undefined),
      go: () => Promise.resolve(),
      close: () => Promise.resolve(),
    } as unknown as Helper;
    const prepared = heldFault({
      injection: {
        ...{ connection, run: 'r1', index: 0, target },
        fault: { kind: 'containerCrash', title: 'x', targets: [target] },
        consent: (change) => consentTo({ context: 'fake', server: connection.server, level: 'open', knownBy: 'identity' }, change),
        timing: { nowMs: Date.now, pause: (_, ends) => pause(1, ends) },
      },
      place: { namespace: 'data', pod: 'bus-1', uid: 'uid-1', container: 'kafka' },
      helper,
      clock: { monotonicMs: () => performance.now() },
      addresses: () => Promise.resolve(undefined),
      arm: () => Promise.resolve(),
    });
    await prepared.apply({ deadlineMs: Date.now() }, signal);
    const text = 'process 7 had not ended 2s after it was killed';
    for (const listener of listeners) listener({ event: 'ended', t: 0, why: 'lost', early: false, verified: false, text });
    assert.deepEqual(await prepared.effect(AbortSignal.timeout(30)), {
      proven: false,
      text: `The container still has its old id. (${text})`,
    });
    container('second');
    assert.deepEqual(await prepared.effect(signal), { proven: true, text: `The container that was there has ended: first (${text})` });
    await prepared.dispose();
  });
});
