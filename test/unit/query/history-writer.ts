/** Started twice by history.test.ts: adds entries and searches, so that both write and rotate at once. */
import { History } from '../../../src/query/history.ts';

const [folder = '', name = '', count = '0'] = process.argv.slice(2);
const history = new History({ folder, maxEntries: 400 });
for (let at = 0; at < Number(count); at++) {
  const statement = `select '${name}-${at}', '${'x'.repeat(2000)}'`;
  await history.add({ at, engine: 'DuckDB', target: name, statement, rows: 0, durationMs: 0, outcome: 'done' }, 'duckdb');
  if (at % 20 === 0) await history.search('', 1);
}
