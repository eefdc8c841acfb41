/** A recovery for programs: `faultline recovery RUN --json`, and its line in lists. Browser-safe. */
import type { Percentiles, Verdict } from '../../view.ts';
import type { CensoredTime, RecoveryOutcome } from '../outcome.ts';
import type { Figure, Lane, ProbeCounts, Proof, RecoveryView } from '../view.ts';

/** Milliseconds since the fault was applied, to a thousandth. `null`: not known, or there is nothing to measure. */
export interface RecoveryJson {
  readonly run: string;
  readonly title: string;
  readonly verdict: Verdict | null;
  readonly reason: string;
  /** null: not applicable (nothing was broken on purpose; the fault is instantaneous). */
  readonly effectProven: boolean | null;
  readonly healProven: boolean | null;
  /** null: no impact. */
  readonly impact: {
    readonly startMs: number;
    readonly errorMs: number;
    readonly lastGoodMs: number | null;
    readonly firstGoodMs: number | null;
    readonly badIntervals: number;
    readonly relapses: number;
  } | null;
  /** 0 without an impact. */
  readonly recoveredMs: TimeJson;
  readonly recoveredErrorMs: number | null;
  readonly baselineMs: TimeJson;
  readonly failoverMs: TimeJson;
  readonly rejoinMs: TimeJson;
  readonly unavailableMs: number | null;
  /** It was at least that: its end was not seen. */
  readonly unavailableGoesOn?: true;
  readonly observedMs: number | null;
  readonly samples: ProbeCounts;
  readonly judgedShare: number | null;
  /** In order of time, by lane; `tookMs` of a lane add up to its last `atMs`. */
  readonly stages: readonly {
    readonly lane: Lane['name'];
    readonly of: string;
    readonly stage: string;
    readonly atMs: number;
    readonly tookMs: number;
    readonly earlierMs?: number;
    /** Of what was unstable: for how long of it a vantage had no good answer. */
    readonly badMs?: number;
    readonly note?: string;
  }[];
  readonly predicted: readonly {
    readonly fromMs: number;
    readonly toMs: number;
    readonly formula: string;
    readonly finding: string | null;
  }[];
  readonly messages: {
    readonly acknowledged: number;
    readonly lost: number;
    readonly duplicated: number;
    readonly redelivered: number;
    readonly reordered: number;
    readonly rewritten: number;
    readonly unknown: number;
    readonly unknownPresent: number;
    readonly judged: boolean;
    readonly text: string;
    /** Planned → acknowledged, and planned → read live. */
    readonly writtenMs: TailJson | null;
    readonly endToEndMs: TailJson | null;
  } | null;
  readonly expectations: readonly {
    readonly text: string;
    readonly outcome: string;
    readonly measured: number | null;
    readonly finding: string;
  }[];
  readonly proofs: readonly Proof[];
}

export interface TailJson {
  readonly p50: number | null;
  readonly p99: number | null;
  readonly max: number | null;
}

export type TimeJson = number | 'never' | null;

export function recoveryJson(view: RecoveryView): RecoveryJson {
  const { figures, impact, zeroAt, messages, vantages, observed } = view;
  const proven = (of: Proof['of']): boolean | null => {
    const state = view.proofs.find((proof) => proof.of === of)?.state;
    return state === 'notApplicable' || state === undefined ? null : state === 'ok';
  };
  const shares = vantages.flatMap(({ judgedShare }) => (judgedShare === null ? [] : [judgedShare]));
  return {
    ...{ run: view.run, title: view.title, verdict: view.verdict, reason: view.reason },
    ...{ effectProven: proven('effect'), healProven: proven('heal') },
    impact:
      impact === null || zeroAt === null
        ? null
        : {
            ...{ startMs: exact(impact.startMs), errorMs: exact(impact.errorMs) },
            lastGoodMs: impact.lastGoodAt === null ? null : exact(impact.lastGoodAt - zeroAt),
            firstGoodMs: valueOf(figures.firstGood),
            ...{ badIntervals: view.bad.length, relapses: view.relapses },
          },
    recoveredMs: timeOf(figures.recovered),
    recoveredErrorMs: figures.recovered.kind === 'value' ? exact(figures.recovered.errorMs) : null,
    baselineMs: timeOf(figures.baseline),
    // An instantaneous fault has neither clock.
    failoverMs: view.faults.some(({ lasts }) => lasts) ? timeOf(figures.failover) : null,
    rejoinMs: view.faults.some(({ lasts }) => lasts) ? timeOf(figures.rejoin) : null,
    ...unavailableOf(figures.unavailable),
    observedMs: zeroAt === null ? null : exact(observed.toAt - zeroAt),
    samples: view.counts,
    judgedShare: shares.length === 0 ? null : Math.min(...shares),
    stages: stagesOf(view),
    predicted: view.predictions.map(({ fromMs, toMs, formula, finding }) => ({ fromMs, toMs, formula, finding })),
    messages: messages === null ? null : messagesJson(messages),
    expectations: view.expectations.map(({ expectation, outcome, measured, text }) => ({
      ...{ text: expectation.text, outcome, finding: text },
      measured: measured === null ? null : exact(measured),
    })),
    proofs: view.proofs,
  };
}

function messagesJson(messages: NonNullable<RecoveryView['messages']>): NonNullable<RecoveryJson['messages']> {
  const { acknowledged, lost, duplicated, redelivered, reordered, rewritten, unknown, unknownPresent, judged, sentences } = messages;
  const text = sentences.join('; ');
  const counts = { acknowledged, lost, duplicated, redelivered, reordered, rewritten, unknown, unknownPresent };
  return { ...counts, judged, text, writtenMs: tail(messages.written), endToEndMs: tail(messages.endToEnd) };
}

function tail(found: Percentiles | null): TailJson | null {
  return found === null ? null : { p50: found.p50, p99: found.p99, max: found.max };
}

function stagesOf({ lanes, pods, redundancy }: RecoveryView): RecoveryJson['stages'] {
  const ofLane = ({ name, of, parts }: Lane): RecoveryJson['stages'] =>
    parts.map(({ label, toMs, ms, unsure, badMs }) => ({
      ...{ lane: name, of, stage: label, atMs: toMs, tookMs: ms },
      ...(badMs === undefined ? {} : { badMs: exact(badMs) }),
      ...(unsure ? { note: 'a watch was down in it' } : {}),
    }));
  const ofPods = pods.flatMap(({ name, stages }) =>
    stages.map(({ title, atMs, tookMs, earlierMs, note }) => ({
      ...{ lane: 'pod' as const, of: name, stage: title, atMs, tookMs, earlierMs },
      ...(note === '' ? {} : { note }),
    })),
  );
  return [...ofLane(lanes.client), ...ofPods, ...redundancy.flatMap(({ lane }) => ofLane(lane))];
}

function timeOf(figure: Figure): TimeJson {
  if (figure.kind === 'never') return 'never';
  // Nothing was felt: it took no time.
  return figure.kind === 'none' ? 0 : valueOf(figure);
}

function valueOf(figure: Figure): number | null {
  return figure.kind === 'value' ? exact(figure.ms) : null;
}

function unavailableOf(figure: Figure): Pick<RecoveryOutcome, 'unavailableMs' | 'unavailableGoesOn'> {
  const goesOn = figure.kind === 'value' && figure.goesOn === true;
  return { unavailableMs: valueOf(figure), ...(goesOn ? { unavailableGoesOn: true } : {}) };
}

function exact(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}

export function outcomeOfRecovery({
  title,
  impact,
  figures,
  messages,
}: Pick<RecoveryView, 'title' | 'impact' | 'figures' | 'messages'>): RecoveryOutcome {
  return {
    title,
    impactMs: impact === null ? null : exact(impact.startMs),
    recovered: censored(figures.recovered),
    ...unavailableOf(figures.unavailable),
    lost: messages === null || !messages.judged ? null : messages.lost,
  };
}

function censored(figure: Figure): CensoredTime {
  switch (figure.kind) {
    case 'value':
      return { kind: 'value', ms: exact(figure.ms) };
    case 'never':
      return { kind: 'never', withinMs: exact(figure.withinMs) };
    case 'none':
      return { kind: 'none' };
    case 'between':
    case 'open':
    case 'unknown':
      return { kind: 'unknown' };
  }
}
