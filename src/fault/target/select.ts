/** From what a person asked for to the very objects that are hit. Pure. */
import { FaultlineError } from '../../base/errors.ts';
import { t } from '../../base/messages.ts';
import { selects } from '../../cluster/act/budgets.ts';
import type { FaultChoice, FaultKind, FaultTarget } from '../../journal/fault-plan.ts';
import { factsOf } from '../catalogue.ts';
import type { TargetAmount, TargetSelector } from '../draft.ts';
import { byName, isRunning, podOf, podsOfWorkload, workloadOf, type FaultScene, type ScenePod, type SceneWorkload } from '../scene.ts';
import { foundByEngine } from './engine.ts';
import { labelSelectorOf } from './labels.ts';
import { nodeTarget, podTarget, workloadTarget } from './make.ts';

export interface Selection {
  readonly targets: readonly FaultTarget[];
  /** How many it was chosen among. */
  readonly of: number;
  /** What those are: "brokers of shared/kafka", "pods with app=trino". */
  readonly what: string;
  readonly choose?: FaultChoice;
}

export interface SelectOptions {
  /** Topic of the run's own messages: it need not be there yet. */
  readonly ownTopic?: string;
  /** It waits for a state: who leads then is told only then. */
  readonly isLater?: boolean;
  /** Chosen before: as they are now. Only a leader and a controller are looked up again, since another one is another fault. */
  readonly held?: readonly FaultTarget[];
}

interface Candidates extends Omit<Selection, 'targets' | 'of'> {
  /** In the order of preference. */
  readonly pods: readonly { readonly pod: ScenePod; readonly as?: string }[];
  /** `all`: which of them does not matter, so only those that run are taken. */
  readonly meant: 'all' | 'first';
}

/** Fails: `notFound` (nothing is chosen), `invalid` (which one is meant can't be told; a target that the kind does not fit). */
export function selectTargets(scene: FaultScene, kind: FaultKind, selector: TargetSelector, options: SelectOptions = {}): Selection {
  const { fits, title } = factsOf(kind);
  const { by, namespace, amount } = selector;
  if (options.held !== undefined && by.kind !== 'leader' && by.kind !== 'controller') return heldTargets(scene, options.held);
  if (by.kind === 'object' && by.object === 'Node') {
    if (!fits.includes('node')) throw unfit(title, t('node {0}', by.name));
    return nodeByName(scene, by.name, by.uid);
  }
  if (by.kind === 'object' && by.object !== 'Pod') {
    const workload = workloadByName(scene, by, namespace);
    if (fits.includes('workload')) return single(workloadTarget(workload, undefined), `${workload.kind} ${by.name}`);
    return chosen(scene, selector, kind, podCandidates(scene, workload), amount);
  }
  return chosen(scene, selector, kind, candidatesOf(scene, selector, options), amount);
}

function heldTargets(scene: FaultScene, held: readonly FaultTarget[]): Selection {
  const targets = held.map(({ kind, uid, name, as, container }): FaultTarget => {
    const pod = kind === 'pod' ? podOf(scene, uid) : undefined;
    if (pod !== undefined) return podTarget(scene, pod, as, container);
    const node = kind === 'node' ? scene.nodes.find(({ metadata }) => metadata.uid === uid) : undefined;
    if (node !== undefined) return nodeTarget(node, as);
    const workload = kind === 'workload' ? scene.workloads.find((one) => one.workload.metadata.uid === uid) : undefined;
    if (workload !== undefined) return workloadTarget(workload, as);
    throw new FaultlineError('notFound', { what: t('{0} is there no more', name), remedy: t('Look at it again before you break it.') });
  });
  return { targets, of: targets.length, what: t('confirmed targets') };
}

function candidatesOf(scene: FaultScene, { by, namespace }: TargetSelector, { ownTopic, isLater = false }: SelectOptions): Candidates {
  if (by.kind === 'labels') {
    const labels = labelSelectorOf(by.labels);
    const pods = scene.pods.filter(
      ({ metadata }) => (namespace === undefined || metadata.namespace === namespace) && selects(labels, metadata.labels ?? {}),
    );
    const what = t('pods with {0}', by.labels);
    return { pods: pods.toSorted(byName).map((pod) => ({ pod, as: by.labels })), meant: 'all', what };
  }
  if (by.kind === 'object') return podByName(scene, by, namespace);
  const { pods, meant, what, choose } = foundByEngine(scene, by, namespace, { ownTopic, isLater });
  const now = new Map(scene.pods.map((pod) => [pod.metadata.uid, pod]));
  return {
    pods: pods.flatMap(({ line, as }) => {
      const pod = now.get(line.ref.uid);
      return pod === undefined ? [] : [{ pod, ...(as === undefined ? {} : { as }) }];
    }),
    meant,
    what,
    ...(choose === undefined ? {} : { choose }),
  };
}

/** So many of the candidates, as what the kind acts on: the pods, their nodes, or their workloads. */
function chosen(
  scene: FaultScene,
  selector: TargetSelector,
  kind: FaultKind,
  candidates: Candidates,
  amount: TargetAmount | undefined,
): Selection {
  const { fits, title } = factsOf(kind);
  const { meant, what, choose } = candidates;
  const usable = meant === 'all' ? candidates.pods.filter(({ pod }) => isRunning(pod)) : candidates.pods;
  if (usable.length === 0) throw new FaultlineError('notFound', { what: t('There are no {0} that run', what) });
  if (fits.includes('pod')) {
    const all = usable.map(({ pod, as }) => podTarget(scene, pod, as, containerFor(pod, selector.container)));
    const of = candidates.pods.length;
    return choose === undefined
      ? { what, targets: all.slice(0, countOf(amount, meant, all.length)), of }
      : { what, targets: all, of, choose };
  }
  const isNode = fits.includes('node');
  const mapped = usable.map(({ pod, as }) => {
    const reason = as === undefined ? pod.metadata.name : t('{0}, {1}', pod.metadata.name, as);
    return isNode ? nodeOf(scene, pod, reason) : workloadFor(scene, pod, title);
  });
  // Of two pods on one node the first is why it was chosen.
  const distinct = mapped.filter(({ uid }, index) => mapped.findIndex((target) => target.uid === uid) === index);
  // Only pods are told by who leads; where all of them are of one workload, or on one node, nothing is left to be told.
  if (choose !== undefined && distinct.length > 1) throw untold(title, isNode);
  return {
    what: isNode ? t('nodes of {0}', what) : t('workloads of {0}', what),
    targets: distinct.slice(0, countOf(amount, meant, distinct.length)),
    of: isNode ? scene.nodes.length : distinct.length,
  };
}

function countOf(amount: TargetAmount | undefined, meant: Candidates['meant'], among: number): number {
  if (amount === undefined) return 1;
  if (meant === 'first')
    throw new FaultlineError('invalid', {
      what: t('One object is named, so there is no number of them'),
      remedy: t('Leave the number out.'),
    });
  if (amount.kind === 'share') return Math.max(1, Math.floor(amount.share * among + 1e-9));
  if (amount.count > among)
    throw new FaultlineError('notFound', { what: t('{0} targets are asked for, and there are {1}', amount.count, among) });
  return amount.count;
}

function nodeOf({ nodes }: FaultScene, pod: ScenePod, reason: string): FaultTarget {
  const node = nodes.find(({ metadata }) => metadata.name === pod.spec?.nodeName);
  if (node === undefined) throw new FaultlineError('notFound', { what: t('The node of pod {0} is not seen', pod.metadata.name) });
  return nodeTarget(node, t('node of {0}', reason));
}

function workloadFor(scene: FaultScene, pod: ScenePod, title: string): FaultTarget {
  const workload = workloadOf(scene, pod);
  if (workload === undefined) throw unfit(title, t('pod {0}, which is of no Deployment, StatefulSet or DaemonSet', pod.metadata.name));
  return workloadTarget(workload, t('workload of {0}', pod.metadata.name));
}

function nodeByName({ nodes }: FaultScene, name: string, uid: string | undefined): Selection {
  const node = nodes.find(({ metadata }) => metadata.name === name);
  if (node === undefined) throw new FaultlineError('notFound', { what: t('There is no node {0}', name) });
  if (uid !== undefined && node.metadata.uid !== uid) throw replaced(t('Node {0}', name));
  return { targets: [nodeTarget(node, undefined)], of: nodes.length, what: t('nodes') };
}

type ByObject = Extract<TargetSelector['by'], { readonly kind: 'object' }>;

function workloadByName({ workloads }: FaultScene, { object, name, uid }: ByObject, namespace: string | undefined): SceneWorkload {
  const found = workloads.filter(
    ({ kind, workload: { metadata } }) =>
      kind === object && metadata.name === name && (namespace === undefined || metadata.namespace === namespace),
  );
  const only = onlyOne(found, `${object} ${name}`, ({ workload }) => workload.metadata.namespace);
  if (uid !== undefined && only.workload.metadata.uid !== uid) throw replaced(`${object} ${name}`);
  return only;
}

function podByName(scene: FaultScene, { name, uid }: ByObject, namespace: string | undefined): Candidates {
  const found = scene.pods.filter(
    ({ metadata }) => metadata.name === name && (namespace === undefined || metadata.namespace === namespace),
  );
  const pod = onlyOne(found, t('pod {0}', name), ({ metadata }) => metadata.namespace);
  if (uid !== undefined && pod.metadata.uid !== uid) throw replaced(t('Pod {0}', name));
  const workload = workloadOf(scene, pod);
  const siblings = workload === undefined ? [pod] : podsOfWorkload(scene, workload);
  const what = workload === undefined ? t('pods') : t('pods of {0}', workload.workload.metadata.name);
  // The siblings come after it, so that it is one of how many is known.
  return { pods: [{ pod }, ...siblings.filter((one) => one !== pod).map((one) => ({ pod: one }))], meant: 'first', what };
}

function podCandidates(scene: FaultScene, workload: SceneWorkload): Candidates {
  const pods = podsOfWorkload(scene, workload).toSorted(byName);
  return { pods: pods.map((pod) => ({ pod })), meant: 'all', what: t('pods of {0}', workload.workload.metadata.name) };
}

function containerFor({ metadata, spec }: ScenePod, container: string | undefined): string | undefined {
  const names = (spec?.containers ?? []).map(({ name }) => name);
  if (container === undefined || names.includes(container)) return container;
  throw new FaultlineError('notFound', {
    what: t('Pod {0} has no container {1}', metadata.name, container),
    remedy: t('It has: {0}.', names.join(', ')),
  });
}

function onlyOne<T>(found: readonly T[], title: string, namespaceOf: (one: T) => string | undefined): T {
  const [only, another] = found;
  if (only === undefined) throw new FaultlineError('notFound', { what: t('There is no {0}', title) });
  if (another === undefined) return only;
  throw new FaultlineError('invalid', {
    what: t('There is {0} in several namespaces: {1}', title, found.map((one) => namespaceOf(one) ?? '').join(', ')),
    remedy: t('Say in which namespace.'),
  });
}

function single(target: FaultTarget, what: string): Selection {
  return { targets: [target], of: 1, what };
}

function unfit(title: string, what: string): FaultlineError {
  return new FaultlineError('invalid', { what: t('“{0}” does not fit {1}', title, what) });
}

function untold(title: string, isNode: boolean): FaultlineError {
  return new FaultlineError('invalid', {
    what: isNode
      ? t('“{0}” can’t wait until it begins to be told which node is meant', title)
      : t('“{0}” can’t wait until it begins to be told which workload is meant', title),
    remedy: isNode
      ? t('Name the node, or choose a kind that acts on a pod.')
      : t('Name the workload, or choose a kind that acts on a pod.'),
  });
}

function replaced(title: string): FaultlineError {
  return new FaultlineError('notFound', {
    what: t('{0} is another one by now', title),
    remedy: t('Look at it again before you break it.'),
  });
}
