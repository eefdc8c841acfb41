import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'mocha';
import type { Engine } from '../../../../src/engine/engine.ts';
import { failureOf, never, run } from '../support.ts';
import { coordinator, engineOn, page, type Asked, type Coordinator } from './coordinator.ts';

describe('A session on Trino and Presto', () => {
  let server: Coordinator;
  let engine: Engine | undefined;

  afterEach(async () => {
    await engine?.close();
    await server.close();
    engine = undefined;
  });

  /** Runs each statement; what a statement's first answer has as headers is `answers[statement]`. */
  async function headersAfter(answers: Readonly<Record<string, Readonly<Record<string, string>>>>): Promise<Asked['headers']> {
    server = await coordinator(({ body }) => ({ ...page(), headers: answers[body] ?? {} }));
    engine = await engineOn(server);
    for (const statement of [...Object.keys(answers), 'select 1']) await run(engine, statement);
    return server.asked.at(-1)?.headers ?? {};
  }

  it('tells who asks, from where, and for which catalog and schema', async () => {
    const headers = await headersAfter({});
    assert.equal(headers['x-trino-user'], 'ann');
    assert.equal(headers['x-trino-source'], 'faultline');
    assert.equal(headers['x-trino-client-tags'], 'faultline');
    assert.equal(headers['x-trino-catalog'], 'tpch');
    assert.equal(headers['x-trino-schema'], 'tiny');
  });

  it('asks for times with all their digits, which the server else rounds to milliseconds', async () => {
    const headers = await headersAfter({});
    assert.match(String(headers['x-trino-client-capabilities']), /\bPARAMETRIC_DATETIME\b/);
  });

  it('keeps each setting that a statement makes beside those made before, as the server wrote it', async () => {
    const headers = await headersAfter({
      'set session a': { 'X-Trino-Set-Session': 'a=x%2Cy' },
      'set session b': { 'X-Trino-Set-Session': 'b=2' },
      'set session a again': { 'X-Trino-Set-Session': 'a=3%3D4' },
    });
    assert.equal(headers['x-trino-session'], 'a=3%3D4,b=2');
  });

  it('forgets the one setting that is reset, and no other', async () => {
    const headers = await headersAfter({
      'set session a': { 'X-Trino-Set-Session': 'a=1' },
      'set session b': { 'X-Trino-Set-Session': 'b=2' },
      'reset session a': { 'X-Trino-Clear-Session': 'a' },
    });
    assert.equal(headers['x-trino-session'], 'b=2');
  });

  it('stays in the catalog and schema of USE', async () => {
    const headers = await headersAfter({ 'use hive.sales': { 'X-Trino-Set-Catalog': 'hive', 'X-Trino-Set-Schema': 'sales' } });
    assert.equal(headers['x-trino-catalog'], 'hive');
    assert.equal(headers['x-trino-schema'], 'sales');
  });

  it('knows the prepared statements and roles of each catalog, until they are gone', async () => {
    const headers = await headersAfter({
      'prepare p': { 'X-Trino-Added-Prepare': 'p=SELECT+%3F' },
      'prepare q': { 'X-Trino-Added-Prepare': 'q=SELECT+1%2C2' },
      'deallocate p': { 'X-Trino-Deallocated-Prepare': 'p' },
      'set role a': { 'X-Trino-Set-Role': 'system=ROLE%7Badmin%7D' },
      'set role b': { 'X-Trino-Set-Role': 'hive=ALL' },
    });
    assert.equal(headers['x-trino-prepared-statement'], 'q=SELECT+1%2C2');
    assert.equal(headers['x-trino-role'], 'system=ROLE%7Badmin%7D,hive=ALL');
  });

  it('stays in a transaction until it ends, and says that it can have one', async () => {
    const started = { 'X-Trino-Started-Transaction-Id': 't-1' };
    const inside = await headersAfter({ 'start transaction': started });
    assert.equal(server.asked[0]?.headers['x-trino-transaction-id'], 'NONE');
    assert.equal(inside['x-trino-transaction-id'], 't-1');
    await engine?.close();
    await server.close();
    const after = await headersAfter({ 'start transaction': started, commit: { 'X-Trino-Clear-Transaction-Id': 'true' } });
    assert.equal(after['x-trino-transaction-id'], 'NONE');
  });

  it('has no transaction any more when the coordinator that had it is gone', async () => {
    server = await coordinator(({ method, body }) => {
      if (body === 'start transaction') return { ...page(), headers: { 'X-Trino-Started-Transaction-Id': 't-1' } };
      if (body === 'lost') return page('1');
      return method === 'GET' ? { status: 404 } : page();
    });
    engine = await engineOn(server);
    await run(engine, 'start transaction');
    await failureOf(run(engine, 'lost'));
    await run(engine, 'select 1');
    assert.equal(server.asked.at(-1)?.headers['x-trino-transaction-id'], 'NONE');
  });

  it('speaks Presto’s headers with Presto, also when it asks whether a stopped query is gone', async () => {
    server = await coordinator(({ method, path, body }) => {
      if (path.startsWith('/v1/query/')) return { body: { state: 'FAILED' } };
      if (method === 'DELETE') return { status: 204 };
      return body === 'set' ? { ...page(), headers: { 'X-Presto-Set-Session': 'a=1' } } : page('1');
    }, '0.296');
    engine = await engineOn(server, {}, { engine: 'presto' });
    await run(engine, 'set');
    for await (const event of engine.query('select 1', {}, never)) if (event.kind === 'started') break;
    assert.equal(server.asked[1]?.headers['x-presto-session'], 'a=1');
    for (const { headers } of server.asked) assert.equal(headers['x-presto-user'], 'ann');
    assert.deepEqual(
      server.asked.map(({ method }) => method),
      ['POST', 'POST', 'DELETE', 'GET'],
    );
  });
});
