import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';
import { after, afterEach, before, beforeEach, describe, it } from 'mocha';
import type { HelperClient } from '../../../src/fault/helper/client.ts';
import type { HelperFault } from '../../../src/fault/helper/protocol.ts';
import { Connection, Net, NOTHING_EXEMPT, PEERS, POD_6, PORT, type Agent, type SpawnedHelper } from './net.ts';

const DELAY = {
  kind: 'latency',
  latencyMs: 300,
  jitterMs: 0,
  port: PORT,
  existing: 'delayed',
  exempt: NOTHING_EXEMPT,
  lingerMs: 60_000,
} as const satisfies HelperFault;

/** Run by netem.test.ts, under a kernel that has netem. */
describe('netem', () => {
  let net: Net;
  let pod: Agent;
  let peer: Agent;
  let helper: SpawnedHelper;
  let client: HelperClient;

  before(async () => {
    net = new Net();
    [pod, peer] = await net.served();
  });
  after(() => net.end());

  beforeEach(async () => {
    helper = await net.helper();
    client = await helper.client();
  });
  afterEach(async () => {
    await left(client);
    await helper.exited;
    assert.equal(net.rules(), '', 'nothing is left in the packet filter');
    assert.match(queues(), none);
  });

  /** A queue in which something waits is not taken away. */
  async function left(one: HelperClient): Promise<void> {
    await one.heal().catch(() => undefined);
    await pause(DELAY.latencyMs + 100);
    await one.close();
  }

  const connected = (host?: string): Promise<Connection> => Connection.open(peer, host);
  const queues = (): string =>
    execFileSync('ip', ['netns', 'exec', net.pod, 'tc', 'qdisc', 'show', 'dev', 'eth0'], { encoding: 'utf8' }).trim();
  const none = /^qdisc noqueue 0: root/;

  it('is found, and leaves nothing of having been looked for', async () => {
    const { netem } = (await client.check()).mechanisms;
    assert.deepEqual(netem, { possible: true });
    assert.match(queues(), none);
  });

  it('delays old connections as well as new ones, of both families, and resets none; its queue has counted them', async () => {
    const old = await connected();
    const plainMs = await old.trip();
    const armed = await client.arm(DELAY);
    assert.match(armed.text, /answers from port 7000 leave eth0 300 ms later \(± 0 ms\), also those of existing connections/);
    assert.ok((await old.trip()) < 200, 'nothing is delayed before it begins');
    assert.match(queues(), none);
    const { leftMs = 0 } = await client.go(60_000);
    assert.ok(leftMs > 58_000 && leftMs <= 60_000);
    for (const connection of [old, await connected(), await connected(POD_6)]) {
      const ms = await connection.trip();
      assert.ok(ms >= 300 && ms < 300 + plainMs + 300, `${ms} ms, without the fault ${plainMs} ms`);
    }
    const { proven, text, delayed = 0 } = await client.proof();
    assert.ok(proven && delayed >= 3, text);
    assert.equal(text, `${delayed} packets delayed by the kernel (netem)`);
  });

  it('of every port where the pod listens, where none is named; who is exempt is spared', async () => {
    const { port: _, ...everywhere } = DELAY;
    await client.arm({ ...everywhere, exempt: { addresses: [PEERS[0]], kubelet: false, dns: true } });
    await client.go(60_000);
    assert.ok((await (await connected()).trip()) < 200);
    const six = await connected(POD_6);
    assert.ok((await six.trip()) >= 300);
  });

  it('healed, what is under way arrives when it was to, and the next at once', async () => {
    const one = await connected();
    await client.arm(DELAY);
    await client.go(60_000);
    const trip = one.trip();
    await pause(50);
    const { verified } = await client.heal();
    assert.equal(verified, true);
    const ms = await trip;
    assert.ok(ms >= 300 && ms < 600, `${ms} ms: nothing was lost and sent again`);
    assert.ok((await one.trip()) < 200);
    assert.match(queues(), /netem/, 'taken away only when the helper leaves: that stops the device for a moment');
  });

  it('armed, once more and again, it loses nothing; it ends by its deadline', async () => {
    const one = await connected();
    await client.arm(DELAY);
    peer.order({ do: 'count', port: 7001 });
    await peer.next((told) => told.kind === 'counting');
    pod.order({ do: 'flood', host: PEERS[0], port: 7001, packets: 400 });
    for (let again = 0; again < 5; again++) {
      await client.arm(DELAY);
      await pause(10);
    }
    assert.deepEqual(await peer.next((told) => told.kind === 'counted'), { kind: 'counted', packets: 400 });
    await client.go(1_000);
    assert.ok((await one.trip()) >= 300);
    const ended = await helper.event('ended');
    assert.deepEqual(ended.event === 'ended' && [ended.why, ended.verified], ['deadline', true]);
    assert.ok((await one.trip()) < 200);
  });

  it('killed, what it leaves passes everything on; the next takes it over', async () => {
    const one = await connected();
    await client.arm(DELAY);
    await client.go(60_000);
    assert.ok((await one.trip()) >= 300);
    helper.kill('SIGKILL');
    await helper.gone();
    // What it owned goes a moment after it.
    await pause(200);
    assert.ok((await one.trip()) < 200);
    assert.match(queues(), /netem/);
    const next = await net.helper();
    const second = await next.client();
    await second.arm(DELAY);
    await second.go(60_000);
    assert.ok((await one.trip()) >= 300);
    await left(second);
    await next.exited;
  });

  it('stopped, it ends by its deadline all the same: the kernel’s', async () => {
    const one = await connected();
    await client.arm(DELAY);
    await client.go(1_500);
    assert.ok((await one.trip()) >= 300);
    helper.kill('SIGSTOP');
    await pause(1_600);
    assert.ok((await one.trip()) < 200);
    helper.kill('SIGCONT');
  });

  it('an earlier fault’s helper that leaves takes nothing away from a later one, which counts its own packets alone', async () => {
    const one = await connected();
    await client.arm(DELAY);
    await client.go(60_000);
    for (let trip = 0; trip < 5; trip++) await one.trip();
    const { delayed: first = 0 } = await client.proof();
    await client.heal();
    const next = await net.helper();
    const second = await next.client('second');
    await second.arm(DELAY);
    await second.go(60_000);
    assert.equal((await second.proof()).proven, false);
    await client.close();
    assert.ok((await one.trip()) >= 300);
    const { delayed = 0 } = await second.proof();
    assert.ok(delayed >= 1 && delayed < first, `${delayed} after ${first}`);
    await left(second);
    await next.exited;
  });

  it('by a jitter that is more than the kernel takes it goes through the proxy, too', async () => {
    assert.match((await client.arm({ ...DELAY, jitterMs: 3000 })).text, /answers of new connections/);
  });

  it('beside a queue of somebody else’s it goes through the proxy', async () => {
    execFileSync('ip', ['netns', 'exec', net.pod, 'tc', 'qdisc', 'add', 'dev', 'eth0', 'root', 'handle', '7:', 'pfifo']);
    const { netem } = (await client.check()).mechanisms;
    assert.deepEqual(netem, { possible: false, why: 'somebody else’s queue (pfifo) is at eth0' });
    assert.match((await client.arm(DELAY)).text, /answers of new connections/);
    await client.go(60_000);
    await (await connected()).trip();
    assert.match((await client.proof()).text, /1 answers delayed.* \(by a proxy: somebody else’s queue \(pfifo\) is at eth0\)$/);
    await client.heal();
    assert.match(queues(), /^qdisc pfifo 7: root/);
    execFileSync('ip', ['netns', 'exec', net.pod, 'tc', 'qdisc', 'del', 'dev', 'eth0', 'root']);
  });
});
