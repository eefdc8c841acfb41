import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { afterEach, beforeEach, describe, it } from 'mocha';
import type { ClusterConnection } from '../../../../src/cluster/connect/connection.ts';
import type { Pod } from '../../../../src/cluster/objects.ts';
import { kinds } from '../../../../src/cluster/watch/kinds.ts';
import { systemTiming } from '../../../../src/cluster/watch/timing.ts';
import { watchKind, type Timing, type WatchChange, type Watched, type WatchOptions } from '../../../../src/cluster/watch/watch.ts';
import { FakeApi, forbidden, json, list, pod, status, stream, until } from '../server.ts';

/** Time runs a hundred times as fast: a minute of back-off is over in 0.6 s. */
const pace = 100;
const fast: Timing = {
  wallMs: () => systemTiming.wallMs() * pace,
  monotonicMs: () => systemTiming.monotonicMs() * pace,
  random: Math.random,
  after: (ms, run) => systemTiming.after(ms / pace, run),
};

describe('a supervised watch', () => {
  let api: FakeApi;
  let connection: ClusterConnection;
  let watched: Watched<Pod> | undefined;
  let changes: WatchChange[];
  /** Of the watches that are open, newest last. */
  let open: ServerResponse[];

  beforeEach(async () => {
    changes = [];
    open = [];
    api = await FakeApi.start((asked, response) =>
      asked.query.has('watch') ? opened(response) : list(response, 10, [pod('a', 1), pod('b', 2)]),
    );
    connection = await api.connect();
  });
  afterEach(async () => {
    watched?.dispose();
    connection.close();
    await api.stop();
  });

  function opened(response: ServerResponse): void {
    open.push(response);
    stream(response);
  }
  function watch(options: WatchOptions<Pod> = {}): Watched<Pod> {
    watched = watchKind(connection, kinds.pods, options);
    watched.changed.listen((change) => changes.push(change));
    return watched;
  }
  const keys = (w: Watched<Pod>): string[] => [...w.objects().keys()].toSorted();
  const all = (what: 'added' | 'changed' | 'deleted'): string[] => changes.flatMap((change) => change[what]);
  const last = (): ServerResponse => open.at(-1) ?? assert.fail('no watch is open');

  it('shows what is there, then what changes', async () => {
    const pods = watch();
    await until(() => pods.state.kind === 'live' && all('added').length === 2);
    assert.deepEqual(keys(pods), ['mine/a', 'mine/b']);
    stream(last(), ['ADDED', pod('c', 11)], ['MODIFIED', pod('a', 12)], ['DELETED', pod('b', 13)]);
    await until(() => all('deleted').length > 0);
    assert.deepEqual(keys(pods), ['mine/a', 'mine/c']);
    assert.deepEqual([all('added'), all('changed'), all('deleted')], [['mine/a', 'mine/b', 'mine/c'], ['mine/a'], ['mine/b']]);
    assert.equal(api.asked.at(-1)?.query.get('resourceVersion'), '10');
    assert.equal(api.asked.at(-1)?.query.get('allowWatchBookmarks'), 'true');
  });

  it('reads a long list in pages', async () => {
    const pages: Record<string, object[]> = { '': [pod('a', 1)], second: [pod('b', 2)], third: [pod('c', 3)] };
    const next: Record<string, string> = { '': 'second', second: 'third' };
    api.answer = ({ query }, response) => {
      if (query.has('watch')) return opened(response);
      assert.equal(query.get('limit'), '500');
      const page = query.get('continue') ?? '';
      list(response, 10, pages[page] ?? [], next[page]);
    };
    const pods = watch();
    await until(() => pods.state.kind === 'live');
    assert.deepEqual(keys(pods), ['mine/a', 'mine/b', 'mine/c']);
    assert.equal(api.count('list'), 3);
  });

  it('begins a list anew whose next page has expired, and shows nothing of the first attempt that is gone', async () => {
    let attempts = 0;
    api.answer = ({ query }, response) => {
      if (query.has('watch')) return opened(response);
      if (query.has('continue')) {
        if (attempts === 1) return status(response, 410, 'Expired', 'The provided continue parameter is too old');
        return list(response, 20, [pod('c', 3)]);
      }
      attempts++;
      list(response, 20, attempts === 1 ? [pod('a', 1), pod('gone', 1)] : [pod('a', 1)], 'more');
    };
    const pods = watch({ timing: fast });
    await until(() => pods.state.kind === 'live');
    assert.deepEqual(keys(pods), ['mine/a', 'mine/c']);
    assert.equal(attempts, 2);
  });

  for (const [how, expire] of [
    [
      'an event',
      (response: ServerResponse) => stream(response, ['ERROR', { kind: 'Status', code: 410, reason: 'Expired', message: 'too old' }]),
    ],
    ['its status', (response: ServerResponse) => status(response, 410, 'Expired', 'too old')],
  ] as const) {
    it(`that has fallen too far behind, told by ${how}, lists again and tells only what is really another`, async () => {
      let expired = false;
      api.answer = ({ query }, response) => {
        if (!query.has('watch'))
          return list(response, 30, expired ? [pod('a', 1), pod('b', 25), pod('new', 26)] : [pod('a', 1), pod('b', 2), pod('old', 3)]);
        if (expired) return opened(response);
        expired = true;
        expire(response);
      };
      const pods = watch({ timing: fast });
      await until(() => pods.state.kind === 'live' && all('deleted').length > 0);
      assert.deepEqual(keys(pods), ['mine/a', 'mine/b', 'mine/new']);
      // In which batches depends on the clock; that a didn't change must show in all of them.
      assert.ok(!all('changed').includes('mine/a') && !all('deleted').includes('mine/a'));
      assert.equal(api.count('list'), 2);
    });
  }

  it('that the server ends after its time goes on where it was, without a list and without ever being stale', async () => {
    const pods = watch({ timing: fast });
    await until(() => pods.state.kind === 'live');
    stream(last(), ['ADDED', pod('c', 11)], ['BOOKMARK', { kind: 'Pod', metadata: { resourceVersion: '99' } }]);
    await until(() => pods.objects().size === 3);
    // Six seconds of the watch's own time.
    await new Promise((resolve) => setTimeout(resolve, 6000 / pace));
    last().end();
    await until(() => api.count('watch') === 2);
    assert.equal(api.asked.at(-1)?.query.get('resourceVersion'), '99');
    assert.equal(api.count('list'), 1);
    await until(() => open.length === 2);
    assert.ok(!changes.some(({ state }) => state && pods.state.kind === 'stale'));
  });

  it('that falls silent is taken up again on another connection', async () => {
    const pods = watch({ timing: fast });
    await until(() => pods.state.kind === 'live');
    const silent = last();
    let closed = false;
    silent.on('close', () => (closed = true));
    await until(() => open.length === 2);
    assert.ok(closed, 'the silent connection is let go');
    stream(last(), ['ADDED', pod('c', 11)]);
    await until(() => pods.objects().size === 3);
    assert.equal(api.count('list'), 1);
  });

  it('loses no event behind a line that is no event', async () => {
    const pods = watch({ timing: fast });
    await until(() => pods.state.kind === 'live');
    stream(last(), ['ADDED', pod('c', 11)]);
    last().write('{"type":"MODIFIED","obj\n');
    await until(() => open.length === 2);
    assert.equal(api.asked.at(-1)?.query.get('resourceVersion'), '11');
    stream(last(), ['ADDED', pod('d', 12)]);
    await until(() => pods.objects().has('mine/d'));
  });

  it('puts events together that come in pieces', async () => {
    const pods = watch();
    await until(() => pods.state.kind === 'live');
    const line = Buffer.from(
      `${JSON.stringify({ type: 'ADDED', object: { metadata: { name: 'ü', namespace: 'mine', resourceVersion: '11' } } })}\n`,
    );
    const middle = line.indexOf(0xc3) + 1;
    last().write(line.subarray(0, middle));
    await new Promise((resolve) => setTimeout(resolve, 20));
    last().write(line.subarray(middle));
    await until(() => pods.objects().has('mine/ü'));
  });

  it('is no storm on a server that ends every watch at once, even with an event in each', async () => {
    let version = 10;
    api.answer = ({ query }, response) => {
      if (!query.has('watch')) return list(response, 10, []);
      stream(response, ['ADDED', pod(`p${++version}`, version)]);
      response.end();
    };
    const pods = watch({ timing: fast });
    // 120 s of the watch's own time: waits of 0.5–1, 1–2, 2–4, 4–8, 8–16 s and then 15–30 s.
    await new Promise((resolve) => setTimeout(resolve, 120_000 / pace));
    assert.ok(api.count('watch') >= 5 && api.count('watch') <= 14, `${api.count('watch')} watches`);
    assert.equal(api.count('list'), 1);
    assert.equal(pods.state.kind, 'stale');
  });

  it('is no storm on a server that has expired whatever is asked', async () => {
    api.answer = ({ query }, response) => (query.has('watch') ? status(response, 410, 'Gone', 'too old') : list(response, 10, []));
    watch({ timing: fast });
    await new Promise((resolve) => setTimeout(resolve, 60_000 / pace));
    assert.ok(api.count('list') <= 12, `${api.count('list')} lists`);
  });

  it('whose server goes says since when what it shows is old, and is live again with it', async () => {
    const pods = watch({ timing: fast });
    await until(() => pods.state.kind === 'live');
    const before = fast.wallMs();
    const { answer } = api;
    api.answer = (_asked, response) => response.destroy();
    api.breakConnections();
    await until(() => pods.state.kind === 'stale');
    assert.ok(pods.state.sinceMs <= before + 1000 * pace && pods.state.error?.reason === 'unreachable');
    assert.deepEqual(keys(pods), ['mine/a', 'mine/b']);
    api.answer = answer;
    await until(() => pods.state.kind === 'live');
    assert.equal(pods.state.error, undefined);
    assert.equal(api.count('list'), 1);
  });

  it('that is forbidden names verb, resource and user, asks again, and shows all once it is granted', async () => {
    const { answer } = api;
    api.answer = (_asked, response) => forbidden(response, 'list');
    const pods = watch({ timing: fast, namespaces: ['mine'] });
    await until(() => pods.state.kind === 'forbidden');
    assert.equal(pods.state.error?.facts.what, 'jane may not list pods in namespace mine');
    await new Promise((resolve) => setTimeout(resolve, 30_000 / pace));
    assert.equal(api.asked.length, 1);
    api.answer = answer;
    await until(() => pods.state.kind === 'live');
    assert.deepEqual(keys(pods), ['mine/a', 'mine/b']);
  });

  it('that is forbidden is tried at once on demand', async () => {
    const { answer } = api;
    api.answer = (_asked, response) => forbidden(response, 'list');
    const pods = watch({ namespaces: ['mine'] });
    await until(() => pods.state.kind === 'forbidden');
    api.answer = answer;
    pods.retry();
    await until(() => pods.state.kind === 'live');
  });

  it('that may list but not watch says so, and lists in its place', async () => {
    const { answer } = api;
    api.answer = (asked, response) => (asked.query.has('watch') ? forbidden(response, 'watch') : answer(asked, response));
    const pods = watch({ timing: fast, namespaces: ['mine'] });
    await until(() => pods.state.kind === 'forbidden' && api.count('list') === 2);
    assert.equal(pods.state.error?.facts.what, 'jane may not watch pods in namespace mine');
    assert.equal(pods.objects().size, 2);
  });

  it('of everything narrows to the own namespace where no more is granted, and widens again', async () => {
    let granted = false;
    api.answer = ({ path, query }, response) => {
      const isAll = path === '/api/v1/pods';
      if (isAll && !granted) return forbidden(response, 'list');
      if (query.has('watch')) return opened(response);
      list(response, 10, isAll ? [pod('a', 1), pod('z', 2, 'other')] : [pod('a', 1)]);
    };
    const pods = watch({ timing: fast });
    await until(() => pods.state.kind === 'live');
    assert.deepEqual(keys(pods), ['mine/a']);
    assert.equal(pods.narrowed?.facts.what, 'jane may not list pods in the whole cluster');
    granted = true;
    await until(() => pods.narrowed === undefined);
    assert.deepEqual(keys(pods), ['mine/a', 'other/z']);
    assert.equal(pods.state.kind, 'live');
  });

  it('of a kind that the cluster does not know is missing until it does', async () => {
    const { answer } = api;
    api.answer = (_asked, response) => response.writeHead(404).end('404 page not found\n');
    const pods = watch({ timing: fast });
    await until(() => pods.state.kind === 'missing');
    api.answer = answer;
    await until(() => pods.state.kind === 'live');
  });

  it('waits as long as a busy server asks', async () => {
    let asked = 0;
    const { answer } = api;
    api.answer = (one, response) => {
      if (asked++ > 0) return answer(one, response);
      response.setHeader('retry-after', '20');
      status(response, 429, 'TooManyRequests', 'please try again later');
    };
    const pods = watch({ timing: fast });
    const start = fast.monotonicMs();
    await until(() => pods.state.kind === 'live');
    assert.ok(fast.monotonicMs() - start >= 20_000);
  });

  it('tells of very many changes in few batches', async () => {
    const pods = watch();
    await until(() => pods.state.kind === 'live' && all('added').length === 2);
    changes.length = 0;
    const start = performance.now();
    for (let at = 0; at < 2000; at++) stream(last(), ['MODIFIED', pod(`p${at % 500}`, 100 + at)]);
    await until(() => pods.objects().get('mine/p499')?.metadata.resourceVersion === '2099' && all('added').length === 500);
    assert.ok(changes.length <= (performance.now() - start) / 50 + 1, `${changes.length} batches`);
  });

  it('says nothing of what came and went within a batch', async () => {
    const pods = watch();
    await until(() => pods.state.kind === 'live' && all('added').length === 2);
    changes.length = 0;
    stream(
      last(),
      ['ADDED', pod('brief', 11)],
      ['DELETED', pod('brief', 12)],
      ['DELETED', pod('a', 13)],
      ['ADDED', pod('a', 14)],
      ['ADDED', pod('z', 15)],
    );
    await until(() => all('added').length > 0);
    assert.deepEqual([all('added'), all('changed'), all('deleted')], [['mine/z'], ['mine/a'], []]);
  });

  it('keeps nothing that nobody reads', async () => {
    const big = 'x'.repeat(5000);
    api.answer = ({ query }, response) => {
      if (query.has('watch')) return opened(response);
      json(response, {
        metadata: { resourceVersion: '10' },
        items: [
          {
            metadata: { name: 'a', namespace: 'mine', resourceVersion: '1', managedFields: [big], annotations: { small: 'kept', big } },
            spec: { nodeName: 'n', containers: [{ name: 'c', image: 'i', livenessProbe: {}, volumeMounts: [{}] }], volumes: [{}] },
            status: { phase: 'Running', podIPs: [] },
          },
        ],
      });
    };
    const pods = watch();
    await until(() => pods.state.kind === 'live');
    assert.deepEqual(pods.objects().get('mine/a'), {
      metadata: { name: 'a', namespace: 'mine', resourceVersion: '1', annotations: { small: 'kept' } },
      spec: { nodeName: 'n', containers: [{ name: 'c', image: 'i' }] },
      status: { phase: 'Running' },
    });
  });

  it('that is disposed leaves the server alone', async () => {
    const pods = watch();
    await until(() => pods.state.kind === 'live');
    const gone = new Promise((resolve) => last().on('close', resolve));
    pods.dispose();
    await gone;
    const { length } = api.asked;
    await new Promise((resolve) => setTimeout(resolve, 100));
    assert.equal(api.asked.length, length);
  });

  it('on a listener that throws goes on for the others', async () => {
    const thrown: unknown[] = [];
    const listeners = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException');
    process.on('uncaughtException', (error) => thrown.push(error));
    try {
      watched = watchKind(connection, kinds.pods);
      watched.changed.listen(() => {
        throw new Error('mine');
      });
      watched.changed.listen((change) => changes.push(change));
      await until(() => changes.length > 0 && thrown.length > 0);
    } finally {
      process.removeAllListeners('uncaughtException');
      for (const listener of listeners) process.on('uncaughtException', listener);
    }
  });
});
