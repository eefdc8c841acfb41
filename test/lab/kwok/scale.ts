/** Thousands of pods that no machine runs: as many as asked, no more and no fewer, and churn among them. */
import { PatchStrategy, setHeaderOptions } from '@kubernetes/client-node';
import type { CoreV1Api, V1Pod } from '@kubernetes/client-node';
import { setTimeout as sleep } from 'node:timers/promises';
import { SetupError } from '../../workbench/cache.mjs';
import { eachOf } from '../../workbench/parallel.ts';
import { LAB_LABEL } from '../lab.ts';
import { statusOf, unlessGone, unlessThere } from '../use/api.ts';
import { manyRequests } from './client.ts';
import { fakeNode, fakeNodeName, MOST_PODS, nodesFor, podOf, SCALE_LABEL, slotsOf } from './engines.ts';
import type { Slot } from './engines.ts';

/** Requests under way at a time: more makes the API server slower, not faster, on two cores. */
const AT_ONCE = 48;
const PAGE = 1000;
const KWOK_RUNS = 'Does kwok run? See: npm run lab -- logs kwok';

export interface ScalePlan {
  readonly kubeconfig: string;
  /** Of the lab. */
  readonly number: number;
  readonly pods: number;
  readonly signal: AbortSignal;
  /** Told about once a second while it takes long. */
  readonly say: (line: string) => void;
}

export interface Scaled {
  readonly created: number;
  readonly removed: number;
  readonly nodes: number;
  readonly namespaces: number;
  readonly durationMs: number;
}

/**
 * Makes exactly so many pods be Running. What is there already is kept, so that an interrupted call is finished by the next; zero
 * removes pods, nodes and namespaces. kwok must run.
 */
export async function scale(plan: ScalePlan): Promise<Scaled> {
  const { pods, number, signal } = plan;
  if (!Number.isInteger(pods) || pods < 0 || pods > MOST_PODS)
    throw new SetupError(`--pods is a whole number from 0 to ${MOST_PODS}, not ${pods}.`);
  const started = performance.now();
  const core = manyRequests(plan.kubeconfig);
  const slots = slotsOf(pods);
  const namespaces = [...new Set(slots.map(({ namespace }) => namespace))];
  const present = await presentPods(core, number);

  const surplus = [...present].filter(([index]) => index >= pods).map(([, pod]) => pod);
  await reporter(plan)('removed', surplus.length, (done) => eachOf(surplus, AT_ONCE, (pod) => remove(core, pod).then(done), signal));
  await removeNamespacesBut(core, plan, new Set(namespaces));
  await fitNodes(core, plan);
  await eachOf(namespaces, 8, (name) => ensureNamespace(core, name, number), signal);
  let created = 0;
  let vain = 0;
  let missing = slots.filter(({ index }) => !present.has(index));
  while (missing.length > 0) {
    const made = await fill(core, plan, missing);
    created += made;
    // Among those that were there before, some may still have been going.
    if (made === pods) break;
    await sleep(200, undefined, { signal });
    const now = await presentPods(core, number);
    const before = missing.length;
    missing = slots.filter(({ index }) => !now.has(index));
    if (missing.length >= before && ++vain === 100) throw new SetupError(`${before} pods are going and do not go. ${KWOK_RUNS}`);
  }
  if (created === 0) await untilRunning(core, plan, 0);
  const durationMs = performance.now() - started;
  return { created, removed: surplus.length, nodes: nodesFor(pods), namespaces: namespaces.length, durationMs };
}

/** Their pods, until they run: how many were made. */
async function fill(core: CoreV1Api, plan: ScalePlan, slots: readonly Slot[]): Promise<number> {
  let newest = 0;
  let made = 0;
  await reporter(plan)('created', slots.length, (done) =>
    eachOf(
      slots,
      AT_ONCE,
      async (slot) => {
        const version = await create(core, podOf(slot, 0, plan.number));
        if (version > 0) made++;
        newest = Math.max(newest, version);
        done();
      },
      plan.signal,
    ),
  );
  await untilRunning(core, plan, newest);
  return made;
}

export interface ChurnPlan extends ScalePlan {
  readonly ratePerSecond: number;
  /** undefined: until the signal. */
  readonly durationMs: number | undefined;
}

export interface Churned {
  readonly changes: number;
  /** Of them: the cluster would not have it, and a pod may be missing until the next `scale`. */
  readonly refused: number;
  /** Why the last of these was refused. */
  readonly lastRefusal: unknown;
}

/**
 * Four of five changes replace a pod, every fifth makes one unready (kwok brings it back). Ends at its time or at the signal; pods
 * that are under way then are finished.
 */
export async function churn(plan: ChurnPlan): Promise<Churned> {
  const { number, ratePerSecond, durationMs, signal } = plan;
  const core = manyRequests(plan.kubeconfig);
  const slots = slotsOf(plan.pods);
  const started = performance.now();
  // The pods' suffixes must differ from those of an earlier churn.
  const generation = Math.floor(Date.now() / 1000);
  const busy = new Set<number>();
  const underWay = new Set<Promise<void>>();
  let changes = 0;
  let refused = 0;
  let lastRefusal: unknown;
  let said = started;
  const names = new Map([...(await presentPods(core, number))].map(([index, pod]) => [index, pod.name]));
  while (!signal.aborted && slots.length > 0 && (durationMs === undefined || performance.now() - started < durationMs)) {
    const slot = slots[Math.floor(Math.random() * slots.length)];
    // One that is still being replaced is left alone; a server that is slower than the rate is not flooded.
    if (slot !== undefined && !busy.has(slot.index) && underWay.size < AT_ONCE) {
      busy.add(slot.index);
      const change = changes++ % 5 === 4 ? fail(core, slot, names) : replace(core, slot, generation + changes, number, names);
      const work = change
        .catch((error: unknown) => {
          refused++;
          lastRefusal = error;
        })
        .finally(() => {
          busy.delete(slot.index);
          underWay.delete(work);
        });
      underWay.add(work);
    }
    if (performance.now() - said > 10_000) {
      said = performance.now();
      plan.say(`${changes} changes in ${Math.round((said - started) / 1000)} s${refused > 0 ? `, ${refused} refused` : ''}`);
    }
    const dueMs = (changes / ratePerSecond) * 1000 - (performance.now() - started);
    await sleep(Math.max(1, dueMs), undefined, { signal }).catch(() => undefined);
  }
  await Promise.all(underWay);
  return { changes, refused, lastRefusal };
}

async function replace(core: CoreV1Api, slot: Slot, generation: number, number: number, names: Map<number, string>): Promise<void> {
  const pod = podOf(slot, generation, number);
  const old = names.get(slot.index);
  if (old !== undefined) await unlessGone(core.deleteNamespacedPod({ namespace: slot.namespace, name: old }));
  names.set(slot.index, pod.metadata?.name ?? '');
  // One of a set may come back only when the old one of its name is gone; kwok lets it go within a second or two.
  for (let tries = 0; ; tries++) {
    try {
      await core.createNamespacedPod({ namespace: slot.namespace, body: pod });
      return;
    } catch (error) {
      if (statusOf(error) !== 409 || tries === 150) throw error;
      await sleep(200);
    }
  }
}

async function fail(core: CoreV1Api, slot: Slot, names: Map<number, string>): Promise<void> {
  const name = names.get(slot.index) ?? '';
  const at = { namespace: slot.namespace, name };
  const { status } = await core.readNamespacedPodStatus(at);
  const containerStatuses = (status?.containerStatuses ?? []).map((container) => ({
    name: container.name,
    image: container.image,
    imageID: container.imageID,
    ready: false,
    started: false,
    restartCount: container.restartCount + 1,
    lastState: { terminated: { exitCode: 137, reason: 'OOMKilled', finishedAt: new Date() } },
    state: { waiting: { reason: 'CrashLoopBackOff' } },
  }));
  const lastTransitionTime = new Date();
  const conditions = ['Ready', 'ContainersReady'].map((type) => ({
    type,
    status: 'False',
    reason: 'ContainersNotReady',
    lastTransitionTime,
  }));
  await core.patchNamespacedPodStatus(
    { ...at, body: { status: { conditions, containerStatuses } } },
    setHeaderOptions('Content-Type', PatchStrategy.StrategicMergePatch),
  );
}

interface PodName {
  readonly namespace: string;
  readonly name: string;
}

/** By slot. */
async function presentPods(core: CoreV1Api, number: number): Promise<ReadonlyMap<number, PodName>> {
  const found = new Map<number, PodName>();
  let next: string | undefined;
  do {
    const page = await core.listPodForAllNamespaces({
      labelSelector: `${LAB_LABEL}=${number},${SCALE_LABEL}`,
      limit: PAGE,
      ...(next === undefined ? {} : { _continue: next }),
    });
    for (const { metadata } of page.items) {
      // One that is going away is not there any more: its slot is filled again.
      if (metadata?.deletionTimestamp === undefined && metadata?.name !== undefined && metadata.namespace !== undefined)
        found.set(Number(metadata.labels?.[SCALE_LABEL]), { namespace: metadata.namespace, name: metadata.name });
    }
    next = page.metadata?._continue;
  } while (next !== undefined && next !== '');
  return found;
}

/**
 * The resource version that the pod was made at; 0 when it was there, and when one of its name is still going: a set's, that churn
 * replaced. kwok may take even its successor away, whom it knows by the same name, so that who fills slots looks again.
 */
async function create(core: CoreV1Api, pod: V1Pod): Promise<number> {
  const made = await unlessThere(core.createNamespacedPod({ namespace: pod.metadata?.namespace ?? '', body: pod }));
  return Number(made?.metadata?.resourceVersion ?? 0);
}

async function remove(core: CoreV1Api, pod: PodName): Promise<void> {
  await unlessGone(core.deleteNamespacedPod({ ...pod, gracePeriodSeconds: 0 }));
}

async function ensureNamespace(core: CoreV1Api, name: string, number: number): Promise<void> {
  const labels = { [LAB_LABEL]: String(number), [SCALE_LABEL]: 'namespace' };
  await unlessThere(core.createNamespace({ body: { metadata: { name, labels } } }));
}

/** Waits until they are gone: pods can't be made in one that is going. */
async function removeNamespacesBut(core: CoreV1Api, { number, signal }: ScalePlan, wanted: ReadonlySet<string>): Promise<void> {
  const labelSelector = `${LAB_LABEL}=${number},${SCALE_LABEL}`;
  for (let asked = false; ; asked = true) {
    const { items } = await core.listNamespace({ labelSelector });
    const going = items.filter(({ metadata }) => !wanted.has(metadata?.name ?? '') || metadata?.deletionTimestamp !== undefined);
    if (going.length === 0) return;
    if (!asked) for (const { metadata } of going) await unlessGone(core.deleteNamespace({ name: metadata?.name ?? '' }));
    await sleep(200, undefined, { signal });
  }
}

async function fitNodes(core: CoreV1Api, { number, pods, signal }: ScalePlan): Promise<void> {
  const wanted = nodesFor(pods);
  const { items } = await core.listNode({ labelSelector: `${LAB_LABEL}=${number},${SCALE_LABEL}=node` });
  const there = new Set(items.map(({ metadata }) => metadata?.name ?? ''));
  const indexes = Array.from({ length: wanted }, (_, index) => index);
  const keep = new Set(indexes.map(fakeNodeName));
  const surplus = [...there].filter((name) => !keep.has(name));
  await eachOf(surplus, 8, (name) => unlessGone(core.deleteNode({ name })), signal);
  const missing = indexes.filter((index) => !there.has(fakeNodeName(index)));
  await eachOf(missing, 8, (index) => unlessThere(core.createNode({ body: fakeNode(index, number) })), signal);
}

/**
 * Pods can't be counted by the server, so those that are not there yet are listed: few, since kwok keeps up with who creates them. A
 * version makes the server answer from its memory, once that is as new as the last pod that was made: without one it would read and
 * decode ten thousand pods of etcd each time.
 */
async function untilRunning(core: CoreV1Api, { number, signal, say }: ScalePlan, newest: number): Promise<void> {
  const stuckAfterMs = 60_000;
  let least = Number.POSITIVE_INFINITY;
  let since = performance.now();
  for (;;) {
    const { items } = await core.listPodForAllNamespaces({
      labelSelector: `${LAB_LABEL}=${number},${SCALE_LABEL}`,
      fieldSelector: 'status.phase!=Running',
      ...(newest === 0 ? {} : { resourceVersion: String(newest), resourceVersionMatch: 'NotOlderThan' }),
    });
    if (items.length === 0) return;
    if (items.length < least) {
      least = items.length;
      since = performance.now();
    } else if (performance.now() - since > stuckAfterMs) {
      throw new SetupError(`${least} pods are not Running and none became so in a minute. ${KWOK_RUNS}`);
    }
    say(`${items.length} pods are not Running yet`);
    await sleep(1000, undefined, { signal });
  }
}

/** Says about once a second how far it is. */
function reporter({ say }: ScalePlan): (what: string, total: number, work: (done: () => void) => Promise<void>) => Promise<void> {
  return async (what, total, work) => {
    let done = 0;
    const timer = setInterval(() => say(`${done} of ${total} pods ${what}`), 1000);
    try {
      await work(() => void done++);
    } finally {
      clearInterval(timer);
    }
  };
}
