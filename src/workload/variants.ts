/**
 * The same question in the words of one engine: `q13.clickhouse.sql` beside `q13.sql`. Only where an engine does not take the base file,
 * or would answer another question. The library shows one entry; who runs it asks here for the text of its engine.
 */
import type { EngineId } from '../engine/engine.ts';

export type Variants = { readonly [engine in EngineId]?: string };

const engines: readonly EngineId[] = ['duckdb', 'trino', 'presto', 'clickhouse'];

/** `tpch/q13.clickhouse.sql` is one of `tpch/q13.sql`. Undefined for a path that names no engine. */
export function variantPath(path: string): { readonly base: string; readonly engine: EngineId } | undefined {
  const match = /^(.+)\.([a-z]+)\.sql$/i.exec(path);
  const engine = engines.find((known) => known === match?.[2]?.toLowerCase());
  return match?.[1] === undefined || engine === undefined ? undefined : { base: `${match[1]}.sql`, engine };
}

/** The paths that are entries of their own: without the variants of those beside them. */
export function withoutVariants(paths: readonly string[]): readonly string[] {
  const all = new Set(paths);
  return paths.filter((path) => {
    const variant = variantPath(path);
    return variant === undefined || !all.has(variant.base);
  });
}

/** The entry as the engine understands it. */
export function variantFor<Entry extends { readonly sql: string; readonly variants?: Variants }>(entry: Entry, engine: EngineId): Entry {
  const sql = entry.variants?.[engine];
  return sql === undefined ? entry : { ...entry, sql };
}
