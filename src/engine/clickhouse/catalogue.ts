/** Tables, columns and functions of a server, for completion and hover: bounded, since a server may have a hundred thousand tables. */
import type { Catalogue, CatalogueTable } from '../engine.ts';
import type { AskedRows } from './http.ts';

type Ask = (sql: string) => Promise<AskedRows>;

const maxTables = 2_000;
const maxColumns = 40_000;
const systemDatabases = "('system', 'INFORMATION_SCHEMA', 'information_schema')";

export async function readCatalogue(ask: Ask): Promise<Catalogue> {
  const database = (await ask('SELECT currentDatabase()')).rows[0]?.[0] ?? 'default';
  const [columns, sizes, functions] = await Promise.all([
    ask(`SELECT database, table, name, type FROM system.columns
         WHERE (database, table) IN (
           SELECT database, name FROM system.tables WHERE database NOT IN ${systemDatabases}
           ORDER BY database != currentDatabase(), database, name LIMIT ${maxTables})
         LIMIT ${maxColumns}`),
    // Of the parts: system.tables has no such column on an old server.
    ask(`SELECT database, table, sum(rows) FROM system.parts WHERE active GROUP BY database, table LIMIT ${maxTables}`).catch(
      () => undefined,
    ),
    readFunctions(ask),
  ]);
  const rowsOf = new Map((sizes?.rows ?? []).map(([schema = '', table = '', rows = '0']) => [`${schema}\0${table}`, Number(rows)]));
  const tables = new Map<string, { readonly schema: string; readonly table: string; readonly columns: { name: string; type: string }[] }>();
  for (const [schema = '', table = '', name = '', type = ''] of columns.rows) {
    const key = `${schema}\0${table}`;
    const found = tables.get(key) ?? { schema, table, columns: [] };
    tables.set(key, found);
    found.columns.push({ name: written(name), type });
  }
  const list: CatalogueTable[] = [...tables].map(([key, { schema, table, columns: own }]) => {
    const rowsEstimate = rowsOf.get(key);
    const name = schema === database ? written(table) : `${written(schema)}.${written(table)}`;
    return { name, schema, columns: own, ...(rowsEstimate === undefined ? {} : { rowsEstimate }) };
  });
  list.sort((a, b) => Number(a.schema !== database) - Number(b.schema !== database) || (a.name < b.name ? -1 : 1));
  return { tables: list, functions };
}

async function readFunctions(ask: Ask): Promise<Catalogue['functions']> {
  const where = "WHERE match(name, '^[a-zA-Z][a-zA-Z0-9_]*$') ORDER BY name LIMIT 5000";
  // Syntax and description came with 22.x; an old server has the name alone.
  const { rows } = await ask(`SELECT name, syntax, description FROM system.functions ${where}`).catch(() =>
    ask(`SELECT name, '', '' FROM system.functions ${where}`),
  );
  return rows.map(([name = '', syntax = '', description = '']) => {
    const [signature = ''] = syntax.trim().split('\n');
    const said = description.trim();
    return { name, signature: signature === '' ? name : signature, ...(said === '' ? {} : { description: said.slice(0, 600) }) };
  });
}

function written(name: string): string {
  return /^[a-zA-Z_][a-zA-Z0-9_]*$/.test(name) ? name : `\`${name.replaceAll('\\', '\\\\').replaceAll('`', '\\`')}\``;
}
