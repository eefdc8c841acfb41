import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { FaultlineError } from '../../../../src/base/errors.ts';
import { openChannels } from '../../../../src/cluster/act/channels.ts';
import { connectCluster, type ClusterConnection } from '../../../../src/cluster/connect/connection.ts';
import { isProxied, proxyFor, proxyText } from '../../../../src/cluster/connect/proxy.ts';
import { connectProxy, socksProxy, type TestProxy } from '../proxies.ts';
import { FakeApi, json } from '../server.ts';

describe('the proxy to a cluster', () => {
  const chosen = (server: string, env: Record<string, string>, proxyUrl?: string): string | undefined => {
    const proxy = proxyFor(server, proxyUrl, env);
    return proxy === undefined ? undefined : `${proxyText(proxy)} by ${proxy.from}`;
  };

  it('is that of the environment, by the scheme of the server, as kubectl has it', () => {
    const env = { HTTPS_PROXY: 'http://tls:1', HTTP_PROXY: 'plain:2', ALL_PROXY: 'http://all:3' };
    assert.equal(chosen('https://api.example', env), 'http://tls:1 by HTTPS_PROXY');
    assert.equal(chosen('http://api.example', env), 'http://plain:2 by HTTP_PROXY');
    assert.equal(chosen('https://api.example', { https_proxy: 'socks5://s:4' }), 'socks5://s:4 by https_proxy');
    assert.equal(chosen('https://api.example', { HTTPS_PROXY: '', https_proxy: 'low:5' }), 'http://low:5 by https_proxy');
    assert.equal(chosen('https://api.example', { ALL_PROXY: 'http://all:3' }), undefined);
  });

  it('of the kubeconfig goes before, and for loopback too', () => {
    const env = { HTTPS_PROXY: 'http://tls:1', NO_PROXY: '*' };
    assert.equal(chosen('https://127.0.0.1:6443', env, 'http://own:3'), 'http://own:3 by proxy-url');
  });

  it('is shown without its password', () => {
    assert.equal(chosen('https://api.example', { HTTPS_PROXY: 'http://me:secret@p:1' }), 'http://p:1 by HTTPS_PROXY');
  });

  it('that is none, or of a kind that nobody knows, is said', () => {
    for (const [url, text] of [
      ['ftp://p:1', /HTTPS_PROXY names a proxy of the kind ftp, which is not known.*socks5:\/\/host:port/],
      ['http://', /What HTTPS_PROXY names is not the address of a proxy/],
    ] as const)
      assert.throws(
        () => proxyFor('https://api.example', undefined, { HTTPS_PROXY: url }),
        (error) => FaultlineError.is(error, 'invalid') && text.test(error.message),
      );
  });

  const cases: readonly [host: string, rules: string, proxied: boolean][] = [
    ['localhost', '', false],
    ['127.0.0.1', '', false],
    ['127.1.2.3', '', false],
    ['::1', '', false],
    ['api.example.com', '', true],
    ['api.example.com', '*', false],
    ['api.example.com', 'other.com,*', false],
    ['api.example.com', 'example.com', false],
    ['example.com', 'example.com', false],
    ['badexample.com', 'example.com', true],
    ['api.example.com', '.example.com', false],
    ['example.com', '.example.com', true],
    ['api.example.com', '*.example.com', false],
    ['example.com', '*.example.com', true],
    ['API.Example.com', ' .EXAMPLE.com ', false],
    ['api.example.com', 'example.com:443', false],
    ['api.example.com', 'example.com:6443', true],
    ['10.1.2.3', '10.0.0.0/8', false],
    ['11.1.2.3', '10.0.0.0/8', true],
    ['10.1.2.3', '10.1.2.3', false],
    ['10.1.2.3', '10.1.2.3:443', false],
    ['10.1.2.3', '10.1.2.3:80', true],
    ['10.1.2.3', '1.2.3', false],
    ['10.1.2.3', '2.1.2.3', true],
    ['fd00::5', 'fd00::/8', false],
    ['fd00::5', '[fd00::5]:443', false],
    ['fd00::5', 'fd00::5', false],
    ['fe00::5', 'fd00::/8', true],
    ['10.1.2.3', '10.0.0.0/99,,/8', true],
    ['10.example', '10.0.0.0/8', true],
  ];
  for (const [host, rules, expected] of cases)
    it(`${expected ? 'is taken' : 'is not taken'} to ${host} with NO_PROXY=${rules}`, () =>
      assert.equal(isProxied(host, '443', rules), expected));
});

describe('a connection to a cluster through a proxy', () => {
  let api: FakeApi;
  const ends: (() => unknown)[] = [];

  beforeEach(async () => {
    api = await FakeApi.start((_asked, response) => json(response, { ok: true }));
    ends.push(() => api.stop());
  });
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end();
  });

  async function proxied(make: (target: URL) => Promise<TestProxy>): Promise<TestProxy> {
    const proxy = await make(new URL(api.url));
    ends.push(() => proxy.close());
    return proxy;
  }
  async function connect(env: Record<string, string>, cluster: object = {}): Promise<ClusterConnection> {
    const connection = await connectCluster(await api.context({}, { server: 'http://api.example:8080', ...cluster }), { env });
    ends.push(() => connection.close());
    return connection;
  }
  const asks = (connection: ClusterConnection): Promise<unknown> => connection.request({ path: '/version' });
  const opens = (connection: ClusterConnection): Promise<unknown> =>
    openChannels(connection, {
      path: '/api/v1/namespaces/a/pods/b/exec',
      query: [],
      protocols: ['v5.channel.k8s.io'],
      what: 'A shell',
      signal: AbortSignal.timeout(5000),
      onData: () => undefined,
    });
  async function failure(work: Promise<unknown>): Promise<FaultlineError> {
    const error = await work.then(
      () => assert.fail('it succeeded'),
      (caught: unknown) => caught,
    );
    assert.ok(error instanceof FaultlineError, String(error));
    return error;
  }

  it('sends the login that stands in the proxy’s address', async () => {
    const proxy = await proxied((target) => connectProxy(target));
    await asks(await connect({ HTTP_PROXY: `http://me:s%40fe@127.0.0.1:${proxy.port}` }));
    assert.deepEqual(proxy.asked, ['api.example:8080']);
    assert.equal(proxy.headers()['proxy-authorization'], `Basic ${Buffer.from('me:s@fe').toString('base64')}`);
  });

  it('goes through SOCKS with a login, and leaves the name to the proxy', async () => {
    const proxy = await proxied((target) => socksProxy(target, { user: 'me', password: 's@fe' }));
    await asks(await connect({}, { 'proxy-url': `socks5://me:s%40fe@127.0.0.1:${proxy.port}` }));
    assert.deepEqual(proxy.asked, ['api.example:8080']);
    const refused = await failure(asks(await connect({}, { 'proxy-url': `socks5://me:wrong@127.0.0.1:${proxy.port}` })));
    assert.match(
      refused.message,
      /The proxy socks5:\/\/127\.0\.0\.1:\d+ on the way to fake.*can’t be used.*Check proxy-url in the kubeconfig/,
    );
    assert.ok(!refused.message.includes('wrong@'));
  });

  for (const [kind, use] of [
    ['a request', asks],
    ['an upgraded stream', opens],
  ] as const) {
    it(`names the proxy that wants a login, of ${kind}`, async () => {
      const proxy = await proxied((target) => connectProxy(target, 407));
      const error = await failure(use(await connect({ HTTP_PROXY: `http://127.0.0.1:${proxy.port}` })));
      assert.equal(error.reason, 'unreachable');
      assert.match(error.message, /^The proxy http:\/\/127\.0\.0\.1:\d+ on the way to fake at http:\/\/api\.example:8080 wants a login\./);
      assert.match(error.message, /Write user and password into the variable HTTP_PROXY/);
      assert.deepEqual([proxy.asked, api.asked.length], [['api.example:8080'], 0]);
    });

    it(`names the proxy that does not lead on, of ${kind}`, async () => {
      const proxy = await proxied((target) => connectProxy(target, 502));
      const error = await failure(use(await connect({}, { 'proxy-url': `http://127.0.0.1:${proxy.port}` })));
      assert.equal(error.reason, 'unreachable');
      assert.match(
        error.message,
        /^The proxy http:\/\/127\.0\.0\.1:\d+ does not lead to fake at http:\/\/api\.example:8080: it answered with 502\./,
      );
      assert.match(error.message, /Check proxy-url in the kubeconfig/);
    });

    it(`names the proxy that is not there, of ${kind}`, async () => {
      const error = await failure(use(await connect({ HTTP_PROXY: 'http://127.0.0.1:1' })));
      assert.match(
        error.message,
        /^The proxy http:\/\/127\.0\.0\.1:1 on the way to fake.*can’t be used\..*ECONNREFUSED.*Check the variable HTTP_PROXY/,
      );
    });
  }

  for (const scheme of ['http', 'socks5'])
    it(`that is closed while its proxy is silent lets go of it at once (${scheme})`, async () => {
      const silent = createServer((socket) => socket.on('error', () => undefined).resume()).listen(0, '127.0.0.1');
      await once(silent, 'listening');
      const { port } = silent.address() as AddressInfo;
      const connection = await connect({}, { 'proxy-url': `${scheme}://127.0.0.1:${port}` });
      const asked = failure(asks(connection));
      await once(silent, 'connection');
      connection.close();
      assert.equal((await asked).reason, 'cancelled');
      // Resolves when its last connection has ended.
      await new Promise((resolve) => silent.close(resolve));
    }).timeout(5_000);
});
