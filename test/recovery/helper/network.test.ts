import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';
import { after, afterEach, before, beforeEach, describe, it } from 'mocha';
import type { HelperClient } from '../../../src/fault/helper/client.ts';
import type { HelperFault, Said } from '../../../src/fault/helper/protocol.ts';
import { machineMs } from './agent.ts';
import { Net, NOTHING_EXEMPT, PEERS, POD, POD_6, PORT, type Agent, type SpawnedHelper } from './net.ts';

const CUT: HelperFault = { kind: 'networkCut', direction: 'both', exempt: NOTHING_EXEMPT };
const EVERY_MS = 50;
const LIMIT_MS = 400;
/** What the measurement may be off: the machine does other things, too. */
const SLACK_MS = 1000;

describe('the helper, in a network of its own', () => {
  let net: Net;
  let pod: Agent;
  let peer: Agent;
  let helper: SpawnedHelper;
  let probes = 0;

  before(async () => {
    net = new Net();
    [pod, peer] = await net.served();
    pod.order({ do: 'count', port: 7001 });
    pod.order({ do: 'count', port: 53 });
    peer.order({ do: 'count', port: 7002 });
    await Promise.all([pod.next((told) => told.kind === 'counting' && told.port === 53), peer.next((told) => told.kind === 'counting')]);
  });
  after(() => net.end());

  beforeEach(async () => {
    helper = await net.helper();
  });
  afterEach(async () => {
    for (let id = 1; id <= probes; id++) peer.order({ do: 'stop', id: `p${id}` });
    helper.child.kill('SIGCONT');
    helper.child.kill('SIGKILL');
    await helper.exited;
    assert.equal(net.rules(), '', 'nothing is left in the packet filter');
  });

  /** Asks the pod from now on; resolves when it was answered once. */
  async function probe(host: string = POD, from?: string): Promise<string> {
    const id = `p${++probes}`;
    peer.order({ do: 'probe', id, host, port: PORT, everyMs: EVERY_MS, limitMs: LIMIT_MS, ...(from === undefined ? {} : { from }) });
    await peer.sample(id, 0, true);
    return id;
  }

  async function armed(fault: HelperFault): Promise<HelperClient> {
    const client = await helper.client();
    await client.arm(fault);
    return client;
  }

  /** Packets that came to its counters since then. */
  function counted(agent: Agent, since: number): number {
    return agent.told.slice(since).reduce((sum, told) => (told.kind === 'counted' ? sum + told.packets : sum), 0);
  }

  /** Looks again until it is so; the test's own time is its bound. */
  async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
    while (!(await isSo())) await pause(20);
  }

  function ended(): Said & { readonly event: 'ended' } {
    const found = helper.said.find((said) => said.event === 'ended');
    assert.ok(found);
    return found;
  }

  it('armed, it cuts nothing; with “go” it does, and the deadline ends it with nobody healing', async () => {
    const id = await probe();
    const client = await armed(CUT);
    const armedMs = machineMs();
    await peer.sample(id, armedMs + 200, true);
    const sentMs = machineMs();
    const { leftMs = 0 } = await client.go(2000);
    const appliedMs = machineMs();
    assert.ok(leftMs > 1500 && leftMs <= 2000, `${leftMs} ms are left by the kernel's word`);
    const bad = await peer.sample(id, sentMs - LIMIT_MS, false);
    const good = await peer.sample(id, bad.at, true);
    assert.ok(bad.at + bad.ms > sentMs, 'nothing failed before');
    assert.ok(Math.abs(good.at - (appliedMs + 2000)) < SLACK_MS, `it ended ${good.at - appliedMs} ms after it was applied`);
    await helper.event('ended');
    assert.deepEqual(
      { why: ended().why, early: ended().early, verified: ended().verified },
      { why: 'deadline', early: false, verified: true },
    );
    assert.ok((ended().proof?.packetsIn ?? 0) > 0, 'the packets were counted');
    assert.equal(
      peer.samples(id).filter(({ at, ok }) => ok && at > appliedMs && at < appliedMs + 1500).length,
      0,
      'no answer came meanwhile',
    );
    await client.close();
    assert.deepEqual(await helper.exited, { code: 0, signal: null });
  });

  it('killed, its rules are gone at once', async () => {
    const id = await probe();
    const client = await armed(CUT);
    await client.go(60_000);
    await peer.sample(id, machineMs(), false);
    const killedMs = machineMs();
    helper.child.kill('SIGKILL');
    const good = await peer.sample(id, killedMs, true);
    assert.ok(good.at - killedMs < SLACK_MS, `${good.at - killedMs} ms after the kill`);
    assert.deepEqual((await client.ended).kind, 'lost');
  });

  it('stopped, the kernel ends the cut at its deadline, and then the helper', async () => {
    const id = await probe();
    const client = await armed(CUT);
    await client.go(1500);
    const appliedMs = machineMs();
    helper.child.kill('SIGSTOP');
    await peer.sample(id, appliedMs, false);
    const good = await peer.sample(id, appliedMs, true);
    assert.ok(Math.abs(good.at - appliedMs - 1500) < SLACK_MS, `it ended ${good.at - appliedMs} ms after it was applied`);
    assert.equal((await helper.exited).signal, 'SIGKILL');
  });

  it('heals when it is asked to, and users are served within a second', async () => {
    const id = await probe();
    const client = await armed(CUT);
    await client.go(60_000);
    await peer.sample(id, machineMs(), false);
    const askedMs = machineMs();
    const { was, verified, tookMs } = await client.heal();
    assert.deepEqual({ was, verified }, { was: true, verified: true });
    assert.ok(tookMs < SLACK_MS);
    const good = await peer.sample(id, askedMs, true);
    assert.ok(good.at - askedMs < SLACK_MS, `${good.at - askedMs} ms to the first answer`);
    assert.deepEqual({ why: ended().why, early: ended().early }, { why: 'heal', early: true });
    assert.deepEqual(await client.heal(), { was: false, verified: true, tookMs: 0 });
  });

  it('without “go” it leaves, and nothing ever failed', async () => {
    const hasty = await net.helper({ env: { FAULTLINE_IDLE_MS: '700' } });
    const id = await probe();
    const client = await hasty.client();
    await client.arm(CUT);
    assert.deepEqual(await hasty.exited, { code: 0, signal: null });
    assert.equal((await client.ended).kind, 'left');
    assert.ok(peer.samples(id).every(({ ok }) => ok));
  });

  it('an order that comes too late is refused, and nothing is cut', async () => {
    const id = await probe();
    const client = await armed(CUT);
    await assert.rejects(client.go(5000, -500), /too late/);
    const since = machineMs();
    await peer.sample(id, since + 300, true);
    assert.ok(peer.samples(id).every(({ ok }) => ok));
  });

  it('a run that is not heard of any more heals', async () => {
    const lonely = await net.helper({ env: { FAULTLINE_HEARTBEAT_MS: '800' } });
    const id = await probe();
    lonely.pipe.listen(() => undefined);
    await lonely.event('hello');
    lonely.pipe.send(JSON.stringify({ id: 1, do: 'arm', name: 'lonely', fault: CUT }));
    lonely.pipe.send(JSON.stringify({ id: 2, do: 'go', durationMs: 60_000, notAfter: 60_000 }));
    const sentMs = machineMs();
    const bad = await peer.sample(id, sentMs - LIMIT_MS, false);
    const good = await peer.sample(id, bad.at, true);
    assert.ok(good.at - sentMs < 800 + SLACK_MS, `${good.at - sentMs} ms after the last word`);
    assert.equal((await lonely.exited).code, 3);
    const end = lonely.said.find((said) => said.event === 'ended');
    assert.deepEqual({ why: end?.why, early: end?.early }, { why: 'noHeartbeat', early: true });
  });

  it('a run whose connection breaks heals at once', async () => {
    const id = await probe();
    const client = await armed(CUT);
    await client.go(60_000);
    await peer.sample(id, machineMs(), false);
    const brokenMs = machineMs();
    helper.child.stdin?.end();
    assert.ok((await peer.sample(id, brokenMs, true)).at - brokenMs < SLACK_MS);
    assert.equal((await helper.exited).code, 3);
  });

  it('told to end it heals and exits within 200 ms', async () => {
    const client = await armed(CUT);
    await client.go(60_000);
    const askedMs = machineMs();
    helper.child.kill('SIGTERM');
    assert.equal((await helper.exited).code, 0);
    assert.ok(machineMs() - askedMs < 200, `${machineMs() - askedMs} ms`);
    assert.equal(ended().why, 'terminated');
  });

  it('loses as many packets as it was told to, and its counter agrees', async () => {
    const client = await armed({ kind: 'packetLoss', percent: 20, direction: 'in', exempt: NOTHING_EXEMPT });
    await client.go(30_000);
    const before = pod.told.length;
    peer.order({ do: 'flood', host: POD, port: 7001, packets: 4000 });
    const dropped = async (): Promise<number> => (await client.proof()).packetsIn ?? 0;
    await until(async () => counted(pod, before) + (await dropped()) >= 4000);
    const packetsIn = await dropped();
    assert.equal(counted(pod, before) + packetsIn, 4000);
    assert.equal((await client.proof()).packetsOut, 0);
    // 800 ± 25 (one standard deviation).
    assert.ok(packetsIn > 650 && packetsIn < 950, `${packetsIn} of 4000 lost`);
  });

  it('one way is one way: what goes out is lost, what comes in arrives', async () => {
    const client = await armed({ ...CUT, direction: 'out' });
    await client.go(30_000);
    const before = [pod.told.length, peer.told.length];
    peer.order({ do: 'flood', host: POD, port: 7001, packets: 100 });
    await until(() => counted(pod, before[0] ?? 0) === 100);
    pod.order({ do: 'flood', host: PEERS[0], port: 7002, packets: 100 });
    await pod.next((told) => told.kind === 'flooded' && pod.told.indexOf(told) >= (before[0] ?? 0));
    const { packetsIn, packetsOut = 0 } = await client.proof();
    assert.equal(packetsIn, 0);
    assert.equal(packetsOut, 100, 'whoever sends is told nothing of it');
    assert.ok(!peer.told.slice(before[1]).some(({ kind }) => kind === 'counted'));
  });

  it('cuts only from the peers that are named, and follows when they change; IPv6 is cut, too', async () => {
    const [first, second] = [await probe(POD, PEERS[0]), await probe(POD, PEERS[1])];
    const client = await armed({ ...CUT, peers: [PEERS[1], 'fd31::2'] });
    const six = await probe(POD_6);
    await client.go(60_000);
    const cutMs = machineMs();
    await Promise.all([peer.sample(second, cutMs, false), peer.sample(six, cutMs, false), peer.sample(first, cutMs + LIMIT_MS, true)]);
    await client.setPeers([PEERS[0]]);
    const movedMs = machineMs();
    await Promise.all([peer.sample(first, movedMs, false), peer.sample(six, movedMs, true), peer.sample(second, movedMs, true)]);
    assert.ok(
      peer
        .samples(first)
        .filter(({ at }) => at < movedMs - LIMIT_MS)
        .every(({ ok }) => ok),
    );
  });

  it('on an older kernel does the same, and says what a program that sends is told', async () => {
    const old = await net.helper({ env: { FAULTLINE_NO_EGRESS: '1' } });
    const [first, second] = [await probe(POD, PEERS[0]), await probe(POD, PEERS[1])];
    const client = await old.client();
    const { note } = await client.arm({ ...CUT, peers: [PEERS[1], 'fd31::2'] });
    assert.match(note ?? '', /EPERM/);
    const six = await probe(POD_6);
    await client.go(1500);
    const cutMs = machineMs();
    await Promise.all([peer.sample(second, cutMs, false), peer.sample(six, cutMs, false), peer.sample(first, cutMs + LIMIT_MS, true)]);
    // What goes out is dropped, too.
    pod.order({ do: 'probe', id: 'out', host: PEERS[1], port: 1, everyMs: 100, limitMs: 300 });
    await pod.next((told) => told.kind === 'probe' && told.id === 'out' && told.why === 'no answer');
    pod.order({ do: 'stop', id: 'out' });
    assert.ok(((await client.proof()).packetsOut ?? 0) > 0);
    const good = await peer.sample(second, cutMs, true);
    assert.ok(Math.abs(good.at - cutMs - 1500) < SLACK_MS, `it ended ${good.at - cutMs} ms after it was applied`);
    await client.close();
  });

  it('spares the kubelet’s address and DNS, unless it is told not to', async () => {
    const [node, other] = [await probe(POD, PEERS[0]), await probe(POD, PEERS[1])];
    const client = await armed({ ...CUT, exempt: { addresses: [], kubelet: true, dns: true } });
    await client.go(60_000);
    const cutMs = machineMs();
    await peer.sample(other, cutMs, false);
    await peer.sample(node, cutMs + LIMIT_MS, true);
    await client.heal();
    await client.arm({ ...CUT, exempt: { addresses: [], kubelet: false, dns: true } });
    await client.go(60_000);
    await peer.sample(node, machineMs(), false);
    const { packetsIn: before = 0 } = await client.proof();
    pod.order({ do: 'flood', host: PEERS[0], port: 53, packets: 50 });
    await pod.next((told) => told.kind === 'flooded' && told.packets === 50);
    const { packetsOut = 0, packetsIn = 0 } = await client.proof();
    assert.ok(packetsIn >= before);
    assert.equal(packetsOut, 0, 'packets to DNS were lost');
  });

  it('killed at any moment, nothing of it is left and users are served', async function () {
    this.timeout(60_000);
    const id = await probe();
    for (let round = 0; round < 30; round++) {
      const one = await net.helper();
      one.pipe.listen(() => undefined);
      one.pipe.send(JSON.stringify({ id: 1, do: 'arm', name: `round_${round}`, fault: CUT }));
      one.pipe.send(JSON.stringify({ id: 2, do: 'go', durationMs: 60_000, notAfter: 60_000 }));
      // It starts, is armed and goes within these.
      await pause(Math.random() * 60);
      one.child.kill(round % 3 === 0 ? 'SIGTERM' : 'SIGKILL');
      await one.exited;
      assert.equal(net.rules(), '', `round ${round}`);
    }
    const overMs = machineMs();
    assert.ok((await peer.sample(id, overMs, true)).at - overMs < SLACK_MS);
  });

  it('checks every mechanism and leaves nothing of it behind', async () => {
    const { mechanisms } = await (await helper.client()).check();
    assert.ok(mechanisms.networkCut.possible && mechanisms.packetLoss.possible && mechanisms.latency.possible && mechanisms.reset.possible);
    assert.equal(net.rules(), '');
  });
});
