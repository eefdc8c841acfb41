/** The login of a plan's Kafka, for what the runner itself asks it: read from the Secret that the plan names, and kept in memory alone. */
import { FaultlineError } from '../base/errors.ts';
import type { KafkaLogin } from '../base/kafkaLogin.ts';
import { t } from '../base/messages.ts';
import type { ClusterConnection } from '../cluster/connect/connection.ts';
import { passwordIn } from '../cluster/sqlLogin.ts';
import type { PlannedAccess, SecretKey } from '../journal/fault-plan.ts';

/** A probe's or the messages': those of a draft, or of a plan. */
export interface KafkaAsked {
  readonly probes: readonly (PlannedAccess & { readonly engine: string })[];
  readonly messages?: (PlannedAccess & { readonly place?: PlannedAccess }) | undefined;
}

/**
 * Undefined: it needs none, or who asks may not read its Secret. Fails: `notFound` where the Secret or its key is not there, and as a
 * request does.
 */
export async function kafkaLoginFor(
  connection: Pick<ClusterConnection, 'request'>,
  { probes, messages }: KafkaAsked,
  namespace: string,
  signal: AbortSignal,
): Promise<KafkaLogin | undefined> {
  const all = [messages?.place, messages, ...probes.filter(({ engine }) => engine === 'kafka')];
  const { login, tls } = all.find((one) => one?.login !== undefined || one?.tls !== undefined) ?? {};
  if (login === undefined && tls === undefined) return undefined;
  const read = ({ secret, key }: SecretKey): Promise<string> => passwordIn(connection, { user: '', namespace, secret, key }, signal);
  try {
    const { user, password, mechanism } = login ?? {};
    const given = mechanism === undefined ? {} : { mechanism };
    return {
      ...(user === undefined ? {} : { sasl: { user, password: password === undefined ? '' : await read(password), ...given } }),
      ...(tls === undefined ? {} : { isTls: true }),
      ...(tls?.ca === undefined ? {} : { caPem: await read(tls.ca) }),
    };
  } catch (error) {
    if (FaultlineError.is(error, 'forbidden')) return undefined;
    if (!FaultlineError.is(error, 'notFound')) throw error;
    const remedy = t('Name a Secret of namespace {0} and one of its keys, with the probe and the messages.', namespace);
    throw new FaultlineError('notFound', { ...error.facts, remedy }, error);
  }
}
