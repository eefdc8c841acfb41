/** A result sorted and filtered, as a table of its own. */
import { stat } from 'node:fs/promises';
import { invalid } from '../../base/errors.ts';
import { t } from '../../base/messages.ts';
import type { Column } from '../../engine/engine.ts';
import type { ResultView, SortKey } from '../results.ts';
import { comparable } from './columns.ts';
import type { StoreDatabase, StoredTable } from './database.ts';
import { ensureRoom } from './disk.ts';
import { condition } from './filter.ts';
import type { Source } from './source.ts';

/** Rows that are equal in every key keep the result's order; NULL comes last in both directions. Fails: invalid, storage. */
export async function makeView(
  database: StoreDatabase,
  base: Source,
  columns: readonly Column[],
  view: ResultView,
): Promise<{ readonly table: StoredTable; readonly rows: number }> {
  for (const { column } of [...view.sort, ...view.filters]) {
    if (columns[column] === undefined) throw invalid(t('The result has no column number {0}', column + 1));
  }
  const facts = await stat(database.pathOf(base.table.name));
  await ensureRoom(database.folder, facts.size, database.freeBytes);
  return database.use(base.timeZone, undefined, async (connection) => {
    const conditions: string[] = [];
    for (const filter of view.filters) conditions.push(await condition(connection, base.table, columns, filter));
    const table = await database.attach('view');
    try {
      const where = conditions.length === 0 ? '' : ` WHERE ${conditions.map((each) => `(${each})`).join(' AND ')}`;
      const order = view.sort.length === 0 ? '' : ` ORDER BY ${[...view.sort.map((key) => sortKey(columns, key)), 'rowid'].join(', ')}`;
      const result = await connection.run(`CREATE TABLE ${table.sql} AS SELECT * FROM ${base.table.sql}${where}${order}`);
      const counted = await result.getRowsJson();
      return { table, rows: Number(counted[0]?.[0] ?? 0) };
    } catch (error) {
      await database.detach(table);
      throw error;
    }
  });
}

function sortKey(columns: readonly Column[], { column, descending }: SortKey): string {
  const kind = columns[column]?.kind;
  const asText = kind === 'nested' || kind === 'other';
  return `${asText ? `CAST(c${column} AS VARCHAR)` : comparable(columns[column], `c${column}`)} ${descending ? 'DESC' : 'ASC'} NULLS LAST`;
}
