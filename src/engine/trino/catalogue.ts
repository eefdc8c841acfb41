/** Tables, columns and functions of a target, for completion and hover. */
import type { Catalogue, CatalogueTable } from '../engine.ts';

/** Runs a statement of our own and gives its rows as text, in the order of the columns' names. */
export type ReadRows = (
  sql: string,
  signal: AbortSignal,
) => Promise<{ readonly columns: readonly string[]; readonly rows: readonly (readonly (string | null)[])[] }>;

export interface CatalogueScope {
  readonly catalog?: string;
  readonly schema?: string;
}

/** So many columns of one schema, and of all the others together. */
const MOST_COLUMNS = 20_000;
/** A catalog may have to ask another system for each of its tables: completion does without those that come later. */
const OTHERS_LIMIT_MS = 15_000;

/** The target's own schema first; of the others what comes in time. */
export async function readCatalogue(
  read: ReadRows,
  scope: CatalogueScope,
  signal: AbortSignal,
  othersLimitMs: number = OTHERS_LIMIT_MS,
): Promise<Catalogue> {
  const functions = await readFunctions(read, signal);
  if (scope.catalog === undefined) return { tables: [], functions };
  const own = scope.schema === undefined ? [] : await readTables(read, scope.catalog, scope.schema, true, signal);
  const limit = AbortSignal.timeout(othersLimitMs);
  const others = await readTables(read, scope.catalog, scope.schema, false, AbortSignal.any([signal, limit])).catch((error: unknown) => {
    if (signal.aborted || !limit.aborted) throw error;
    return [];
  });
  return { tables: [...own, ...others], functions };
}

async function readTables(
  read: ReadRows,
  catalog: string,
  schema: string | undefined,
  own: boolean,
  signal: AbortSignal,
): Promise<readonly CatalogueTable[]> {
  const name = schema === undefined ? undefined : `'${schema.replaceAll("'", "''")}'`;
  const which = name === undefined ? `<> 'information_schema'` : own ? `= ${name}` : `NOT IN (${name}, 'information_schema')`;
  const { rows } = await read(
    `SELECT table_schema, table_name, column_name, data_type FROM ${quoteName(catalog)}.information_schema.columns
     WHERE table_schema ${which} ORDER BY table_schema, table_name, ordinal_position LIMIT ${MOST_COLUMNS}`,
    signal,
  );
  const tables = new Map<string, { readonly schema: string; readonly table: string; readonly columns: { name: string; type: string }[] }>();
  for (const [inSchema, table, column, type] of rows) {
    const key = JSON.stringify([inSchema, table]);
    const found = tables.get(key) ?? { schema: inSchema ?? '', table: table ?? '', columns: [] };
    tables.set(key, found);
    found.columns.push({ name: written(column ?? ''), type: type ?? '' });
  }
  return [...tables.values()].map(({ schema: inSchema, table, columns }) => ({
    name: own ? written(table) : `${written(inSchema)}.${written(table)}`,
    schema: inSchema,
    columns,
  }));
}

async function readFunctions(read: ReadRows, signal: AbortSignal): Promise<Catalogue['functions']> {
  const { columns, rows } = await read('SHOW FUNCTIONS', signal);
  const at = (name: string): number => columns.findIndex((column) => column.toLowerCase() === name);
  const [name, returns, takes, description] = [at('function'), at('return type'), at('argument types'), at('description')];
  const functions = new Map<string, Catalogue['functions'][number]>();
  for (const row of rows) {
    const called = row[name];
    // The first form stands for all of them.
    if (called === undefined || called === null || functions.has(called)) continue;
    const said = row[description];
    functions.set(called, {
      name: called,
      signature: `${called}(${row[takes] ?? ''}) → ${row[returns] ?? ''}`,
      ...(said === undefined || said === null || said === '' ? {} : { description: said }),
    });
  }
  return [...functions.values()];
}

function written(name: string): string {
  return /^[a-z_][a-z0-9_]*$/.test(name) && !reserved.has(name) ? name : quoteName(name);
}

export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** Trino's reserved words (its documentation, "Keywords and identifiers"); Presto's are among them. */
const reserved: ReadonlySet<string> = new Set(
  (
    'alter and as auto between by case cast constraint create cross cube current_catalog current_date current_path current_role ' +
    'current_schema current_time current_timestamp current_user deallocate delete describe distinct drop else end escape except exists ' +
    'extract false for from full group grouping having in inner insert intersect into is join json_array json_exists json_object ' +
    'json_query json_table json_value left like listagg localtime localtimestamp natural normalize not null on or order outer prepare ' +
    'recursive right rollup select skip table then trim true uescape union unnest using values when where with'
  ).split(' '),
);
