// TPC-H without a pause, in a process of its own: what a pacer has to hold its own against. Tells its parent after every pass.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';

const [, , path = ''] = process.argv;
const folder = join(import.meta.dirname, '../../../snippets/tpch');
const queries: string[] = [];
for (let number = 1; number <= 22; number++) {
  const text = await readFile(join(folder, `q${String(number).padStart(2, '0')}.sql`), 'utf8');
  queries.push(text.trim().replace(/;$/, ''));
}
process.once('disconnect', () => process.exit(0));
// As many threads as there are processors: DuckDB's own default.
const instance = await DuckDBInstance.create(path, { access_mode: 'READ_ONLY' });
const connection = await instance.connect();
for (;;) {
  for (const sql of queries) await connection.runAndReadAll(sql);
  process.send?.('pass');
}
