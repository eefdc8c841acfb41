/** Which Secrets of a namespace hold a login for a Kafka, or its authority, by the ways of our chart, Bitnami's and Strimzi. */
import { FaultlineError } from '../base/errors.ts';
import type { SaslMechanism } from '../base/kafkaLogin.ts';
import { t } from '../base/messages.ts';
import type { ClusterConnection } from './connect/connection.ts';
import { kafkaSettings } from './kafkaListeners.ts';
import type { KubeObject, ObjectMeta, Pod, Secret } from './objects.ts';
import type { KafkaInstance } from './recognise/model.ts';
import { kinds, pathOf } from './watch/kinds.ts';

export interface LoginSecret {
  readonly name: string;
  /** `users`: a key is a user. `passwords`: Bitnami's list, of `users` in that order. `user`: of one, the keys are `password`, `username`. */
  readonly kind: 'users' | 'passwords' | 'user';
  /** Of kind `passwords` and, where its keys do not name the user, `user`. */
  readonly users: readonly string[];
  /** What these users are known by, where that is sure. */
  readonly mechanism?: SaslMechanism;
}

export interface KafkaSecrets {
  readonly logins: readonly LoginSecret[];
  /** Names of Secrets with `ca.crt`. */
  readonly authorities: readonly string[];
}

/** `secrets` without their values. Pure. */
export function kafkaSecrets(kafka: Pick<KafkaInstance, 'name' | 'release'>, pod: Pod, secrets: readonly ObjectMeta[]): KafkaSecrets {
  const release = kafka.release ?? kafka.name;
  const logins = new Map<string, LoginSecret>();
  const authorities = new Set<string>();
  // Our chart mounts it; an own Secret has no label that tells.
  for (const name of mounted(pod, 'users')) logins.set(name, { name, kind: 'users', users: [], mechanism: 'SCRAM-SHA-512' });
  for (const { name, labels = {} } of secrets) {
    const isOfRelease = labels['app.kubernetes.io/instance'] === release;
    const isOfStrimzi = labels['strimzi.io/cluster'] === kafka.name;
    if (isOfStrimzi && labels['strimzi.io/kind'] === 'KafkaUser')
      logins.set(name, { name, kind: 'user', users: [labels['app.kubernetes.io/instance'] ?? name], mechanism: 'SCRAM-SHA-512' });
    else if (isOfRelease && name.endsWith('-user-passwords')) logins.set(name, { name, kind: 'passwords', users: bitnamiUsers(pod) });
    else if (isOfRelease && /-svcbind-user-\d+$/.test(name)) logins.set(name, { name, kind: 'user', users: [] });
    else if (isOfRelease && labels['app.kubernetes.io/component'] === 'users')
      logins.set(name, { name, kind: 'users', users: [], mechanism: 'SCRAM-SHA-512' });
    if (isOfStrimzi && name === `${kafka.name}-cluster-ca-cert`) authorities.add(name);
    else if (isOfRelease && /(?:^|-)(?:ca|tls|crt|cert)(?:-|$)/.test(name)) authorities.add(name);
  }
  return { logins: [...logins.values()].sort(byName), authorities: [...authorities].sort() };
}

export interface UserPassword {
  readonly user: string;
  readonly password: string;
}

/** Those that the Secret holds; `data` is in base64. Pure. */
export function loginsIn({ kind, users }: LoginSecret, data: Readonly<Record<string, string>>): readonly UserPassword[] {
  switch (kind) {
    case 'users':
      return Object.entries(data).map(([user, value]) => ({ user, password: textOf(value) }));
    case 'passwords': {
      const passwords = data['client-passwords'];
      if (passwords === undefined) return [];
      // Where it names no users, Kafka has Bitnami's one.
      const known = users.length === 0 ? ['user1'] : users;
      return textOf(passwords)
        .split(',')
        .flatMap((password, at) => (known[at] === undefined ? [] : [{ user: known[at], password }]));
    }
    case 'user': {
      const user = users[0] ?? (data['username'] === undefined ? undefined : textOf(data['username']));
      return user === undefined || data['password'] === undefined ? [] : [{ user, password: textOf(data['password']) }];
    }
  }
}

/** Without their values. Helm's own are left out. Fails as a request does. */
export async function listSecrets(connection: ClusterConnection, namespace: string, signal: AbortSignal): Promise<readonly ObjectMeta[]> {
  const { items } = await connection.request<{ readonly items?: readonly KubeObject[] }>({
    path: pathOf(kinds.secrets, { namespace }),
    query: { fieldSelector: 'type!=helm.sh/release.v1' },
    accept: 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1',
    signal,
  });
  return (items ?? []).map(({ metadata }) => metadata);
}

/** What it holds, in base64. Fails as a request does. */
export async function readSecret(
  connection: ClusterConnection,
  namespace: string,
  name: string,
  signal: AbortSignal,
): Promise<Readonly<Record<string, string>>> {
  return (await connection.request<Secret>({ path: pathOf(kinds.secrets, { namespace, name }), signal })).data ?? {};
}

/** Fails with `notFound` where the Secret has none. */
export function authorityIn(name: string, data: Readonly<Record<string, string>>): string {
  const value = data['ca.crt'];
  if (value === undefined) throw new FaultlineError('notFound', { what: t('Secret {0} has no key {1}', name, 'ca.crt') });
  return textOf(value);
}

function mounted(pod: Pod, volume: string): readonly string[] {
  return (pod.spec?.volumes ?? [])
    .filter(({ name }) => name === volume)
    .flatMap(({ secret, projected }) => [secret?.secretName, ...(projected?.sources ?? []).map((source) => source.secret?.name)])
    .flatMap((name) => (name === undefined ? [] : [name]));
}

/** Its chart gives them to the container that writes the settings. */
function bitnamiUsers({ spec }: Pod): readonly string[] {
  const users = kafkaSettings([...(spec?.containers ?? []), ...(spec?.initContainers ?? [])])('CLIENT_USERS');
  return users === undefined ? [] : users.split(',').map((user) => user.trim());
}

function textOf(base64: string): string {
  return Buffer.from(base64, 'base64').toString();
}

function byName(a: { readonly name: string }, b: { readonly name: string }): number {
  return a.name < b.name ? -1 : 1;
}
