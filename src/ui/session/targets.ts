/** What an engine's target is called, and whether two are the same. No `vscode` import. */
import type { EngineTarget } from '../../engine/engine.ts';
import { t } from '../../base/messages.ts';

/** "TPC-H 0.01", "sales.parquet" */
export function targetName(target: EngineTarget): string {
  return target.kind === 'tpch' ? t('TPC-H {0}', target.scale) : (target.path.split(/[\\/]/).pop() ?? target.path);
}

export function sameTarget(a: EngineTarget, b: EngineTarget): boolean {
  return a.kind === b.kind && a.path === b.path;
}

/** Names a target in maps and stored state. */
export function targetKey(target: EngineTarget): string {
  return `${target.kind}:${target.path}`;
}

export function isTarget(value: unknown): value is EngineTarget {
  if (typeof value !== 'object' || value === null || !('kind' in value) || !('path' in value) || typeof value.path !== 'string')
    return false;
  if (value.kind === 'file') return true;
  return value.kind === 'tpch' && 'scale' in value && typeof value.scale === 'number' && value.scale > 0;
}

/** Files that the embedded engine opens. */
export const dataFileExtensions = ['duckdb', 'db', 'parquet', 'csv', 'tsv', 'json', 'ndjson', 'jsonl'] as const;
