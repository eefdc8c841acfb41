import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { FaultlineError } from '../../../../src/base/errors.ts';
import type { EngineInstance, PodLine } from '../../../../src/cluster/recognise/model.ts';
import type { PodGet, PodPlace, PodWays } from '../../../../src/cluster/truth/ways.ts';
import { followClickHouse } from '../../../../src/run/watches/engines/clickhouse.ts';
import type { EngineParts } from '../../../../src/run/watches/engines/engine.ts';
import { workersOf } from '../../../../src/run/watches/engines/trino.ts';
import { Hearing } from '../../../../src/run/watches/hearing.ts';
import type { WatchTold } from '../../../../src/run/watches/watches.ts';
import { pause } from '../../../../src/cluster/act/signal.ts';
import { until } from '../../cluster/server.ts';

const { signal } = new AbortController();

function line(name: string, role: PodLine['role'], more: Partial<PodLine> = {}): PodLine {
  return {
    ...{ id: `u-${name}`, ref: { apiVersion: 'v1', kind: 'Pod', namespace: 'data', name }, label: name, engine: 'trino', role },
    ...{ health: { state: 'ok', word: 'healthy' }, isReady: true, restarts: 0, container: 'main', containers: ['main'] },
    recognised: { confidence: 'sure', why: '', layout: '' },
    ...more,
  };
}

describe('the workers that a coordinator counts on', () => {
  const workers = [line('w0', 'worker', { ip: '10.0.0.1' }), line('w1', 'worker', { ip: '10.0.0.2' })];
  const at = (ip: string): object => ({ uri: `http://${ip}:8080`, recentFailureRatio: 0 });

  it('are those that it knows and has not given up', () => {
    assert.equal(workersOf([at('10.0.0.1'), at('10.0.0.2')], [], workers), 2);
    assert.equal(workersOf([at('10.0.0.1'), at('10.0.0.2')], [at('10.0.0.2')], workers), 1);
    assert.equal(workersOf([], [], workers), 0);
  });

  it('are not those whose pod is gone or going, before it notices', () => {
    assert.equal(workersOf([at('10.0.0.1'), at('10.0.0.9')], [], workers), 1);
    const going = [line('w0', 'worker', { ip: '10.0.0.1', health: { state: 'stopping', word: 'terminating' } }), ...workers.slice(1)];
    assert.equal(workersOf([at('10.0.0.1'), at('10.0.0.2')], [], going), 1);
  });

  it('are none of a pod that has just come, though it has the address of one that the coordinator still knows', () => {
    const [old] = workers;
    assert.equal(workersOf([at('10.0.0.1')], [], [{ ...(old ?? line('w', 'worker')), isReady: false }]), 0);
    assert.equal(workersOf([at('10.0.0.1')], [], [line('w9', 'worker')]), 0);
    assert.equal(workersOf([{ uri: 'http://[fd00::1]:8080' }], [], [line('w0', 'worker', { ip: 'fd00::1' })]), 1);
  });

  it('are counted once where one came back under its old address', () => {
    assert.equal(workersOf([at('10.0.0.1'), at('10.0.0.1'), at('10.0.0.2')], [at('10.0.0.1')], workers), 2);
  });

  it('are counted as they are where their addresses are names', () => {
    assert.equal(workersOf([{ uri: 'http://w0.trino:8080' }, { uri: 'http://w1.trino:8080' }], [], workers), 2);
  });

  it('are not known where it says something else', () => {
    assert.equal(workersOf({ error: 'x' }, [], workers), undefined);
    assert.equal(workersOf(undefined, undefined, workers), undefined);
  });
});

describe('the replicas of a ClickHouse', () => {
  const server = (name: string, shard: string): PodLine => line(name, 'server', { engine: 'clickhouse', shard, replica: name });
  const [a, b, c] = [server('ch-0', '1'), server('ch-1', '1'), server('ch-2', '2')];
  const group = (shard: string, pods: readonly PodLine[]): EngineInstance['roles'][number]['shards'][number] => ({
    ...{ id: shard, shard, health: { state: 'ok', word: '' }, ready: pods.length, total: pods.length, pods },
  });
  const instance: EngineInstance = {
    ...{
      id: 'clickhouse:data/ch',
      engine: 'clickhouse',
      name: 'ch',
      namespace: 'data',
      health: { state: 'ok', word: '' },
      ready: 3,
      wanted: 3,
    },
    recognised: { confidence: 'sure', why: '', layout: '' },
    roles: [
      {
        ...{ id: 'r', role: 'server', health: { state: 'ok', word: '' }, ready: 3, wanted: 3, workloads: [], pods: [a, b, c] },
        shards: [group('1', [a, b]), group('2', [c])],
      },
    ],
  };
  type Says = 'well' | 'readOnly' | 'behind' | 'refused' | 'silent' | 'forbids';

  function ways(says: ReadonlyMap<string, Says>): PodWays {
    const answer = (what: Says): PodGet => {
      const body = what === 'readOnly' ? '1\t0' : what === 'behind' ? '0\t400' : '0\t2';
      return (path) => {
        if (what !== 'forbids') return Promise.resolve({ status: 200, body });
        return Promise.resolve(path.startsWith('/?') ? { status: 403, body: '' } : { status: 200, body: 'Ok.' });
      };
    };
    return {
      proxy: () => assert.fail('not asked for'),
      tunnel: async <T>({ pod }: PodPlace, end: AbortSignal, use: (get: PodGet) => Promise<T>): Promise<T> => {
        const what = says.get(pod.ref.name) ?? 'well';
        if (what === 'refused') throw new FaultlineError('notFound', { what: 'nothing listens' });
        if (what === 'silent') await pause(60_000, end);
        return use(answer(what));
      },
    };
  }

  function partsOf(told: WatchTold[]): { readonly parts: EngineParts; readonly hearing: Hearing } {
    const nowMs = (): number => performance.now();
    const hearing = new Hearing({ nowMs, tell: (gap) => told.push(gap) });
    const parts: EngineParts = {
      connection: {} as EngineParts['connection'],
      ...{ hearing, nowMs, now: () => instance, isOnly: () => true, tell: (events) => told.push(...events), pause },
    };
    return { parts, hearing };
  }
  const lines = (told: readonly WatchTold[]): readonly string[] =>
    told.map((event) => (event.kind === 'redundancy' ? `${event.of}: ${event.have} of ${event.want}` : event.kind));

  it('are counted for each shard: one that refuses, takes no writes or is behind does not count', async () => {
    const says = new Map<string, Says>();
    const told: WatchTold[] = [];
    const poll = await followClickHouse(instance, partsOf(told).parts, signal, ways(says));
    try {
      assert.deepEqual(lines(told), ['replicas of shard 1: 2 of 2', 'replicas of shard 2: 1 of 1']);
      for (const what of ['refused', 'readOnly', 'behind', 'silent'] as const) {
        says.set('ch-1', what);
        await until(() => lines(told).at(-1) === 'replicas of shard 1: 1 of 2');
        says.set('ch-1', 'forbids');
        await until(() => lines(told).at(-1) === 'replicas of shard 1: 2 of 2');
      }
    } finally {
      await poll.dispose();
    }
  }).timeout(30_000);

  it('are told with the moment at which they were last heard to be as before, however long nobody said a word', async () => {
    const says = new Map<string, Says>();
    const told: WatchTold[] = [];
    const { parts } = partsOf(told);
    const poll = await followClickHouse(instance, parts, signal, ways(says));
    try {
      assert.ok(told.every((event) => event.kind === 'redundancy' && event.since === undefined));
      await pause(100, signal);
      const silentMs = parts.nowMs();
      for (const name of ['ch-0', 'ch-1', 'ch-2']) says.set(name, 'silent');
      await pause(1200, signal);
      for (const name of ['ch-0', 'ch-1']) says.set(name, 'refused');
      says.delete('ch-2');
      await until(() => lines(told).at(-1) === 'replicas of shard 1: 0 of 2');
      const last = told.at(-1);
      assert.ok(last?.kind === 'redundancy' && last.since !== undefined && last.since <= silentMs, JSON.stringify({ last, silentMs }));
    } finally {
      await poll.dispose();
    }
  }).timeout(30_000);

  it('are not known, and not none, while nobody says a word', async () => {
    const says = new Map<string, Says>();
    const told: WatchTold[] = [];
    const { parts } = partsOf(told);
    const poll = await followClickHouse(instance, parts, signal, ways(says));
    told.length = 0;
    for (const name of ['ch-0', 'ch-1', 'ch-2']) says.set(name, 'silent');
    await pause(4500, signal);
    assert.deepEqual(told, []);
    says.clear();
    await until(() => told.length > 0);
    assert.deepEqual(lines(told), ['watchGap']);
    await poll.dispose();
  }).timeout(30_000);

  it('that never said a word keep nobody waiting for them', async () => {
    const told: WatchTold[] = [];
    const { parts, hearing } = partsOf(told);
    const says = new Map<string, Says>(['ch-0', 'ch-1', 'ch-2'].map((name) => [name, 'silent']));
    await assert.rejects(followClickHouse(instance, parts, AbortSignal.timeout(300), ways(says)));
    hearing.end();
    assert.deepEqual(told, []);
  });
});
