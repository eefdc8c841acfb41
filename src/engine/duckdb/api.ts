/** DuckDB's client, loaded when it is first needed: a package without the native binding has to be able to say so. */
import type DuckDbApi from '@duckdb/node-api';
import { engineMissing } from './missing.ts';

export type { DuckDbApi };

/** The client is CommonJS: its `default` is there in Node and in a bundle, its names only in Node. */
async function client(): Promise<typeof DuckDbApi> {
  return (await import('@duckdb/node-api')).default;
}

/** Fails: `unsupported` when this package has no binding for this platform. */
export async function loadDuckDb(load: () => Promise<typeof DuckDbApi> = client): Promise<typeof DuckDbApi> {
  try {
    return await load();
  } catch (error) {
    throw engineMissing(error);
  }
}
