import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';
import { after, before, describe, it } from 'mocha';
import { systemClock } from '../../src/base/clock.ts';
import { FaultlineError } from '../../src/base/errors.ts';
import type { ClusterConnection } from '../../src/cluster/connect/connection.ts';
import { helperProgram } from '../../src/fault/helper/binary.ts';
import { helperInjectors } from '../../src/fault/inject/helper.ts';
import type { ClockEvent, SampleEvent, VantageEvent } from '../../src/journal/fault-events.ts';
import type { PlannedProbe } from '../../src/journal/fault-plan.ts';
import { selectorOf } from '../../src/run/probe/objects.ts';
import type { ProbeRequest, RunningProbes, VantageTold } from '../../src/run/probe/probes.ts';
import { startProbes } from '../../src/run/probe/start.ts';
import { openTrino } from '../../src/engine/trino/trino.ts';
import { trinoManifests } from '../lab/alone/trino-servers.ts';
import { NODE } from '../lab/images/recipes/node.ts';
import { ApiWay } from '../lab/use/apiWay.ts';
import { modern, startClickHouse } from '../lab/use/clickhouse.ts';
import { connectionFor, consent } from '../lab/use/connection.ts';
import { kafkaCluster, type KafkaCluster } from '../lab/use/kafka.ts';
import { useLab, type TestLab } from '../lab/use/lab.ts';
import { BUSYBOX } from '../lab/use/workloads.ts';

const MINUTE = 60_000;

describe('vantages in a real cluster', () => {
  let lab: TestLab;
  let connection: ClusterConnection;
  let kafka: KafkaCluster;
  const open: RunningProbes[] = [];
  let runs = 0;

  before(async function () {
    this.timeout(10 * MINUTE);
    lab = await useLab({ profile: 'cluster' });
    connection = await lab.api.connection();
    await lab.apply([
      ...trinoManifests(),
      {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name: 'clickhouse' },
        spec: { selector: { app: `clickhouse-${modern.name}` }, ports: [{ port: 8123 }] },
      },
    ]);
    [kafka] = await Promise.all([
      kafkaCluster(lab, 1),
      startClickHouse(lab, [modern]),
      lab.readyPods('app=trino', 2, { timeoutMs: 5 * MINUTE }),
    ]);
  });

  /** A server that has just started compiles its code for the first dozens of statements: a probe would only tell of that. */
  async function warmTrino(): Promise<void> {
    const forward = await lab.portForward({ service: 'trino' }, 8080);
    const target = { kind: 'server', engine: 'trino', name: 'trino', at: { kind: 'url', url: forward.url }, user: 'test' } as const;
    const reached = { url: forward.url, path: 'portForward', close: () => forward.close() } as const;
    const engine = await openTrino(target, reached, { source: 'test' });
    try {
      for (let quick = 0; quick < 5;) {
        const begun = performance.now();
        for await (const _event of engine.query('select count(*) from tpch.tiny.nation', {}, lab.signal));
        quick = performance.now() - begun < 1500 ? quick + 1 : 0;
      }
    } finally {
      await engine.close();
    }
  }

  after(async () => {
    for (const probes of open) await probes.dispose();
  });

  const clickhouse = (id: string, over: Partial<PlannedProbe> = {}): PlannedProbe => ({
    ...{ id, title: id, engine: 'clickhouse', address: `clickhouse.${lab.namespace}.svc:8123`, connection: 'pooled', asks: 'select 1' },
    ...{ perSecond: 20, notOn: [], ...over },
  });

  async function start(probes: readonly PlannedProbe[], over: Partial<ProbeRequest> = {}): Promise<Started> {
    const started = new Started(`probe-test-${++runs}`);
    const begun = performance.now();
    const request: ProbeRequest = {
      ...{ connection, run: started.run, probes, namespace: lab.namespace, image: NODE.name },
      ...{ deadlineMs: Date.now() + 5 * MINUTE, nowMs: () => performance.now() - begun, answerWithinMs: 2000 },
      consent: consent(over.connection ?? connection, 'fault'),
      onEvents: (events) => void started.events.push(...events),
      note: (text) => void started.notes.push(text),
      ...over,
    };
    started.nowMs = request.nowMs;
    started.probes = await startProbes(request, lab.signal);
    open.push(started.probes);
    return started;
  }

  async function gone(run: string): Promise<void> {
    await lab.waitForAll('The pods of the probes are gone', { kind: 'Pod', labelSelector: selectorOf(run) }, (pods) => pods.length === 0);
    await assert.rejects(
      lab.api.core.readNamespacedConfigMap({ name: `faultline-probe-${selectorOf(run).split('=')[1]}-program`, namespace: lab.namespace }),
    );
  }

  it('ask ClickHouse, Trino and Kafka as users do, in the strictest namespace, away from what is hit, with clocks that are known', async function () {
    this.timeout(6 * MINUTE);
    const level = (enforce: string): Promise<unknown> =>
      lab.apply([
        {
          apiVersion: 'v1',
          kind: 'Namespace',
          metadata: { name: lab.namespace, labels: { 'pod-security.kubernetes.io/enforce': enforce } },
        },
      ]);
    await warmTrino();
    await level('restricted');
    const [hit = ''] = (await lab.api.core.listNode()).items.map(({ metadata }) => metadata?.name ?? '').sort();
    const at = (engine: PlannedProbe['engine'], port: number): Partial<PlannedProbe> => ({
      engine,
      address: `${engine}.${lab.namespace}.svc:${port}`,
      notOn: [hit],
    });
    try {
      const started = await start(
        [
          clickhouse('a', { notOn: [hit] }),
          clickhouse('b', { ...at('trino', 8080), connection: 'fresh', asks: 'select count(*) from tpch.tiny.nation', perSecond: 1 }),
          clickhouse('c', { ...at('kafka', 9092), asks: 'write to and read from faultline-probe', perSecond: 10 }),
          clickhouse('d', { ...at('kafka', 9092), connection: 'fresh', asks: 'write to and read from faultline-probe', perSecond: 5 }),
        ],
        { answerWithinMs: 10_000 },
      );
      const { probes, events, notes } = started;
      await pause(20_000);
      await probes.limit(8000, lab.signal);
      await pause(5000);
      await probes.finish(lab.signal);
      for (const id of ['a', 'b', 'c', 'd']) {
        const { samples, controls, clocks, vantage } = started.told(id);
        const later = samples.slice(samples.length / 2);
        const responses = later.map(({ wait, service }) => wait + service).toSorted((a, b) => a - b);
        process.stdout.write(
          `      ${id}: ${samples.length} samples, median ${responses[responses.length >> 1]?.toFixed(1)} ms, ${controls.length} controls, ` +
            `clock ± ${clocks.at(-1)?.error.toFixed(2)} ms, on ${vantage?.node}\n`,
        );
        process.stdout.write(`         ${JSON.stringify(tally(samples))}\n`);
      }
      for (const id of ['a', 'b', 'c', 'd']) {
        const { samples, controls, clocks, vantage } = started.told(id);
        const later = samples.slice(samples.length / 2);
        assert.deepEqual([...new Set(later.map(({ outcome, error }) => error?.text ?? outcome))], ['ok'], id);
        assert.ok(
          controls.slice(5).every(({ outcome }) => outcome === 'ok'),
          id,
        );
        assert.ok(samples.length > 20 * (vantage?.perSecond ?? 0));
        onGrid(samples, vantage?.perSecond ?? 1);
        assert.notEqual(vantage?.node, hit);
        assert.ok(clocks.length >= 4 && clocks.every(({ error }) => error < 100));
      }
      assert.deepEqual(notes, []);
      assert.ok(new Set(events.filter((event) => event.kind === 'vantage').map(({ node }) => node)).size === 2);
      await probes.dispose();
    } finally {
      await level('privileged');
    }
    await gone(`probe-test-${runs}`);
  });

  it('show a broker that is killed, whichever way they connect, until it answers again', async function () {
    this.timeout(4 * MINUTE);
    const asks = { engine: 'kafka', address: `kafka.${lab.namespace}.svc:9092`, asks: 'write to and read from faultline-probe' } as const;
    const started = await start([
      clickhouse('a', { ...asks, perSecond: 10 }),
      clickhouse('b', { ...asks, connection: 'fresh', perSecond: 5 }),
    ]);
    const isWell = (id: string, count: number): boolean => {
      const last = started.told(id).samples.slice(-count);
      return last.length === count && last.every(({ outcome }) => outcome === 'ok');
    };
    const well = async (): Promise<void> => {
      while (!isWell('a', 30) || !isWell('b', 15)) await pause(100, undefined, { signal: lab.signal });
    };
    await well();
    await kafka.kill(0);
    while (isWell('a', 10) || isWell('b', 5)) await pause(50, undefined, { signal: lab.signal });
    await pause(5000);
    await kafka.revive(0);
    await well();
    await started.probes.finish(lab.signal);
    for (const id of ['a', 'b']) {
      const { samples, controls } = started.told(id);
      process.stdout.write(`      ${id}: ${JSON.stringify(tally(samples))}\n`);
      onGrid(samples, id === 'a' ? 10 : 5);
      assert.ok(samples.filter(({ outcome }) => outcome === 'failed' || outcome === 'unknown').length > 10);
      assert.ok(samples.every(({ outcome }) => outcome !== 'wrong' && outcome !== 'dropped'));
      assert.ok(controls.filter(({ outcome }) => outcome !== 'ok').length < controls.length / 100);
    }
    await started.probes.dispose();
  });

  it('lose nothing and tell nothing twice when the API is away for a while', async function () {
    this.timeout(2 * MINUTE);
    const way = await ApiWay.open(lab.kubeconfig);
    const through = await connectionFor(way.config, lab.signal);
    try {
      const started = await start([clickhouse('a'), clickhouse('b', { connection: 'fresh' })], { connection: through });
      await pause(3000);
      way.isOpen = false;
      way.cut();
      const quietSince = heardMsOf(started.probes);
      await pause(8000);
      assert.ok(started.nowMs() - heardMsOf(started.probes) > 7000, 'its silence shows');
      assert.ok(heardMsOf(started.probes) - quietSince < 500);
      way.isOpen = true;
      while (started.nowMs() - heardMsOf(started.probes) > 1000) await pause(50);
      way.cut();
      await started.probes.finish(lab.signal);
      for (const id of ['a', 'b']) {
        const { samples } = started.told(id);
        assert.ok(samples.length > 11 * 20, `${samples.length}`);
        onGrid(samples, 20);
      }
      assert.equal(started.notes.filter((note) => /broke/.test(note)).length >= 2, true);
      await started.probes.dispose();
    } finally {
      through.close();
      way.close();
    }
  });

  it('know by their control that it is their own network that is broken', async function () {
    this.timeout(3 * MINUTE);
    const started = await start([clickhouse('a'), clickhouse('b', { connection: 'fresh' })]);
    const name = started.told('a').vantage?.pod ?? '';
    const { metadata } = await lab.api.core.readNamespacedPod({ name, namespace: lab.namespace });
    const cut = helperInjectors({ image: BUSYBOX, program: helperProgram(), clock: systemClock }).find(({ kind }) => kind === 'networkCut');
    assert.ok(cut);
    const target = { kind: 'pod', namespace: lab.namespace, name, uid: metadata?.uid ?? '' } as const;
    const timing = { nowMs: () => Date.now(), pause: (ms: number, signal: AbortSignal) => pause(ms, undefined, { signal }) };
    const held = await cut.prepare(
      {
        ...{ connection, run: started.run, index: 0, target, timing, consent: (change) => consent(connection, change) },
        fault: { kind: 'networkCut', direction: 'both', title: 'cut', durationMs: 8000, targets: [target] },
      },
      lab.signal,
    );
    await pause(2000);
    await held.apply({ deadlineMs: Date.now() + 8000 }, lab.signal);
    await pause(12_000);
    await held.heal(lab.signal);
    await held.dispose();
    await started.probes.finish(lab.signal);
    const { samples, controls } = started.told('a');
    const failed = samples.filter(({ outcome }) => outcome === 'failed');
    assert.ok(failed.length > 100, `${failed.length} failed`);
    const failedControls = controls.filter(({ outcome }) => outcome === 'failed');
    const [first, last] = [failed[0]?.t ?? 0, failed.at(-1)?.t ?? 0];
    const [firstControl, lastControl] = [failedControls[0]?.t ?? 0, failedControls.at(-1)?.t ?? 0];
    assert.ok(failedControls.length > 50, `${failedControls.length} controls failed`);
    const told = `failed from ${first} to ${last}, its control from ${firstControl} to ${lastControl}`;
    assert.ok(Math.abs(firstControl - first) < 1000 && Math.abs(lastControl - last) < 1000, told);
    assert.ok(controls.at(-1)?.outcome === 'ok' && samples.at(-1)?.outcome === 'ok');
    // The other one had it as its echo, and is not blinded.
    const other = started.told('b');
    assert.ok(other.samples.every(({ outcome }) => outcome === 'ok'));
    assert.ok(other.controls.every(({ outcome }) => outcome === 'ok'));
    await started.probes.dispose();
  });

  it('say when one of them is gone, fall silent, and still give what the other has seen', async function () {
    this.timeout(2 * MINUTE);
    const started = await start([clickhouse('a'), clickhouse('b')]);
    await pause(2000);
    const name = started.told('a').vantage?.pod ?? '';
    await lab.api.core.deleteNamespacedPod({ name, namespace: lab.namespace });
    while (!started.notes.some((note) => note.startsWith('Vantage a is gone'))) await pause(50, undefined, { signal: lab.signal });
    await pause(1500);
    const heardMs = heardMsOf(started.probes);
    await pause(3000);
    assert.equal(heardMsOf(started.probes), heardMs);
    await assert.rejects(started.probes.finish(lab.signal), (error) => FaultlineError.is(error, 'unreachable'));
    onGrid(started.told('b').samples, 20);
    assert.ok((started.told('b').samples.at(-1)?.t ?? 0) > 4000);
    await started.probes.dispose();
    await gone(started.run);
  });

  it('are refused where no node is left, where there is no room, and where their image can’t be had; nothing stays', async function () {
    this.timeout(3 * MINUTE);
    const nodes = (await lab.api.core.listNode()).items.map(({ metadata }) => metadata?.name ?? '');
    await assert.rejects(start([clickhouse('a', { notOn: nodes })]), /There is no node for the probe/);
    await gone(`probe-test-${runs}`);
    await assert.rejects(
      start([clickhouse('a')], { image: 'localhost:1/none:1' }),
      /The image localhost:1\/none:1 of the probes can’t be pulled/,
    );
    await gone(`probe-test-${runs}`);
    await assert.rejects(start([clickhouse('a')], { image: BUSYBOX }), /executable file not found/);
    await gone(`probe-test-${runs}`);
  });
});

class Started {
  readonly run: string;
  readonly events: VantageTold[] = [];
  readonly notes: string[] = [];
  nowMs: () => number = () => 0;
  #probes: RunningProbes | undefined;

  constructor(run: string) {
    this.run = run;
  }

  get probes(): RunningProbes {
    assert.ok(this.#probes);
    return this.#probes;
  }

  set probes(probes: RunningProbes) {
    this.#probes = probes;
  }

  told(id: string): {
    readonly samples: readonly SampleEvent[];
    readonly controls: readonly SampleEvent[];
    readonly clocks: readonly ClockEvent[];
    readonly vantage: VantageEvent | undefined;
  } {
    const own = this.events.filter((event) => event.src === `probe-${id}`);
    const samples = own.filter((event) => event.kind === 'sample');
    return {
      samples: samples.filter(({ control }) => control !== true),
      controls: samples.filter(({ control }) => control === true),
      clocks: this.events.filter((event) => event.kind === 'clock').filter((event) => event.of === `probe-${id}`),
      vantage: own.find((event) => event.kind === 'vantage'),
    };
  }
}

/** Of the vantage that was heard longest ago. */
function heardMsOf({ heard }: RunningProbes): number {
  return Math.min(...heard.map(({ heardMs }) => heardMs));
}

function onGrid(samples: readonly SampleEvent[], perSecond: number): void {
  for (const [index, { t: at }] of samples.entries()) {
    const previous = samples[index - 1];
    if (previous !== undefined) assert.ok(Math.abs(at - previous.t - 1000 / perSecond) < 0.01, `${at - previous.t} ms between two starts`);
  }
}

function tally(samples: readonly SampleEvent[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { outcome, error } of samples) {
    const name = error === undefined ? outcome : `${outcome}: ${error.text}`;
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}
