/** Trino and Presto: one client for both, which differ in the prefix of their headers and in few words. */
import { FaultlineError } from '../../base/errors.ts';
import { t } from '../../base/messages.ts';
import type { ReachedServer, ServerTarget } from '../../base/target.ts';
import type { Engine } from '../engine.ts';

export interface TrinoOptions {
  readonly password?: string;
  /** What the server's own lists of queries show as the source: `faultline`. */
  readonly source: string;
  /** For how long a page is asked for again while the server refuses or can't be reached. */
  readonly retryForMs?: number;
}

/** `Engine.close` closes `reached` too. Fails: `unreachable`, `unauthorised`, `invalid` (something else answers there). */
export async function openTrino(_target: ServerTarget, _reached: ReachedServer, _options: TrinoOptions): Promise<Engine> {
  throw new FaultlineError('unsupported', { what: t('Trino can’t be opened yet') });
}
