/** Tables, columns and functions of an open target, for completion and hover. */
import type { DuckDBConnection } from '@duckdb/node-api';
import type { Catalogue, CatalogueTable } from '../engine.ts';
import { quoteName } from './settings.ts';

const columnsSql = `
  SELECT * FROM (
    SELECT c.database_name, c.schema_name, c.table_name, t.estimated_size, list(c.column_name ORDER BY c.column_index) AS names,
           list(c.data_type ORDER BY c.column_index) AS types
    FROM duckdb_columns() c
    LEFT JOIN duckdb_tables() t USING (database_name, schema_name, table_name)
    WHERE NOT c.internal
    GROUP BY ALL
  )
  ORDER BY schema_name <> 'main', schema_name, database_name <> 'memory', table_name`;

const functionsSql = `
  SELECT function_name, list(signature ORDER BY length(signature) > 160, -length(signature), signature)[1], any_value(description)
  FROM (
    SELECT function_name, description, function_name || '(' || array_to_string(list_transform(parameters, lambda name, position:
             name || CASE WHEN parameter_types[position] IS NULL THEN '' ELSE ' ' || parameter_types[position] END), ', ') || ')'
             || CASE WHEN return_type IS NULL THEN '' ELSE ' → ' || return_type END AS signature
    FROM duckdb_functions()
    WHERE function_type IN ('scalar', 'aggregate', 'macro', 'table', 'table_macro') AND regexp_matches(function_name, '^[a-z][a-z0-9_]*$')
      AND NOT starts_with(function_name, '__')
  )
  GROUP BY function_name
  ORDER BY function_name`;

export async function readCatalogue(connection: DuckDBConnection): Promise<Catalogue> {
  const keywords = await reservedWords(connection);
  const tables = (await connection.runAndReadAll(columnsSql)).getRowsJson().map((row) => tableOf(row, keywords));
  const functions = (await connection.runAndReadAll(functionsSql)).getRowsJson().map(([name, signature, description]) => ({
    name: String(name),
    signature: String(signature ?? name),
    ...(typeof description === 'string' && description !== '' ? { description } : {}),
  }));
  return { tables, functions };
}

type Row = readonly unknown[];

function tableOf([, schema, table, rows, names, types]: Row, keywords: ReadonlySet<string>): CatalogueTable {
  const written = (name: string): string => (/^[a-z_][a-z0-9_$]*$/.test(name) && !keywords.has(name) ? name : quoteName(name));
  const columnTypes = texts(types);
  const prefix = schema === 'main' || schema === 'temp' ? '' : `${written(String(schema))}.`;
  return {
    name: `${prefix}${written(String(table))}`,
    schema: String(schema),
    ...(rows === null || rows === undefined ? {} : { rowsEstimate: Number(rows) }),
    columns: texts(names).map((name, index) => ({ name: written(name), type: columnTypes[index] ?? '' })),
  };
}

function texts(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.map(String) : [];
}

async function reservedWords(connection: DuckDBConnection): Promise<ReadonlySet<string>> {
  const reader = await connection.runAndReadAll("SELECT keyword_name FROM duckdb_keywords() WHERE keyword_category = 'reserved'");
  return new Set(reader.getRowsJson().map(([word]) => String(word)));
}
