/**
 * Ends what is broken: stops the runs that break something over their control sockets, reads in each unfinished journal which faults
 * have not ended by its own words, and asks their clusters. Nothing is taken for healed that was not seen to be.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { cancelled, FaultlineError, normalise } from '../../base/errors.ts';
import { t } from '../../base/messages.ts';
import type { ClusterConnection } from '../../cluster/connect/connection.ts';
import { labsOfMachine, type Labs } from '../../fault/lab/labs.ts';
import { leaseNamespace } from '../../fault/needs.ts';
import type { InjectorTiming } from '../../fault/injector.ts';
import { refuseOtherCluster } from '../../fault/preflight/identity.ts';
import { namespacesOf } from '../../fault/probes.ts';
import { removeLeftOf } from '../../fault/sweep.ts';
import type { FaultPlan, PlannedCluster } from '../../journal/fault-plan.ts';
import { breaksSomething, type RunRecord } from '../../journal/runs.ts';
import type { RunStore } from '../../journal/store.ts';
import { connectRun } from '../supervise/connect.ts';
import type { Exec, Settled } from './asked.ts';
import { openPlanned } from '../cluster.ts';
import { inContext } from './cluster.ts';
import { faultsOfRun, hasEnded, keepEnded, type FoundFaults, type OpenInJournal } from './journal.ts';
import type { ContactedCluster, StopReport, StoppedFault, StoppedRun, UnfinishedRun } from './report.ts';
import { settle, undoCommandOf } from './settle.ts';

export interface StopRequest {
  readonly store: RunStore;
  /** These; absent: each that runs and breaks something, and each unfinished one. */
  readonly runs?: readonly RunRecord[];
  /** Default: `openPlanned`, with the environment of this process. Which cluster it really is, is checked here. */
  readonly connect?: (cluster: PlannedCluster, signal: AbortSignal) => Promise<ClusterConnection>;
  /** Default: `runCommand` of the cluster's room. */
  readonly exec?: Exec;
  /** Default: those of this machine. */
  readonly labs?: Labs;
  /** Default: the system's clock. */
  readonly timing?: InjectorTiming;
  /** How long to wait for a runner's end, and for a cluster's answers. Default: 60 s and 30 s. */
  readonly limits?: { readonly runnerMs: number; readonly clusterMs: number };
  /** How it goes, for a status line: "Stopping kafka-leader-kill", "Asking lab-1". */
  readonly onStep?: (text: string) => void;
}

/** Only disk: no cluster is contacted, and no runner. Newest first. Fails: `storage`, `cancelled`. */
export async function unfinishedRuns(store: RunStore, signal?: AbortSignal): Promise<readonly UnfinishedRun[]> {
  const found: UnfinishedRun[] = [];
  for (const record of await store.list()) {
    if (!breaksSomething(record) || (await hasEnded(record))) continue;
    const faults = await ifThere(faultsOfRun(record, signal));
    const cluster = faults?.header.plan.fault?.cluster;
    if (faults === undefined || cluster === undefined) continue;
    const { state } = record;
    if (faults.open.length === 0) {
      if (state !== 'running' && !mayHaveLeft(record, Date.now())) await keepEnded(record);
      continue;
    }
    if (state === 'running' || state === 'ended' || state === 'interrupted')
      found.push({ run: record.run, name: faults.header.plan.name, state, cluster, faults: faults.open.map(({ shown }) => shown) });
  }
  return found;
}

/** It runs, a fault of it has not ended by its own words, or it was killed and may have left something. Fails: `storage`, `cancelled`. */
export async function canBeStopped(record: RunRecord, signal?: AbortSignal): Promise<boolean> {
  if (record.state === 'running') return true;
  if (!breaksSomething(record) || (await hasEnded(record))) return false;
  if (mayHaveLeft(record, Date.now())) return true;
  return ((await ifThere(faultsOfRun(record, signal)))?.open.length ?? 0) > 0;
}

/** Never fails for what a runner or a cluster says: that stands in the report. Fails: `storage`, `cancelled`. */
export async function stopAll(request: StopRequest, signal: AbortSignal): Promise<StopReport> {
  const { store, runs, onStep } = request;
  const records = runs ?? (await store.list()).filter(breaksSomething);
  const stopping = await Promise.all(
    records.map(async (record) => {
      if (record.state !== 'running') return { record, process: { process: 'notRunning' } as const };
      onStep?.(t('Stopping {0}', record.header?.plan.name ?? record.run));
      const process = await stopRunner(record, request.limits?.runnerMs ?? runnerMs, signal);
      return { record: (await ifThere(store.record(record.run))) ?? record, process };
    }),
  );
  const found: Stopped[] = [];
  const nowMs = (request.timing ?? systemTiming).nowMs();
  for (const { record, process } of stopping) {
    // What was named is reported in any case.
    if (runs === undefined && process.process === 'notRunning' && (await hasEnded(record))) continue;
    const faults = breaksSomething(record) ? await ifThere(faultsOfRun(record, signal)) : undefined;
    const isSilent = runs === undefined && process.process === 'notRunning' && (faults === undefined || faults.open.length === 0);
    const hasLeft = process.process === 'notRunning' && mayHaveLeft(record, nowMs);
    if (isSilent && !hasLeft) {
      if (faults !== undefined) await keepEnded(record);
      continue;
    }
    found.push({ record, process, faults, hasLeft, isSilent });
  }
  const asked = await askClusters(found, request, signal);
  if (signal.aborted) throw cancelled();
  const shown: StoppedRun[] = [];
  for (const { record, process, faults, hasLeft, isSilent } of found) {
    const all = [...(faults?.ended ?? []), ...asked.faults.filter(({ run }) => run === record.run).map(({ fault }) => fault)];
    const isOver = process.process !== 'noAnswer' && all.every(({ end }) => end !== 'unconfirmed');
    if (faults !== undefined && isOver && (!hasLeft || asked.tidied.has(record.run))) await keepEnded(record);
    if (isSilent) continue;
    shown.push({
      ...{ run: record.run, name: record.header?.plan.name ?? record.run, ...process },
      faults: all.toSorted((a, b) => a.fault - b.fault || a.target - b.target),
    });
  }
  return { runs: shown, clusters: asked.clusters };
}

interface Stopped {
  readonly record: RunRecord;
  readonly process: Pick<StoppedRun, 'process' | 'text'>;
  readonly faults: FoundFaults | undefined;
  /** Something of it may be in its cluster although nothing is broken. */
  readonly hasLeft: boolean;
  /** There is nothing to report. */
  readonly isSilent: boolean;
}

/** Of whatever a run makes in a cluster the deadline is over by then, and a sweep takes it away. */
const longestLeftMs = 24 * 3_600_000;

/** Its runner was killed: before it could tidy up, whether or not it had begun a fault. */
function mayHaveLeft({ state, header }: RunRecord, nowMs: number): boolean {
  return state === 'interrupted' && nowMs - (header?.startedAt ?? 0) < longestLeftMs;
}

const runnerMs = 60_000;
const clusterMs = 30_000;
const tidyMs = 10_000;

/** It was removed meanwhile: then there is nothing to tell. */
async function ifThere<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (FaultlineError.is(error, 'notFound')) return undefined;
    throw error;
  }
}

async function stopRunner(record: RunRecord, withinMs: number, signal: AbortSignal): Promise<Stopped['process']> {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(withinMs)]);
  try {
    const link = await connectRun(record);
    try {
      // Healing takes its time; a runner that stands still takes for ever.
      await Promise.race([link.stop().then(() => link.closed), aborted(limit)]);
    } finally {
      link.close();
    }
    if (signal.aborted) throw cancelled();
    return limit.aborted
      ? { process: 'noAnswer', text: t('Its process did not end within {0} s.', withinMs / 1000) }
      : { process: 'stopped' };
  } catch (error) {
    const known = normalise(error);
    if (known.reason === 'cancelled') throw known;
    // It has ended while it was asked.
    if (known.reason === 'unreachable') return { process: 'notRunning' };
    return { process: 'noAnswer', text: `${known.facts.what}.` };
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}

interface Answers {
  readonly faults: readonly { readonly run: string; readonly fault: StoppedFault }[];
  readonly clusters: readonly ContactedCluster[];
  /** Runs of which nothing is left there. */
  readonly tidied: ReadonlySet<string>;
}

interface ToAsk {
  readonly plan: FaultPlan;
  readonly run: string;
  readonly open: readonly OpenInJournal[];
  /** Nobody else tidies up after it. */
  readonly isDead: boolean;
}

/** Each context once, all at one time. */
async function askClusters(found: readonly Stopped[], request: StopRequest, signal: AbortSignal): Promise<Answers> {
  const groups = new Map<string, ToAsk[]>();
  for (const { record, process, faults, hasLeft } of found) {
    const plan = faults?.header.plan.fault;
    if (faults === undefined || plan === undefined || (faults.open.length === 0 && !hasLeft)) continue;
    const { kubeconfig, context, identity } = plan.cluster;
    const key = JSON.stringify([kubeconfig, context, identity]);
    const one: ToAsk = { plan, run: record.run, open: faults.open, isDead: process.process !== 'noAnswer' };
    groups.set(key, [...(groups.get(key) ?? []), one]);
  }
  const answers = await Promise.all([...groups.values()].map((group) => askCluster(group, request, signal)));
  return {
    faults: answers.flatMap(({ faults }) => faults),
    clusters: answers.flatMap(({ clusters }) => clusters),
    tidied: new Set(answers.flatMap(({ tidied }) => [...tidied])),
  };
}

async function askCluster(group: readonly ToAsk[], request: StopRequest, signal: AbortSignal): Promise<Answers> {
  const [first] = group;
  if (first === undefined) return { faults: [], clusters: [], tidied: new Set() };
  const { cluster } = first.plan;
  const { connect = (one): Promise<ClusterConnection> => openPlanned(one, process.env), timing = systemTiming, onStep } = request;
  const limit = AbortSignal.any([signal, AbortSignal.timeout(request.limits?.clusterMs ?? clusterMs)]);
  const { context, kubeconfig } = cluster;
  const each = group.flatMap(({ run, open }) => open.map((one) => ({ run, open: one })));
  onStep?.(t('Asking {0}', context));
  let connection: ClusterConnection | undefined;
  try {
    connection = await connect(cluster, limit);
    await refuseOtherCluster(connection, cluster.identity, limit);
    const labs = request.labs ?? labsOfMachine(process.env);
    const exec = request.exec ?? (await import('../../cluster/act/exec.ts')).runCommand;
    const there = connection;
    const faults = await Promise.all(
      each.map(async ({ run, open }) => {
        const settled = await settle({ connection: there, run, open, timing, exec, labs, identity: cluster.identity }, limit);
        return { run, fault: faultOf(open, run, cluster, { ...settled, by: 'cluster' }) };
      }),
    );
    return { faults, clusters: [{ context, kubeconfig }], tidied: await tidy(there, group, faults, signal) };
  } catch (error) {
    const { what, meaning } = normalise(error).facts;
    const problem = `${meaning === undefined ? what : `${what}: ${meaning}`}.`;
    return {
      faults: each.map(({ run, open }) => ({
        run,
        fault: faultOf(open, run, cluster, { end: 'unconfirmed', text: withDeadline(open, problem, timing.nowMs()), by: 'cluster' }),
      })),
      clusters: [{ context, kubeconfig, problem }],
      tidied: new Set(),
    };
  } finally {
    connection?.close();
  }
}

/** Of runs of whose faults none is left. Not being able to costs the time until it is swept, no more. */
async function tidy(
  connection: ClusterConnection,
  group: readonly ToAsk[],
  faults: Answers['faults'],
  signal: AbortSignal,
): Promise<ReadonlySet<string>> {
  const tidied = new Set<string>();
  // A fault that nobody could confirm has taken all of the other limit.
  const limit = AbortSignal.any([signal, AbortSignal.timeout(tidyMs)]);
  for (const { run, plan, isDead } of group) {
    if (!isDead || faults.some((one) => one.run === run && one.fault.end === 'unconfirmed')) continue;
    const targets = plan.faults.flatMap((fault) => fault.targets);
    const namespaces = new Set(targets.map(({ namespace }) => namespace ?? leaseNamespace));
    for (const namespace of namespacesOf(plan, connection.defaultNamespace)) namespaces.add(namespace);
    try {
      await removeLeftOf(connection, run, namespaces, limit);
      tidied.add(run);
    } catch (error) {
      if (!FaultlineError.is(error)) throw error;
    }
  }
  return tidied;
}

function faultOf(
  { shown, planned, target, command }: OpenInJournal,
  run: string,
  cluster: PlannedCluster,
  { command: told, ...said }: Settled & Pick<StoppedFault, 'by'>,
): StoppedFault {
  const { fault, target: index, kind, title, targetName } = shown;
  const known = { planned, target, ...(command === undefined ? {} : { command }) };
  const typed = said.end === 'unconfirmed' ? (told ?? undoCommandOf(known, run)) : undefined;
  return { fault, target: index, kind, title, targetName, ...said, ...(typed === undefined ? {} : { command: inContext(typed, cluster) }) };
}

function withDeadline({ shown: { deadlineMs } }: OpenInJournal, text: string, nowMs: number): string {
  const at = new Date(deadlineMs).toISOString();
  return nowMs >= deadlineMs
    ? t('{0} Its deadline was at {1}: by then it was to end by itself, which nobody has seen.', text, at)
    : t('{0} It ends by itself at {1} at the latest.', text, at);
}

const systemTiming: InjectorTiming = {
  nowMs: () => Date.now(),
  pause: async (ms, signal) => {
    try {
      await pause(ms, undefined, { signal });
    } catch {
      throw cancelled();
    }
  },
};
