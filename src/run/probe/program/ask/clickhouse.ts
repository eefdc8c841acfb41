/** A statement of ClickHouse, over its HTTP interface. */
import { t } from '../../../../base/messages.ts';
import type { AskSql } from './sql.ts';

const path = `/?${new URLSearchParams({ default_format: 'TabSeparated', wait_end_of_query: '1' }).toString()}`;
const mostText = 300;

export const askClickHouse: AskSql = async (sql, wire, signal) => {
  const { status, headers, body } = await wire.send(
    { method: 'POST', path, headers: { 'content-type': 'text/plain', 'user-agent': 'faultline-probe' }, body: sql },
    signal,
  );
  const thrown = headers['x-clickhouse-exception-code'];
  // Before its end was waited for, an old server writes what went wrong after the rows.
  const said = /Code: (\d+)[.,][\s\S]*(?:DB::Exception|\(\w+\))/.exec(body);
  if (status === 200 && thrown === undefined && said === null) return { rows: body.replace(/\n$/, '') };
  const code = typeof thrown === 'string' ? thrown : (said?.[1] ?? `HTTP ${status}`);
  const text = body.trim().split('\n')[0]?.slice(0, mostText) ?? '';
  return { error: { reason: 'engine', text: text === '' ? t('Answered with HTTP {0}', status) : text, code }, refused: status < 500 };
};
