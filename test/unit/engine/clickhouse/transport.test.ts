import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { openTransport } from '../../../../src/engine/clickhouse/transport.ts';

describe('the way to ClickHouse', () => {
  let server: Server;
  let url: string;
  let connections: number;

  beforeEach(async () => {
    connections = 0;
    server = createServer((request, response) => {
      void text(request).then((body) => response.end(`${request.url} ${body}`));
    });
    server.on('connection', () => (connections += 1));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
  });
  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });

  it('is one connection for statements one after the other, and a new one where the old was idle for long, also unnoticed', async () => {
    const transport = openTransport({ url, user: 'u', password: 'p', tls: {}, reusedWithinMs: 50 });
    const ask = async (): Promise<string> => text((await transport.exec({ query: 'select 1', query_id: 'q' })).stream);
    assert.equal(await ask(), '/?query_id=q select 1');
    await ask();
    assert.equal(connections, 1);
    // Nothing that waits for a timer gets its turn.
    const until = performance.now() + 60;
    while (performance.now() < until);
    await ask();
    assert.equal(connections, 2);
    await transport.close();
  });

  it('takes rows behind the statement, and settings and database beside it', async () => {
    const transport = openTransport({ url, user: 'u', password: 'p', database: 'shop', tls: {} });
    const { stream } = await transport.exec({
      query: 'insert into t format TSV',
      query_id: 'q',
      clickhouse_settings: { wait_end_of_query: 1 },
      values: '1\n2\n' as never,
    });
    assert.equal(await text(stream), '/?query_id=q&wait_end_of_query=1&database=shop&query=insert+into+t+format+TSV 1\n2\n');
    await transport.close();
  });
});
