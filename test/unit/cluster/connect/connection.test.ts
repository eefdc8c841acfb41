import assert from 'node:assert/strict';
import { chmod, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, it } from 'mocha';
import type { Clock } from '../../../../src/base/clock.ts';
import { FaultlineError, type ErrorReason } from '../../../../src/base/errors.ts';
import { connectCluster, type ClusterConnection, type ConnectOptions } from '../../../../src/cluster/connect/connection.ts';
import { missingRight, statusOf } from '../../../../src/cluster/connect/failure.ts';
import { FakeApi, forbidden, json, kubeconfig, status } from '../server.ts';

describe('a connection to a cluster', () => {
  let api: FakeApi;
  const opened: ClusterConnection[] = [];

  beforeEach(async () => {
    api = await FakeApi.start((_asked, response) => json(response, { ok: true }));
  });
  afterEach(async () => {
    for (const connection of opened.splice(0)) connection.close();
    await api.stop();
  });

  async function connect(user: object = {}, options: Partial<ConnectOptions> = {}): Promise<ClusterConnection> {
    const connection = await api.connect(user, options);
    opened.push(connection);
    return connection;
  }
  async function failure(connection: ClusterConnection, path = '/version', more: object = {}): Promise<FaultlineError> {
    const error = await connection.request({ path, ...more }).then(
      () => assert.fail('it succeeded'),
      (caught: unknown) => caught,
    );
    assert.ok(error instanceof FaultlineError, String(error));
    return error;
  }
  const sent = (name: string): unknown => api.asked.at(-1)?.headers[name];
  /** Serves only who has this token. */
  const only = (token: () => string): void => {
    api.answer = ({ headers }, response) =>
      headers.authorization === `Bearer ${token()}` ? json(response, { ok: true }) : status(response, 401, 'Unauthorized', 'Unauthorized');
  };
  /** A login program that counts its runs in a file. */
  async function program(name: string, script: string): Promise<string> {
    const file = join(api.folder, name);
    await writeFile(file, `#!/bin/sh\necho run >> ${join(api.folder, 'runs')}\n${script}\n`);
    await chmod(file, 0o755);
    return file;
  }
  const runs = async (): Promise<number> => (await readFile(join(api.folder, 'runs'), 'utf8').catch(() => '')).split('\n').length - 1;
  const credential = (more: object): string =>
    `echo '${JSON.stringify({ apiVersion: 'client.authentication.k8s.io/v1', kind: 'ExecCredential', status: more })}'`;
  const exec = (command: string, more: object = {}): object => ({
    exec: { apiVersion: 'client.authentication.k8s.io/v1', command, ...more },
  });

  it('contacts nobody and runs no program until something is asked', async () => {
    await connect(exec(await program('login', credential({ token: 't' }))));
    assert.deepEqual([api.asked.length, await runs()], [0, 0]);
  });

  it('sends a token, a user with password, or who is impersonated', async () => {
    await (await connect({ token: 'abc' })).request({ path: '/version' });
    assert.equal(sent('authorization'), 'Bearer abc');
    await (await connect({ username: 'u', password: 'p' })).request({ path: '/version' });
    assert.equal(sent('authorization'), `Basic ${Buffer.from('u:p').toString('base64')}`);
    await (
      await connect({ token: 'abc', as: 'jane', 'as-groups': ['a', 'b'], 'as-user-extra': { reason: ['x'] } })
    ).request({ path: '/version' });
    assert.deepEqual([sent('impersonate-user'), sent('impersonate-group'), sent('impersonate-extra-reason')], ['jane', 'a, b', 'x']);
  });

  it('runs a login program once for all requests, tells it about the cluster, and again when its login runs out', async () => {
    const soon = Date.now() + 60_000;
    const login = await program(
      'login',
      `echo "$KUBERNETES_EXEC_INFO" > ${join(api.folder, 'info')}\n${credential({ token: 't', expirationTimestamp: new Date(soon).toISOString() })}`,
    );
    let now = Date.now();
    const clock: Clock = { wallMs: () => now, monotonicMs: () => now };
    only(() => 't');
    const connection = await connect(exec(login, { provideClusterInfo: true }), { clock });
    await Promise.all(Array.from({ length: 10 }, () => connection.request({ path: '/version' })));
    assert.equal(await runs(), 1);
    const info = JSON.parse(await readFile(join(api.folder, 'info'), 'utf8')) as {
      spec: { interactive: boolean; cluster: { server: string } };
    };
    assert.deepEqual([info.spec.interactive, info.spec.cluster.server], [false, api.url]);
    now = soon - 1000;
    await connection.request({ path: '/version' });
    assert.equal(await runs(), 2);
  });

  it('asks a login program once more when the server refuses what it gave', async () => {
    let valid = 'one';
    const login = await program('login', `${credential({ token: 'TOKEN' }).replace('TOKEN', `'$(cat ${join(api.folder, 'token')})'`)}`);
    await writeFile(join(api.folder, 'token'), 'one');
    let now = 1_000_000;
    only(() => valid);
    const connection = await connect(exec(login), { clock: { wallMs: () => now, monotonicMs: () => now } });
    await connection.request({ path: '/version' });
    valid = 'two';
    await writeFile(join(api.folder, 'token'), 'two');
    now += 60_000;
    await Promise.all(Array.from({ length: 5 }, () => connection.request({ path: '/version' })));
    assert.equal(await runs(), 2);
    // A login that is refused although it is new is not asked for in a circle.
    valid = 'three';
    const { length } = api.asked;
    assert.equal((await failure(connection)).reason, 'unauthorised');
    assert.deepEqual([await runs(), api.asked.length - length], [2, 1]);
  });

  it('ends a login program that hangs, with all that it started, and says what to run', async () => {
    const login = await program('aws', `echo "waiting for the browser" >&2\nsleep 1000 & echo $! > ${join(api.folder, 'child')}\nwait`);
    const connection = await connect(exec(login, { args: ['eks', 'get-token'], env: [{ name: 'AWS_PROFILE', value: 'dev' }] }), {
      execTimeoutMs: 300,
    });
    const error = await failure(connection);
    assert.equal(error.reason, 'timedOut');
    assert.match(
      error.message,
      /did not answer within 0\.3 s and was ended\. waiting for the browser\. Run aws sso login --profile dev in a terminal/,
    );
    const child = Number(await readFile(join(api.folder, 'child'), 'utf8'));
    // A process that was killed is a zombie until init has buried it: its state tells.
    while (!/\) Z/.test(await readFile(`/proc/${child}/stat`, 'utf8').catch(() => ') Z'))) await setImmediate();
    // The next ones don't wait as long again.
    await failure(connection);
    assert.equal(await runs(), 1);
    connection.renewLogin();
    await failure(connection);
    assert.equal(await runs(), 2);
  });

  it('names the program that is missing, and what a failing one says', async () => {
    const missing = await failure(await connect(exec('no-such-login', { installHint: 'Get it at example.com' })));
    assert.deepEqual([missing.reason, missing.facts.remedy], ['unauthorised', 'Get it at example.com']);
    assert.match(missing.facts.what, /no-such-login is not on this machine’s PATH/);
    const failing = await failure(await connect(exec(await program('gke-gcloud-auth-plugin', 'echo "token revoked" >&2; exit 1'))));
    assert.deepEqual(
      [failing.facts.meaning, failing.facts.remedy],
      ['token revoked', 'Run gcloud auth login in a terminal, then try again.'],
    );
    const babbling = await failure(await connect(exec(await program('login', 'echo hello'))));
    assert.equal(babbling.facts.meaning, 'What it wrote is no ExecCredential');
  });

  it('reads a token file again after it was rotated', async () => {
    const tokenFile = join(api.folder, 'token');
    await writeFile(tokenFile, 'one\n');
    let valid = 'one';
    only(() => valid);
    const connection = await connect({ tokenFile });
    await connection.request({ path: '/version' });
    valid = 'two';
    await writeFile(tokenFile, 'two\n');
    await connection.request({ path: '/version' });
    assert.equal(sent('authorization'), 'Bearer two');
    valid = 'three';
    assert.equal((await failure(connection)).facts.remedy, `Write a new token into ${tokenFile}.`);
  });

  it('says when a login expired', async () => {
    const token = ['e30', Buffer.from(JSON.stringify({ exp: 1_700_000_000 })).toString('base64url'), 'x'].join('.');
    only(() => 'another');
    assert.equal((await failure(await connect({ token }))).facts.what, 'The login for fake expired on 2023-11-14T22:13:20Z');
    const oidc = { 'auth-provider': { name: 'oidc', config: { 'id-token': token, 'idp-issuer-url': 'https://issuer.example' } } };
    const error = await failure(await connect(oidc));
    assert.equal(error.reason, 'unauthorised');
    assert.match(error.message, /Log in again at https:\/\/issuer\.example/);
  });

  it('says which right is missing, to whom and where', async () => {
    api.answer = (_asked, response) => forbidden(response, 'create');
    const error = await failure(await connect(), '/api/v1/namespaces/n/pods/p/exec', { method: 'POST' });
    assert.deepEqual([error.reason, error.facts.what], ['forbidden', 'jane may not create pods/exec in namespace n']);
    assert.deepEqual(missingRight(error), {
      verb: 'create',
      resource: 'pods/exec',
      namespace: 'n',
      name: 'p',
      path: '/api/v1/namespaces/n/pods/p/exec',
    });
  });

  const answers: readonly [number, string, ErrorReason][] = [
    [404, 'NotFound', 'notFound'],
    [409, 'Conflict', 'invalid'],
    [422, 'Invalid', 'invalid'],
    [429, 'TooManyRequests', 'unreachable'],
    [500, 'InternalError', 'internal'],
    [503, 'ServiceUnavailable', 'unreachable'],
    [504, 'Timeout', 'timedOut'],
  ];
  for (const [code, reason, expected] of answers) {
    it(`takes ${code} for ${expected}, with the server’s own words`, async () => {
      api.answer = (_asked, response) => status(response, code, reason, 'so it is');
      const error = await failure(await connect());
      assert.deepEqual([error.reason, error.facts.what, error.facts.code, statusOf(error)], [expected, 'so it is', reason, code]);
    });
  }

  it('gives up on an answer that does not come, also in its middle', async () => {
    api.answer = ({ path }, response) => {
      if (path === '/half') response.writeHead(200, { 'content-type': 'application/json' }).write('{"a":');
    };
    const connection = await connect();
    for (const path of ['/never', '/half']) {
      const error = await failure(connection, path, { timeoutMs: 100 });
      assert.deepEqual([error.reason, error.facts.what], ['timedOut', `fake at ${api.url} did not answer within 0.1 s`]);
    }
  });

  it('stops when whoever asked stops, and when it is closed', async () => {
    api.answer = () => undefined;
    const connection = await connect();
    const stop = new AbortController();
    const stopped = failure(connection, '/a', { signal: stop.signal });
    const closed = failure(connection, '/b');
    stop.abort();
    assert.equal((await stopped).reason, 'cancelled');
    connection.close();
    assert.equal((await closed).reason, 'cancelled');
    assert.equal((await failure(connection)).reason, 'cancelled');
  });

  it('uses its connections again, and one that the server has closed meanwhile is no failure', async () => {
    const ports = new Set<unknown>();
    api.answer = (_asked, response) => {
      ports.add(response.socket?.remotePort);
      json(response, {});
    };
    const connection = await connect();
    for (let at = 0; at < 20; at++) await connection.request({ path: '/version' });
    // The second is opened where a request comes in the same breath as the end of the one before.
    assert.ok(ports.size <= 2, `${ports.size} connections`);
    // Closed by the server the moment the next request arrives: what a restart looks like on a kept connection.
    let broken = false;
    api.answer = (_asked, response) => {
      if (broken) return json(response, {});
      broken = true;
      response.destroy();
    };
    await connection.request({ path: '/version' });
  });

  it('reads packed answers, text, and the lines of a stream', async () => {
    const connection = await connect();
    api.answer = (_asked, response) =>
      response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' }).end(gzipSync('{"packed":true}'));
    assert.deepEqual(await connection.request({ path: '/x' }), { packed: true });
    api.answer = (_asked, response) => response.writeHead(200, { 'content-type': 'text/plain' }).end('one\n\ntwo');
    assert.equal(await connection.request({ path: '/x' }), 'one\n\ntwo');
    const lines: string[] = [];
    for await (const line of connection.lines({ path: '/x', query: { command: ['a', 'b c'], none: undefined } })) lines.push(line);
    assert.deepEqual(lines, ['one', '', 'two']);
    assert.deepEqual(api.asked.at(-1)?.query.getAll('command'), ['a', 'b c']);
  });

  it('to a server behind a path keeps the path', async () => {
    const context = await api.context({}, { server: `${api.url}/k8s/clusters/c-1/` });
    const connection = await connectCluster(context, { env: {} });
    opened.push(connection);
    await connection.request({ path: '/version' });
    assert.equal(api.asked.at(-1)?.path, '/k8s/clusters/c-1/version');
  });

  it('that can’t be had says why, and what to do', async () => {
    const silent = createServer((socket) => socket.on('error', () => undefined)).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const babbling = createServer((socket) => socket.on('error', () => undefined).end('220 mail.example ESMTP\r\n')).listen(0, '127.0.0.1');
    await once(babbling, 'listening');
    const at = (server: { address(): unknown }): string => `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const cases: readonly [string, object, ErrorReason, RegExp][] = [
      ['refuses', { server: 'http://127.0.0.1:1' }, 'unreachable', /refuses the connection.*VPN/],
      [
        'unknown name',
        { server: 'https://nowhere.invalid' },
        'unreachable',
        /The name of fake at https:\/\/nowhere\.invalid can’t be found/,
      ],
      ['silent', { server: at(silent) }, 'timedOut', /did not answer within 0\.3 s/],
      ['no TLS', { server: at(babbling) }, 'unreachable', /does not speak TLS/],
      [
        'no proxy',
        { server: 'https://10.0.0.1', 'proxy-url': 'http://user:secret@127.0.0.1:1' },
        'unreachable',
        /The proxy http:\/\/127\.0\.0\.1:1 on the way to fake/,
      ],
    ];
    try {
      for (const [name, cluster, reason, text] of cases) {
        const connection = await connectCluster(await api.context({}, cluster), { env: {} });
        opened.push(connection);
        const error = await failure(connection, '/version', { timeoutMs: name === 'silent' ? 300 : 5000 });
        assert.equal(error.reason, reason, `${name}: ${error.message}`);
        assert.match(error.message, text);
        assert.ok(!error.message.includes('secret'));
      }
    } finally {
      silent.close();
      babbling.close();
    }
  });
});

describe('the context of a connection', () => {
  let api: FakeApi;
  beforeEach(async () => {
    api = await FakeApi.start((_asked, response) => json(response, {}));
  });
  afterEach(() => api.stop());

  async function refusal(text: string): Promise<string> {
    const file = join(api.folder, 'kubeconfig');
    await writeFile(file, text);
    const error = await connectCluster({ name: 'fake', cluster: 'fake', file }, { env: {} }).then(
      () => assert.fail('it was taken'),
      (caught: unknown) => caught,
    );
    assert.ok(error instanceof FaultlineError, String(error));
    return error.message.replaceAll(file, 'FILE');
  }

  it('that went from its file, names what is not there or can’t be understood is refused with the place', async () => {
    const good = kubeconfig({ server: api.url }, {});
    assert.match(await refusal(good.replaceAll('fake', 'other')), /Context fake is no longer in FILE/);
    assert.match(
      await refusal(good.replace('cluster: fake', 'cluster: gone')),
      /Context fake names cluster gone, which is not in its kubeconfig/,
    );
    assert.match(await refusal(good.replace('user: me', 'user: gone')), /names user gone/);
    assert.match(await refusal(kubeconfig({ server: 'mailto:x' }, {})), /server of fake in FILE can’t be understood/);
    assert.match(await refusal(kubeconfig({ server: api.url }, { exec: { command: 5 } })), /exec\.command of me in FILE/);
    assert.match(await refusal(`${good}\n  - broken: [}`), /not valid YAML at line \d+/);
  });

  it('of a KUBECONFIG list finds its cluster and user in the other files, as kubectl does', async () => {
    const contexts = join(api.folder, 'contexts');
    const rest = join(api.folder, 'rest');
    await writeFile(contexts, 'contexts: [{ name: fake, context: { cluster: fake, user: me } }]');
    await writeFile(rest, kubeconfig({ server: api.url }, { token: 'of-the-other-file' }));
    const connection = await connectCluster({ name: 'fake', cluster: 'fake', file: contexts, mergedWith: [contexts, rest] }, { env: {} });
    await connection.request({ path: '/version' });
    connection.close();
    assert.equal(api.asked.at(-1)?.headers.authorization, 'Bearer of-the-other-file');
  });

  it('in a pod is its service account', async () => {
    await writeFile(join(api.folder, 'token'), 'pod-token');
    await writeFile(join(api.folder, 'ca.crt'), 'x');
    const { hostname, port } = new URL(api.url);
    const connection = await connectCluster(
      { name: 'in-cluster', cluster: 'in-cluster', file: api.folder, inCluster: true },
      { env: { KUBERNETES_SERVICE_HOST: hostname, KUBERNETES_SERVICE_PORT: port } },
    );
    assert.equal(connection.server, `https://${hostname}:${port}`);
    connection.close();
  });
});
