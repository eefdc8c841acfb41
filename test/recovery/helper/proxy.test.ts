import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, it } from 'mocha';
import type { HelperClient } from '../../../src/fault/helper/client.ts';
import type { HelperFault } from '../../../src/fault/helper/protocol.ts';
import { machineMs } from './agent.ts';
import { Connection, Net, NOTHING_EXEMPT, POD_6, PORT, type Agent, type Of, type SpawnedHelper } from './net.ts';

const LATENCY = {
  kind: 'latency',
  latencyMs: 200,
  jitterMs: 0,
  port: PORT,
  existing: 'unaffected',
  exempt: NOTHING_EXEMPT,
  lingerMs: 0,
} as const satisfies HelperFault;
const SLOW = { kind: 'slowClose', delayMs: 700, port: PORT, existing: 'unaffected', exempt: NOTHING_EXEMPT, lingerMs: 0 } as const;

describe('the helper’s proxy, in a network of its own', () => {
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
    await client.close();
    await helper.exited;
    assert.equal(net.rules(), '', 'nothing is left in the packet filter');
  });

  const connected = (host?: string): Promise<Connection> => Connection.open(peer, host);

  it('makes answers of new connections later by as much, and old ones not', async () => {
    const old = await connected();
    const plainMs = await old.trip();
    await client.arm(LATENCY);
    const { proof } = await client.go(60_000);
    assert.equal(proof.unaffected, 1);
    const fresh = await connected();
    const six = await connected(POD_6);
    for (const connection of [fresh, six]) {
      const ms = await connection.trip();
      assert.ok(ms >= 200 && ms < 200 + plainMs + 300, `${ms} ms, without the fault ${plainMs} ms`);
    }
    assert.ok((await old.trip()) < 200);
    const { proven, connections, delayed } = await client.proof();
    assert.deepEqual({ proven, connections, delayed }, { proven: true, connections: 2, delayed: 2 });
  });

  it('resets existing connections where that is asked for, and says how many', async () => {
    const old = await connected();
    await client.arm({ ...LATENCY, existing: 'reset' });
    const { proof } = await client.go(60_000);
    assert.ok((proof.reset ?? 0) >= 1);
    assert.match((await old.next('closed')).why ?? '', /ECONNRESET/);
  });

  it('healed, new connections go straight and those in the proxy on without delay; the last one’s end is told', async () => {
    await client.arm({ ...LATENCY, lingerMs: 60_000 });
    await client.go(60_000);
    const inside = await connected();
    assert.ok((await inside.trip()) >= 200);
    const { verified, proof } = await client.heal();
    assert.deepEqual({ verified, open: proof?.open }, { verified: true, open: 1 });
    assert.ok((await inside.trip()) < 200);
    const straight = await connected();
    assert.ok((await straight.trip()) < 200);
    assert.equal(
      helper.said.some(({ event }) => event === 'drained'),
      false,
    );
    peer.order({ do: 'end', id: inside.id });
    const drained = await helper.event('drained');
    assert.equal(drained.event === 'drained' && drained.closedByUs, 0);
  });

  it('ends by its deadline; what still lingers is closed when its time is over, and that is told', async () => {
    await client.arm({ ...LATENCY, lingerMs: 600 });
    await client.go(800);
    const startedMs = machineMs();
    const inside = await connected();
    await inside.trip();
    const ended = await helper.event('ended');
    assert.equal(ended.event === 'ended' && ended.why, 'deadline');
    assert.ok(machineMs() - startedMs >= 700);
    const drained = await helper.event('drained');
    assert.equal(drained.event === 'drained' && drained.closedByUs, 1);
    await inside.next('closed');
  });

  it('killed, it leaves nothing between the pod and its users', async () => {
    await client.arm(LATENCY);
    await client.go(60_000);
    const inside = await connected();
    await inside.trip();
    helper.child.kill('SIGKILL');
    await inside.next('closed');
    await helper.exited;
    assert.ok((await (await connected()).trip()) < 200);
  });

  it('lets the other side hear of a close only later, and half a connection stays usable meanwhile', async () => {
    await client.arm(SLOW);
    await client.go(60_000);
    const slow = await connected();
    assert.ok((await slow.trip()) < 600);
    const endedMs = machineMs();
    peer.order({ do: 'end', id: slow.id });
    const heard = await pod.next((told): told is Of<'clientEnded'> => told.kind === 'clientEnded' && told.at > endedMs);
    assert.ok(heard.at - endedMs >= 700 && heard.at - endedMs < 1200, `the server heard of it ${heard.at - endedMs} ms later`);
    const back = await slow.next('peerEnded');
    assert.ok(back.at - heard.at >= 690, `and the client of the server's close ${back.at - heard.at} ms later`);
    const { delayed, proven } = await client.proof();
    assert.deepEqual({ delayed, proven }, { delayed: 2, proven: true });
  });

  it('passes on whole what is larger than its pieces', async () => {
    await client.arm({ ...LATENCY, latencyMs: 50, jitterMs: 20 });
    await client.go(60_000);
    const large = await connected();
    const bytes = 20_000_000;
    peer.order({ do: 'send', id: large.id, bytes });
    const sum = (): number =>
      peer.told.reduce((all, told) => (told.kind === 'got' && told.id === large.id ? all + (told.bytes ?? 0) : all), 0);
    await peer.next(() => sum() >= bytes);
    assert.equal(sum(), bytes);
  });
});
