import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo, Server } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, describe, it } from 'mocha';
import { FaultlineError } from '../../../src/base/errors.ts';
import type { Reach, ServerTarget } from '../../../src/base/target.ts';
import { checkServer, type CheckStep } from '../../../src/engine/check.ts';
import { failureOf, never, temporaryFolder } from './support.ts';

describe('The test of a connection', () => {
  const ends: (() => Promise<unknown>)[] = [];

  afterEach(async () => {
    for (const end of ends.splice(0)) await end();
  });

  async function listen(server: Server): Promise<number> {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    ends.push(() => new Promise((resolve) => server.close(resolve)));
    return (server.address() as AddressInfo).port;
  }

  const trino =
    (statement: RequestListener): RequestListener =>
    (request, response) => {
      if (request.url === '/v1/info') response.end(JSON.stringify({ nodeVersion: { version: '476' } }));
      else statement(request, response);
    };
  const answers = trino((_, response) => response.end('{"id":"q1","columns":[{"name":"a","type":"integer"}],"data":[[1]]}'));

  let reachedOpen = 0;
  const reach: Reach = async (place) => {
    reachedOpen++;
    return {
      url: place.kind === 'url' ? place.url : forwarded,
      path: place.kind === 'url' ? 'direct' : 'portForward',
      ...(place.kind === 'url' ? {} : { serverName: `${place.service}.${place.namespace}.svc` }),
      close: async () => void reachedOpen--,
    };
  };
  let forwarded = '';

  async function check(url: string, rest: Partial<ServerTarget> = {}, password?: string): Promise<readonly CheckStep[]> {
    const target: ServerTarget = { kind: 'server', engine: 'trino', name: 'analytics', at: { kind: 'url', url }, user: 'ann', ...rest };
    const steps: CheckStep[] = [];
    for await (const step of checkServer(target, { reach, signal: never, ...(password === undefined ? {} : { password }) }))
      steps.push(step);
    return steps;
  }

  const outcomes = (steps: readonly CheckStep[]): string =>
    steps.flatMap(({ step, state }) => (state === 'running' ? [] : [`${step} ${state}`])).join(', ');
  const failed = (steps: readonly CheckStep[]): CheckStep | undefined => steps.find(({ state }) => state === 'failed');

  it('passes each step of a server that answers, and says which version it is', async () => {
    const port = await listen(createServer(answers));
    const steps = await check(`http://localhost:${port}`);
    assert.equal(outcomes(steps), 'dns ok, tcp ok, tls skipped, auth ok, engine ok');
    assert.equal(steps.at(-1)?.text, 'Trino 476 answers');
    assert.deepEqual(
      steps.filter(({ state }) => state === 'running').map(({ step }) => step),
      ['dns', 'tcp', 'tls', 'auth', 'engine'],
    );
    assert.equal(reachedOpen, 0);
  });

  it('stops at a name that has no address', async () => {
    const steps = await check('http://no-such-host.invalid:8080');
    assert.equal(outcomes(steps), 'dns failed, tcp skipped, tls skipped, auth skipped, engine skipped');
    assert.match(failed(steps)?.text ?? '', /no address for no-such-host\.invalid/);
  });

  it('stops at a port where nothing listens', async () => {
    const server = createServer();
    const port = await listen(server);
    await ends.pop()?.();
    const steps = await check(`http://127.0.0.1:${port}`);
    assert.equal(outcomes(steps), 'dns skipped, tcp failed, tls skipped, auth skipped, engine skipped');
    assert.match(failed(steps)?.text ?? '', /ECONNREFUSED/);
  });

  it('stops at a certificate that nobody knows, and passes with its authority named', async function () {
    this.timeout(20_000);
    const folder = await temporaryFolder();
    ends.push(() => folder.remove());
    const [key, cert] = [join(folder.path, 'key.pem'), join(folder.path, 'cert.pem')];
    const args = [
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:prime256v1',
      '-nodes',
      '-days',
      '1',
      '-subj',
      '/CN=analytics',
    ];
    const names = ['-addext', 'subjectAltName=DNS:localhost,DNS:trino.data.svc'];
    await promisify(execFile)('openssl', [...args, ...names, '-keyout', key, '-out', cert]);
    const port = await listen(createSecureServer({ key: await readFile(key), cert: await readFile(cert) }, answers));
    const unknown = await check(`https://localhost:${port}`);
    assert.equal(outcomes(unknown), 'dns ok, tcp ok, tls failed, auth skipped, engine skipped');
    assert.match(`${failed(unknown)?.text} ${failed(unknown)?.remedy}`, /does not know who signed.*Name the PEM file/);
    const known = await check(`https://localhost:${port}`, { caFile: cert }, 'secret');
    assert.equal(outcomes(known), 'dns ok, tcp ok, tls ok, auth ok, engine ok');
    // Through a port-forward the host is an address: the Service's name counts.
    forwarded = `https://127.0.0.1:${port}`;
    const at = {
      kind: 'kubernetes',
      kubeconfig: '/k',
      context: 'c',
      namespace: 'data',
      service: 'trino',
      port: 8443,
      scheme: 'https',
    } as const;
    assert.equal(outcomes(await check('', { at, caFile: cert })), 'reach ok, tls ok, auth ok, engine ok');
    const other = await check('', { at: { ...at, service: 'presto' }, caFile: cert });
    assert.match(failed(other)?.text ?? '', /for another name/);
  });

  it('stops at https where the server speaks http', async () => {
    const port = await listen(createServer(answers));
    const steps = await check(`https://127.0.0.1:${port}`);
    assert.match(`${failed(steps)?.step} ${failed(steps)?.remedy}`, /^tls .*use http/);
  });

  it('stops at a wrong password, in the server’s words', async () => {
    const port = await listen(
      createServer(trino((_, response) => response.writeHead(401, { 'content-type': 'text/plain' }).end('Access Denied'))),
    );
    const steps = await check(`http://127.0.0.1:${port}`, {}, 'wrong');
    assert.equal(outcomes(steps), 'dns skipped, tcp ok, tls skipped, auth failed, engine skipped');
    assert.match(failed(steps)?.text ?? '', /Access Denied/);
    assert.equal(reachedOpen, 0);
  });

  it('blames the engine and not the password when something else answers', async () => {
    const port = await listen(createServer((_, response) => response.writeHead(404).end('nginx')));
    const steps = await check(`http://127.0.0.1:${port}`);
    assert.equal(outcomes(steps), 'dns skipped, tcp ok, tls skipped, auth skipped, engine failed');
    assert.match(failed(steps)?.text ?? '', /There is no Trino at analytics/);
  });

  it('blames the engine when the statement fails', async () => {
    const error = { message: 'Insufficient active worker nodes', errorName: 'NO_NODES_AVAILABLE', errorType: 'INTERNAL_ERROR' };
    let first = true;
    const listener = trino((request, response) => {
      const next = first ? { nextUri: `http://${request.headers.host}/v1/statement/1` } : { error };
      first = false;
      response.end(JSON.stringify({ id: 'q1', ...next }));
    });
    const steps = await check(`http://127.0.0.1:${await listen(createServer(listener))}`);
    assert.equal(outcomes(steps), 'dns skipped, tcp ok, tls skipped, auth ok, engine failed');
    assert.match(failed(steps)?.text ?? '', /Insufficient active worker nodes/);
  });

  it('stops at a cluster that can’t be reached', async () => {
    const at = {
      kind: 'kubernetes',
      kubeconfig: '/k',
      context: 'c',
      namespace: 'data',
      service: 'trino',
      port: 8080,
      scheme: 'http',
    } as const;
    const target: ServerTarget = { kind: 'server', engine: 'trino', name: 'analytics', at, user: 'ann' };
    const steps: CheckStep[] = [];
    const away: Reach = () =>
      Promise.reject(new FaultlineError('forbidden', { what: 'You may not create pods/portforward', remedy: 'Ask.' }));
    for await (const step of checkServer(target, { reach: away, signal: never })) steps.push(step);
    assert.equal(outcomes(steps), 'reach failed, tls skipped, auth skipped, engine skipped');
    assert.deepEqual([failed(steps)?.text, failed(steps)?.remedy], ['You may not create pods/portforward', 'Ask.']);
  });

  it('of ClickHouse tells a wrong password from a version', async () => {
    const listener: RequestListener = (request, response) => {
      if (request.headers['x-clickhouse-key'] === 'a<b') response.end('26.7.2.1\n');
      else response.writeHead(500).end('Code: 193, e.displayText() = DB::Exception: Wrong password for user ann');
    };
    const url = `http://127.0.0.1:${await listen(createServer(listener))}`;
    const right = await check(url, { engine: 'clickhouse' }, 'a<b');
    assert.equal(right.at(-1)?.text, 'ClickHouse 26.7.2.1 answers');
    const wrong = await check(url, { engine: 'clickhouse' }, 'x');
    assert.equal(outcomes(wrong), 'dns skipped, tcp ok, tls skipped, auth failed, engine skipped');
    const none = createServer((_, response) => response.end('<html>'));
    assert.match(outcomes(await check(`http://127.0.0.1:${await listen(none)}`, { engine: 'clickhouse' })), /auth skipped, engine failed/);
  });

  it('ends when it is stopped, and leaves nothing open', async () => {
    const stop = new AbortController();
    const port = await listen(createServer(trino(() => stop.abort())));
    const target: ServerTarget = {
      kind: 'server',
      engine: 'trino',
      name: 'a',
      at: { kind: 'url', url: `http://127.0.0.1:${port}` },
      user: 'ann',
    };
    const error = await failureOf(
      (async () => {
        for await (const step of checkServer(target, { reach, signal: stop.signal })) assert.notEqual(step.state, 'failed');
      })(),
    );
    assert.equal(error.reason, 'cancelled');
    assert.equal(reachedOpen, 0);
  }).timeout(20_000);
});
