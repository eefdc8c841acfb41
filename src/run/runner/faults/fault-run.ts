/** A run that breaks something, from its baseline to the end of its observation. */
import type { RecoveryProjection } from '../../../analysis/recovery/recovery.ts';
import { FaultlineError } from '../../../base/errors.ts';
import { t } from '../../../base/messages.ts';
import type { FaultPlan } from '../../../journal/fault-plan.ts';
import type { ConfirmedFaults } from '../../prepare/confirmed.ts';
import { withOwnTopic } from '../../probe/topic.ts';
import type { EndRequest, HealRequest } from '../ending.ts';
import type { HeldTarget, HealWhy } from './held.ts';
import { beginWithinMs, longestObservationMs, warmWithin } from './lengths.ts';
import type { RunRecord } from './record.ts';
import { FaultRoom, type RoomEdges } from './room.ts';
import { carryOutFault } from './step.ts';
import { pause, until } from './waiting.ts';

const lookEveryMs = 500;
/** While the end of the observation is known, which more samples may move. */
const seldomMs = 5000;
/** Without news for so long whatever is broken is healed. */
const silentMs = 5000;
const silentEveryMs = 250;
/** Nothing that is well is silent for longer: watches are heard every 3 s. Whoever is, is named. */
const quietMs = 3500;
/**
 * `share`: of a short baseline, at most. The baseline begins once all were answered for so long: longer than a probe may be without an
 * answer, so that it is told.
 */
const warm = { ms: 3000, share: 1 / 4 } as const;
/** Where not one is answered for so long, before the baseline and in it, nothing is broken. */
const vainBefore = { ms: 30_000, share: 1 / 2 } as const;
const vainWithin = { ms: 10_000, share: 1 / 2 } as const;
const answersEvery = { ms: 500, share: 1 / 20 } as const;
const leastVain = 10;
const fetchWithinMs = 60_000;
const stoppedWithinMs = 10_000;
/** After a stop: to see that what was healed is whole. */
const confirmWithinMs = 35_000;
/** Where not one answer came in the baseline. */
const limitsOfNothing = { slow: 1000, deadline: 2000 } as const;

export interface FaultRunOptions {
  readonly run: string;
  readonly plan: FaultPlan;
  readonly confirmed: ConfirmedFaults;
  readonly record: RunRecord;
  readonly end: EndRequest;
  readonly healing: HealRequest;
  readonly edges: RoomEdges;
  /** Is told of every event of the journal. */
  readonly projection: RecoveryProjection;
  /** ms of the run at which the measured part began; undefined: it did not yet. */
  readonly measuringMs: () => number | undefined;
  /** A load of the run says when it is measured; without one the baseline begins at once. */
  readonly hasLoad: boolean;
}

export class FaultRun {
  readonly #options: FaultRunOptions;
  readonly #room: FaultRoom;
  readonly #held: HeldTarget[] = [];
  #isSilent = false;

  /** Everything is heard, and nothing is broken yet. Fails with what keeps it from that. */
  static async open(options: FaultRunOptions): Promise<FaultRun> {
    const { run, record, edges, end, hasLoad } = options;
    const plan = withOwnTopic(options.plan, run);
    return new FaultRun({ ...options, plan }, await FaultRoom.open({ run, plan, record, edges, hasLoad }, end.signal));
  }

  private constructor(options: FaultRunOptions, room: FaultRoom) {
    this.#options = options;
    this.#room = room;
  }

  /** Baseline, each fault, observation, and what is fetched after it. Fails: `storage`, and where a fault was refused. Then call `close`. */
  async carryOut(): Promise<void> {
    const { plan, record, end } = this.#options;
    if (!(await this.#baseline())) return;
    const watching = setInterval(() => this.#listen(), silentEveryMs);
    try {
      for (const index of plan.faults.keys()) {
        if (end.signal.aborted) break;
        await this.#break(index);
      }
      await this.#observe();
    } finally {
      clearInterval(watching);
    }
    record.append([{ t: record.nowMs(), src: 'runner', kind: 'phase', phase: 'draining' }]);
    // Whoever stops a run does not wait until every message was read again.
    const isWhole = !end.signal.aborted;
    await this.#room.finish(AbortSignal.timeout(isWhole ? fetchWithinMs : stoppedWithinMs), end.signal);
  }

  /** Heals what is still broken, sees that it is whole, and removes what was made. Never fails. */
  async close(): Promise<void> {
    const healing = Promise.allSettled(this.#held.map((one) => one.heal(this.#why())));
    await Promise.race([healing, pause(confirmWithinMs, new AbortController().signal)]);
    await Promise.allSettled(this.#held.map((one) => one.close()));
    await this.#room.close();
  }

  /** Answers whether it is there. */
  async #baseline(): Promise<boolean> {
    const { plan, record, end, projection, measuringMs, hasLoad } = this.#options;
    if (!hasLoad) {
      await this.#warmUp();
      if (end.signal.aborted) return false;
      record.append([{ t: record.nowMs(), src: 'runner', kind: 'phase', phase: 'measuring' }]);
    }
    if (!(await until(() => measuringMs() !== undefined, lookEveryMs, beginWithinMs, end.signal))) return false;
    const beganMs = measuringMs() ?? 0;
    const endMs = beganMs + plan.baselineMs;
    while (record.nowMs() < endMs && !end.signal.aborted) {
      await pause(Math.min(this.#most(answersEvery), endMs - record.nowMs()), end.signal);
      this.#refuseVain(beganMs, this.#most(vainWithin));
    }
    if (end.signal.aborted) return false;
    const { slow, deadline } = projection.limits() ?? limitsOfNothing;
    record.append([{ t: record.nowMs(), src: 'runner', kind: 'limits', slow, deadline }]);
    await this.#room.limit(deadline, end.signal);
    return true;
  }

  /** An engine that has just started compiles its code for its first statements: they would be its baseline. */
  async #warmUp(): Promise<void> {
    const { plan, record, end, projection } = this.#options;
    if (plan.probes.length === 0) return;
    const beganMs = record.nowMs();
    const warmMs = this.#most(warm);
    record.append([{ t: beganMs, src: 'runner', kind: 'phase', phase: 'warmUp', text: t('Warming up: until all probes are answered') }]);
    while (!end.signal.aborted && record.nowMs() - beganMs < this.#most(warmWithin)) {
      await pause(this.#most(answersEvery), end.signal);
      this.#refuseVain(beganMs, this.#most(vainBefore));
      const { ok, failed, unknown, wrong } = projection.countsSince(record.nowMs() - warmMs);
      if (record.nowMs() - beganMs >= warmMs && ok > 0 && failed + unknown + wrong === 0) return;
    }
  }

  /** Fails where nobody is answered though nothing is broken: what asks then may be what breaks it, and asks no more. */
  #refuseVain(beganMs: number, windowMs: number): void {
    const { record, projection } = this.#options;
    const now = record.nowMs();
    if (now - beganMs < windowMs) return;
    const { ok, slow, failed, unknown, wrong } = projection.countsSince(now - windowMs);
    const unanswered = failed + unknown;
    // A wrong answer is one: that it was wrong is told, and nobody is asked in vain.
    if (ok + slow + wrong > 0 || unanswered < leastVain) return;
    throw notBegun(
      0,
      t('Before any fault, none of {0} probes of the last {1} s was answered', unanswered, (windowMs / 1000).toFixed(1)),
      t(
        'An engine that has just started is slow until its code is compiled: try again in a minute. Otherwise look whether it is well when nobody probes it; where it is, ask it less often.',
      ),
    );
  }

  #most({ ms, share }: { readonly ms: number; readonly share: number }): number {
    return Math.min(ms, this.#options.plan.baselineMs * share);
  }

  async #break(index: number): Promise<void> {
    const { run, plan, confirmed, record, end, healing, edges } = this.#options;
    const { connection, watches } = this.#room;
    // One that is not seen to be over, whatever its time: with the next one more would be broken than was previewed.
    if (this.#held.some((one) => one.isActive)) throw notBegun(index, t('The end of an earlier one could not be verified'));
    const silence = this.#silence();
    if (silence !== undefined) throw notBegun(index, t('Nothing is heard of {0} for {1} s', silence.who, silence.seconds));
    const step = { connection, run, plan, confirmed, injectors: edges.injectorsFor(plan.images), watches, record };
    const stops = {
      signal: end.signal,
      heal: () => healing.signal,
      why: () => this.#why(),
      holds: (one: HeldTarget) => void this.#held.push(one),
    };
    const refused = await carryOutFault(index, step, stops);
    if (refused !== undefined) throw notBegun(index, refused);
  }

  async #observe(): Promise<void> {
    const { plan, projection, record, end } = this.#options;
    const lastMs = record.nowMs() + longestObservationMs(plan);
    while (!end.signal.aborted) {
      const toMs = projection.observeUntil();
      const now = record.nowMs();
      if ((toMs !== null && now >= toMs) || now > lastMs) return;
      // Every figure is made anew each time: not more often than its end can come nearer.
      await pause(toMs === null ? lookEveryMs : Math.min(seldomMs, toMs - now), end.signal);
    }
  }

  /** Fails closed: what nobody sees is not left broken. */
  #listen(): void {
    const { record, end } = this.#options;
    const silence = this.#silence();
    if (silence === undefined) {
      this.#isSilent = false;
      return;
    }
    const { who, seconds } = silence;
    if (this.#held.some((one) => one.isActive))
      end.request({ how: 'failed', reason: t('Nothing was heard of {0} for {1} s while something was broken', who, seconds) });
    else if (!this.#isSilent) record.note(t('Nothing is heard of {0} for {1} s', who, seconds));
    this.#isSilent = true;
  }

  /** undefined: all are heard. The longest one counts. */
  #silence(): { readonly who: string; readonly seconds: string } | undefined {
    const now = this.#options.record.nowMs();
    const quiet = this.#room.heard.filter(({ heardMs }) => now - heardMs > quietMs);
    const longestMs = Math.max(...quiet.map(({ heardMs }) => now - heardMs));
    if (longestMs <= silentMs) return undefined;
    return { who: quiet.map(({ who }) => who).join(', '), seconds: (longestMs / 1000).toFixed(1) };
  }

  #why(): HealWhy {
    const how = this.#options.end.how?.how;
    return how === undefined || how === 'finished' ? 'duration' : how === 'stopped' ? 'stopped' : 'aborted';
  }
}

function notBegun(index: number, meaning: string, remedy?: string): FaultlineError {
  const what = index === 0 ? t('Nothing was broken') : t('Fault {0} of the plan was not begun', index + 1);
  return new FaultlineError('refusedByProtection', { what, meaning, ...(remedy === undefined ? {} : { remedy }) });
}
