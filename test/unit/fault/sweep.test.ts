import assert from 'node:assert/strict';
import type { ClusterConnection } from '../../../src/cluster/connect/connection.ts';
import { takeLease } from '../../../src/fault/lease.ts';
import { deadlineMark, probeLabel, runMark, undoMark } from '../../../src/fault/marks.ts';
import { sweep, type Swept } from '../../../src/fault/sweep.ts';
import { status } from '../cluster/server.ts';
import { ScriptedApi, type ApiObject } from './api.ts';

const { signal } = new AbortController();
const deadline = '2026-03-01T10:00:00.000Z';
const endMs = Date.parse(deadline);
/** Clocks are compared by seconds. */
const over = endMs + 2000;

describe('a sweep', () => {
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

  const marks = (field: string, original: unknown, ours: unknown, run = 'r1'): object => ({
    [runMark]: run,
    [deadlineMark]: deadline,
    [undoMark]: JSON.stringify({ run, field, original, ours }),
  });
  const scaled = (replicas: number, annotations: object, name = 'bus'): ApiObject =>
    api.put('/apis/apps/v1/namespaces/data/statefulsets', {
      metadata: { name, namespace: 'data', uid: `uid-${name}`, annotations },
      spec: { replicas },
    });
  const replicas = (name = 'bus'): number =>
    (api.at(`/apis/apps/v1/namespaces/data/statefulsets/${name}`)['spec'] as { replicas: number }).replicas;
  const swept = (nowMs = over, alive: readonly string[] = []): Promise<Swept> =>
    sweep(connection, { nowMs, alive: new Set(alive) }, signal);

  it('sets back what nobody was there to set back, and takes the marks away', async () => {
    scaled(1, marks('replicas', 3, 1));
    api.put('/api/v1/nodes', {
      metadata: { name: 'n1', uid: 'u', annotations: marks('unschedulable', false, true) },
      spec: { unschedulable: true },
    });
    const { found, unread } = await swept();
    assert.deepEqual(found, [
      { title: 'StatefulSet data/bus', run: 'r1', outcome: 'healed' },
      { title: 'Node n1', run: 'r1', outcome: 'healed' },
    ]);
    assert.deepEqual(unread, []);
    assert.equal(replicas(), 3);
    assert.deepEqual(api.at('/api/v1/nodes/n1')['spec'], {});
    assert.deepEqual(api.at('/api/v1/nodes/n1').metadata.annotations, {});
    assert.deepEqual((await swept()).found, [], 'there is nothing left');
  });

  it('leaves what is not over, what a live run has, what is not ours, and what somebody else has changed', async () => {
    scaled(1, marks('replicas', 3, 1));
    assert.deepEqual((await swept(over - 1)).found, []);
    assert.deepEqual((await swept(over, ['r1'])).found, []);
    scaled(1, {}, 'theirs');
    scaled(1, { [undoMark]: '{"run":"r1","field":"replicas","original":3,"ours":1}' }, 'timeless');
    scaled(1, { [undoMark]: 'not JSON', [deadlineMark]: deadline }, 'unreadable');
    scaled(4, marks('replicas', 3, 1), 'changed');
    const { found } = await swept();
    assert.deepEqual(
      found.map(({ title, outcome, text }) => [title, outcome, text]),
      [
        ['StatefulSet data/bus', 'healed', undefined],
        ['StatefulSet data/changed', 'left', 'replicas is 4 by now, and was left: somebody else has set it'],
      ],
    );
    assert.deepEqual(['theirs', 'timeless', 'unreadable', 'changed'].map(replicas), [1, 1, 1, 4]);
  });

  it('does not call healed what a webhook keeps as it is', async () => {
    scaled(1, marks('replicas', 3, 1));
    api.alter = (_, changed) => void (changed['spec'] = { replicas: 1 });
    const failed = {
      ...{ title: 'StatefulSet data/bus', run: 'r1', outcome: 'failed' },
      text: 'StatefulSet data/bus was set back to replicas 3, and is 1: a webhook alters it',
    };
    assert.deepEqual((await swept()).found, [failed]);
    assert.deepEqual((await swept()).found, [failed], 'its mark is there still');
    api.alter = () => undefined;
    assert.equal((await swept()).found[0]?.outcome, 'healed');
    assert.deepEqual(api.at('/apis/apps/v1/namespaces/data/statefulsets/bus').metadata.annotations, {});
  });

  it('removes locks that are over, and those only', async () => {
    const lease = (name: string, run: string, deadlineMs: number): Promise<unknown> =>
      takeLease(
        connection,
        { run, target: { kind: 'pod', namespace: 'data', name, uid: name }, title: 'x', deadlineMs, nowMs: over - 60_000 },
        signal,
      );
    await lease('a', 'r1', endMs);
    await lease('b', 'r2', endMs);
    await lease('c', 'r3', endMs + 1);
    assert.equal((await swept(over, ['r2'])).leases, 1);
    assert.deepEqual(
      [...api.objects.keys()].filter((key) => key.includes('/leases/')).map((key) => key.slice(-1)),
      ['b', 'c'],
    );
  });

  it('removes the vantages of probes that are over with what was made for them, and those only', async () => {
    const put = (collection: string, name: string, run: string, deadlineMs: number, labels: Record<string, string>): unknown =>
      api.put(`/api/v1/namespaces/data/${collection}`, {
        metadata: {
          ...{ name, namespace: 'data', uid: name, labels },
          annotations: { [runMark]: run, [deadlineMark]: new Date(deadlineMs).toISOString() },
        },
      });
    for (const collection of ['pods', 'configmaps']) {
      put(collection, 'over', 'r1', endMs, probeLabel);
      put(collection, 'alive', 'r2', endMs, probeLabel);
      put(collection, 'later', 'r3', endMs + 1, probeLabel);
      put(collection, 'theirs', 'r1', endMs, {});
    }
    await swept(over, ['r2']);
    assert.deepEqual(api.changes.toSorted(), [
      'DELETE /api/v1/namespaces/data/configmaps/over',
      'DELETE /api/v1/namespaces/data/pods/over',
    ]);
  });

  it('says what it may not look at', async () => {
    scaled(1, marks('replicas', 3, 1));
    api.meddle = ({ path }, response) => {
      if (path !== '/api/v1/nodes') return false;
      status(
        response,
        403,
        'Forbidden',
        'nodes is forbidden: User "jane" cannot list resource "nodes" in API group "" at the cluster scope',
      );
      return true;
    };
    const { found, unread } = await swept();
    assert.equal(found.length, 1);
    assert.equal(unread.length, 1);
  });
});
