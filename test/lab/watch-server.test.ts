import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'mocha';
import type { ClusterConnection } from '../../src/cluster/connect/connection.ts';
import type { ConfigMap } from '../../src/cluster/objects.ts';
import { kinds } from '../../src/cluster/watch/kinds.ts';
import { watchKind, type Watched } from '../../src/cluster/watch/watch.ts';
import { Progress } from '../workbench/cache.mjs';
import { killAll, labProcesses } from './native/processes.ts';
import { placeOf } from './native/place.ts';
import { useLab, type TestLab } from './use/lab.ts';
import { DEFAULT_MINOR } from './versions.ts';
import { Contexts, counted, partsOf, Told, untilWatch, Wire } from './watch-kit.ts';
import { up } from './ways.ts';

/** No other test uses it: its API server is killed here. */
const NUMBER = 7;

describe('a watch on a real API server', () => {
  let lab: TestLab;
  let contexts: Contexts;
  let wire: Wire;
  let counts: { list: number; watch: number };
  let maps: Watched<ConfigMap>;
  let told: Told;
  let direct: ClusterConnection;

  before(async function () {
    this.timeout(300_000);
    lab = await useLab({ profile: 'api', own: NUMBER });
    contexts = await Contexts.make();
    const { server, cluster, user } = partsOf(lab.kubeconfig);
    wire = await Wire.to(server);
    direct = await contexts.connect(cluster, user);
    const wired = counted(await contexts.connect({ ...cluster, server: `https://127.0.0.1:${wire.port}` }, user));
    ({ counts } = wired);
    // Made by the controller manager in its own time, so not part of what is compared.
    const fieldSelector = 'metadata.name!=kube-root-ca.crt';
    maps = watchKind(wired.connection, kinds.configMaps, {
      namespaces: [lab.namespace],
      fieldSelector,
      bounds: { backOffMs: [200, 2000] },
    });
    told = new Told(maps);
    await Promise.all(['kept', 'old', 'other'].map((name) => write(name, 'before')));
    await untilWatch(maps, () => maps.state.kind === 'live' && maps.objects().size === 3);
  });
  after(async () => {
    maps?.dispose();
    wire?.close();
    await contexts?.end();
  });
  beforeEach(() => {
    told.clear();
    counts.list = 0;
    counts.watch = 0;
  });

  const path = (name = ''): string => `/api/v1/namespaces/${lab.namespace}/configmaps${name === '' ? '' : `/${name}`}`;
  const key = (name: string): string => `${lab.namespace}/${name}`;
  async function write(name: string, value: string): Promise<void> {
    await direct.request({
      method: 'PATCH',
      path: path(name),
      query: { fieldManager: 'test', force: true },
      contentType: 'application/apply-patch+yaml',
      body: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: { value } },
    });
  }
  const value = (name: string): string | undefined => maps.objects().get(key(name))?.data?.['value'];

  it('that is cut shows since when it is stale, and afterwards what changed meanwhile, without another list', async function () {
    this.timeout(60_000);
    wire.cut();
    await untilWatch(maps, () => maps.state.kind === 'stale');
    assert.match(maps.state.error?.message ?? '', /context-2/);
    assert.ok(maps.state.sinceMs <= Date.now());
    await write('other', 'during');
    await write('new', 'during');
    await direct.request({ method: 'DELETE', path: path('old') });
    assert.equal(value('other'), 'before');
    wire.mend();
    await untilWatch(maps, () => maps.state.kind === 'live' && told.size >= 3);
    assert.deepEqual([value('other'), value('new'), maps.objects().has(key('old'))], ['during', 'during', false]);
    assert.deepEqual([told.of('added'), told.of('changed'), told.of('deleted')], [[key('new')], [key('other')], [key('old')]]);
    assert.equal(counts.list, 0);
  });

  it('goes on when the API server was killed and started again', async function () {
    this.timeout(180_000);
    await killServer();
    await untilWatch(maps, () => maps.state.kind === 'stale');
    await startServer();
    await untilWatch(maps, () => maps.state.kind === 'live');
    await write('after', 'restart');
    // It is there a moment before it is told: changes are told together.
    await untilWatch(maps, () => value('after') === 'restart' && told.size >= 1);
    // What nobody touched was told to nobody, whether the server remembered the version or not.
    assert.deepEqual([told.of('added'), told.of('changed'), told.of('deleted')], [[key('after')], [], []]);
  });

  it('whose version was compacted away lists again and tells only the differences', async function () {
    this.timeout(180_000);
    wire.cut();
    await untilWatch(maps, () => maps.state.kind === 'stale');
    await write('after', 'compaction');
    await write('another', 'compaction');
    await direct.request({ method: 'DELETE', path: path('new') });
    await compact();
    // Its memory of events goes with it: what is left is etcd's, from the compaction on.
    await killServer();
    await startServer();
    wire.mend();
    await untilWatch(maps, () => maps.state.kind === 'live' && value('another') === 'compaction' && told.size >= 3);
    assert.ok(counts.list >= 1, 'the server had forgotten the version');
    assert.deepEqual([told.of('added'), told.of('changed'), told.of('deleted')], [[key('another')], [key('after')], [key('new')]]);
  });
});

async function killServer(): Promise<void> {
  await killAll(() => labProcesses(NUMBER).flatMap(({ name, pid }) => (name === 'kube-apiserver' ? [pid] : [])));
}

async function startServer(): Promise<void> {
  await up({ number: NUMBER, profile: 'api', kubernetes: DEFAULT_MINOR, images: [] }, new Progress('lines'));
}

/** Everything that etcd remembers of the past goes. */
async function compact(): Promise<void> {
  const etcd = `http://127.0.0.1:${placeOf(NUMBER, 'api').etcdPort}/v3/kv`;
  const ask = async (what: string, body: object): Promise<{ header: { revision: string } }> => {
    const response = await fetch(`${etcd}/${what}`, { method: 'POST', body: JSON.stringify(body) });
    const text = await response.text();
    assert.ok(response.ok, text);
    return JSON.parse(text) as { header: { revision: string } };
  };
  const { header } = await ask('range', { key: Buffer.from('/').toString('base64') });
  await ask('compaction', { revision: header.revision, physical: true });
}
