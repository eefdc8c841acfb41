/** What an engine's target is called, and whether two are the same. No `vscode` import. */
import * as v from 'valibot';
import { t } from '../../base/messages.ts';
import { targetTitle, type ServerTarget } from '../../base/target.ts';
import type { EngineTarget } from '../../engine/engine.ts';
import { targetKey } from '../../engine/target.ts';

/** "TPC-H 0.01", "sales.parquet", "analytics/trino, tpch.tiny" */
export function targetName(target: EngineTarget): string {
  return target.kind === 'tpch' ? t('TPC-H {0}', target.scale) : targetTitle(target);
}

export function sameTarget(a: EngineTarget, b: EngineTarget): boolean {
  return targetKey(a) === targetKey(b);
}

const text = v.string();
const place = v.variant('kind', [
  v.object({ kind: v.literal('url'), url: text }),
  v.object({
    kind: v.literal('kubernetes'),
    kubeconfig: text,
    context: text,
    namespace: text,
    service: text,
    port: v.number(),
    scheme: v.picklist(['http', 'https']),
  }),
]);
const server = v.object({
  kind: v.literal('server'),
  engine: v.picklist(['trino', 'presto', 'clickhouse']),
  name: text,
  at: place,
  user: text,
  catalog: v.exactOptional(text),
  schema: v.exactOptional(text),
  tpchScale: v.exactOptional(v.number()),
  secret: v.exactOptional(text),
  caFile: v.exactOptional(text),
  tlsServerName: v.exactOptional(text),
});
const target = v.variant('kind', [
  v.object({ kind: v.literal('tpch'), scale: v.pipe(v.number(), v.gtValue(0)), path: text }),
  v.object({ kind: v.literal('file'), path: text }),
  server,
]);

/** Of what was stored, or came as the argument of a command. */
export function isTarget(value: unknown): value is EngineTarget {
  return v.is(target, value);
}

export function isServer(value: unknown): value is ServerTarget {
  return v.is(server, value);
}

/** Files that the embedded engine opens. */
export const dataFileExtensions = ['duckdb', 'db', 'parquet', 'csv', 'tsv', 'json', 'ndjson', 'jsonl'] as const;
