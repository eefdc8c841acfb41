import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'mocha';
import { FaultlineError } from '../../../../src/base/errors.ts';
import { clickHouse, FakeEngine, trino, type Behaves } from './engine.ts';
import { patience, RunningProgram } from './program.ts';

describe('a vantage that logs in', function () {
  this.timeout(60_000);
  const open: { stop(): Promise<void> }[] = [];
  afterEach(async () => {
    for (const one of open.splice(0).toReversed()) await one.stop();
  });

  async function vantage(engine: 'trino' | 'clickhouse', behaves: Behaves, password = 'a<b'): Promise<RunningProgram> {
    const server = await FakeEngine.start(behaves);
    const program = await RunningProgram.start(
      { engine, address: server.address, user: 'app' },
      {},
      { FAULTLINE_PROBE_PASSWORD: password },
    );
    open.push(server, program);
    return program;
  }

  /** As Trino with a password file does it. */
  const guardedTrino: Behaves = (request, response, body) => {
    const { authorization, 'x-trino-user': user } = request.headers;
    if (user === 'app' && authorization === `Basic ${Buffer.from('app:a<b').toString('base64')}`)
      return trino([1])(request, response, body);
    return response.writeHead(401, { 'www-authenticate': 'Basic realm="Trino"' }).end('Access Denied: Invalid credentials');
  };
  const guardedClickHouse: Behaves = (request, response, body) => {
    if (request.headers['x-clickhouse-user'] === 'app' && request.headers['x-clickhouse-key'] === 'a<b')
      return clickHouse(request, response, body);
    return response.writeHead(403, { 'x-clickhouse-exception-code': '516' }).end('Code: 516. DB::Exception: app: Authentication failed');
  };

  for (const [engine, behaves] of [
    ['trino', guardedTrino],
    ['clickhouse', guardedClickHouse],
  ] as const) {
    it(`to ${engine} is let in with its password, on every page`, async () => {
      const program = await vantage(engine, behaves);
      await program.begin();
      await program.until(() => program.samples.length >= 5);
      await program.finish();
      assert.ok(program.samples.every(({ outcome }) => outcome === 'ok'));
    });

    it(`to ${engine} with a wrong one does not begin, and says what to look at`, async () => {
      const program = await vantage(engine, behaves, 'wrong');
      await assert.rejects(program.begin(), (error) => {
        assert.ok(FaultlineError.is(error, 'unauthorised'), String(error));
        assert.match(error.message, /refused the login of app/);
        assert.match(error.facts.remedy ?? '', /user, secret/);
        assert.ok(!JSON.stringify(error.facts).includes('wrong'), 'the password is in no error');
        return true;
      });
      await program.link.compare(1, patience());
      assert.deepEqual(program.samples, []);
    });
  }

  it('begins though its engine is away: that is what it is there to tell', async () => {
    const program = await vantage('clickhouse', (request) => request.socket.destroy());
    await program.begin();
    await program.until(() => program.samples.length >= 3);
    assert.ok(program.samples.every(({ outcome }) => outcome === 'failed'));
  });
});
