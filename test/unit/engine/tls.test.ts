import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { IncomingMessage, RequestListener } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { TLSSocket } from 'node:tls';
import { text } from 'node:stream/consumers';
import { after, afterEach, before, describe, it } from 'mocha';
import { reachWith } from '../../../src/cluster/reach.ts';
import type { ReachedServer, ServerTarget } from '../../../src/base/target.ts';
import { checkServer, type CheckStep } from '../../../src/engine/check.ts';
import { openClickHouse } from '../../../src/engine/clickhouse/clickhouse.ts';
import { openTrino } from '../../../src/engine/trino/trino.ts';
import { certificatesFor, type Certificates } from './certificates.ts';
import { failureOf, never, run } from './support.ts';

describe('A server behind a port-forward that speaks TLS', () => {
  let certificates: Certificates;
  let url = '';
  let serve: RequestListener = (_request, response) => void response.writeHead(500).end();
  /** What each request asked for: SNI and Host. */
  const asked: string[] = [];
  const ends: (() => Promise<unknown>)[] = [];

  before(async function () {
    this.timeout(20_000);
    certificates = await certificatesFor('DNS:trino.shared.svc');
    const server = createServer(certificates, (request, response) => {
      asked.push(`${request.socket instanceof TLSSocket ? request.socket.servername : ''} ${request.headers.host}`);
      serve(request, response);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
    ends.push(async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    });
  });

  afterEach(() => void asked.splice(0));
  after(async () => {
    for (const end of ends) await end();
    await certificates.remove();
  });

  const trino: RequestListener = (request, response) => {
    if (request.url === '/v1/info') response.end(JSON.stringify({ nodeVersion: { version: '476' } }));
    else if (request.url?.startsWith('/v1/query/') === true) response.end(JSON.stringify({ state: 'FINISHED' }));
    else response.end('{"id":"q1","columns":[{"name":"a","type":"integer"}],"data":[[1]]}');
  };
  const clickhouse: RequestListener = (request, response) => void answer(request).then((body) => response.end(body));
  async function answer(request: IncomingMessage): Promise<string> {
    return (await text(request)).includes('timezone()') ? '26.7.1.1\tUTC\n' : '26.7.1.1\n';
  }

  const at = {
    kind: 'kubernetes',
    kubeconfig: '/k',
    context: 'c',
    namespace: 'shared',
    service: 'trino',
    port: 8443,
    scheme: 'https',
  } as const;
  const target = (more: Partial<ServerTarget> = {}): ServerTarget => ({
    kind: 'server',
    engine: 'trino',
    name: 'shared/trino',
    at,
    user: 'ann',
    caFile: certificates.caFile,
    ...more,
  });
  const reached = (serverName?: string): ReachedServer => ({
    url,
    path: 'portForward',
    close: () => Promise.resolve(),
    ...(serverName === undefined ? {} : { serverName }),
  });
  async function check(of: ServerTarget, at_: ReachedServer): Promise<readonly CheckStep[]> {
    const steps: CheckStep[] = [];
    for await (const step of checkServer(of, { reach: async () => at_, signal: never })) if (step.state !== 'running') steps.push(step);
    return steps;
  }
  const outcomes = (steps: readonly CheckStep[]): string => steps.map(({ step, state }) => `${step} ${state}`).join(', ');

  it('is asked for, and checked, by its Service’s name: Trino', async () => {
    serve = trino;
    const engine = await openTrino(target(), reached('trino.shared.svc'), { source: 'faultline' });
    const { rows } = await run(engine, 'SELECT 1');
    await engine.close();
    assert.equal(rows.length, 1);
    assert.deepEqual([...new Set(asked)], ['trino.shared.svc trino.shared.svc']);
  });

  it('is asked for, and checked, by its Service’s name: ClickHouse', async () => {
    serve = clickhouse;
    const engine = await openClickHouse(target({ engine: 'clickhouse' }), reached('trino.shared.svc'), { password: 'x' });
    await engine.close();
    assert.deepEqual([...new Set(asked)], ['trino.shared.svc trino.shared.svc']);
  });

  for (const engine of ['trino', 'clickhouse'] as const) {
    it(`passes each step of the test of its connection: ${engine}`, async () => {
      serve = engine === 'trino' ? trino : clickhouse;
      const steps = await check(target({ engine }), reached('trino.shared.svc'));
      assert.equal(outcomes(steps), 'reach ok, tls ok, auth ok, engine ok');
    });

    it(`is not spoken to when its certificate is for another: ${engine}`, async () => {
      serve = engine === 'trino' ? trino : clickhouse;
      for (const [of, place] of [
        [target({ engine }), reached('other.shared.svc')],
        [target({ engine }), reached()],
        [target({ engine, tlsServerName: 'trino.example.com' }), reached('trino.shared.svc')],
      ] as const) {
        const open = engine === 'trino' ? openTrino(of, place, { source: 'faultline', retryForMs: 100 }) : openClickHouse(of, place, {});
        const error = await failureOf(open);
        assert.equal(error.reason, 'unreachable');
        assert.match(
          error.message,
          /for another name than (?:other\.shared\.svc|127\.0\.0\.1|trino\.example\.com): it is for trino\.shared\.svc\./,
        );
        assert.match(error.message, /set one of these as its TLS server name/);
      }
      assert.deepEqual(asked, []);
    });

    it(`is not spoken to when nobody knows who signed its certificate: ${engine}`, async () => {
      const { caFile: _, ...stranger } = target({ engine });
      const place = reached('trino.shared.svc');
      const open =
        engine === 'trino' ? openTrino(stranger, place, { source: 'faultline', retryForMs: 100 }) : openClickHouse(stranger, place, {});
      assert.equal((await failureOf(open)).reason, 'unreachable');
      assert.deepEqual(asked, []);
    });
  }

  it('is asked for by the name that a person gives, also by its address', async () => {
    serve = trino;
    const direct = target({ at: { kind: 'url', url }, tlsServerName: 'trino.shared.svc' });
    const steps = await check(direct, { ...reached(), path: 'direct' });
    assert.equal(outcomes(steps), 'dns skipped, tcp ok, tls ok, auth ok, engine ok');
    assert.deepEqual([...new Set(asked)], ['trino.shared.svc trino.shared.svc']);
  });

  it('says in the test of its connection which names its certificate has, and that one can be set', async () => {
    const steps = await check(target(), reached('presto.shared.svc'));
    assert.equal(outcomes(steps), 'reach ok, tls failed, auth skipped, engine skipped');
    const { text: said, remedy } = steps[1] ?? {};
    assert.equal(said, 'The server’s certificate is for another name than presto.shared.svc: it is for trino.shared.svc');
    assert.match(remedy ?? '', /set one of these as its TLS server name/);
  });

  it('has no other name than its address where it is reached by that', async () => {
    const direct = await reachWith({ env: {} })({ kind: 'url', url }, never);
    assert.equal(direct.serverName, undefined);
  });
});
