/** DuckDB's client, loaded when it is first needed: a package without the native binding has to be able to say so. */
import type DuckDbApi from '@duckdb/node-api';
import { FaultlineError } from '../../base/errors.ts';
import { t } from '../../base/messages.ts';

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
    const platform = `${process.platform}-${process.arch}`;
    throw new FaultlineError(
      'unsupported',
      {
        what: t('The embedded engine is not part of this package'),
        meaning: t('This is the universal package of Faultline: it has no DuckDB for {0}, and everything else of it works', platform),
        remedy: t(
          'Install the package for {0} (faultline-{0}.vsix), or “npm install @duckdb/node-bindings-{0}” when you run it from source.',
          platform,
        ),
      },
      error,
    );
  }
}
