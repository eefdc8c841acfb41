import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { FaultlineError } from '../../../../src/base/errors.ts';
import { connectCluster, type ClusterConnection } from '../../../../src/cluster/connect/connection.ts';
import { clusterIdentity } from '../../../../src/cluster/connect/identity.ts';
import { mustLeadTo } from '../../../../src/cluster/connect/moved.ts';
import { FakeApi, forbidden, json, status } from '../server.ts';

describe('the cluster of a connection', () => {
  let api: FakeApi;
  let opened: ClusterConnection[];

  beforeEach(async () => {
    opened = [];
    api = await FakeApi.start((_asked, response) => json(response, {}));
  });
  afterEach(async () => {
    for (const connection of opened) connection.close();
    await api.stop();
  });

  it('is known again by its kube-system and its authority', async () => {
    api.answer = ({ path }, response) => json(response, { metadata: { name: path, uid: 'u-1' } });
    const ca = Buffer.from('not a certificate').toString('base64');
    const connection = await connectCluster(await api.context({}, { 'certificate-authority-data': ca }), { env: {} });
    opened.push(connection);
    // Over plain HTTP nothing is checked with it.
    assert.deepEqual(await clusterIdentity(connection), { uid: 'u-1' });
    const checked = { ...connection, authority: async () => 'not a certificate' };
    const { uid, caHash } = await clusterIdentity(checked);
    assert.equal(uid, 'u-1');
    assert.match(caHash ?? '', /^[0-9a-f]{64}$/);
    api.answer = (_asked, response) => forbidden(response, 'get');
    assert.deepEqual(await clusterIdentity(checked), { caHash });
    api.answer = (_asked, response) => status(response, 404, 'NotFound', 'namespaces "kube-system" not found');
    assert.deepEqual(await clusterIdentity(checked), { caHash });
    api.answer = (_asked, response) => status(response, 503, 'ServiceUnavailable', 'later');
    await assert.rejects(clusterIdentity(checked), (error) => FaultlineError.is(error, 'unreachable'));
  });

  it('says when its context was written anew and leads somewhere else', async () => {
    const data = (text: string): object => ({ 'certificate-authority-data': Buffer.from(text).toString('base64') });
    const there = { server: 'https://127.0.0.1:1' };
    const connection = await connectCluster(await api.context({}, { ...there, ...data('pem') }), { env: {} });
    opened.push(connection);
    await mustLeadTo(connection, {});
    await api.context({ token: 'renewed' }, { ...there, ...data('pem'), 'tls-server-name': 'x' });
    await mustLeadTo(connection, {});
    for (const moved of [
      { server: 'https://127.0.0.1:2', ...data('pem') },
      { ...there, ...data('other') },
      { ...there, ...data('pem'), 'insecure-skip-tls-verify': true },
    ]) {
      await api.context({}, moved);
      await assert.rejects(mustLeadTo(connection, {}), (error) => FaultlineError.is(error, 'refusedByProtection'));
    }
  });

  it('that is not checked has no authority, whatever its kubeconfig names', async () => {
    for (const [cluster, expected] of [
      [{ server: 'https://127.0.0.1:1' }, 'pem'],
      [{ server: 'https://127.0.0.1:1', 'insecure-skip-tls-verify': true }, undefined],
      [{}, undefined],
    ] as const) {
      const data = { 'certificate-authority-data': Buffer.from('pem').toString('base64') };
      const connection = await connectCluster(await api.context({}, { ...data, ...cluster }), { env: {} });
      opened.push(connection);
      assert.equal(await connection.authority(), expected);
    }
  });
});
