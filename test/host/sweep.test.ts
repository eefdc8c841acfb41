import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'mocha';
import * as vscode from 'vscode';
import type { KubeContext } from '../../src/cluster/connect/kubeconfig.ts';
import type { TestApi } from '../../src/extension.ts';
import { deadlineMark, runMark, undoMark } from '../../src/fault/marks.ts';
import { ScriptedApi } from '../unit/fault/api.ts';
import { activated } from './kit.ts';

const path = '/apis/apps/v1/namespaces/data/statefulsets/bus';

describe('a cluster in which a run that is gone has left something changed', () => {
  let faultline: TestApi;
  let api: ScriptedApi;
  let context: KubeContext;

  before(async () => {
    faultline = await activated();
    api = await ScriptedApi.start();
    const connection = await api.connect();
    connection.close();
    ({ context } = connection);
  });
  after(async () => {
    Reflect.deleteProperty(faultline.services.notifier, 'tell');
    await api.stop();
  });
  afterEach(() => faultline.services.clusters.close(context));

  function leave(): void {
    const undo = JSON.stringify({ run: 'gone', field: 'replicas', original: 3, ours: 1 });
    api.put('/apis/apps/v1/namespaces/data/statefulsets', {
      metadata: {
        ...{ name: 'bus', namespace: 'data', uid: 'uid-bus' },
        annotations: { [runMark]: 'gone', [deadlineMark]: '2026-03-01T10:00:00.000Z', [undoMark]: undo },
      },
      spec: { replicas: 1 },
    });
  }

  it('has it back when it is opened, and a message says what', async () => {
    leave();
    const { promise: told, resolve } = Promise.withResolvers<string>();
    faultline.services.notifier.tell = (message) => resolve(message);
    await faultline.services.clusters.use(context);
    assert.equal(await told, 'StatefulSet data/bus in fake was set back: a fault had left it changed.');
    assert.deepEqual([api.at(path)['spec'], api.at(path).metadata.annotations], [{ replicas: 3 }, {}]);
  });

  it('is not changed where it is protected as read-only', async () => {
    leave();
    const before = api.writes.length;
    const { settings, clusters } = faultline.services;
    await settings.write('faultline.clusters.protection', { fake: 'readOnly' }, vscode.ConfigurationTarget.Global);
    try {
      const cluster = await clusters.use(context);
      await (await faultline.faults.room()).sweepOpened(cluster);
      assert.deepEqual([api.at(path)['spec'], api.writes.length - before], [{ replicas: 1 }, 0]);
    } finally {
      await settings.write('faultline.clusters.protection', {}, vscode.ConfigurationTarget.Global);
    }
  });
});
