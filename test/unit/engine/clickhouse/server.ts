/** A server that plays what no real one can be made to do. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { openClickHouse, type ClickHouseOptions } from '../../../../src/engine/clickhouse/clickhouse.ts';
import type { Engine, QueryEvent } from '../../../../src/engine/engine.ts';

export interface Played {
  readonly sql: string;
  readonly queryId: string;
  readonly url: URL;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

export interface Stage {
  readonly engine: Engine;
  /** Statements in the order in which they came. */
  readonly asked: readonly string[];
  close(): Promise<void>;
}

/** What a server answers about itself, and a look at its processes: `running` are the ids it says it runs. */
export async function play(
  act: (played: Played) => void | Promise<void>,
  options: ClickHouseOptions & { readonly running?: Map<string, string>; readonly user?: string } = {},
): Promise<Stage> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    void (async () => {
      const sql = await text(request);
      asked.push(sql);
      const url = new URL(request.url ?? '/', 'http://x');
      response.setHeader('X-ClickHouse-Server-Display-Name', 'played');
      if (sql === 'SELECT version(), timezone()' && options.user === undefined) return void response.end('26.7.1.1\tUTC\n');
      const id = /query_id = '([^']*)'/.exec(sql)?.[1] ?? '';
      if (sql.includes('FROM system.processes'))
        return void response.end(options.running?.has(id) === true ? `${options.running.get(id)}\n` : '');
      await act({ sql, queryId: url.searchParams.get('query_id') ?? '', url, request, response });
    })();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const url = `http://127.0.0.1:${port}`;
  const end = async (): Promise<void> => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  };
  try {
    const engine = await openClickHouse(
      { kind: 'server', engine: 'clickhouse', name: 'shop/clickhouse', at: { kind: 'url', url }, user: options.user ?? 'default' },
      { url, path: 'direct', close: async () => undefined },
      options,
    );
    return {
      engine,
      asked,
      close: async () => {
        await engine.close();
        await end();
      },
    };
  } catch (error) {
    await end();
    throw error;
  }
}

/** Rows as text until the statement ends; what it fails with is thrown after they were told. */
export async function read(
  engine: Engine,
  sql: string,
  heard: { readonly rows?: string[]; readonly events?: QueryEvent[] } = {},
  options: { readonly progressEveryMs?: number; readonly signal?: AbortSignal } = {},
): Promise<void> {
  for await (const event of engine.query(sql, options, options.signal ?? new AbortController().signal)) {
    heard.events?.push(event);
    if (event.kind === 'rows') for (const row of event.batch.rows()) heard.rows?.push(row.map(String).join('|'));
  }
}
