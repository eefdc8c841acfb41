/** What a run that breaks something has open: its cluster, watches, vantages, messages. */
import { cancelled, FaultlineError } from '../../../base/errors.ts';
import { t } from '../../../base/messages.ts';
import { formatDuration } from '../../../base/units.ts';
import { consentTo } from '../../../cluster/act/protection.ts';
import type { ClusterConnection } from '../../../cluster/connect/connection.ts';
import type { Injector } from '../../../fault/injector.ts';
import { namespaceOfMessages, namespaceOfProbes } from '../../../fault/probes.ts';
import { refuseOtherCluster } from '../../../fault/preflight/identity.ts';
import type { FaultKind, FaultPlan, PlannedImages } from '../../../journal/fault-plan.ts';
import type { RunningMessages, StartMessages } from '../../probe/messages.ts';
import type { RunningProbes, StartProbes } from '../../probe/probes.ts';
import type { RunWatches, StartWatches } from '../../watches/watches.ts';
import { openPlanned } from '../../cluster.ts';
import { ApiHearing, type Heard } from './heard.ts';
import { longestMs } from './lengths.ts';
import type { RunRecord } from './record.ts';

export interface RoomEdges {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly startProbes: StartProbes;
  readonly startMessages: StartMessages;
  readonly startWatches: StartWatches;
  readonly injectorsFor: (images: PlannedImages) => ReadonlyMap<FaultKind, Injector>;
  /** Of the last messages and their sentinels, and of reading all of them once more. Default: 15 min. */
  readonly judgeWithinMs?: number;
}

export interface RoomRequest {
  readonly run: string;
  readonly plan: FaultPlan;
  readonly record: RunRecord;
  readonly edges: RoomEdges;
  readonly hasLoad: boolean;
}

/** Until the baseline is known: its own limit is ten times its p99, 2 s at most. */
const answerWithinMs = 2000;
/** For what has no length: pods that start, images that are pulled, what is fetched after the longest observation. */
const probesSpareMs = 10 * 60_000;
const judgeMs = 15 * 60_000;

export class FaultRoom {
  readonly connection: ClusterConnection;
  readonly watches: RunWatches;
  readonly #request: RoomRequest;
  readonly #hearing: ApiHearing;
  readonly #messages: RunningMessages | undefined;
  readonly #probes: RunningProbes | undefined;

  /** Everything is heard, and asks. Fails with what keeps it from that; then nothing is left behind. */
  static async open(request: RoomRequest, signal: AbortSignal): Promise<FaultRoom> {
    const { run, plan, record, edges, hasLoad } = request;
    const { context, identity } = plan.cluster;
    const say = (text: string): void => record.append([{ t: record.nowMs(), src: 'runner', kind: 'phase', phase: 'preparing', text }]);
    say(t('opening {0}', context));
    const connection = await openPlanned(plan.cluster, edges.env);
    const undo: (() => Promise<void>)[] = [];
    try {
      await refuseOtherCluster(connection, identity, signal);
      say(t('watching the cluster'));
      const shared = { connection, nowMs: record.nowMs, note: (text: string) => record.note(text) };
      const watches = await edges.startWatches({ ...shared, plan, onEvents: (events) => record.append(events) }, signal);
      undo.push(() => watches.dispose());
      const inCluster = {
        ...shared,
        run,
        image: plan.images.node,
        consent: consentTo({ context, server: connection.server, level: 'confirm', knownBy: 'identity' }, 'fault', { typedName: context }),
        deadlineMs: Date.now() + longestMs(plan, hasLoad) + probesSpareMs,
      };
      let probes: RunningProbes | undefined;
      if (plan.probes.length > 0) {
        say(t('starting the probes'));
        const started = await edges.startProbes(
          {
            ...inCluster,
            probes: plan.probes,
            namespace: namespaceOfProbes(plan, connection.defaultNamespace),
            answerWithinMs,
            onEvents: (events) => record.append(events),
          },
          signal,
        );
        probes = started;
        undo.push(() => started.dispose());
      }
      // After the vantages, which are to be on nodes of their own.
      let messages: RunningMessages | undefined;
      if (plan.messages !== undefined) {
        say(t('writing messages into {0}', plan.messages.topic));
        const namespace = namespaceOfMessages(plan.messages, connection.defaultNamespace);
        const deadlineMs = inCluster.deadlineMs + judgeMs;
        const started = await edges.startMessages(
          { ...inCluster, deadlineMs, plan, namespace, onFound: (found) => record.append([found]) },
          signal,
        );
        messages = started;
        undo.push(() => started.dispose());
      }
      return new FaultRoom(request, connection, watches, messages, probes);
    } catch (error) {
      for (const take of undo.toReversed()) await take().catch(() => undefined);
      connection.close();
      throw error;
    }
  }

  private constructor(
    request: RoomRequest,
    connection: ClusterConnection,
    watches: RunWatches,
    messages: RunningMessages | undefined,
    probes: RunningProbes | undefined,
  ) {
    this.#request = request;
    this.connection = connection;
    this.watches = watches;
    this.#messages = messages;
    this.#probes = probes;
    this.#hearing = new ApiHearing(connection, request.record.nowMs);
  }

  /** All that is listened to, with when it was heard last. */
  get heard(): readonly Heard[] {
    const messages = this.#messages;
    return [
      { who: t('the API server'), heardMs: this.#hearing.heardMs },
      { who: t('the watches of Kubernetes'), heardMs: this.watches.heardMs },
      ...(this.#probes?.heard ?? []).map(({ title, heardMs }) => ({ who: t('vantage {0}', title), heardMs })),
      ...(messages === undefined ? [] : [{ who: t('the pod of the messages'), heardMs: messages.heardMs }]),
    ];
  }

  /** The deadline of the baseline, for those who ask. */
  async limit(answerMs: number, signal: AbortSignal): Promise<void> {
    try {
      await this.#probes?.limit(answerMs, signal);
    } catch (error) {
      if (!FaultlineError.is(error)) throw error;
      this.#request.record.note(t('The vantages go on with the deadline they had: {0}', error.facts.what));
    }
  }

  /** What the vantages spooled is fetched, and the messages are judged, unless the run ends before. What could not be is noted. */
  async finish(signal: AbortSignal, ends: AbortSignal): Promise<void> {
    const { record } = this.#request;
    const finished = await Promise.allSettled([this.#judge(ends), this.#probes?.finish(signal)]);
    for (const one of finished) {
      if (one.status === 'fulfilled' || (ends.aborted && FaultlineError.is(one.reason, 'cancelled'))) continue;
      if (!FaultlineError.is(one.reason) || one.reason.reason === 'storage') throw one.reason;
      record.note(one.reason.facts.what);
    }
  }

  /** Whoever ends the run does not wait for it, and an API that stays away does not keep the run from its end. */
  async #judge(ends: AbortSignal): Promise<void> {
    if (this.#messages === undefined) return;
    const { record, edges } = this.#request;
    const withinMs = edges.judgeWithinMs ?? judgeMs;
    const late = AbortSignal.timeout(withinMs);
    try {
      if (ends.aborted) throw cancelled();
      await this.#messages.finish(AbortSignal.any([ends, late]));
    } catch (error) {
      if (!FaultlineError.is(error, 'cancelled')) throw error;
      const why = ends.aborted ? t('the run was ended before') : t('nothing was heard of that within {0}', formatDuration(withinMs));
      record.note(t('The messages are not judged: {0}', why));
    }
  }

  /** Never fails. */
  async close(): Promise<void> {
    this.#hearing.dispose();
    await Promise.allSettled([this.#messages?.dispose(), this.#probes?.dispose(), this.watches.dispose()]);
    this.connection.close();
  }
}
