/** A statement of ClickHouse, over its HTTP interface. */
import { t } from '../../../../base/messages.ts';
import type { Wire } from './line.ts';
import type { AskSql, Replied } from './sql.ts';

const path = `/?${new URLSearchParams({ default_format: 'TabSeparated', wait_end_of_query: '1' }).toString()}`;
const mostText = 300;

/** As whom: an empty password is sent as none. */
export function askClickHouse(user: string | undefined, password: string | undefined): AskSql {
  const login = {
    ...(user === undefined ? {} : { 'x-clickhouse-user': user }),
    ...(password === undefined || password === '' ? {} : { 'x-clickhouse-key': password }),
  };
  return (sql, wire, signal) => ask(sql, wire, signal, login);
}

async function ask(sql: string, wire: Wire, signal: AbortSignal, login: Readonly<Record<string, string>>): Promise<Replied> {
  const { status, headers, body } = await wire.send(
    { method: 'POST', path, headers: { 'content-type': 'text/plain', 'user-agent': 'faultline-probe', ...login }, body: sql },
    signal,
  );
  const thrown = headers['x-clickhouse-exception-code'];
  // Before its end was waited for, an old server writes what went wrong after the rows.
  const said = /Code: (\d+)[.,][\s\S]*(?:DB::Exception|\(\w+\))/.exec(body);
  if (status === 200 && thrown === undefined && said === null) return { rows: body.replace(/\n$/, '') };
  const code = typeof thrown === 'string' ? thrown : (said?.[1] ?? `HTTP ${status}`);
  const text = body.trim().split('\n')[0]?.slice(0, mostText) ?? '';
  return { error: { reason: 'engine', text: text === '' ? t('Answered with HTTP {0}', status) : text, code }, refused: status < 500 };
}
