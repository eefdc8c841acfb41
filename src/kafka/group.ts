import { FaultlineError } from '../base/errors.ts';
import type { GroupConsumption, GroupRecord } from './client.ts';
import type { Links } from './links.ts';

export function consumeInGroup(links: Links, what: GroupConsumption, signal: AbortSignal): AsyncIterable<GroupRecord> {
  signal.throwIfAborted();
  throw new FaultlineError('unsupported', { what: `${what.group} ${links.answerLimitMs}` });
}
