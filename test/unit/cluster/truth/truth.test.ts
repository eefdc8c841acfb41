import assert from 'node:assert/strict';
import { FaultlineError } from '../../../../src/base/errors.ts';
import type { ClusterModel, EngineInstance, PodLine } from '../../../../src/cluster/recognise/model.ts';
import { modelOf } from '../../../../src/cluster/recognise/modelOf.ts';
import { askerOf } from '../../../../src/cluster/truth/ask.ts';
import type { PodQuestion, Said } from '../../../../src/cluster/truth/questions.ts';
import { EngineProber } from '../../../../src/cluster/truth/prober.ts';
import type { PodAnswer, PodGet, PodWays } from '../../../../src/cluster/truth/ways.ts';
import type { ClusterConnection } from '../../../../src/cluster/connect/connection.ts';
import { keyOf, type Pod } from '../../../../src/cluster/objects.ts';
import { appComponent, appInstance, appName, pod, unready } from '../recognise/pods.ts';

type Answers = Readonly<Record<string, PodAnswer>>;

const ok = (body: string): PodAnswer => ({ status: 200, body });
const forbidden = new FaultlineError('forbidden', { what: 'jane may not create pods/portforward in namespace data' });
const unused = {} as ClusterConnection;

function getFrom(answers: Answers): PodGet {
  return async (path) => answers[path.split('?')[0] ?? ''] ?? { status: 404, body: '' };
}

function ways(
  tunnel: Answers | FaultlineError,
  proxy: Answers | FaultlineError = new FaultlineError('internal', { what: 'not asked for' }),
): PodWays {
  const way =
    (answers: Answers | FaultlineError): PodWays['tunnel'] =>
    async (_place, _signal, use) => {
      if (answers instanceof FaultlineError) throw answers;
      return use(getFrom(answers));
    };
  return { tunnel: way(tunnel), proxy: way(proxy) };
}

function ask(engine: PodQuestion['engine'], by: PodWays): Promise<Said | undefined> {
  const question = {
    engine,
    instanceId: 'x',
    pod: { id: 'p', ref: { name: 'p', namespace: 'data' } },
    port: 8080,
    scheme: 'http',
  } as PodQuestion;
  return askerOf(unused, by)(question, new AbortController().signal);
}

const info = (more: object = {}): PodAnswer =>
  ok(JSON.stringify({ nodeVersion: { version: '476' }, coordinator: false, starting: false, ...more }));

describe('what Trino says of itself', () => {
  const states: readonly (readonly [said: string, state: Said['state'], word: string])[] = [
    ['ACTIVE', 'serving', 'active'],
    ['DRAINING', 'draining', 'draining'],
    ['DRAINED', 'draining', 'drained'],
    ['SHUTTING_DOWN', 'draining', 'shutting down'],
    ['INACTIVE', 'notServing', 'inactive'],
  ];
  for (const [said, state, word] of states)
    it(`is ${state} when it says ${said}`, async () => {
      const truth = await ask('trino', ways({ '/v1/info': info(), '/v1/info/state': ok(JSON.stringify(said)) }));
      assert.deepEqual(truth, { state, word, version: '476', isCoordinator: false });
    });
  it('is starting as long as it says so, whatever its state', async () => {
    const truth = await ask('trino', ways({ '/v1/info': info({ starting: true }), '/v1/info/state': ok('"ACTIVE"') }));
    assert.equal(truth?.state, 'starting');
  });
  it('has started where its state may not be read', async () => {
    const truth = await ask('presto', ways({ '/v1/info': info({ coordinator: true }), '/v1/info/state': { status: 401, body: '' } }));
    assert.deepEqual([truth?.state, truth?.word, truth?.isCoordinator], ['serving', 'started', true]);
  });
  it('does not serve when nothing listens', async () => {
    const refused = new FaultlineError('notFound', { what: 'A connection to port 8080 of p failed', meaning: 'connection refused' });
    const truth = await ask('trino', ways(refused));
    assert.deepEqual([truth?.state, truth?.word], ['notServing', 'nothing listens on port 8080']);
  });
  it('is asked through the proxy where ports may not be forwarded', async () => {
    const truth = await ask('presto', ways(forbidden, { '/v1/info': info(), '/v1/info/state': ok('"ACTIVE"') }));
    assert.equal(truth?.word, 'active');
  });
  it('names the missing right when it refuses the proxy', async () => {
    const truth = await ask('trino', ways(forbidden, { '/v1/info': { status: 406, body: 'X-Forwarded-For' } }));
    assert.deepEqual(truth, { state: 'unknown', word: 'jane may not create pods/portforward in namespace data' });
  });
  it('is unknown, and not down, when its answer is no info', async () => {
    assert.equal((await ask('trino', ways({ '/v1/info': ok('<html>') })))?.state, 'unknown');
  });
});

describe('what ClickHouse says of itself', () => {
  const alive: Answers = { '/ping': ok('Ok.\n'), '/replicas_status': ok('Ok.\n') };

  it('is alive with up-to-date replicas', async () => {
    assert.equal((await ask('clickhouse', ways({ ...alive, '/': ok('26.7.2.1\t0\t0\t4\t0\n') })))?.state, 'serving');
  });
  it('is degraded with read-only tables, and counts them', async () => {
    const truth = await ask('clickhouse', ways({ ...alive, '/': ok('26.7.2.1\t2\t1\t4\t0\n') }));
    assert.deepEqual([truth?.state, truth?.word, truth?.version], ['degraded', '2 tables read-only', '26.7.2.1']);
  });
  it('is degraded when a replica is behind, with the seconds', async () => {
    const late = { ...alive, '/replicas_status': { status: 503, body: 'db.t:\tAbsolute delay: 400.\n' }, '/': ok('26.7\t0\t0\t1\t400\n') };
    const truth = await ask('clickhouse', ways(late));
    assert.deepEqual([truth?.state, truth?.word, truth?.why], ['degraded', 'replica 400 s behind', 'db.t:\tAbsolute delay: 400.']);
  });
  it('is judged by its two pages where a user is needed', async () => {
    assert.deepEqual(await ask('clickhouse', ways({ ...alive, '/': { status: 401, body: '' } })), {
      state: 'serving',
      word: 'alive, replicas up to date',
    });
  });
  it('does not serve when the API server cannot connect to it', async () => {
    const dead = new FaultlineError('unreachable', { what: 'error trying to reach service', code: 'ServiceUnavailable' });
    assert.equal((await ask('clickhouse', ways(forbidden, dead)))?.state, 'notServing');
  });
});

describe('asking engines', () => {
  const worker = (name: string, more: Partial<Parameters<typeof pod>[0]> = {}): Pod =>
    pod({ name, labels: { [appName]: 'trino', [appInstance]: 'q', [appComponent]: 'worker' }, ...more });

  function model(pods: readonly Pod[]): ClusterModel {
    const objects = new Map(pods.map((one) => [keyOf(one), one]));
    return modelOf({ context: 'x', parts: { pods: { objects, state: { kind: 'live', sinceMs: 0 } } }, truth: new Map(), kafka: new Map() });
  }

  class Hand {
    nowMs = 0;
    readonly timers: { readonly atMs: number; readonly run: () => void }[] = [];
    readonly timing = {
      monotonicMs: () => this.nowMs,
      wallMs: () => this.nowMs,
      random: () => 0,
      after: (delayMs: number, run: () => void) => {
        const timer = { atMs: this.nowMs + delayMs, run };
        this.timers.push(timer);
        return { dispose: () => void this.timers.splice(this.timers.indexOf(timer), 1) };
      },
    };
  }

  it('asks ready pods alone, one after the other, and nobody while nobody looks', async () => {
    const hand = new Hand();
    const asked: string[] = [];
    let open = 0;
    const prober = new EngineProber(
      unused,
      () => model([worker('a'), worker('b'), worker('c', { status: unready([{}]) })]),
      {
        timing: hand.timing,
        ask: async ({ pod: { label } }) => {
          assert.equal(++open, 1, 'two at a time');
          asked.push(label);
          await Promise.resolve();
          open--;
          return { state: 'serving', word: 'active' };
        },
      },
      () => undefined,
    );
    assert.deepEqual(asked, []);
    await prober.round(new AbortController().signal);
    assert.deepEqual(asked, ['a', 'b']);
    assert.equal(hand.timers.length, 0);
    prober.dispose();
  });

  it('asks a pod that is not heard less and less often, and forgets one that is gone', async () => {
    const hand = new Hand();
    let pods = [worker('a')];
    let asked = 0;
    const prober = new EngineProber(
      unused,
      () => model(pods),
      {
        timing: hand.timing,
        ask: async () => {
          asked++;
          return { state: 'unknown', word: 'no answer' };
        },
      },
      () => undefined,
    );
    const round = (): Promise<void> => prober.round(new AbortController().signal);
    const at: number[] = [];
    for (; hand.nowMs <= 60_000; hand.nowMs += 5000) {
      const before = asked;
      await round();
      if (asked > before) at.push(hand.nowMs);
    }
    assert.deepEqual(at, [0, 5000, 15_000, 35_000]);
    assert.equal(prober.truth.size, 1);
    pods = [];
    await round();
    assert.equal(prober.truth.size, 0);
    prober.dispose();
  });

  it('tells of a change, and not of the same said again', async () => {
    let told = 0;
    let word = 'active';
    const prober = new EngineProber(
      unused,
      () => model([worker('a')]),
      { ask: async () => ({ state: 'serving', word }) },
      () => void told++,
    );
    const round = (): Promise<void> => prober.round(new AbortController().signal);
    await round();
    await round();
    assert.equal(told, 1);
    word = 'started';
    await round();
    assert.equal(told, 2);
    prober.dispose();
  });

  it('asks Kafka, Keeper and operators nothing', async () => {
    const asked: string[] = [];
    const instance = (pods: readonly Pod[]): readonly EngineInstance[] => model(pods).engines.items;
    const keeper = pod({ name: 'k', labels: { [appName]: 'clickhouse', [appInstance]: 'q', [appComponent]: 'keeper' } });
    assert.equal(instance([keeper]).length, 1);
    const prober = new EngineProber(
      unused,
      () => model([keeper]),
      {
        ask: async ({ pod: { label } }: { pod: PodLine }) => {
          asked.push(label);
          return undefined;
        },
      },
      () => undefined,
    );
    await prober.round(new AbortController().signal);
    assert.deepEqual(asked, []);
    prober.dispose();
  });
});
