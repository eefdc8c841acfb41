/** Which engine a target speaks with, and whether two are the same. Browser-safe. */
import type { EngineId, EngineTarget } from './engine.ts';

export function engineOf(target: EngineTarget): EngineId {
  return target.kind === 'server' ? target.engine : 'duckdb';
}

/** The same text for the same target, and for no other. */
export function targetKey(target: EngineTarget): string {
  if (target.kind !== 'server') return `${target.kind}:${target.path}`;
  const { engine, at, user, catalog = '', schema = '', secret = '', caFile = '', tlsServerName = '' } = target;
  const place = at.kind === 'url' ? [at.url] : [at.kubeconfig, at.context, at.namespace, at.service, at.port, at.scheme];
  return `server:${JSON.stringify([engine, ...place, user, catalog, schema, secret, caFile, ...(tlsServerName === '' ? [] : [tlsServerName])])}`;
}
