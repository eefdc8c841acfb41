import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { WebSocketServer, type WebSocket } from 'ws';
import { FaultlineError } from '../../../../src/base/errors.ts';
import { consentTo } from '../../../../src/cluster/act/protection.ts';
import type { ClusterConnection } from '../../../../src/cluster/connect/connection.ts';
import type { SampleEvent } from '../../../../src/journal/fault-events.ts';
import type { PlannedProbe } from '../../../../src/journal/fault-plan.ts';
import type { ProbeRequest, RunningProbes, VantageTold } from '../../../../src/run/probe/probes.ts';
import { settingsVariable, type ProgramSettings } from '../../../../src/run/probe/protocol.ts';
import { startProbes } from '../../../../src/run/probe/start.ts';
import { ScriptedApi, type ApiObject } from '../../fault/api.ts';
import { clickHouse, FakeEngine } from './engine.ts';
import { main, patience } from './program.ts';

describe('vantages, from the runner’s side', function () {
  this.timeout(60_000);
  let api: ScriptedApi;
  let connection: ClusterConnection;
  let engine: FakeEngine;
  let kubelet: Kubelet;
  let probes: RunningProbes | undefined;
  let events: VantageTold[];
  let notes: string[];
  let probe: (id: string) => PlannedProbe;

  beforeEach(async () => {
    api = await ScriptedApi.start();
    connection = await api.connect();
    engine = await FakeEngine.start(clickHouse);
    kubelet = new Kubelet(api);
    [events, notes, probes, probe] = [[], [], undefined, clickHouseProbe];
  });
  afterEach(async () => {
    await probes?.dispose();
    await kubelet.stop();
    await engine.stop();
    connection.close();
    await api.stop();
  });

  const begun = performance.now();
  const nowMs = (): number => performance.now() - begun;
  const clickHouseProbe = (id: string): PlannedProbe => ({
    ...{ id, title: id, engine: 'clickhouse', address: engine.address, connection: 'pooled', asks: 'select 1', perSecond: 50, notOn: [] },
  });
  const start = async (...ids: readonly string[]): Promise<RunningProbes> => {
    const request: ProbeRequest = {
      ...{ connection, run: 'r1', probes: ids.map(probe), namespace: 'data', image: 'node:24', deadlineMs: Date.now() + 60_000, nowMs },
      ...{ answerWithinMs: 10_000, onEvents: (told) => void events.push(...told), note: (text) => void notes.push(text) },
      consent: consentTo({ context: connection.context.name, server: connection.server, level: 'open', knownBy: 'identity' }, 'fault'),
    };
    probes = await startProbes(request, patience());
    return probes;
  };
  const samples = (id: string): readonly SampleEvent[] =>
    events.filter((event) => event.kind === 'sample').filter(({ src, control }) => src === `probe-${id}` && control !== true);
  const until = async (isSo: () => boolean): Promise<void> => {
    for (const limit = patience(); !isSo(); await new Promise((resolve) => setTimeout(resolve, 10))) limit.throwIfAborted();
  };
  const onGrid = (id: string): void => {
    for (const [index, { t: at }] of samples(id).entries())
      if (index > 0) assert.ok(Math.abs(at - (samples(id)[index - 1]?.t ?? 0) - 20) < 0.01);
  };

  it('tell their clocks and where they are before anything else, and all that they saw until they are finished; then they are gone', async () => {
    const running = await start('a', 'b');
    for (const id of ['a', 'b']) {
      const own = events.filter((event) => event.src === `probe-${id}` || (event.kind === 'clock' && event.of === `probe-${id}`));
      const clock = own[0];
      const vantage = own.find(({ kind }) => kind !== 'clock');
      assert.ok(clock?.kind === 'clock' && vantage?.kind === 'vantage');
      assert.deepEqual([vantage.node, vantage.title, vantage.perSecond], ['n1', id, 50]);
      // When it said that it was up, put on the runner's clock, was a moment ago.
      assert.ok(Math.abs(vantage.t + clock.offset - nowMs()) < 2000);
    }
    await until(() => samples('a').length > 20 && samples('b').length > 20);
    assert.ok(nowMs() - heardMsOf(running) < 3000);
    await running.limit(8000, patience());
    await running.finish(patience());
    assert.ok(samples('a').length > 20 && samples('a').every(({ outcome }) => outcome === 'ok'));
    onGrid('a');
    onGrid('b');
    assert.equal(engine.asked.length, samples('a').length + samples('b').length);
    assert.ok(events.filter((event) => event.kind === 'clock').length >= 4, 'at the start and at the end');
    await running.dispose();
    await running.dispose();
    assert.deepEqual(
      [...api.objects.values()].filter(
        ({ metadata }) => metadata.name.startsWith('faultline-probe') && metadata.deletionTimestamp === undefined,
      ),
      [],
    );
    assert.deepEqual(notes, []);
  });

  it('are silent while the API is away, and tell it all when it is back, also of a limit that was set meanwhile', async () => {
    const running = await start('a', 'b');
    await until(() => samples('a').length > 10);
    kubelet.isAway = true;
    kubelet.cut();
    const heardMs = heardMsOf(running);
    await new Promise((resolve) => setTimeout(resolve, 1500));
    assert.equal(heardMsOf(running), heardMs);
    const limited = running.limit(8000, patience());
    kubelet.isAway = false;
    await limited;
    assert.ok(heardMsOf(running) > heardMs + 1000);
    kubelet.cut();
    await running.finish(patience());
    assert.ok(samples('a').length > 80);
    onGrid('a');
    onGrid('b');
    assert.ok(notes.some((note) => /^Vantage [ab]: The connection to a probe broke/.test(note)));
    assert.ok(notes.some((note) => note.endsWith('is back')));
  });

  it('say which of them is gone, stay silent, and fail to finish once the other is fetched', async () => {
    const running = await start('a', 'b');
    await until(() => samples('a').length > 10 && samples('b').length > 10);
    kubelet.evict('a');
    await until(() => notes.some((note) => /Vantage a is gone, and with it what was not fetched yet: Evicted: low on memory/.test(note)));
    await new Promise((resolve) => setTimeout(resolve, 1200));
    const heardMs = heardMsOf(running);
    await new Promise((resolve) => setTimeout(resolve, 1200));
    assert.equal(heardMsOf(running), heardMs);
    assert.deepEqual(
      running.heard.filter((one) => one.heardMs === heardMs).map(({ title }) => title),
      ['a'],
    );
    await assert.rejects(running.finish(patience()), (error) => FaultlineError.is(error, 'unreachable'));
    assert.ok(samples('b').length > 60);
    onGrid('b');
  });

  it('of Kafka remove the topic of their run also where it ends before its time, those that answer, once none of them asks any more', async () => {
    kubelet.isScripted = true;
    probe = (id) => ({ ...clickHouseProbe(id), ...{ engine: 'kafka', asks: 'write to and read from faultline-probe-0123456789ab' } });
    const running = await start('a', 'b', 'c');
    kubelet.evict('c');
    await until(() => notes.some((note) => /Vantage c is gone/.test(note)));
    await running.dispose();
    const last = kubelet.asked.flatMap(([pod, what]) => (what === 'stop' || what === 'tidy' ? [`${what} ${pod}`] : []));
    assert.deepEqual([...last.slice(0, 2).toSorted(), ...last.slice(2).toSorted()], ['stop a', 'stop b', 'tidy a', 'tidy b']);
    assert.equal(notes.filter((note) => /topic/.test(note)).length, 0);
  });

  it('of Kafka that can’t begin say that their topic may be left', async () => {
    probe = (id) => ({
      ...clickHouseProbe(id),
      ...{ engine: 'kafka', address: '127.0.0.1:1', asks: 'write to faultline-probe-0123456789ab' },
    });
    await assert.rejects(start('a'), (error) => FaultlineError.is(error, 'unreachable'));
    assert.match(notes.join('\n'), /^The topic of the probes could not be removed: /m);
  });

  it('have somebody who echoes where there is one alone', async () => {
    const running = await start('a');
    const made = api.writes.filter(({ method, path }) => method === 'POST' && path.endsWith('/pods'));
    assert.deepEqual(
      made.map(({ body }) => settingsOf(body as unknown as ApiObject).probe?.id),
      ['a', undefined],
    );
    await running.finish(patience());
  });
});

/** Of the vantage that was heard longest ago. */
function heardMsOf({ heard }: RunningProbes): number {
  return Math.min(...heard.map(({ heardMs }) => heardMs));
}

/** Runs the real program of each pod on this machine, and leads to its port. */
class Kubelet {
  isAway = false;
  /** In the place of programs: whoever answers all that is asked. */
  isScripted = false;
  /** By pod, in order. */
  readonly asked: (readonly [pod: string, what: string])[] = [];
  readonly #api: ScriptedApi;
  readonly #programs = new Map<string, { readonly child: ChildProcess; readonly folder: string; readonly port: Promise<number> }>();
  readonly #scripted = new Map<string, Server>();
  readonly #sockets = new Map<string, Socket>();
  readonly #streams = new Set<WebSocket>();
  readonly #server = new WebSocketServer({ noServer: true, handleProtocols: () => 'v4.channel.k8s.io' });

  constructor(api: ScriptedApi) {
    this.#api = api;
    api.afterwards = ({ method, path }, object) => {
      if (object === undefined || !path.includes('/pods')) return;
      if (method === 'POST') void this.#run(path, object);
      if (method === 'DELETE') this.#programs.get(object.metadata.name)?.child.kill('SIGTERM');
    };
    api.server.on('upgrade', (request, socket, head) => {
      const pod = /\/pods\/([^/]+)\/portforward/.exec(request.url ?? '')?.[1] ?? '';
      if (this.isAway) return void socket.destroy();
      return this.#server.handleUpgrade(request, socket, head, (stream) => void this.#lead(stream, pod));
    });
  }

  /** All streams break. */
  cut(): void {
    for (const stream of this.#streams) stream.terminate();
  }

  evict(id: string): void {
    for (const name of [...this.#programs.keys(), ...this.#scripted.keys()]) {
      if (!name.endsWith(`-${id}`)) continue;
      const path = `/api/v1/namespaces/data/pods`;
      this.#api.put(path, { ...this.#api.at(`${path}/${name}`), status: { phase: 'Failed', reason: 'Evicted', message: 'low on memory' } });
      this.#programs.get(name)?.child.kill('SIGKILL');
      this.#sockets.get(name)?.destroy();
    }
  }

  async stop(): Promise<void> {
    for (const { child, folder } of this.#programs.values()) {
      if (child.exitCode === null && child.signalCode === null) {
        child.kill('SIGKILL');
        await once(child, 'exit');
      }
      await rm(folder, { recursive: true, force: true });
    }
    this.cut();
    for (const server of this.#scripted.values()) server.close();
  }

  async #run(path: string, object: ApiObject): Promise<void> {
    const { name } = object.metadata;
    const status = { podIP: '127.0.0.1', containerStatuses: [{ name: 'probe', state: { running: {} } }] };
    const runs = (): void => void this.#api.put(path, { ...object, spec: { ...(object['spec'] as object), nodeName: 'n1' }, status });
    if (this.isScripted) {
      this.#scripted.set(name, createServer((socket) => this.#answer(socket, name)).listen(0, '127.0.0.1'));
      return runs();
    }
    const folder = await mkdtemp(join(tmpdir(), 'faultline-probe-'));
    const settings: ProgramSettings = { ...settingsOf(object), folder, talkPort: 0, echoPort: 0 };
    const child = spawn(process.execPath, ['--input-type=module', '-e', `await (await import(${JSON.stringify(main)})).main()`], {
      env: { PATH: process.env['PATH'] ?? '', [settingsVariable]: JSON.stringify(settings) },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const port = once(createInterface({ input: child.stdout }), 'line').then(
      ([line]) => (JSON.parse(String(line)) as { talk: number }).talk,
    );
    this.#programs.set(name, { child, folder, port });
    runs();
  }

  #answer(socket: Socket, pod: string): void {
    socket.on('error', () => socket.destroy());
    createInterface({ input: socket })
      .on('error', () => undefined)
      .on('line', (line) => {
        const { id, do: what } = JSON.parse(line) as { readonly id: number; readonly do: string };
        this.asked.push([pod.slice(-1), what]);
        socket.write(`${JSON.stringify({ id, t: performance.now() })}\n`);
      });
    this.#sockets.set(pod, socket);
  }

  async #lead(stream: WebSocket, pod: string): Promise<void> {
    this.#streams.add(stream);
    const waiting: Buffer[] = [];
    const to: { socket?: Socket } = {};
    stream.on('message', (data: Buffer) => (to.socket === undefined ? waiting.push(data.subarray(1)) : to.socket.write(data.subarray(1))));
    stream.on('close', () => {
      this.#streams.delete(stream);
      to.socket?.destroy();
    });
    stream.send(Buffer.from([0, 0, 0]));
    stream.send(Buffer.from([1, 0, 0]));
    const scripted = this.#scripted.get(pod)?.address();
    const port = typeof scripted === 'object' ? scripted?.port : undefined;
    const socket = connect(port ?? (await this.#programs.get(pod)?.port) ?? 0, '127.0.0.1');
    socket.on('error', (error) => stream.send(Buffer.concat([Buffer.from([1]), Buffer.from(error.message)])));
    socket.on('close', () => stream.close());
    socket.on('data', (bytes) => stream.send(Buffer.concat([Buffer.from([0]), bytes])));
    for (const bytes of waiting) socket.write(bytes);
    to.socket = socket;
  }
}

function settingsOf(object: ApiObject): ProgramSettings {
  const spec = object['spec'] as {
    readonly containers: readonly { readonly env: readonly { readonly name: string; readonly value: string }[] }[];
  };
  return JSON.parse(spec.containers[0]?.env.find(({ name }) => name === settingsVariable)?.value ?? '{}') as ProgramSettings;
}
