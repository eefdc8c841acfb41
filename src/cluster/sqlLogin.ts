/** Where the password of a ClickHouse in a cluster is: the Secret that its own pods take theirs from. The names alone are told to anybody. */
import { FaultlineError } from '../base/errors.ts';
import { t } from '../base/messages.ts';
import type { ClusterConnection } from './connect/connection.ts';
import type { ObjectList, Pod, PodSpec, Secret, Service } from './objects.ts';
import { kinds, pathOf } from './watch/kinds.ts';

export interface PasswordSecret {
  readonly user: string;
  readonly namespace: string;
  readonly secret: string;
  readonly key: string;
}

/** By the variables of our chart and of ClickHouse's own image, and of Bitnami's. */
const variables = [
  ['CLICKHOUSE_PASSWORD', 'CLICKHOUSE_USER'],
  ['CLICKHOUSE_ADMIN_PASSWORD', 'CLICKHOUSE_ADMIN_USER'],
] as const;

/** Of a pod's template. Pure. */
export function passwordSecretOf(spec: Pick<PodSpec, 'containers'> | undefined, namespace: string): PasswordSecret | undefined {
  for (const { env = [] } of spec?.containers ?? [])
    for (const [password, user] of variables) {
      const from = env.find(({ name }) => name === password)?.valueFrom?.secretKeyRef;
      if (from?.name === undefined || from.key === undefined) continue;
      return { user: env.find(({ name }) => name === user)?.value ?? 'default', namespace, secret: from.name, key: from.key };
    }
  return undefined;
}

/** Of the pods behind a Service; undefined where they take none, are not there, or may not be read. Fails as a request does. */
export async function findPasswordSecret(
  connection: Pick<ClusterConnection, 'request'>,
  { namespace, service }: { readonly namespace: string; readonly service: string },
  signal: AbortSignal,
): Promise<PasswordSecret | undefined> {
  try {
    const { spec } = await connection.request<Service>({ path: pathOf(kinds.services, { namespace, name: service }), signal });
    const labelSelector = Object.entries(spec?.selector ?? {})
      .map(([key, value]) => `${key}=${value}`)
      .join(',');
    if (labelSelector === '') return undefined;
    const query = { labelSelector, limit: 1 };
    const { items } = await connection.request<ObjectList<Pod>>({ path: pathOf(kinds.pods, { namespace }), query, signal });
    return passwordSecretOf(items[0]?.spec, namespace);
  } catch (error) {
    if (FaultlineError.is(error, 'forbidden') || FaultlineError.is(error, 'notFound')) return undefined;
    throw error;
  }
}

/** Fails as a request does, and `notFound` where the Secret has no such key. */
export async function passwordIn(
  connection: Pick<ClusterConnection, 'request'>,
  { namespace, secret, key }: PasswordSecret,
  signal: AbortSignal,
): Promise<string> {
  const { data = {} } = await connection.request<Secret>({ path: pathOf(kinds.secrets, { namespace, name: secret }), signal });
  const value = data[key];
  if (value === undefined) throw new FaultlineError('notFound', { what: t('Secret {0} has no key {1}', secret, key) });
  return Buffer.from(value, 'base64').toString();
}

/** What prints it in a terminal. */
export function passwordCommand({ namespace, secret, key }: PasswordSecret): string {
  return `kubectl get secret ${secret} --namespace ${namespace} --output jsonpath='{.data.${key.replaceAll('.', '\\.')}}' | base64 --decode`;
}

/** One sentence without its full stop. */
export function passwordText(place: PasswordSecret): string {
  return t('The password of user {0} is in Secret {1}, key {2}: {3}', place.user, place.secret, place.key, passwordCommand(place));
}
