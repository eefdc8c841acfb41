import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'mocha';
import type { ServerTarget } from '../../../../src/base/target.ts';
import { readSpec } from '../../../../src/run/spec/spec.ts';
import { specText } from '../../../../src/run/spec/write.ts';
import { library, planOf } from './kit.ts';

const kubeconfig = `apiVersion: v1
kind: Config
clusters: [{name: c, cluster: {server: 'https://127.0.0.1:1'}}]
users: [{name: u, user: {}}]
contexts: [{name: lab, context: {cluster: c, user: u}}]
`;

describe('a server in a spec', () => {
  let folder: string;
  let file: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'faultline-spec-server-'));
    file = join(folder, 'config');
    await writeFile(file, kubeconfig);
  });
  after(() => rm(folder, { recursive: true, force: true }));

  const spec = (engine: string): string => `faultline: 1\nengine: {${engine}}\nworkload: {tpch: 6}\n`;
  const problems = async (engine: string): Promise<readonly string[]> => {
    const { problems: found } = await readSpec(spec(engine), { folder, library, kubeconfigs: [file] });
    return found.map(({ message, remedy }) => (remedy === undefined ? message : `${message} | ${remedy}`));
  };
  const targetOf = async (engine: string): Promise<unknown> => {
    const { arms } = await planOf(spec(engine), { folder, kubeconfigs: [file] });
    return arms[0]?.target;
  };

  it('is found by its address, and by its place in a cluster', async () => {
    assert.deepEqual(await targetOf('kind: trino, url: "http://LOCALHOST:8080/", catalog: tpch, schema: tiny, scale: 0.01'), {
      kind: 'server',
      engine: 'trino',
      name: 'localhost:8080',
      at: { kind: 'url', url: 'http://localhost:8080' },
      user: 'faultline',
      catalog: 'tpch',
      schema: 'tiny',
      tpchScale: 0.01,
    });
    assert.deepEqual(await targetOf('kind: clickhouse, context: lab, namespace: shop, service: ch, password: CH_PASSWORD'), {
      kind: 'server',
      engine: 'clickhouse',
      name: 'shop/ch',
      at: { kind: 'kubernetes', kubeconfig: file, context: 'lab', namespace: 'shop', service: 'ch', port: 8123, scheme: 'http' },
      user: 'default',
      secret: 'CH_PASSWORD',
    });
  });

  it('says what is missing, too much, or wrong', async () => {
    assert.deepEqual(await problems('kind: trino'), [
      'It is not said where the server is | Write url: http://localhost:8080, or {context: lab, namespace: analytics, service: trino}.',
    ]);
    assert.deepEqual(await problems('kind: trino, context: lab, service: trino'), [
      'The place in the cluster lacks namespace | Write url: http://localhost:8080, or {context: lab, namespace: analytics, service: trino}.',
    ]);
    assert.deepEqual(await problems('kind: trino, url: "http://a:1", service: trino'), [
      'A server has a url or a place in a cluster | Keep one of them.',
    ]);
    assert.deepEqual(await problems('kind: trino, url: "http://ana:secret@a:1"'), [
      'http://ana:secret@a:1 is not the address of a server | Write http://localhost:8080.',
    ]);
    assert.deepEqual(await problems('kind: presto, url: "http://a:1", threads: 2'), [
      '“threads” is of the embedded engine | Leave it out.',
    ]);
    assert.deepEqual(await problems('kind: duckdb, scale: 0.01, url: "http://a:1"'), [
      '“url” is of a server | Leave it out, or name another kind of engine.',
    ]);
    assert.deepEqual(await problems('kind: trino, context: lob, namespace: a, service: b'), [
      'No kubeconfig names the context lob | Did you mean lab?',
    ]);
    assert.deepEqual(await problems('kind: trino, url: "http://a:1", password: "s3cret!"'), [
      'A password is never written into a spec | Write the name of an environment variable that holds it, such as FAULTLINE_PASSWORD.',
    ]);
  });

  it('that the editor writes is the same when it is read again', async () => {
    const target: ServerTarget = {
      kind: 'server',
      engine: 'trino',
      name: 'shop/trino',
      at: { kind: 'kubernetes', kubeconfig: file, context: 'lab', namespace: 'shop', service: 'trino', port: 8443, scheme: 'https' },
      user: 'ana',
      catalog: 'tpch',
      schema: 'sf1',
      tpchScale: 1,
      secret: 'FAULTLINE_PASSWORD',
      caFile: join(folder, 'ca.pem'),
      tlsServerName: 'trino.example.com',
    };
    const { arms } = await planOf(specText({ kind: 'tpch' }, { target }), { folder, kubeconfigs: [] });
    assert.deepEqual(arms[0]?.target, target);
  });
});
