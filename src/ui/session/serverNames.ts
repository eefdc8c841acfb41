/** Where tables of a server can be: "catalog.schema" of Trino and Presto, databases of ClickHouse. No `vscode` import. */
import { fromWire } from '../../base/errors.ts';
import type { ServerTarget } from '../../base/target.ts';
import type { QueryHostApi } from '../../query/host/protocol.ts';

const statements = {
  trino: "SELECT table_catalog || '.' || table_schem FROM system.jdbc.schemas WHERE table_schem <> 'information_schema' ORDER BY 1",
  presto: "SELECT table_catalog || '.' || table_schem FROM system.jdbc.schemas WHERE table_schem <> 'information_schema' ORDER BY 1",
  clickhouse: "SELECT name FROM system.databases WHERE lower(name) NOT IN ('information_schema', 'system') ORDER BY 1",
} as const;

const mostNames = 500;

/** Fails as opening the target and as its engine does. */
export async function serverNames(
  host: Pick<QueryHostApi, 'open' | 'run' | 'window' | 'release'>,
  target: ServerTarget,
  newId: () => string,
): Promise<readonly string[]> {
  await host.open(target);
  const { result, error } = await host.run({ runId: newId(), target, sql: statements[target.engine] });
  if (error !== undefined) throw fromWire(error);
  if (result === undefined) return [];
  try {
    const { rows } = await host.window({ result: result.id, offset: 0, limit: mostNames });
    return rows.flatMap(([name]) => (typeof name === 'string' ? [name] : []));
  } finally {
    await host.release(result.id);
  }
}
