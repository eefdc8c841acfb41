import assert from 'node:assert/strict';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { FaultlineError } from '../../../../src/base/errors.ts';
import type { QueryEvent } from '../../../../src/engine/engine.ts';
import { play, read, type Played, type Stage } from './server.ts';

const head = 'n\ts\nUInt64\tString\n';

describe('ClickHouse over HTTP', function () {
  this.timeout(20_000);
  let stage: Stage | undefined;
  afterEach(async () => {
    await stage?.close();
    stage = undefined;
  });

  async function failure(work: Promise<unknown>): Promise<FaultlineError> {
    const error = await work.then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    assert(error instanceof FaultlineError, 'it fails');
    return error;
  }

  /** A server that answers every statement of a person with these pieces. */
  const answering =
    (...pieces: readonly string[]) =>
    ({ response }: Played): void => {
      for (const piece of pieces) response.write(piece);
      response.end();
    };

  describe('a 200 whose statement failed on the way', () => {
    const cases: readonly (readonly [string, readonly string[], Readonly<Record<string, string>>])[] = [
      [
        'as servers before 25.11 append it',
        [
          head,
          '1\ta\n2\tb\n',
          "Code: 395, e.displayText() = DB::Exception: Value passed to 'throwIf' is non zero, e.what() = DB::Exception\n",
        ],
        {},
      ],
      [
        'cut into pieces',
        [
          head,
          '1\ta\n2\tb\nCo',
          'de: 395. DB::Exc',
          'eption: Value is non-zero. (FUNCTION_THROW_IF_VALUE_IS_NON_ZERO) (version 24.8.1.1)\n',
        ],
        {},
      ],
      [
        'with a tag, as servers from 25.11 on do',
        [head, '1\ta\n2\tb\n', '\r\n__exception__\r\nabcdefgh\r\nCode: 395. DB::Exception: Value is non-zero. (FUNCTION_THROW_IF_VALUE_IS_NON_ZERO) (version 26.7.1.1)\n110 abcdefgh\r\n__exception__\r\n'], // prettier-ignore
        { 'X-ClickHouse-Exception-Tag': 'abcdefgh' },
      ],
      ['right behind the types', [head, '1\ta\n', '2\tb\n', 'Code: 395. DB::Exception: Value is non-zero'], {}],
    ];
    for (const [what, pieces, headers] of cases)
      it(`${what}: the rows before it come, then the error`, async () => {
        stage = await play((played) => {
          for (const [name, value] of Object.entries(headers)) played.response.setHeader(name, value);
          answering(...pieces)(played);
        });
        const rows: string[] = [];
        const error = await failure(read(stage.engine, 'SELECT 1', { rows }));
        assert.equal(error.reason, 'engine');
        assert.equal(error.facts.code, 'FUNCTION_THROW_IF_VALUE_IS_NON_ZERO');
        assert.match(error.facts.what, /^Value .*non.zero$/);
        assert.deepEqual(rows, ['1|a', '2|b']);
      });

    it('told by its header alone', async () => {
      stage = await play(({ response }) => {
        response.setHeader('X-ClickHouse-Exception-Code', '241');
        response.end('Code: 241. DB::Exception: Memory limit exceeded. (MEMORY_LIMIT_EXCEEDED) (version 26.7.1.1)\n');
      });
      assert.equal((await failure(read(stage.engine, 'SELECT 1'))).facts.code, 'MEMORY_LIMIT_EXCEEDED');
    });

    it('texts that look like an exception are rows where they can be told from one', async () => {
      const line = '7\tCode: 60. DB::Exception: gone. (UNKNOWN_TABLE)\n';
      stage = await play(answering(head, line, '8\tx\n'));
      const rows: string[] = [];
      await read(stage.engine, 'SELECT 1', { rows });
      assert.deepEqual(rows, ['7|Code: 60. DB::Exception: gone. (UNKNOWN_TABLE)', '8|x']);
    });

    it('first column included', async () => {
      stage = await play(answering('s\tn\nString\tUInt8\n', 'Code: 60. DB::Exception: gone. (UNKNOWN_TABLE)\t1\n', 'x\t2\n'));
      const rows: string[] = [];
      await read(stage.engine, 'SELECT 1', { rows });
      assert.equal(rows.length, 2);
    });
  });

  it('rows cut anywhere are whole again', async () => {
    const text = `${head}1\tä€😀\\n\n2\t\\N\n3\tc\n`;
    const bytes = Buffer.from(text);
    for (const size of [1, 2, 3, 5, 7]) {
      stage = await play(({ response }) => {
        for (let at = 0; at < bytes.length; at += size) response.write(bytes.subarray(at, at + size));
        response.end();
      });
      const rows: string[] = [];
      await read(stage.engine, 'SELECT 1', { rows });
      assert.deepEqual(rows, ['1|ä€😀\n', '2|null', '3|c'], `pieces of ${size}`);
      await stage.close();
    }
    stage = undefined;
  });

  it('a connection that breaks in the middle is said to be lost, the server is told, and nothing looks complete', async () => {
    stage = await play(({ response, sql }) => {
      if (sql.startsWith('KILL')) return void response.end();
      response.write(`${head}1\ta\n2\t`);
      setImmediate(() => response.destroy());
    });
    const rows: string[] = [];
    const error = await failure(read(stage.engine, 'SELECT 1', { rows }));
    assert.equal(error.reason, 'unreachable');
    assert.match(error.facts.what, /connection to ClickHouse on shop\/clickhouse was lost/);
    assert.deepEqual(rows, ['1|a']);
    assert(stage.asked.some((sql) => sql.startsWith('KILL QUERY')));
  });

  it('an answer that ends inside of a row is no answer', async () => {
    stage = await play(answering(head, '1\ta\n2'));
    assert.equal((await failure(read(stage.engine, 'SELECT 1'))).reason, 'unreachable');
  });

  for (const [status, body] of [
    [401, 'Code: 516. DB::Exception: kim: Authentication failed: password is incorrect. (AUTHENTICATION_FAILED) (version 26.7.1.1)'],
    [403, 'Code: 193, e.displayText() = DB::Exception: Wrong password for user kim, e.what() = DB::Exception'],
    [401, '<html><body>Please log in</body></html>'],
  ] as const)
    it(`a wrong password (${status}, ${body.slice(0, 9)}) is said to be one when the engine is opened`, async () => {
      const error = await failure(
        play(
          ({ response }) => {
            response.writeHead(status);
            response.end(body);
          },
          { user: 'kim' },
        ),
      );
      assert.equal(error.reason, 'unauthorised');
      assert.match(error.message, /enter the password again/);
    });

  it('what is no ClickHouse is not taken for one', async () => {
    const error = await failure(play(({ response }) => void response.writeHead(502).end('<h1>Bad gateway</h1>'), { user: 'kim' }));
    assert.equal(error.reason, 'unreachable');
    assert.match(error.message, /is not ClickHouse \(HTTP 502\). Bad gateway/);
  });

  it('headers of progress, kilobytes of them, do not break the answer', async () => {
    stage = await play(({ response }) => {
      const line = 'X-ClickHouse-Progress: {"read_rows":"123456789","read_bytes":"987654321","total_rows_to_read":"0"}\r\n';
      response.socket?.write(
        `HTTP/1.1 200 OK\r\n${line.repeat(2000)}Content-Length: ${Buffer.byteLength(`${head}1\ta\n`)}\r\n\r\n${head}1\ta\n`,
      );
    });
    const rows: string[] = [];
    await read(stage.engine, 'SELECT 1', { rows });
    assert.deepEqual(rows, ['1|a']);
  });

  it('progress comes from the server’s own list, under the id that was told before the first byte', async () => {
    const running = new Map<string, string>();
    const events: QueryEvent[] = [];
    const { promise: seen, resolve } = Promise.withResolvers<void>();
    stage = await play(
      async ({ response, queryId }) => {
        const [started] = events;
        assert.equal(started?.kind === 'started' ? started.queryId : undefined, queryId);
        running.set(queryId, '250\t4000\t1000');
        await seen;
        response.end(`${head}1\ta\n`);
      },
      { running },
    );
    for await (const event of stage.engine.query('SELECT 1', { progressEveryMs: 50 }, new AbortController().signal)) {
      events.push(event);
      if (event.kind === 'progress') resolve();
    }
    assert.deepEqual(
      events.find(({ kind }) => kind === 'progress'),
      { kind: 'progress', fraction: 0.25, rowsRead: 250, bytesRead: 4000 },
    );
  });

  it('a stop kills the statement on the server and ends when the server no longer lists it', async () => {
    const running = new Map<string, string>();
    const stop = new AbortController();
    let kills = 0;
    let answer: (() => void) | undefined;
    stage = await play(
      ({ response, sql, queryId }) => {
        if (!sql.startsWith('KILL')) {
          running.set(queryId, '1\t1\t0');
          answer = () => response.writeHead(500).end('Code: 394. DB::Exception: Query was cancelled. (QUERY_WAS_CANCELLED)');
          return stop.abort();
        }
        // It lets itself be asked three times.
        if (++kills >= 3) {
          running.clear();
          answer?.();
        }
        response.end();
      },
      { running },
    );
    const error = await failure(read(stage.engine, 'SELECT 1', {}, { signal: stop.signal }));
    assert.equal(error.reason, 'cancelled');
    assert.equal(error.facts.what, 'Stopped');
    assert.equal(kills >= 3 && running.size === 0, true);
  });

  it('a statement that the server does not let go of is said not to be confirmed, with the words to end it', async () => {
    const running = new Map<string, string>();
    const stop = new AbortController();
    stage = await play(
      ({ response, sql, queryId }) => {
        if (sql.startsWith('KILL')) return void response.end();
        running.set(queryId, '1\t1\t0');
        stop.abort();
      },
      { running, stopBoundMs: 200 },
    );
    const error = await failure(read(stage.engine, 'SELECT 1', {}, { signal: stop.signal }));
    assert.equal(error.reason, 'cancelled');
    assert.match(error.message, /has not confirmed that it ended the statement.*KILL QUERY WHERE query_id = 'faultline-/s);
  });

  it('a stop while rows come leaves the connection, and what was not read stays with the server', async () => {
    const stop = new AbortController();
    let sent = 0;
    let closed: Promise<unknown> | undefined;
    stage = await play(async ({ response, sql }) => {
      if (sql.startsWith('KILL')) return void response.end();
      closed = once(response, 'close');
      response.write(head);
      const line = `1\t${'x'.repeat(1000)}\n`.repeat(64);
      // As fast as it is read: without back-pressure this would never end.
      while (!response.destroyed) {
        sent += line.length;
        if (!response.write(line)) await Promise.race([once(response, 'drain'), closed]);
      }
    });
    let batches = 0;
    const error = await failure(
      (async () => {
        for await (const event of stage.engine.query('SELECT 1', {}, stop.signal)) {
          if (event.kind !== 'rows' || ++batches > 2) continue;
          // Somebody reads slowly: the server waits.
          await still(() => sent);
          if (batches === 2) stop.abort();
        }
      })(),
    );
    assert.equal(error.reason, 'cancelled');
    await closed;
    assert(sent < 64e6, `${sent} bytes were taken without being asked for`);
  });

  it('rows that nobody reads on are ended on the server too', async () => {
    stage = await play(({ response, sql }) => {
      if (sql.startsWith('KILL')) return void response.end();
      response.write(`${head}1\ta\n`);
    });
    for await (const event of stage.engine.query('SELECT 1', {}, new AbortController().signal)) if (event.kind === 'rows') break;
    assert(stage.asked.some((sql) => sql.startsWith('KILL QUERY')));
  });

  it('a statement that its server no longer has, and does not answer, is given up', async () => {
    const running = new Map<string, string>();
    stage = await play(
      ({ response, sql, queryId }) => {
        if (sql.startsWith('KILL')) return void response.end();
        running.set(queryId, '1\t1\t0');
        setTimeout(() => running.clear(), 80);
      },
      { running, watchEveryMs: 20, silenceMs: 100 },
    );
    const error = await failure(read(stage.engine, 'SELECT 1'));
    assert.equal(error.reason, 'unreachable');
    assert.match(error.message, /no longer runs the statement/);
  });

  it('a statement with its own FORMAT keeps it: its lines are shown as they came', async () => {
    stage = await play(({ response, url, sql }) => {
      assert.equal(url.searchParams.get('default_format'), 'TabSeparatedWithNamesAndTypes');
      assert.equal(sql, 'SELECT 1 AS a FORMAT CSVWithNames');
      response.end('"a"\r\n1\r\n');
    });
    const rows: string[] = [];
    const events: QueryEvent[] = [];
    await read(stage.engine, '  SELECT 1 AS a FORMAT CSVWithNames', { rows, events });
    assert.deepEqual(rows, ['"a"', '1']);
    assert.deepEqual(
      events.find(({ kind }) => kind === 'columns'),
      { kind: 'columns', columns: [{ name: 'CSVWithNames', type: 'String', kind: 'text' }] },
    );
  });

  it('an INSERT tells how many rows it changed, where the server counts', async () => {
    stage = await play(({ response, url }) => {
      assert.equal(url.searchParams.get('wait_end_of_query'), '1');
      response.setHeader('X-ClickHouse-Summary', '{"read_rows":"3","written_rows":"3"}');
      response.end();
    });
    const events: QueryEvent[] = [];
    await read(stage.engine, 'INSERT INTO t SELECT number FROM numbers(3)', { events });
    assert.deepEqual(events.at(-1), { kind: 'finished', changedRows: 3 });
  });
});

/** Once a number has not changed between two looks. */
async function still(value: () => number): Promise<void> {
  for (let last = -1; last !== value(); await delay(100)) last = value();
}
