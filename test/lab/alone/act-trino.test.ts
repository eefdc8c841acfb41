import assert from 'node:assert/strict';
import { before, describe, it } from 'mocha';
import { FaultlineError } from '../../../src/base/errors.ts';
import { activateTrinoWorker, drainTrinoWorker, trinoState } from '../../../src/cluster/act/trino.ts';
import type { TrinoWorker } from '../../../src/cluster/act/trino.ts';
import type { ClusterConnection } from '../../../src/cluster/connect/connection.ts';
import { consent } from '../use/connection.ts';
import { useLab } from '../use/lab.ts';
import type { TestLab } from '../use/lab.ts';

/** A worker that no coordinator knows: it drains all the same. */
const SETTINGS = {
  'config.properties':
    'coordinator=false\nhttp-server.http.port=8080\ndiscovery.uri=http://127.0.0.1:8080\nquery.max-memory-per-node=100MB\nshutdown.grace-period=2s\n',
  'node.properties': 'node.environment=lab\nnode.data-dir=/data/trino\nplugin.dir=/usr/lib/trino/plugin\n',
  'jvm.config': '-server\n-Xmx512M\n-XX:+ExitOnOutOfMemoryError\n-Djdk.attach.allowAttachSelf=true\n-Dfile.encoding=UTF-8\n',
  'access-control.properties': 'access-control.name=file\nsecurity.config-file=/etc/trino/rules.json\n',
  'rules.json': JSON.stringify({ system_information: [{ user: 'admin', allow: ['read', 'write'] }] }),
};

describe('draining a Trino worker', () => {
  let lab: TestLab;
  let connection: ClusterConnection;
  let worker: TrinoWorker;

  before(async function () {
    this.timeout(300_000);
    lab = await useLab({ profile: 'node' });
    connection = await lab.api.connection();
    const container = {
      name: 'trino',
      image: 'docker.io/trinodb/trino:476',
      imagePullPolicy: 'IfNotPresent',
      ports: [{ name: 'http', containerPort: 8080 }],
      // Its state is told before it takes a change of it.
      readinessProbe: { exec: { command: ['/usr/lib/trino/bin/health-check'] }, periodSeconds: 2, timeoutSeconds: 5 },
      volumeMounts: [{ name: 'settings', mountPath: '/etc/trino' }],
    };
    await lab.apply([
      { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'worker' }, data: SETTINGS },
      {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: 'worker', labels: { app: 'worker' } },
        spec: { terminationGracePeriodSeconds: 1, containers: [container], volumes: [{ name: 'settings', configMap: { name: 'worker' } }] },
      },
    ]);
    await lab.readyPods('app=worker', 1, { timeoutMs: 240_000 });
    worker = { namespace: lab.namespace, pod: 'worker', port: 'http', user: 'admin' };
  });

  const options = (signal = lab.signal): { consent: ReturnType<typeof consent>; signal: AbortSignal } => ({
    consent: consent(connection, 'drainTrino'),
    signal,
  });

  it('is refused to a user whom its access control does not let, with the setting that would', async () => {
    await assert.rejects(drainTrinoWorker(connection, { ...worker, user: 'somebody' }, options()).next(), (error) => {
      assert.ok(FaultlineError.is(error, 'forbidden'), String(error));
      assert.match(error.message, /does not let somebody.*access-control\.name=file.*"user":"somebody","allow":\["read","write"\]/s);
      return true;
    });
    assert.equal(await trinoState(connection, worker, lab.signal), 'ACTIVE');
  });

  it('tells when it is drained, and brings it back', async function () {
    this.timeout(60_000);
    const states: string[] = [];
    for await (const { state } of drainTrinoWorker(connection, worker, options())) states.push(state);
    assert.equal(states.at(-1), 'DRAINED');
    assert.equal(await trinoState(connection, worker, lab.signal), 'DRAINED');
    await activateTrinoWorker(connection, worker, options());
    assert.equal(await trinoState(connection, worker, lab.signal), 'ACTIVE');
  });

  it('says how it leaves the worker when the waiting is stopped', async () => {
    const stopping = new AbortController();
    await assert.rejects(
      async () => {
        for await (const { state } of drainTrinoWorker(connection, worker, options(stopping.signal))) {
          assert.equal(state, 'DRAINING');
          stopping.abort();
        }
      },
      (error) => FaultlineError.is(error, 'cancelled') && /worker stays DRAINING/.test(error.message),
    );
    await activateTrinoWorker(connection, worker, options());
  });
});
