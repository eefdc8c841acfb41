/**
 * ClickHouse's HTTP interface in front of ClickHouse as a library (npm `chdb`): today's dialect, formats and error texts on port 8123, for
 * the image `clickhouse-modern`. It runs in the image as it stands here, by Node's type stripping, with nothing but Node and chdb.
 *
 * As on a real server: GET and POST, `query`, `query_id`, `database`, `default_format`, `param_…`, settings as URL parameters, sessions,
 * compressed bodies, users by header, URL or Basic; `X-ClickHouse-…` headers; error codes with their HTTP status; queries beside each
 * other, listed in `system.processes` under their id and ended by KILL QUERY; `/ping`, `/replicas_status`.
 *
 * What a real server has and this lacks:
 * - the native protocol (9000) and so `clickhouse-client`, MySQL and PostgreSQL ports, TLS, Prometheus' port, `/play`, `/dashboard`;
 * - replication, Keeper, clusters, distributed tables, backups to disks: it is one server, alone;
 * - `system.query_log` and the other logs; of `X-ClickHouse-Summary` it tells what came out and how long it took, not what was read;
 * - progress headers, and results that begin before the query has ended: a result is made whole in memory, then sent;
 * - config.xml, users.xml, profiles, quotas and SQL users: there is one user, from CLICKHOUSE_USER and CLICKHOUSE_PASSWORD, and it may
 *   come from anywhere without a password when none is set;
 * - INSERTs of binary formats (Native, RowBinary, Parquet): a statement goes to the library as text;
 * - KILL QUERY … SYNC waits for the end, but its answer still says "waiting"; `queryID()` is the library's own id;
 * - in a session, settings of a request stay for the following ones.
 */
import { chownSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { Engine } from './engine.ts';
import { Front } from './front.ts';

const DATA = '/var/lib/clickhouse';
const OWNER = 101;

/** A container that starts as root gives the data to ClickHouse's user and goes on as that one, as the real image does. */
function leaveRoot(): void {
  mkdirSync(DATA, { recursive: true });
  if (process.getuid?.() !== 0) return;
  if (statSync(DATA).uid !== OWNER) {
    chownSync(DATA, OWNER, OWNER);
    for (const name of readdirSync(DATA, { recursive: true, encoding: 'utf8' })) chownSync(join(DATA, name), OWNER, OWNER);
  }
  process.setgroups?.([OWNER]);
  process.setgid?.(OWNER);
  process.setuid?.(OWNER);
}

async function main(): Promise<void> {
  leaveRoot();
  const { CLICKHOUSE_USER: user = 'default', CLICKHOUSE_PASSWORD: password = '', CLICKHOUSE_DB: database } = process.env;
  const engine = await Engine.open(join(DATA, 'chdb'));
  if (database !== undefined && database !== '') await engine.createDatabase(database);
  const front = new Front(engine, { user, password, hostname: hostname() });
  const server = createServer((request, response) => {
    void front.answer(request, response);
  });
  server.keepAliveTimeout = 30_000;
  server.listen(8123, '::', () => process.stdout.write(`ClickHouse ${engine.version} answers on port 8123.\n`));
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => {
      server.close();
      server.closeAllConnections();
      // A query that still runs would keep the library, and with it the process, for as long as it takes.
      process.exit(0);
    });
  }
}

await main();
