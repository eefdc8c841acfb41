import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getCACertificates, setDefaultCACertificates, TLSSocket } from 'node:tls';
import { after, afterEach, before, describe, it } from 'mocha';
import { WebSocketServer } from 'ws';
import { FaultlineError } from '../../../../src/base/errors.ts';
import { openChannels, type Channels } from '../../../../src/cluster/act/channels.ts';
import { connectCluster, type ClusterConnection } from '../../../../src/cluster/connect/connection.ts';
import { certificatesFor, type Certificates } from '../../engine/certificates.ts';
import { connectProxy, type TestProxy } from '../proxies.ts';
import { json, kubeconfig, until } from '../server.ts';

describe('an API server with a certificate, by way of a proxy or of another name', () => {
  let certificates: Certificates;
  let folder = '';
  let server: Server;
  let port = 0;
  /** Of each request and upgrade: the name that was asked for (SNI), and whether who asked showed a certificate that the server takes. */
  const seen: string[] = [];
  const ends: (() => unknown)[] = [];

  before(async function () {
    this.timeout(20_000);
    certificates = await certificatesFor('DNS:api.example');
    folder = await mkdtemp(join(tmpdir(), 'faultline-proxy-'));
    const ca = await readFile(certificates.caFile, 'utf8');
    server = createServer({ key: certificates.key, cert: certificates.cert, ca, requestCert: true, rejectUnauthorized: false });
    const note = (socket: unknown, url = ''): void => {
      if (socket instanceof TLSSocket)
        seen.push(`${url.split('?')[0]} of ${String(socket.servername)}${socket.authorized ? ' known' : ''}`);
    };
    server.on('request', (request, response) => {
      note(request.socket, request.url);
      if (request.url?.includes('watch') === true) response.write('{"type":"ADDED"}\n');
      else json(response, { ok: true });
    });
    const sockets = new WebSocketServer({ noServer: true });
    server.on('upgrade', (request, socket, head) => {
      note(socket, request.url);
      sockets.handleUpgrade(request, socket, head, (one) => one.on('message', (bytes) => one.send(bytes)));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    port = (server.address() as AddressInfo).port;
  });
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end();
    seen.splice(0);
  });
  after(async () => {
    server.closeAllConnections();
    server.close();
    await certificates.remove();
    await rm(folder, { recursive: true });
  });

  async function proxied(tls?: { readonly key: string; readonly cert: string }): Promise<TestProxy> {
    const proxy = await connectProxy(new URL(`https://127.0.0.1:${port}`), 200, tls);
    ends.push(() => proxy.close());
    return proxy;
  }
  async function connect(env: Record<string, string>, cluster: object = {}): Promise<ClusterConnection> {
    const file = join(folder, 'kubeconfig');
    const base64 = (text: string): string => Buffer.from(text).toString('base64');
    const entry = { server: 'https://api.example:6443', 'certificate-authority': certificates.caFile, ...cluster };
    const user = { 'client-certificate-data': base64(certificates.cert), 'client-key-data': base64(certificates.key) };
    await writeFile(file, kubeconfig(entry, user));
    const connection = await connectCluster({ name: 'fake', cluster: 'fake', file }, { env });
    ends.push(() => connection.close());
    return connection;
  }
  function opens(connection: ClusterConnection, onData: (text: string) => void = () => undefined): Promise<Channels> {
    return openChannels(connection, {
      path: '/exec',
      query: [['command', 'sh']],
      protocols: ['v5.channel.k8s.io'],
      what: 'A shell',
      signal: AbortSignal.timeout(5_000),
      onData: (_channel, bytes) => onData(bytes.toString()),
    });
  }
  /** What a request, a watch and a shell each do. */
  async function useAll(connection: ClusterConnection): Promise<void> {
    assert.deepEqual(await connection.request({ path: '/version' }), { ok: true });
    for await (const line of connection.lines({ path: '/watch' })) {
      assert.equal(line, '{"type":"ADDED"}');
      break;
    }
    const echoed = Promise.withResolvers<string>();
    const channels = await opens(connection, echoed.resolve);
    await channels.send(0, Buffer.from('echo me'));
    assert.equal(await echoed.promise, 'echo me');
    channels.terminate();
    await channels.closed;
  }
  async function failure(work: Promise<unknown>): Promise<FaultlineError> {
    const error = await work.then(
      () => assert.fail('it succeeded'),
      (caught: unknown) => caught,
    );
    assert.ok(error instanceof FaultlineError, String(error));
    return error;
  }
  const all = (name: string): readonly string[] => ['/version', '/watch', '/exec'].map((path) => `${path} of ${name} known`);

  it('is asked, watched and given a shell through the proxy of the environment, with its name and our certificate checked', async () => {
    const proxy = await proxied();
    await useAll(await connect({ HTTPS_PROXY: `http://127.0.0.1:${proxy.port}` }));
    assert.deepEqual(seen, all('api.example'));
    assert.deepEqual(new Set(proxy.asked), new Set(['api.example:6443']));
  });

  it('is reached through the proxy that the kubeconfig names, whatever the environment says', async () => {
    const proxy = await proxied();
    const env = { HTTPS_PROXY: 'http://127.0.0.1:1', NO_PROXY: 'api.example' };
    await useAll(await connect(env, { 'proxy-url': `http://127.0.0.1:${proxy.port}` }));
    assert.deepEqual(seen, all('api.example'));
    assert.ok(proxy.asked.length >= 2);
  });

  it('is reached through a proxy that is spoken to by TLS, where this machine trusts that one', async () => {
    const own = await certificatesFor('IP:127.0.0.1');
    ends.push(() => own.remove());
    const proxy = await proxied(own);
    const env = { HTTPS_PROXY: `https://127.0.0.1:${proxy.port}` };
    const stranger = await failure((await connect(env)).request({ path: '/version' }));
    assert.match(stranger.message, /^The proxy https:\/\/127\.0\.0\.1:\d+ on the way to fake.*can’t be used\./);
    const before = getCACertificates('default');
    ends.push(() => setDefaultCACertificates(before));
    setDefaultCACertificates([...before, await readFile(own.caFile, 'utf8')]);
    await useAll(await connect(env));
    assert.deepEqual(seen, all('api.example'));
  }).timeout(20_000);

  it('that NO_PROXY names is reached without the proxy', async () => {
    const proxy = await proxied();
    const env = { HTTPS_PROXY: `http://127.0.0.1:${proxy.port}`, NO_PROXY: 'localhost.example' };
    const at = { server: `https://localhost.example:${port}`, 'tls-server-name': 'api.example' };
    // The name is known to nobody: only who goes there directly notices.
    const error = await failure((await connect(env, at)).request({ path: '/version' }));
    assert.match(error.message, /^The name of fake at https:\/\/localhost\.example:\d+ can’t be found/);
    assert.deepEqual(proxy.asked, []);
  });

  for (const isProxied of [true, false]) {
    const way = isProxied ? 'through a proxy' : 'directly';

    it(`is asked for by the tls-server-name of the kubeconfig, ${way}`, async () => {
      const proxy = await proxied();
      const env: Record<string, string> = isProxied ? { HTTPS_PROXY: `http://127.0.0.1:${proxy.port}` } : {};
      const at = isProxied ? 'https://10.9.8.7:6443' : `https://127.0.0.1:${port}`;
      await useAll(await connect(env, { server: at, 'tls-server-name': 'api.example' }));
      assert.deepEqual(seen, all('api.example'));
      assert.deepEqual(new Set(proxy.asked), new Set(isProxied ? ['10.9.8.7:6443'] : []));
    });

    it(`is not spoken to when its certificate is for another name, ${way}`, async () => {
      const proxy = await proxied();
      const env: Record<string, string> = isProxied ? { HTTPS_PROXY: `http://127.0.0.1:${proxy.port}` } : {};
      const at = isProxied ? 'https://other.example:6443' : `https://127.0.0.1:${port}`;
      for (const name of [{}, { 'tls-server-name': 'wrong.example' }]) {
        const connection = await connect(env, { server: at, ...name });
        for (const work of [() => connection.request({ path: '/version' }), () => opens(connection)]) {
          const error = await failure(work());
          assert.equal(error.reason, 'unreachable');
          assert.match(error.message, /^The certificate of fake at https:.* is for another name\..*tls-server-name/);
        }
      }
      assert.deepEqual(seen, []);
    });

    it(`is not spoken to when the authority of the kubeconfig did not sign its certificate, ${way}`, async () => {
      const other = await certificatesFor('DNS:api.example');
      ends.push(() => other.remove());
      const proxy = await proxied();
      const env: Record<string, string> = isProxied ? { HTTPS_PROXY: `http://127.0.0.1:${proxy.port}` } : {};
      const at = isProxied ? {} : { server: `https://127.0.0.1:${port}`, 'tls-server-name': 'api.example' };
      const connection = await connect(env, { ...at, 'certificate-authority': other.caFile });
      for (const work of [() => connection.request({ path: '/version' }), () => opens(connection)])
        assert.match((await failure(work())).message, /is not signed by the authority that the kubeconfig names/);
      assert.deepEqual(seen, []);
    }).timeout(20_000);
  }

  it('is let go of through the proxy too: a closed connection and an ended shell leave nothing open', async () => {
    const proxy = await proxied();
    const connection = await connect({ HTTPS_PROXY: `http://127.0.0.1:${proxy.port}` });
    await connection.request({ path: '/version' });
    const channels = await opens(connection);
    assert.equal(proxy.open(), 2);
    channels.close();
    await channels.closed;
    connection.close();
    await until(() => proxy.open() === 0);
  }).timeout(5_000);
});
