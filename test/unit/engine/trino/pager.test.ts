import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'mocha';
import type { FaultlineError } from '../../../../src/base/errors.ts';
import type { Engine, QueryEvent } from '../../../../src/engine/engine.ts';
import { failureOf, never, run } from '../support.ts';
import { coordinator, engineOn, oneColumn, page, type Answer, type Coordinator, type Play } from './coordinator.ts';

describe('Statements on Trino and Presto', () => {
  let server: Coordinator | undefined;
  let engine: Engine | undefined;

  afterEach(async () => {
    await engine?.close();
    await server?.close();
    engine = undefined;
    server = undefined;
  });

  async function open(play: Play, ...rest: [Parameters<typeof engineOn>[1]?, Parameters<typeof engineOn>[2]?]): Promise<Engine> {
    server = await coordinator(play);
    engine = await engineOn(server, ...rest);
    return engine;
  }

  const paths = (): readonly string[] => (server?.asked ?? []).map(({ method, path }) => `${method} ${path.split('/').at(-1) ?? ''}`);

  it('the query’s id and its progress are there with the first page, long before the first row', async () => {
    const answers: Answer[] = [page('1'), page('2'), page(undefined, { ...oneColumn, data: [[1]] })];
    const opened = await open(() => answers.shift() ?? { status: 500 });
    const events: QueryEvent[] = [];
    let askedAtStart = 0;
    for await (const event of opened.query('select 1', { progressEveryMs: 0 }, never)) {
      if (event.kind === 'started') askedAtStart = server?.asked.length ?? 0;
      events.push(event);
    }
    assert.equal(askedAtStart, 1);
    assert.deepEqual(events.slice(0, 2), [
      { kind: 'started', queryId: 'q1' },
      { kind: 'progress', fraction: 0.25, rowsRead: 10, bytesRead: 100 },
    ]);
    assert.deepEqual(
      events.map(({ kind }) => kind),
      ['started', 'progress', 'progress', 'progress', 'columns', 'rows', 'finished'],
    );
  });

  it('the next page is asked of the host that was reached, whatever host the server names', async () => {
    const opened = await open(({ method }) => (method === 'POST' ? page('1?slug=x') : page()));
    await run(opened, 'select 1');
    assert.deepEqual(paths(), ['POST statement', 'GET 1?slug=x']);
  });

  it('a storm of 502, 503, 504 and 429 is waited out on the same page, and no row is lost or doubled', async () => {
    const answers: (Answer | 'cut')[] = [
      { status: 503 },
      page('1', { ...oneColumn, data: [[1]] }),
      { status: 503 },
      { status: 502 },
      { status: 504 },
      { status: 429 },
      page('2', { data: [[2]] }),
      page(undefined, { data: [[3]] }),
    ];
    const opened = await open(() => answers.shift() ?? { status: 500 });
    assert.deepEqual((await run(opened, 'select 1')).rows, [['1'], ['2'], ['3']]);
    assert.deepEqual(paths(), ['POST statement', 'POST statement', ...Array<string>(5).fill('GET 1'), 'GET 2']);
  });

  it('a server that names a time in Retry-After is left alone until then', async () => {
    let refusedAt = 0;
    let cameBackAfterMs = 0;
    const opened = await open(({ method }) => {
      if (method === 'POST') return page('1');
      if (refusedAt > 0) {
        cameBackAfterMs = performance.now() - refusedAt;
        return page();
      }
      refusedAt = performance.now();
      return { status: 429, headers: { 'retry-after': '1' } };
    });
    await run(opened, 'select 1');
    assert.ok(cameBackAfterMs >= 990, `${cameBackAfterMs} ms`);
  });

  it('a connection that is reset, before a page or in its middle, is made again and the page read whole', async () => {
    const data = Array.from({ length: 1000 }, (_, index) => [index]);
    const answers: (Answer | 'cut')[] = [
      'cut',
      page('1'),
      'cut',
      { ...page('2', { ...oneColumn, data }), cutAfter: 2000 },
      page('2', { ...oneColumn, data }),
      page(),
    ];
    const opened = await open(() => answers.shift() ?? { status: 500 });
    const { rows } = await run(opened, 'select 1');
    assert.equal(rows.length, 1000);
    assert.deepEqual(rows[999], ['999']);
  });

  it('a coordinator that is away for a while and comes back with the query is waited for', async () => {
    const opened = await open(({ method }) => (method === 'POST' ? page('1', oneColumn) : page(undefined, { data: [[7]] })));
    const rows: unknown[] = [];
    for await (const event of opened.query('select 1', {}, never)) {
      if (event.kind === 'started') {
        await server?.down();
        setTimeout(() => void server?.up(), 300);
      }
      if (event.kind === 'rows') rows.push(...event.batch.rows());
    }
    assert.deepEqual(rows, [['7']]);
  });

  it('a coordinator that stays away ends the statement at the limit, and the text says that the query is lost', async () => {
    const opened = await open(() => page('1'), { retryForMs: 300 });
    const start = performance.now();
    const error = await failureOf(
      (async () => {
        for await (const event of opened.query('select 1', {}, never)) if (event.kind === 'started') await server?.down();
      })(),
    );
    assert.equal(error.reason, 'unreachable');
    assert.match(error.message, /The query q1 is lost: its coordinator does not answer\..*ECONNREFUSED.*run the statement again/);
    assert.ok(performance.now() - start < 2_000);
  });

  it('a coordinator that was restarted does not know the query: it is lost, and has to be run again', async () => {
    const opened = await open(({ method }) => (method === 'POST' ? page('1') : { status: 404, body: 'Query not found' }));
    const error = await failureOf(run(opened, 'select 1'));
    assert.equal(error.reason, 'crashed');
    assert.match(error.message, /The query q1 is lost: .*was restarted while it ran.*Run it again\./);
    assert.ok(!paths().some((one) => one.startsWith('DELETE')));
  });

  it('a query that an administrator killed says so, and is not called wrong', async () => {
    const killed = {
      message: 'Query killed. Message: too big',
      errorName: 'ADMINISTRATIVELY_KILLED',
      errorType: 'USER_ERROR',
      errorCode: 1,
    };
    const opened = await open(({ method }) => (method === 'POST' ? page('1') : page(undefined, { error: killed })));
    const error = await failureOf(run(opened, 'select 1'));
    assert.equal(error.reason, 'engine');
    assert.equal(error.facts.code, 'ADMINISTRATIVELY_KILLED');
    assert.match(error.message, /Query killed\. Message: too big\. Trino on analytics ended the statement from its side\./);
  });

  it('a wrong password is told from a server that is away', async () => {
    const opened = await open(() => ({ status: 401, headers: { 'content-type': 'text/plain' }, body: 'Access denied: no' }), {
      password: 'geheim',
    });
    const error = await failureOf(run(opened, 'select 1'));
    assert.equal(error.reason, 'unauthorised');
    assert.match(error.message, /did not accept the user or the password\. It says: Access denied: no/);
    assert.equal(server?.asked[0]?.headers.authorization, `Basic ${Buffer.from('ann:geheim').toString('base64')}`);
    assert.equal(paths().length, 1);
  });

  it('what is no Trino is not taken for one', async () => {
    const opened = await open(() => ({ headers: { 'content-type': 'text/html' }, body: '<html>Welcome' }));
    const error = await failureOf(run(opened, 'select 1'));
    assert.equal(error.reason, 'invalid');
    assert.match(error.message, /no Trino and no Presto.*begins with “<html>Welcome”/);
  });

  it('a Presto behind a connection for Trino is named when it is opened', async () => {
    server = await coordinator(() => page(), '0.296-8661b73');
    const error = await failureOf(engineOn(server));
    assert.match(error.message, /At analytics is Presto 0\.296, not Trino\. Choose Presto/);
  });

  describe('A stop', () => {
    /** Runs until its GET hangs, is stopped then, and answers how it ended. */
    async function stopWhileWaiting(states: readonly string[], options: Parameters<typeof engineOn>[1] = {}): Promise<FaultlineError> {
      const stop = new AbortController();
      const left = [...states];
      const opened = await open(({ method, path }) => {
        if (method === 'POST') return page('1');
        if (method === 'DELETE') return { status: 204 };
        if (path.startsWith('/v1/query/')) return { body: { queryId: 'q1', state: left.length > 1 ? left.shift() : left[0] } };
        stop.abort();
        return 'silence';
      }, options);
      return failureOf(run(opened, 'select 1', stop.signal));
    }

    it('ends the query on the server and waits until the server says that it is gone', async () => {
      const error = await stopWhileWaiting(['RUNNING', 'FINISHING', 'FAILED']);
      assert.equal(error.reason, 'cancelled');
      assert.equal(error.facts.meaning, undefined);
      assert.deepEqual(paths(), ['POST statement', 'GET 1', 'DELETE 1', ...Array<string>(3).fill('GET q1?pruned=true')]);
    });

    it('that the server does not confirm in time says so, with the query’s id', async () => {
      const error = await stopWhileWaiting(['RUNNING'], { confirmForMs: 200 });
      assert.equal(error.reason, 'cancelled');
      assert.match(error.message, /did not confirm it.*The query q1 may still run there/);
    });

    it('before the first page waits for the id, so that the query can be ended', async () => {
      const stop = new AbortController();
      const opened = await open(async ({ method, path }) => {
        if (path.startsWith('/v1/query/')) return { status: 410 };
        if (method === 'DELETE') return { status: 204 };
        stop.abort();
        await new Promise((resolve) => setTimeout(resolve, 50));
        return page('1');
      });
      const error = await failureOf(run(opened, 'select 1', stop.signal));
      assert.equal(error.reason, 'cancelled');
      assert.deepEqual(paths(), ['POST statement', 'DELETE 1', 'GET q1?pruned=true']);
    });

    it('in the middle of a storm of 503 is not kept waiting by it', async () => {
      const stop = new AbortController();
      const opened = await open(({ method, path }) => {
        if (method === 'POST') return page('1');
        if (method === 'DELETE') return { status: 204 };
        if (path.startsWith('/v1/query/')) return { body: { state: 'FAILED' } };
        setImmediate(() => stop.abort());
        return { status: 503, headers: { 'retry-after': '1' } };
      });
      const start = performance.now();
      assert.equal((await failureOf(run(opened, 'select 1', stop.signal))).reason, 'cancelled');
      assert.ok(performance.now() - start < 900);
    });

    it('of a reader that went away also ends the query on the server', async () => {
      const opened = await open(({ method, path }) => {
        if (path.startsWith('/v1/query/')) return { body: { state: 'FAILED' } };
        return method === 'DELETE' ? { status: 204 } : page('1', { ...oneColumn, data: [[1]] });
      });
      for await (const event of opened.query('select 1', {}, never)) if (event.kind === 'rows') break;
      assert.deepEqual(paths(), ['POST statement', 'DELETE 1', 'GET q1?pruned=true']);
    });

    it('is part of closing the engine', async () => {
      const opened = await open(({ method, path }) => {
        if (path.startsWith('/v1/query/')) return { body: { state: 'FAILED' } };
        if (method === 'DELETE') return { status: 204 };
        return method === 'POST' ? page('1') : 'silence';
      });
      let closing: Promise<void> | undefined;
      const error = await failureOf(
        (async () => {
          for await (const event of opened.query('select 1', {}, never)) if (event.kind === 'started') closing = opened.close();
        })(),
      );
      await closing;
      assert.equal(error.reason, 'cancelled');
      assert.ok(paths().includes('DELETE 1'));
    });
  });

  it('a page is only asked for when the one before was taken: a slow reader slows the server', async () => {
    const opened = await open(() => page('1', { ...oneColumn, data: [[1]] }));
    for await (const event of opened.query('select 1', {}, never)) {
      if (event.kind !== 'rows') continue;
      // Time enough for what would be asked ahead.
      await new Promise((resolve) => setTimeout(resolve, 50));
      assert.deepEqual(paths(), ['POST statement']);
      if (server !== undefined) server.play = ({ path }) => (path.startsWith('/v1/query/') ? { status: 410 } : { status: 204 });
      break;
    }
  });

  it('a statement that changes rows tells how many, and shows no table of it', async () => {
    const answers: Answer[] = [
      page('1'),
      page(undefined, { columns: [{ name: 'rows', type: 'bigint' }], data: [[3]], updateType: 'INSERT', updateCount: 3 }),
    ];
    const opened = await open(() => answers.shift() ?? { status: 500 });
    assert.deepEqual(await run(opened, 'insert into t select 1'), { columns: [], rows: [], changedRows: 3 });
  });

  it('an error has its name and stands at its place, behind characters of two units and line ends', async () => {
    const error = {
      message: "line 2:14: Column 'nope' cannot be resolved",
      errorName: 'COLUMN_NOT_FOUND',
      errorType: 'USER_ERROR',
      errorLocation: { lineNumber: 2, columnNumber: 14 },
    };
    const sql = "-- 😀\nselect '😀é', nope from nation;\n";
    const opened = await open(() => page(undefined, { error }));
    const failure = await failureOf(run(opened, sql));
    assert.equal(failure.facts.code, 'COLUMN_NOT_FOUND');
    assert.equal(failure.facts.what, "Column 'nope' cannot be resolved");
    const { start = 0, end = 0 } = failure.facts.position ?? {};
    assert.equal(sql.slice(start, end), 'nope');
    assert.equal(server?.asked[0]?.body, sql.trim().slice(0, -1));
  });

  it('a statement is sent without its semicolon and what stands behind that; without a statement nothing is', async () => {
    const opened = await open(() => page());
    for (const sql of ["select ';' -- one;\n ; -- two; ", '/* ; */ select 1']) await run(opened, sql);
    assert.deepEqual(
      server?.asked.map(({ body }) => body),
      ["select ';'", '/* ; */ select 1'],
    );
    assert.equal((await failureOf(run(opened, ' -- nothing\n;'))).reason, 'invalid');
    assert.equal(server?.asked.length, 2);
  });

  it('an error in an explained statement stands at its place in the person’s text', async () => {
    const error = {
      message: "line 1:26: mismatched input 'form'. Expecting: ',', 'FROM'",
      errorName: 'SYNTAX_ERROR',
      errorType: 'USER_ERROR',
      errorLocation: { lineNumber: 1, columnNumber: 'EXPLAIN ANALYZE '.length + 10 },
    };
    const opened = await open(() => page(undefined, { error }));
    const failure = await failureOf(opened.explain('select * form nation', { analyze: true }, never));
    assert.deepEqual(failure.facts.position, { start: 9, end: 13 });
  });

  it('an error at the end of a statement marks its last word', async () => {
    const error = {
      message: "line 1:11: mismatched input '<EOF>'. Expecting: <expression>",
      errorName: 'SYNTAX_ERROR',
      errorType: 'USER_ERROR',
      errorLocation: { lineNumber: 1, columnNumber: 11 },
    };
    const opened = await open(() => page(undefined, { error }));
    const failure = await failureOf(run(opened, 'select 1 +'));
    assert.deepEqual(failure.facts.position, { start: 9, end: 10 });
    assert.equal(failure.facts.what, "Mismatched input '<EOF>'");
    assert.equal(failure.facts.remedy, 'Expected here: <expression>');
  });
});
