import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { afterEach, beforeEach, describe, it } from 'mocha';
import type { ClusterConnection } from '../../../../src/cluster/connect/connection.ts';
import type { Pod } from '../../../../src/cluster/objects.ts';
import { kinds } from '../../../../src/cluster/watch/kinds.ts';
import { watchKind, type Heard, type ObjectTold, type Watched } from '../../../../src/cluster/watch/watch.ts';
import { FakeApi, list, pod, status, stream, until } from '../server.ts';

const quick = { shortestMs: 20, backOffMs: [5, 20], stallMs: 5000 } as const;

describe('a watch that tells of each object', () => {
  let api: FakeApi;
  let connection: ClusterConnection;
  let watched: Watched<Pod>;
  let open: ServerResponse[];
  let told: string[];
  let heard: Heard[];

  beforeEach(async () => {
    open = [];
    told = [];
    heard = [];
    api = await FakeApi.start((asked, response) => {
      if (!asked.query.has('watch')) return list(response, 10, [pod('a', 1)]);
      open.push(response);
      stream(response);
    });
    connection = await api.connect();
    watched = watchKind(connection, kinds.pods, {
      bounds: quick,
      told: (one: ObjectTold<Pod>) => told.push(`${one.kind} ${one.object.metadata.name}@${one.object.metadata.resourceVersion ?? ''}`),
      heard: (one) => heard.push(one),
    });
    await until(() => watched.state.kind === 'live');
  });
  afterEach(async () => {
    watched.dispose();
    connection.close();
    await api.stop();
  });
  const last = (): ServerResponse => open.at(-1) ?? assert.fail('no watch is open');

  it('leaves nothing out that comes and goes within a moment', async () => {
    stream(last(), ['ADDED', pod('b', 11)], ['MODIFIED', pod('b', 12)], ['DELETED', pod('b', 13)], ['ADDED', pod('b', 14)]);
    await until(() => told.length === 5);
    assert.deepEqual(told, ['put a@1', 'put b@11', 'put b@12', 'gone b@13', 'put b@14']);
  });

  it('hears bookmarks and the ends that the server makes, and calls none of them a cut', async () => {
    const before = heard.length;
    stream(last(), ['BOOKMARK', { kind: 'Pod', metadata: { resourceVersion: '99' } }]);
    await until(() => heard.length === before + 1);
    const heardAt = watched.heardAtMs ?? assert.fail('never heard');
    await new Promise((resolve) => setTimeout(resolve, 30));
    last().end();
    await until(() => open.length === 2);
    assert.ok((watched.heardAtMs ?? 0) > heardAt);
    assert.ok(heard.every(({ how }) => how === 'flow'));
  });

  it('says that it was cut, and for how long it heard nothing', async () => {
    await new Promise((resolve) => setTimeout(resolve, 40));
    last().destroy();
    await until(() => open.length === 2 && heard.some(({ how }) => how === 'again'));
    const cut = heard.find(({ how }) => how === 'again');
    assert.ok(cut !== undefined);
    assert.ok(cut.silentMs >= 40, `${cut.silentMs}`);
  });

  it('says that it was listed anew before it tells what is another', async () => {
    const order: string[] = [];
    api.answer = ({ query }, response) => {
      if (!query.has('watch')) {
        order.push(...told.splice(0));
        return list(response, 30, [pod('new', 26)]);
      }
      open.push(response);
      stream(response);
    };
    const before = heard.length;
    stream(last(), ['ERROR', { kind: 'Status', code: 410, reason: 'Expired', message: 'too old' }]);
    await until(() => told.includes('gone a@1'));
    assert.ok(heard.slice(before).some(({ how }) => how === 'list'));
    assert.deepEqual(told, ['put new@26', 'gone a@1']);
  });

  it('does not take a list that fails for a word of the server', async () => {
    api.answer = (_asked, response) => status(response, 500, 'InternalError', 'out of order');
    last().destroy();
    await until(() => watched.state.kind === 'stale');
    const { length } = heard;
    const since = watched.heardAtMs;
    await new Promise((resolve) => setTimeout(resolve, 50));
    assert.equal(heard.length, length);
    assert.equal(watched.heardAtMs, since);
  });
});
