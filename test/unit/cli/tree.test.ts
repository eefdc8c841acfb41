import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { FakeApi } from '../cluster/server.ts';
import { makeHome, type Home } from './support.ts';

const pod = (name: string, component: string, isReady: boolean): object => ({
  metadata: {
    name,
    namespace: 'data',
    uid: name,
    resourceVersion: '1',
    labels: { 'app.kubernetes.io/name': 'trino', 'app.kubernetes.io/instance': 'lake', 'app.kubernetes.io/component': component },
  },
  spec: { containers: [{ name: 'trino', image: 'trinodb/trino:476' }] },
  status: {
    phase: 'Running',
    conditions: [{ type: 'Ready', status: isReady ? 'True' : 'False' }],
    containerStatuses: [
      isReady
        ? { name: 'trino', ready: true, restartCount: 0, state: { running: {} } }
        : {
            name: 'trino',
            ready: false,
            restartCount: 3,
            state: { waiting: { reason: 'CrashLoopBackOff' } },
            lastState: { terminated: { exitCode: 137, reason: 'OOMKilled' } },
          },
    ],
  },
});

/** Its only listener is for who has a password. */
const broker = {
  metadata: { name: 'bus-0', namespace: 'data', uid: 'bus-0', resourceVersion: '1', labels: { 'app.kubernetes.io/name': 'kafka' } },
  spec: {
    containers: [
      {
        name: 'kafka',
        image: 'apache/kafka:4.1.1',
        env: [
          { name: 'KAFKA_LISTENERS', value: 'CLIENT://:9092' },
          { name: 'KAFKA_LISTENER_SECURITY_PROTOCOL_MAP', value: 'CLIENT:SASL_PLAINTEXT' },
        ],
      },
    ],
  },
  status: {
    phase: 'Running',
    conditions: [{ type: 'Ready', status: 'True' }],
    containerStatuses: [{ name: 'kafka', ready: true, restartCount: 0, state: { running: {} } }],
  },
};

describe('faultline tree', function () {
  this.timeout(60_000);
  let home: Home;
  let api: FakeApi;
  let kubeconfig: string;

  before(async () => {
    home = await makeHome();
    api = await FakeApi.start(({ path, query }, response) => {
      response.setHeader('content-type', 'application/json');
      // Watches stay open; the command ends them.
      if (query.has('watch')) response.flushHeaders();
      else if (path === '/apis') response.end('{"groups":[]}');
      else if (path === '/api/v1/nodes') {
        response.statusCode = 403;
        response.end(
          JSON.stringify({
            kind: 'Status',
            status: 'Failure',
            reason: 'Forbidden',
            code: 403,
            message: 'nodes is forbidden: User "jane" cannot list resource "nodes"',
          }),
        );
      } else {
        const pods = [pod('lake-coordinator', 'coordinator', true), pod('lake-worker-0', 'worker', false), broker];
        const list = { metadata: { resourceVersion: '1' }, items: path === '/api/v1/pods' ? pods : [] };
        response.end(JSON.stringify(path === '/api/v1/namespaces/data/pods/bus-0' ? broker : list));
      }
    });
    kubeconfig = (await api.context()).file;
  });
  after(async () => {
    await api.stop();
    await home.remove();
  });

  it('shows engines by role with shape and word, and names what is forbidden', async () => {
    const { code, stdout, stderr } = await home.run(['tree', '--kubeconfig', kubeconfig, '--context', await contextName()]);
    assert.equal(
      stderr,
      'To log in to Kafka bus-0: --kafka-user NAME, with the password in FAULTLINE_KAFKA_PASSWORD; --kafka-ca FILE for TLS.\n',
    );
    assert.equal(code, 0);
    assert.match(stdout, /^ {4}▲ lake {2}1 of 2 ready · data · Trino 476$/m);
    assert.match(stdout, /^ {6}✓ coordinator {2}healthy · lake-coordinator$/m);
    assert.match(stdout, /^ {6}✗ worker {2}out of memory · 3 restarts · lake-worker-0$/m);
    assert.match(stdout, /· jane may not list nodes in the whole cluster/);
  });

  it('says which login is missing where Kafka can’t be asked without one, and shows its brokers', async () => {
    const { code, stdout } = await home.run(['tree', '--filter', 'kafka', '--kubeconfig', kubeconfig, '--context', await contextName()]);
    assert.equal(code, 0);
    assert.match(stdout, /✓ bus-0 {2}healthy · login wanted · data · Kafka 4\.1\.1$/m);
    assert.match(stdout, /✓ broker 0 {2}healthy · bus-0$/m);
    assert.match(
      stdout,
      /· Kafka was not heard: Every listener of Kafka bus-0 wants a login: a user and a password for SASL are missing {2}Log in to it; /m,
    );
  });

  it('gives no login to a Kafka that it may not be for, and says what is missing of one', async () => {
    const tree = async (...options: readonly string[]): Promise<string> => {
      const { code, stdout, stderr } = await home.run(['tree', '--kubeconfig', kubeconfig, '--context', await contextName(), ...options]);
      assert.deepEqual([code, stdout], [2, '']);
      return stderr;
    };
    assert.match(await tree('--kafka-user', 'ann'), /FAULTLINE_KAFKA_PASSWORD is not set/);
    assert.match(await tree('--kafka-mechanism', 'PLAIN'), /Give --kafka-user too/);
    assert.match(await tree('--kafka-user', 'ann', '--kafka-password-env', 'PATH', '--kafka', 'data/other'), /There is data\/bus-0/);
    assert.match(await tree('--kafka-ca', kubeconfig), /holds no certificate/);
  });

  it('--json prints the model, and errors in it as reason and text', async () => {
    const { code, stdout } = await home.run(['tree', '--json', '--kubeconfig', kubeconfig, '--context', await contextName()]);
    assert.equal(code, 0);
    const model = JSON.parse(stdout) as {
      engines: { items: { health: { state: string } }[] };
      nodes: { state: { error: { reason: string } } };
    };
    assert.equal(model.engines.items[0]?.health.state, 'degraded');
    assert.equal(model.nodes.state.error.reason, 'forbidden');
  });

  it('--filter counts what it shows', async () => {
    const { stdout } = await home.run(['tree', '--filter', 'memory', '--kubeconfig', kubeconfig, '--context', await contextName()]);
    assert.match(stdout, /lake-worker-0/);
    assert.doesNotMatch(stdout, /lake-coordinator/);
    assert.match(stdout, /^1 of 5 lines hold “memory”$/m);
  });

  it('ends with 3 when the cluster does not answer, and says where', async () => {
    const dead = join(home.path, 'dead.yaml');
    await writeFile(
      dead,
      'contexts: [{ name: dead, context: { cluster: c, user: u } }]\nclusters: [{ name: c, cluster: { server: "http://127.0.0.1:1" } }]\nusers: [{ name: u, user: {} }]\ncurrent-context: dead\n',
    );
    const { code, stdout, stderr } = await home.run(['tree', '--kubeconfig', dead]);
    assert.deepEqual([code, stdout], [3, '']);
    assert.match(stderr, /dead at http:\/\/127\.0\.0\.1:1 refuses the connection/);
  });

  it('ends with 2 for a context that no kubeconfig names, and for an empty filter', async () => {
    assert.equal((await home.run(['tree', '--kubeconfig', kubeconfig, '--context', 'nowhere'])).code, 2);
    assert.equal((await home.run(['tree', '--kubeconfig', kubeconfig, '--filter', ' '])).code, 2);
  });

  async function contextName(): Promise<string> {
    return (await api.context()).name;
  }
});
