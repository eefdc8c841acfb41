/** A server that is asked before anything is made for it: who is not let in hears where the password is. */
import { FaultlineError } from '../base/errors.ts';
import type { ServerTarget } from '../base/target.ts';
import { lazyReach } from '../cluster/lazy.ts';
import { contextOf } from './context.ts';
import type { Terminal } from './terminal.ts';

type Env = Terminal['env'];

/** Fails as opening the server does; nothing is left behind then: no run, no data set. */
export async function mustAnswer(target: ServerTarget, { env, signal }: Pick<Terminal, 'env' | 'signal'>): Promise<void> {
  const { openEngine } = await import('../engine/open.ts');
  const parts = {
    duckdb: { memoryLimitBytes: 0, threads: 0, tempFolder: '', externalAccess: true },
    reach: lazyReach(env),
    passwordOf: (secret: string) => env[secret],
    signal,
  };
  const engine = await whereThePasswordIs(target, env, signal, () => openEngine(target, parts));
  await engine.close();
}

/** Does the work; where it fails with `unauthorised`, the error says which Secret of the cluster has the password. */
export async function whereThePasswordIs<T>(
  target: { readonly kind: string } | ServerTarget,
  env: Env,
  signal: AbortSignal,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!FaultlineError.is(error, 'unauthorised') || !('at' in target)) throw error;
    const remedy = await remedyFor(target, env, signal).catch(() => undefined);
    throw new FaultlineError('unauthorised', { ...error.facts, ...(remedy === undefined ? {} : { remedy }) }, error);
  }
}

async function remedyFor({ engine, at, user, secret }: ServerTarget, env: Env, signal: AbortSignal): Promise<string> {
  const given = `Give the password in ${secret ?? 'FAULTLINE_PASSWORD'}, and the user with --user (it was ${user})`;
  if (engine !== 'clickhouse' || at.kind === 'url')
    return engine === 'clickhouse' ? `${given}. “faultline deploy status RELEASE” says where a ClickHouse has its password` : given;
  const [{ connectCluster }, { findPasswordSecret, passwordCommand }] = await Promise.all([
    import('../cluster/connect/connection.ts'),
    import('../cluster/sqlLogin.ts'),
  ]);
  const connection = await connectCluster(await contextOf(at.context, at.kubeconfig, env), { env });
  try {
    const found = await findPasswordSecret(connection, at, AbortSignal.any([signal, AbortSignal.timeout(5_000)]));
    if (found === undefined) return given;
    const name = secret ?? 'FAULTLINE_PASSWORD';
    return `Its user ${found.user} has the password of Secret ${found.secret}, key ${found.key}: export ${name}="$(${passwordCommand(found)})"`;
  } finally {
    connection.close();
  }
}
