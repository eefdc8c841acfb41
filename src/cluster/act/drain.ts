/** Empties a node: pod after pod leaves it as the disruption budgets allow. */
import { FaultlineError, normalise } from '../../base/errors.ts';
import { t } from '../../base/messages.ts';
import type { ClusterConnection } from '../connect/connection.ts';
import { statusOf } from '../connect/failure.ts';
import type { ObjectList, Pod, PodDisruptionBudget } from '../objects.ts';
import { kinds, pathOf } from '../watch/kinds.ts';
import { watchKind } from '../watch/watch.ts';
import { budgetsOf, budgetText } from './budgets.ts';
import { planDrain, setUnschedulable } from './nodes.ts';
import type { DrainPlan, DrainPod } from './nodes.ts';
import { Consent } from './protection.ts';
import { Emitter, pause, unlessAborted } from './signal.ts';

export interface DrainOptions {
  readonly consent: Consent;
  /** Stops it: what was evicted stays so, the node stays cordoned. */
  readonly signal: AbortSignal;
  /** `namespace/name` of pods whose local data may be lost, or that nobody would bring back: each by its name, as `planDrain` lists them. */
  readonly alsoEvict?: readonly string[];
  /** 10 min where nothing is said. */
  readonly timeoutMs?: number;
}

/** `pod` is `namespace/name`. */
export type DrainEvent =
  | { readonly kind: 'cordoned' }
  | { readonly kind: 'skipped'; readonly pod: string; readonly why: string }
  | { readonly kind: 'evicting'; readonly pod: string }
  /** Told when the reason is another: which budget, with its numbers. It is tried again. */
  | { readonly kind: 'blocked'; readonly pod: string; readonly why: string }
  | { readonly kind: 'gone'; readonly pod: string; readonly left: number }
  | { readonly kind: 'drained'; readonly evicted: number };

const DRAIN_LIMIT_MS = 600_000;
/** A budget that refused is asked again after this; it may be free without anything of the node having changed. */
const AGAIN_MS = 2000;

/**
 * Cordons, then evicts through the eviction API until the node is empty of what may go.
 * Fails: `refusedByProtection` (the consent, the control plane, pods that need consent by name: then nothing was changed), `timedOut` and
 * `cancelled` (both say that the node stays cordoned, and which pods are left), `forbidden`, `notFound`, `unreachable`.
 */
export async function* drainNode(connection: ClusterConnection, node: string, options: DrainOptions): AsyncGenerator<DrainEvent, void> {
  const { consent, signal, alsoEvict = [], timeoutMs = DRAIN_LIMIT_MS } = options;
  Consent.check(consent, connection, 'drainNode');
  const plan = await planDrain(connection, node, { signal });
  refuseUnnamed(plan, alsoEvict);
  await setUnschedulable(connection, node, true, { signal });
  yield { kind: 'cordoned' };
  const left = new Map<string, Leaving>();
  for (const pod of plan.pods) {
    if (pod.fate.kind === 'skip') yield { kind: 'skipped', pod: keyOf(pod), why: pod.fate.why };
    else left.set(pod.uid, { pod, isLeaving: false, why: undefined });
  }
  const evicted = left.size;
  const timeout = AbortSignal.timeout(timeoutMs);
  const ending = AbortSignal.any([signal, timeout]);
  try {
    yield* empty(connection, node, left, ending);
  } catch (error) {
    throw stopped(node, [...left.values()], error, { isOver: timeout.aborted && !signal.aborted, timeoutMs });
  }
  yield { kind: 'drained', evicted };
}

interface Leaving {
  readonly pod: DrainPod;
  /** Its eviction was granted. */
  isLeaving: boolean;
  /** Why it was not, as it was told last. */
  why: string | undefined;
}

async function* empty(
  connection: ClusterConnection,
  node: string,
  left: Map<string, Leaving>,
  signal: AbortSignal,
): AsyncGenerator<DrainEvent, void> {
  const watched = watchKind(connection, kinds.pods, { fieldSelector: `spec.nodeName=${node}` });
  const changed = new Emitter();
  const listening = watched.changed.listen(() => changed.fire());
  try {
    while (left.size > 0) {
      if (signal.aborted) throw new FaultlineError('cancelled', { what: t('Stopped') });
      for (const leaving of left.values()) {
        if (leaving.isLeaving) continue;
        const why = await evict(connection, leaving.pod, signal);
        leaving.isLeaving = why === undefined;
        if (why === undefined) yield { kind: 'evicting', pod: keyOf(leaving.pod) };
        else if (why !== leaving.why) yield { kind: 'blocked', pod: keyOf(leaving.pod), why };
        leaving.why = why;
      }
      if (watched.state.kind === 'live' && watched.narrowed === undefined) {
        const there = new Set([...watched.objects().values()].map(({ metadata }) => metadata.uid));
        for (const [uid, { pod }] of left) {
          if (there.has(uid)) continue;
          left.delete(uid);
          yield { kind: 'gone', pod: keyOf(pod), left: left.size };
        }
      } else if (watched.narrowed !== undefined) throw watched.narrowed;
      if (left.size > 0) await next(changed, signal);
    }
  } finally {
    listening.dispose();
    watched.dispose();
  }
}

async function next(changed: Emitter, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const listening = changed.listen(resolve);
  const done = new AbortController();
  try {
    await Promise.race([unlessAborted(promise, signal), pause(AGAIN_MS, AbortSignal.any([signal, done.signal]))]);
  } finally {
    listening.dispose();
    done.abort();
  }
}

/** undefined: granted, or it is gone already; else why not now. Fails with what no waiting helps against. */
async function evict(connection: ClusterConnection, { namespace, name, uid }: DrainPod, signal: AbortSignal): Promise<string | undefined> {
  try {
    await connection.request({
      method: 'POST',
      path: pathOf(kinds.pods, { namespace, name, subresource: 'eviction' }),
      body: { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { namespace, name }, deleteOptions: { preconditions: { uid } } },
      signal,
    });
    return undefined;
  } catch (error) {
    const known = normalise(error);
    // 409: the name belongs to another pod now.
    if (known.reason === 'notFound' || statusOf(error) === 409) return undefined;
    if (known.reason === 'forbidden' || known.reason === 'unauthorised' || known.reason === 'cancelled') throw known;
    return whyNot(connection, namespace, name, known, signal);
  }
}

/** The API names the budget, but not all of its numbers. */
async function whyNot(
  connection: ClusterConnection,
  namespace: string,
  name: string,
  refusal: FaultlineError,
  signal: AbortSignal,
): Promise<string> {
  try {
    const [pod, { items }] = await Promise.all([
      connection.request<Pod>({ path: pathOf(kinds.pods, { namespace, name }), signal }),
      connection.request<ObjectList<PodDisruptionBudget>>({ path: pathOf(kinds.podDisruptionBudgets, { namespace }), signal }),
    ]);
    const budgets = budgetsOf(pod, items ?? []);
    if (budgets.length === 0) return refusal.facts.what;
    const texts = budgets.map(budgetText).join('; ');
    return budgets.length === 1
      ? texts
      : t('{0} budgets hold it, and Kubernetes evicts no pod that has more than one ({1})', budgets.length, texts);
  } catch {
    return refusal.facts.what;
  }
}

function refuseUnnamed({ node, pods }: DrainPlan, named: readonly string[]): void {
  const unnamed = pods.filter((pod) => pod.fate.kind === 'consent' && !named.includes(keyOf(pod)));
  if (unnamed.length === 0) return;
  throw new FaultlineError('refusedByProtection', {
    what: t(
      'Node {0} was not drained: {1} need your consent by name',
      node,
      unnamed.length === 1 ? t('1 pod') : t('{0} pods', unnamed.length),
    ),
    meaning: unnamed.map((pod) => `${keyOf(pod)}: ${pod.fate.kind === 'consent' ? pod.fate.why : ''}`).join('. '),
    remedy: t('Name them to let them go, or move what they hold first.'),
  });
}

function stopped(
  node: string,
  left: readonly Leaving[],
  error: unknown,
  { isOver, timeoutMs }: { readonly isOver: boolean; readonly timeoutMs: number },
): FaultlineError {
  const known = normalise(error);
  const pods = left.map(({ pod, why }) => (why === undefined ? keyOf(pod) : `${keyOf(pod)} (${why})`)).join(', ');
  const remedy = t('The node stays cordoned. Drain it again, or uncordon it.');
  const meaning = t('Still there: {0}.', pods === '' ? t('nothing') : pods);
  if (isOver)
    return new FaultlineError(
      'timedOut',
      { what: t('Node {0} was not empty after {1} s', node, timeoutMs / 1000), meaning, remedy },
      error,
    );
  if (known.reason === 'cancelled')
    return new FaultlineError('cancelled', { what: t('The drain of {0} was stopped', node), meaning, remedy }, error);
  return new FaultlineError(known.reason, { what: t('The drain of {0} broke off: {1}', node, known.facts.what), meaning, remedy }, error);
}

function keyOf({ namespace, name }: DrainPod): string {
  return `${namespace}/${name}`;
}
