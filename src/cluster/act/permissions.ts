/** What the user of a context may do: for menus that only offer what will work, and for texts that name what is missing. */
import { FaultlineError } from '../../base/errors.ts';
import { t } from '../../base/messages.ts';
import type { ClusterConnection } from '../connect/connection.ts';
import { Emitter, type Listenable } from './signal.ts';

/** What somebody wants to do. */
export interface Wish {
  /** get, list, watch, create, update, patch, delete … */
  readonly verb: string;
  /** Plural: `pods`. */
  readonly resource: string;
  /** Absent: the core group. */
  readonly group?: string;
  readonly subresource?: string;
  /** Where a rule may be about one object. */
  readonly name?: string;
}

export interface Permissions {
  /** undefined: what belongs to no namespace, such as nodes. */
  readonly namespace: string | undefined;
  /** What the server listed: the same text for the same answer. */
  readonly said: string;
  /** Without asking: `unknown` where the server's list of rules leaves it open and nobody has asked with `check` yet. */
  can(wish: Wish): boolean | 'unknown';
  /** Asks the server where the list leaves it open, and remembers the answer. Fails as a request does. */
  check(wish: Wish, signal?: AbortSignal): Promise<boolean>;
}

interface Rule {
  readonly verbs: readonly string[];
  readonly apiGroups?: readonly string[];
  readonly resources?: readonly string[];
  readonly resourceNames?: readonly string[];
}

interface RulesReview {
  readonly status?: { readonly incomplete?: boolean; readonly resourceRules?: readonly Rule[] };
}

interface AccessReview {
  readonly status?: { readonly allowed?: boolean };
}

const API = '/apis/authorization.k8s.io/v1';

/** Asks the server for the user's rules. Fails as a request does. */
export async function permissionsOf(
  connection: ClusterConnection,
  namespace: string | undefined,
  signal?: AbortSignal,
): Promise<Permissions> {
  const ending = signal === undefined ? {} : { signal };
  // The review is of a namespace: what it lists may hold there only, so for the rest of the cluster every question is asked.
  const review =
    namespace === undefined
      ? { status: { incomplete: true } }
      : await connection.request<RulesReview>({
          method: 'POST',
          path: `${API}/selfsubjectrulesreviews`,
          body: { apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectRulesReview', spec: { namespace } },
          ...ending,
        });
  const { incomplete = false, resourceRules = [] }: NonNullable<RulesReview['status']> = review.status ?? { incomplete: true };
  const answers = new Map<string, boolean>();
  const can = (wish: Wish): boolean | 'unknown' => {
    if (resourceRules.some((rule) => covers(rule, wish))) return true;
    return answers.get(keyOf(wish)) ?? (incomplete ? 'unknown' : false);
  };
  return {
    namespace,
    said: JSON.stringify([incomplete, resourceRules]),
    can,
    check: async (wish, ends) => {
      const known = can(wish);
      if (known !== 'unknown') return known;
      const { verb, resource, group = '', subresource, name } = wish;
      const resourceAttributes = { verb, resource, group, subresource, name, namespace };
      const { status } = await connection.request<AccessReview>({
        method: 'POST',
        path: `${API}/selfsubjectaccessreviews`,
        body: { apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectAccessReview', spec: { resourceAttributes } },
        ...(ends === undefined ? {} : { signal: ends }),
      });
      const allowed = status?.allowed === true;
      answers.set(keyOf(wish), allowed);
      return allowed;
    },
  };
}

export interface PermissionCache {
  /** As `permissionsOf`, asked once in a while. */
  of(namespace: string | undefined): Promise<Permissions>;
  /** The last answer, at once; undefined while none has come. Asks where nobody has, or the answer is old. */
  now(namespace: string | undefined): Permissions | undefined;
  /** `now` has another answer than before. */
  readonly changed: Listenable;
  /** Forgets all: after a person was granted something. */
  forget(): void;
}

const KEPT_MS = 60_000;

interface Kept {
  readonly untilMs: number;
  readonly permissions: Promise<Permissions>;
  known: Permissions | undefined;
  hasFailed: boolean;
}

/** Rights change seldom, menus open often: each answer is kept for a minute. A failure is not kept for those who wait for an answer. */
export function permissionCache(connection: ClusterConnection, nowMs: () => number, keptMs = KEPT_MS): PermissionCache {
  const kept = new Map<string, Kept>();
  const changed = new Emitter();
  const ask = (key: string, namespace: string | undefined): Kept => {
    const before = kept.get(key)?.known;
    const entry: Kept = {
      untilMs: nowMs() + keptMs,
      permissions: permissionsOf(connection, namespace),
      known: before,
      hasFailed: false,
    };
    kept.set(key, entry);
    entry.permissions.then(
      (permissions) => {
        entry.known = permissions;
        if (kept.get(key) === entry && before?.said !== permissions.said) changed.fire();
      },
      () => (entry.hasFailed = true),
    );
    return entry;
  };
  return {
    of: (namespace) => {
      const key = namespace ?? '';
      const found = kept.get(key);
      return (found !== undefined && !found.hasFailed && nowMs() < found.untilMs ? found : ask(key, namespace)).permissions;
    },
    now: (namespace) => {
      const key = namespace ?? '';
      const found = kept.get(key);
      return (found !== undefined && nowMs() < found.untilMs ? found : ask(key, namespace)).known;
    },
    changed,
    forget: () => kept.clear(),
  };
}

/**
 * What a command of the menus needs. Shells and forwards begin with a GET, which counts as `get` up to Kubernetes 1.34 and as both from
 * 1.35 on. Cordon, drain and uncordon: also rights on nodes, which belong to no namespace.
 */
export const needs = {
  logs: [{ verb: 'get', resource: 'pods', subresource: 'log' }],
  shell: [
    { verb: 'get', resource: 'pods', subresource: 'exec' },
    { verb: 'create', resource: 'pods', subresource: 'exec' },
  ],
  portForward: [
    { verb: 'get', resource: 'pods', subresource: 'portforward' },
    { verb: 'create', resource: 'pods', subresource: 'portforward' },
  ],
  deletePod: [{ verb: 'delete', resource: 'pods' }],
  evict: [{ verb: 'create', resource: 'pods', subresource: 'eviction' }],
  restartDeployment: [{ verb: 'patch', resource: 'deployments', group: 'apps' }],
  restartStatefulSet: [{ verb: 'patch', resource: 'statefulsets', group: 'apps' }],
  restartDaemonSet: [{ verb: 'patch', resource: 'daemonsets', group: 'apps' }],
  cordon: [{ verb: 'patch', resource: 'nodes' }],
} as const satisfies Readonly<Record<string, readonly Wish[]>>;

/** "create pods/exec in analytics": what somebody who may grant it needs to know. */
export function wishText({ verb, resource, group = '', subresource, name }: Wish, namespace: string | undefined): string {
  const what = `${resource}${group === '' ? '' : `.${group}`}${subresource === undefined ? '' : `/${subresource}`}`;
  const one = name === undefined ? what : `${what} ${name}`;
  return namespace === undefined ? t('{0} {1} in the whole cluster', verb, one) : t('{0} {1} in {2}', verb, one, namespace);
}

/** Fails with `forbidden` and the missing right, before something half done would. Else as a request does. */
export async function require(permissions: Permissions, wishes: readonly Wish[], signal?: AbortSignal): Promise<void> {
  for (const wish of wishes) {
    if (await permissions.check(wish, signal)) continue;
    throw new FaultlineError('forbidden', {
      what: t('You may not {0}', wishText(wish, permissions.namespace)),
      remedy: t('Ask whoever runs the cluster for this right, or use a context that has it.'),
    });
  }
}

function covers({ verbs, apiGroups = [''], resources = [], resourceNames = [] }: Rule, wish: Wish): boolean {
  const { verb, resource, group = '', subresource, name } = wish;
  if (!has(verbs, verb) || !has(apiGroups, group)) return false;
  const asked = subresource === undefined ? resource : `${resource}/${subresource}`;
  const any = subresource === undefined ? undefined : `*/${subresource}`;
  if (!resources.some((one) => one === '*' || one === asked || one === any)) return false;
  return resourceNames.length === 0 || (name !== undefined && resourceNames.includes(name));
}

function has(list: readonly string[], one: string): boolean {
  return list.includes('*') || list.includes(one);
}

function keyOf({ verb, resource, group = '', subresource = '', name = '' }: Wish): string {
  return [verb, group, resource, subresource, name].join(' ');
}
