import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { before, describe, it } from 'mocha';
import { FaultlineError } from '../../src/base/errors.ts';
import { openForward } from '../../src/cluster/act/forward.ts';
import type { Forward } from '../../src/cluster/act/forward.ts';
import type { ClusterConnection } from '../../src/cluster/connect/connection.ts';
import { useLab } from './use/lab.ts';
import type { TestLab } from './use/lab.ts';
import { deployment, pod, SAYS_ITS_NAME } from './use/workloads.ts';

const LIMIT_MS = 60_000;

describe('a port-forward', () => {
  let lab: TestLab;
  let connection: ClusterConnection;

  before(async function () {
    this.timeout(120_000);
    lab = await useLab({ profile: 'node' });
    connection = await lab.api.connection();
    await lab.apply([
      deployment({ name: 'web', script: SAYS_ITS_NAME, port: 8080 }),
      {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name: 'web' },
        spec: { selector: { app: 'web' }, ports: [{ name: 'http', port: 80, targetPort: 'serving' }] },
      },
    ]);
  });

  async function nameOfWeb(): Promise<string> {
    return (await lab.readyPods('app=web', 1))[0]?.metadata?.name ?? '';
  }

  async function ask({ url }: Forward): Promise<string> {
    const answer = await fetch(url, { headers: { connection: 'close' }, signal: AbortSignal.timeout(LIMIT_MS) });
    return (await answer.text()).trim();
  }

  it('keeps its address through three pod kills, for a client that just goes on asking', async function () {
    this.timeout(180_000);
    const forward = await openForward(connection, {
      namespace: lab.namespace,
      target: { kind: 'selector', labelSelector: 'app=web' },
      port: 8080,
    });
    const states: string[] = [];
    forward.changed.listen(() => states.push(forward.state.kind));
    const { url } = forward;
    const names = [await ask(forward)];
    for (let kill = 0; kill < 3; kill++) {
      const [victim = ''] = names.slice(-1);
      await lab.api.core.deleteNamespacedPod({ name: victim, namespace: lab.namespace, gracePeriodSeconds: 0 });
      // The watch may be behind the kill: a client sees one reset at most, and asks again.
      let name = victim;
      while (name === victim) name = await ask(forward).catch(() => victim);
      names.push(name);
    }
    assert.equal(new Set(names).size, 4, `four pods answered: ${names.join(', ')}`);
    assert.equal(names[3], await nameOfWeb());
    assert.equal(forward.url, url);
    assert.deepEqual({ kind: forward.state.kind, pod: 'pod' in forward.state && forward.state.pod }, { kind: 'connected', pod: names[3] });
    assert.ok(states.includes('waiting'), 'it said that it waits for a pod');
    await forward.close();
    await assert.rejects(fetch(url), 'nothing listens after it was closed');
  });

  it("finds the pod's port by the name that the service gives it", async () => {
    const { spec } = (await lab.readyPods('app=web', 1))[0] ?? {};
    assert.equal(spec?.containers[0]?.ports?.[0]?.name, undefined, 'the pods have no port of that name yet');
    const target = { kind: 'service', name: 'web' } as const;
    const open = (port: number): Promise<Forward> => openForward(connection, { namespace: lab.namespace, target, port });
    await assert.rejects(open(80), (error) => FaultlineError.is(error, 'notFound') && /has no port serving/.test(error.message));
    const named = deployment({ name: 'web', script: SAYS_ITS_NAME, port: 8080 });
    const text = JSON.stringify(named).replace('{"containerPort":8080}', '{"containerPort":8080,"name":"serving"}');
    await lab.apply(text);
    await lab.waitForAll('The pod with the named port is the only one', { kind: 'Pod', labelSelector: 'app=web' }, (pods) =>
      pods.every((one) => one.spec?.containers[0]?.ports?.[0]?.name === 'serving'),
    );
    const forward = await open(80);
    assert.equal(await ask(forward), await nameOfWeb());
    await forward.close();
    await assert.rejects(open(81), /service web has no port 81\. It has: 80 \(http\)/);
  });

  it('says that nothing listens on the port, and that no pod is there, instead of hanging', async () => {
    const wrong = await openForward(connection, {
      namespace: lab.namespace,
      target: { kind: 'selector', labelSelector: 'app=web' },
      port: 81,
    });
    await assert.rejects(ask(wrong));
    assert.match(wrong.problem?.message ?? '', /port 81 of web-.* failed.*refused/s);
    await wrong.close();

    const nobody = await openForward(
      connection,
      { namespace: lab.namespace, target: { kind: 'selector', labelSelector: 'app=nobody' }, port: 80 },
      { podWaitMs: 500 },
    );
    assert.equal(nobody.state.kind, 'waiting');
    await assert.rejects(ask(nobody));
    assert.match(nobody.problem?.message ?? '', /app=nobody has no pod that serves.*There is no pod/s);
    await assert.rejects(nobody.ready(200), (error) => FaultlineError.is(error, 'unreachable'));
    await nobody.close();
  });

  it('listens on this machine only, and says when the port that was asked for is taken', async () => {
    const taken = createServer();
    taken.listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port: localPort } = taken.address() as AddressInfo;
    const request = { namespace: lab.namespace, target: { kind: 'selector', labelSelector: 'app=web' }, port: 8080 } as const;
    await assert.rejects(openForward(connection, { ...request, localPort }), (error) => FaultlineError.is(error, 'invalid'));
    taken.close();
    await once(taken, 'close');
    const forward = await openForward(connection, { ...request, localPort });
    assert.equal(forward.port, localPort);
    const other = connect(localPort, '127.0.0.2');
    await assert.rejects(once(other, 'connect'), { code: 'ECONNREFUSED' });
    await forward.close();
  });

  it('carries much both ways without holding it in memory', async function () {
    this.timeout(120_000);
    await lab.apply(pod({ name: 'zeros', script: 'while true; do nc -l -p 9000 -e sh -c "head -c 300000000 /dev/zero"; done' }));
    await lab.readyPods('app=zeros', 1);
    const forward = await openForward(connection, { namespace: lab.namespace, target: { kind: 'pod', name: 'zeros' }, port: 9000 });
    const socket = connect(forward.port, '127.0.0.1');
    await once(socket, 'readable');
    const before = process.memoryUsage();
    // Nothing is read for as long as 300 MB at the speed of a local network would take.
    await new Promise((resolve) => setTimeout(resolve, 3000));
    const { external, arrayBuffers } = process.memoryUsage();
    assert.ok(external + arrayBuffers - before.external - before.arrayBuffers < 60_000_000, `it held ${external + arrayBuffers} bytes`);
    let received = 0;
    for await (const chunk of socket as AsyncIterable<Buffer>) received += chunk.length;
    assert.equal(received, 300_000_000);
    await forward.close();
  });
});
