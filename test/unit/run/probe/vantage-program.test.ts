import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, describe, it } from 'mocha';
import type { SampleEvent } from '../../../../src/journal/fault-events.ts';
import { Expected } from '../../../../src/run/probe/program/ask/expected.ts';
import { clickHouse, FakeEngine, trino } from './engine.ts';
import { patience, RunningProgram } from './program.ts';

describe('the program of a vantage', function () {
  this.timeout(60_000);
  const open: { stop(): Promise<void> }[] = [];
  afterEach(async () => {
    for (const one of open.splice(0).toReversed()) await one.stop();
  });

  async function engine(behaves = clickHouse): Promise<FakeEngine> {
    const started = await FakeEngine.start(behaves);
    open.push(started);
    return started;
  }

  async function program(...args: Parameters<typeof RunningProgram.start>): Promise<RunningProgram> {
    const started = await RunningProgram.start(...args);
    open.push(started);
    return started;
  }

  it('asks at its rate from a planned grid, and nothing before it is told to', async () => {
    const server = await engine();
    const vantage = await program({ engine: 'clickhouse', address: server.address });
    await vantage.link.compare(3, patience());
    assert.equal(server.asked.length, 0);
    await vantage.begin();
    await vantage.until(() => vantage.samples.length >= 50);
    await vantage.finish();
    assert.ok(vantage.samples.every(({ outcome }) => outcome === 'ok'));
    onGrid(vantage.samples, 20);
    onGrid(vantage.controls, 100);
    assert.ok(vantage.controls.every(({ outcome }) => outcome === 'ok'));
    assert.ok(server.connections < vantage.samples.length / 4, `${server.connections} connections are kept`);
    ascending(vantage);
    assert.equal(server.asked.length, vantage.samples.length);
  });

  it('opens a new connection for each question when it is fresh', async () => {
    const server = await engine();
    const vantage = await program({ engine: 'clickhouse', address: server.address, connection: 'fresh' });
    await vantage.begin();
    await vantage.until(() => vantage.samples.length >= 20);
    await vantage.finish();
    assert.equal(server.connections, vantage.samples.length);
  });

  it('shows a stall of the engine in every answer that was planned into it, and goes on asking', async () => {
    const server = await engine();
    const vantage = await program({ engine: 'clickhouse', address: server.address }, { answerWithinMs: 10_000 });
    await vantage.begin();
    await vantage.until(() => vantage.samples.length >= 10);
    const held: (() => void)[] = [];
    server.behaves = (_request, response) => void held.push(() => response.end('1\n'));
    await vantage.until(() => held.length >= 30);
    server.behaves = clickHouse;
    for (const answer of held) answer();
    await vantage.until(() => vantage.samples.length >= 60);
    await vantage.finish();
    const slow = vantage.samples.filter(({ wait, service }) => wait + service > 100);
    // Planned every 20 ms into a stall of 600 ms: the first waited for all of it, those after it a step less each.
    assert.ok(slow.length >= 20, `${slow.length} are slow`);
    assert.ok(slow.filter(({ wait }) => wait < 50).length > slow.length / 2, 'they were sent, and did not wait for each other');
    assert.ok(Math.max(...slow.map(({ service }) => service)) > 500);
    onGrid(vantage.samples, 20);
  });

  it('gives a silent engine up after the limit, and takes another limit', async () => {
    const server = await engine(() => undefined);
    const vantage = await program({ engine: 'clickhouse', address: server.address }, { answerWithinMs: 300 });
    await vantage.begin();
    await vantage.until(() => vantage.samples.length >= 5);
    for (const { outcome, error } of vantage.samples.filter(isSent)) assert.deepEqual([outcome, error?.reason], ['failed', 'timedOut']);
    near(vantage.samples, 300);
    await vantage.link.ask({ do: 'limit', answerWithinMs: 100 }, patience());
    const before = vantage.samples.length;
    await vantage.until(() => vantage.samples.length >= before + 40);
    near(vantage.samples.slice(-20), 100);
  });

  it('tells a refused connection, an error and a wrong answer apart', async () => {
    const server = await engine();
    const vantage = await program({ engine: 'clickhouse', address: server.address });
    await vantage.begin();
    await vantage.until(() => vantage.samples.some(isOk));
    server.behaves = (_request, response) =>
      response.writeHead(500, { 'x-clickhouse-exception-code': '241' }).end('Code: 241. DB::Exception: Memory limit (total) exceeded');
    await vantage.until(() => vantage.samples.some(({ error }) => error?.code === '241'));
    server.behaves = (_request, response) => response.end('2\n');
    await vantage.until(() => vantage.samples.some(({ outcome }) => outcome === 'wrong'));
    const { port } = server;
    await server.stop();
    await vantage.until(() => vantage.samples.some(({ error }) => error?.code === 'ECONNREFUSED'));
    server.behaves = clickHouse;
    await server.listen(port);
    const refused = vantage.samples.length;
    await vantage.until(() => vantage.samples.slice(refused).some(isOk));
    await vantage.finish();
    const found = new Map(
      vantage.samples.flatMap(({ outcome, error }) => (error === undefined ? [] : [[error.code, [outcome, error.text]]])),
    );
    assert.deepEqual(found.get('241'), ['failed', 'Code: 241. DB::Exception: Memory limit (total) exceeded']);
    assert.deepEqual(found.get('WRONG_ANSWER'), ['wrong', 'Answered “2” and not “1”']);
    assert.deepEqual(found.get('ECONNREFUSED'), ['failed', `127.0.0.1:${port} refuses the connection`]);
    assert.ok(vantage.controls.every(isOk), 'the control does not ask the engine');
  });

  it('calls a write unknown when its answer is lost, and failed when it was never sent or was refused', async () => {
    const server = await engine();
    const vantage = await program({ engine: 'clickhouse', address: server.address, asks: 'insert into t values (1)' });
    await vantage.begin();
    await vantage.until(() => vantage.samples.some(isOk));
    server.behaves = (request) => request.socket.destroy();
    await vantage.until(() => vantage.samples.some(({ outcome }) => outcome === 'unknown'));
    server.behaves = (_request, response) => response.writeHead(400).end('Code: 60. DB::Exception: no such table');
    await vantage.until(() => vantage.samples.some(({ error }) => error?.code === '60'));
    await server.stop();
    await vantage.until(() => vantage.samples.some(({ error }) => error?.code === 'ECONNREFUSED'));
    await vantage.finish();
    for (const { outcome, error } of vantage.samples) {
      if (error?.code === '60' || error?.code === 'ECONNREFUSED') assert.equal(outcome, 'failed', error.code);
      else assert.ok(outcome === 'ok' || outcome === 'unknown', `${outcome} ${error?.code}`);
    }
  });

  it('reads all pages of Trino, tries again where the protocol says so, and leaves no query behind', async () => {
    const server = await engine(trino());
    const vantage = await program(
      { engine: 'trino', address: server.address, asks: 'select count(*) from tpch.tiny.nation' },
      { answerWithinMs: 2000 },
    );
    await vantage.begin();
    await vantage.until(() => vantage.samples.length >= 10);
    assert.ok(vantage.samples.every(isOk));
    let busy = 0;
    const usual = server.behaves;
    server.behaves = (request, response, body) => (busy++ % 2 === 0 ? void response.writeHead(503).end() : usual(request, response, body));
    const before = vantage.samples.length;
    await vantage.until(() => vantage.samples.length >= before + 10);
    server.behaves = usual;
    assert.ok(vantage.samples.every(isOk));
    server.behaves = trino([24]);
    await vantage.until(() => vantage.samples.some(({ outcome }) => outcome === 'wrong'));
    server.behaves = (_request, response) =>
      response.end(
        JSON.stringify({
          id: 'q',
          error: { message: 'No worker nodes available', errorName: 'NO_NODES_AVAILABLE', errorType: 'INSUFFICIENT_RESOURCES' },
        }),
      );
    await vantage.until(() => vantage.samples.some(({ error }) => error?.code === 'NO_NODES_AVAILABLE'));
    // It stops answering in the middle of a query.
    server.behaves = (request, response, body) => (request.method === 'GET' ? undefined : trino()(request, response, body));
    await vantage.until(() => server.asked.some(({ method, path }) => method === 'DELETE' && path === '/v1/statement/queued/q1/1'));
    await vantage.finish();
  });

  it('knows the answer of its whole baseline, and says where there is none to learn', async () => {
    const server = await engine((_request, response) => response.end('a\tb\n'));
    const steady = await program({ engine: 'clickhouse', address: server.address, asks: 'select * from t' });
    await steady.begin();
    await steady.until(() => steady.samples.length >= 5);
    await steady.link.ask({ do: 'limit', answerWithinMs: 5000 }, patience());
    server.behaves = (_request, response) => response.end('a\tc\n');
    await steady.until(() => steady.samples.some(({ outcome }) => outcome === 'wrong'));
    let count = 0;
    server.behaves = (_request, response) => response.end(`${count++}\n`);
    const varying = await program({ engine: 'clickhouse', address: server.address, asks: 'select now()' });
    await varying.begin();
    await varying.until(() => varying.samples.length >= 10);
    await varying.finish();
    assert.ok(varying.samples.every(isOk));
    assert.equal(varying.saidNotes.length, 1);
  });

  it('expects no answer again that another one followed before the end of the baseline: somebody writes into what it reads', async () => {
    const server = await engine((_request, response) => response.end('7\n'));
    const vantage = await program({ engine: 'clickhouse', address: server.address, asks: 'select count(*) from orders' });
    await vantage.begin();
    await vantage.until(() => vantage.samples.length >= 10);
    server.behaves = (_request, response) => response.end('8\n');
    const asked = server.asked.length;
    await vantage.until(() => server.asked.length > asked + 5);
    await vantage.link.ask({ do: 'limit', answerWithinMs: 5000 }, patience());
    server.behaves = (_request, response) => response.end('9\n');
    const later = server.asked.length;
    await vantage.until(() => server.asked.length > later + 5);
    await vantage.finish();
    assert.ok(vantage.samples.every(isOk));
    assert.match(vantage.saidNotes.join(), /^Vantage a asks what has another answer each time/);
  });

  it('expects nothing where the baseline had too few answers to tell', () => {
    let varied = 0;
    const few = new Expected('select count(*) from orders', () => varied++);
    for (const answer of ['7', '7']) few.judge(answer);
    few.fix();
    assert.deepEqual([few.judge('8').outcome, few.judge('9').outcome, varied], ['ok', 'ok', 1]);
    const known = new Expected('Select  1;', () => varied++);
    assert.deepEqual([known.judge('2').outcome, varied], ['wrong', 1]);
  });

  it('tells of its own stalls, and drops what was planned too long ago to be sent', async () => {
    const server = await engine();
    const vantage = await program({ engine: 'clickhouse', address: server.address }, { answerWithinMs: 200 });
    await vantage.begin();
    await vantage.until(() => vantage.samples.length >= 10);
    vantage.child.kill('SIGSTOP');
    await new Promise((resolve) => setTimeout(resolve, 500));
    vantage.child.kill('SIGCONT');
    const before = vantage.samples.length;
    await vantage.until(() => vantage.samples.length >= before + 60);
    await vantage.finish();
    const lag = vantage.told.find((event) => event.kind === 'lag' && event.ms > 400);
    assert.ok(lag?.kind === 'lag');
    const inIt = vantage.samples.filter(({ t: at }) => at >= lag.t && at < lag.t + lag.ms);
    assert.ok(inIt.some(({ outcome }) => outcome === 'dropped'));
    assert.ok(inIt.length >= 0.8 * (lag.ms / 20), 'each planned start is there');
    onGrid(vantage.samples, 20);
    ascending(vantage);
  });

  it('knows by its control that it is itself what is broken', async () => {
    const server = await engine();
    const other = await program(undefined);
    const vantage = await program({ engine: 'clickhouse', address: server.address });
    await vantage.begin([{ host: '127.0.0.1', port: other.ports.echo }]);
    await vantage.until(() => vantage.controls.filter(isOk).length >= 3);
    await other.stop();
    await vantage.until(() => vantage.controls.some(({ outcome }) => outcome === 'failed'));
    await vantage.finish();
    assert.ok(vantage.samples.every(isOk));
    assert.equal(vantage.controls.at(-1)?.error?.code, 'NO_ECHO');
  });

  it('is not blinded by another vantage that is gone: the API answers in its place', async () => {
    const server = await engine();
    const api = await engine();
    const env = { KUBERNETES_SERVICE_HOST: '127.0.0.1', KUBERNETES_SERVICE_PORT: String(api.port) };
    const other = await program(undefined);
    const vantage = await program({ engine: 'clickhouse', address: server.address }, {}, env);
    await vantage.begin([{ host: '127.0.0.1', port: other.ports.echo }]);
    await vantage.until(() => vantage.controls.length >= 5);
    assert.equal(api.connections, 0, 'it is asked only when nobody else answers');
    await other.stop();
    await vantage.until(() => api.connections >= 5);
    await vantage.finish();
    assert.ok(vantage.controls.every(isOk));
  });

  it('keeps what it sees while nobody listens, and nothing is lost or told twice when somebody does again', async () => {
    const server = await engine();
    const vantage = await program({ engine: 'clickhouse', address: server.address, perSecond: 200 });
    await vantage.begin();
    for (let cut = 0; cut < 5; cut++) {
      const before = vantage.samples.length;
      await vantage.until(() => vantage.samples.length >= before + 50);
      vantage.cut();
    }
    await vantage.finish();
    const numbers = vantage.lines.map((line) => (JSON.parse(line) as [number])[0]);
    assert.deepEqual(numbers, [...numbers.keys()]);
    onGrid(vantage.samples, 5);
    assert.equal(server.asked.length, vantage.samples.length);
  });

  it('goes on asking when whoever talks to it is torn away in the middle of a word', async () => {
    const server = await engine();
    const vantage = await program({ engine: 'clickhouse', address: server.address });
    await vantage.begin();
    for (let torn = 0; torn < 5; torn++) {
      const socket = connect(vantage.ports.talk, '127.0.0.1');
      await once(socket, 'connect');
      // What is not read makes the reset an error on the other side.
      socket.write('{"id":1,"do":"clock"}\n'.repeat(2000));
      await once(socket, 'readable');
      socket.resetAndDestroy();
    }
    const before = server.asked.length;
    await vantage.until(() => server.asked.length > before + 20);
    await vantage.finish();
    assert.equal(vantage.child.exitCode, null);
  });

  it('says how many had no room in its spool', async () => {
    const server = await engine();
    const vantage = await program({ engine: 'clickhouse', address: server.address }, { mostSpoolBytes: 1000 });
    await vantage.begin();
    await vantage.until(() => server.asked.length > 60);
    await vantage.finish();
    assert.match(vantage.saidNotes.join(), /^\d+ samples of vantage a had no room in its pod$/);
    assert.ok(vantage.samples.length < 25);
  });

  it('ends by itself at its deadline, by whichever clock comes first, and at once when it is told to', async () => {
    const byWall = await program(undefined, { deadlineMs: Date.now() + 1000 });
    const byOwn = await program(undefined, { longestMs: 700 });
    const ofKafka = await program({ engine: 'kafka', address: '127.0.0.1:1', asks: 'faultline-probe-0123456789ab' }, { longestMs: 700 });
    const told = await program(undefined);
    const asked = await program(undefined);
    const ended = [byWall, byOwn, ofKafka].map(async ({ child }) => (child.exitCode === null ? once(child, 'exit') : undefined));
    const begun = performance.now();
    told.child.kill('SIGTERM');
    assert.deepEqual(await once(told.child, 'exit'), [0, null]);
    assert.ok(performance.now() - begun < 3000, 'not at its deadline');
    await asked.link.ask({ do: 'leave' }, patience()).catch(() => undefined);
    await Promise.all(ended);
    assert.deepEqual([byWall.child.exitCode, byOwn.child.exitCode, ofKafka.child.exitCode], [0, 0, 0]);
  });

  it('says what keeps it from asking its engine', async () => {
    const vantage = await program({ engine: 'kafka', address: '127.0.0.1:1', asks: 'write to and read from faultline-probe' });
    await assert.rejects(vantage.begin(), /No Kafka broker answered|does not answer/);
  });

  it('compares clocks to less than what a request takes', async () => {
    const vantage = await program(undefined);
    await vantage.link.compare(8, patience());
    const best = vantage.link.clock.best(performance.now());
    assert.ok(best !== undefined && best.error < 100 && best.error > 0, `${best?.error} ms`);
  });
});

function isOk({ outcome }: SampleEvent): boolean {
  return outcome === 'ok';
}

function onGrid(samples: readonly SampleEvent[], intervalMs: number): void {
  for (const [index, { t: at }] of samples.entries()) {
    const previous = samples[index - 1];
    if (previous !== undefined) assert.ok(Math.abs(at - previous.t - intervalMs) < 0.01, `${at - previous.t} ms between two starts`);
  }
}

/** In the order of its own clock. */
function ascending({ told }: RunningProgram): void {
  for (const [index, { t: at }] of told.entries()) assert.ok(at >= (told[index - 1]?.t ?? 0), `${at} comes after ${told[index - 1]?.t}`);
}

/** Timers of a busy machine are late: each is given up no sooner, and most not much later. */
function near(samples: readonly SampleEvent[], limitMs: number): void {
  const took = samples.filter(isSent).map(({ wait, service }) => wait + service);
  const sorted = took.toSorted((a, b) => a - b);
  const text = `${sorted[0]} to ${sorted.at(-1)} ms, and the limit is ${limitMs}`;
  assert.ok((sorted[0] ?? 0) >= limitMs - 5 && (sorted[sorted.length >> 1] ?? 0) < limitMs + 150, text);
}

function isSent({ outcome }: SampleEvent): boolean {
  return outcome !== 'dropped';
}
