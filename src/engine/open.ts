/** One way to open any target. The code of an engine is loaded when a target of it is opened. */
import { FaultlineError } from '../base/errors.ts';
import { t } from '../base/messages.ts';
import type { Reach, ServerTarget } from '../base/target.ts';
import type { DuckDbOptions } from './duckdb/settings.ts';
import type { Engine, EngineTarget } from './engine.ts';

export interface OpenOptions {
  readonly duckdb: DuckDbOptions;
  readonly reach: Reach;
  /** Of the name in `ServerTarget.secret`. */
  readonly passwordOf: (secret: string) => string | undefined;
  readonly signal: AbortSignal;
}

/** Fails as `openDuckDb` and `Reach`, `unauthorised`, and `forbidden` for a server where nothing outside may be touched. */
export async function openEngine(target: EngineTarget, options: OpenOptions): Promise<Engine> {
  if (target.kind !== 'server') return (await import('./duckdb/duckdb.ts')).openDuckDb(target, options.duckdb);
  return openServer(target, options);
}

async function openServer(target: ServerTarget, { duckdb, reach, passwordOf, signal }: OpenOptions): Promise<Engine> {
  if (!duckdb.externalAccess) {
    throw new FaultlineError('forbidden', {
      what: t('{0} is not contacted', target.name),
      meaning: t('This workspace is not trusted'),
      remedy: t('Trust the workspace to run statements on servers.'),
    });
  }
  const password = target.secret === undefined ? undefined : passwordOf(target.secret);
  if (target.secret !== undefined && password === undefined) {
    throw new FaultlineError('unauthorised', {
      what: t('There is no password for {0} at {1}', target.user, target.name),
      remedy: t('In the editor, edit the connection; in a terminal, set the variable {0}.', target.secret),
    });
  }
  const reached = await reach(target.at, signal);
  const secret = password === undefined ? {} : { password };
  try {
    if (target.engine === 'clickhouse') {
      const { openClickHouse } = await import('./clickhouse/clickhouse.ts');
      return await openClickHouse(target, reached, secret);
    }
    const { openTrino } = await import('./trino/trino.ts');
    return await openTrino(target, reached, { ...secret, source: 'faultline' });
  } catch (error) {
    await reached.close();
    throw error;
  }
}
