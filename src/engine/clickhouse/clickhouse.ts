/** ClickHouse over HTTP. Stateless: a statement has its own `SETTINGS`; there are no sessions. */
import { FaultlineError } from '../../base/errors.ts';
import { t } from '../../base/messages.ts';
import type { ReachedServer, ServerTarget } from '../../base/target.ts';
import type { Engine } from '../engine.ts';

export interface ClickHouseOptions {
  readonly password?: string;
}

/** Asks the server for its version. `close()` closes `reached` too. Fails: `unreachable`, `unauthorised`, `notFound`, `engine`. */
export async function openClickHouse(target: ServerTarget, reached: ReachedServer, options: ClickHouseOptions): Promise<Engine> {
  await reached.close();
  throw new FaultlineError('unsupported', { what: t('ClickHouse at {0} can’t be opened yet', target.name), meaning: String(options) });
}
