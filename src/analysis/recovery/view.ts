/**
 * What a recovery looks like: everything that the panel, the reports, the terminal and `--json` need. Plain data, as JSON keeps it.
 * `…At`: milliseconds of the run on the runner's clock, as the journal's `t`. `…Ms`: a duration; since the fault unless it says
 * otherwise. The definitions are those of `measurement.md`.
 */
import type { FaultStep, MessageAnomaly, MessagesEvent, WatchGapEvent } from '../../journal/fault-events.ts';
import type { FaultTarget, RecoveryRule } from '../../journal/fault-plan.ts';
import type { RecoveryMoment } from '../../journal/plan.ts';
import type { ExpectationView, Percentiles, RunStatus, Verdict } from '../view.ts';

export type Figure =
  /** `errorMs`: to either side; 0 where it is a sum of planned intervals of one source. `goesOn`: it is at least that, the end was not seen. */
  | { readonly kind: 'value'; readonly ms: number; readonly errorMs: number; readonly goesOn?: true }
  /** Samples in between are not judged, too many to look away. */
  | { readonly kind: 'between'; readonly fromMs: number; readonly toMs: number; readonly why: string }
  /** Censored: not within the observation. It has no number, and enters no mean. */
  | { readonly kind: 'never'; readonly withinMs: number }
  /** While it runs: more than that. `goodForMs` of `neededMs`: what would count if it goes on. */
  | { readonly kind: 'open'; readonly aboveMs: number; readonly goodForMs?: number; readonly neededMs?: number }
  /** There is nothing that could be measured: no impact, a fault that does not last. */
  | { readonly kind: 'none'; readonly why: string }
  | { readonly kind: 'unknown'; readonly why: string };

export type RecoveryFigures = Readonly<Record<RecoveryMoment | 'unavailable', Figure>>;

export interface Interval {
  readonly fromAt: number;
  readonly toAt: number;
}

/** planned = ok + slow + failed + unknown + wrong + notJudged + dropped. */
export interface ProbeCounts {
  readonly planned: number;
  readonly ok: number;
  readonly slow: number;
  readonly failed: number;
  readonly unknown: number;
  readonly wrong: number;
  readonly notJudged: number;
  readonly dropped: number;
  /** What `notJudged` is made of. `missing`: planned, and never told. `clock`: its clock was never compared. */
  readonly notJudgedBy: Readonly<Record<NotJudgedBy, number>>;
}

export type NotJudgedBy = 'control' | 'lag' | 'missing' | 'clock';

export interface VantageView {
  /** "probe-a"; "runner" where the run's own SQL is the client. */
  readonly source: string;
  readonly title: string;
  readonly connection: 'pooled' | 'fresh' | null;
  readonly asks: string;
  /** Where it runs; null: it has not said. Of the runner: how its statements reach the engine. */
  readonly place: string | null;
  readonly pod: string | null;
  /** null: of a load. */
  readonly perSecond: number | null;
  readonly counts: ProbeCounts;
  /** 0 to 1; null: nothing planned yet. */
  readonly judgedShare: number | null;
  readonly hasControl: boolean;
  /** Largest of its exchanges with the runner; 0 of the runner; null: never compared. */
  readonly clockErrorMs: number | null;
  /** Before the fault. */
  readonly baseline: Percentiles;
  readonly firstBadAt: number | null;
  readonly firstGoodAt: number | null;
  readonly bad: readonly Interval[];
  readonly notJudged: readonly (Interval & { readonly by: NotJudgedBy })[];
  /** For who can't see the lane: "pooled: good until +0.18 s, first good answer at +2.41 s, recovered at +3.05 s". */
  readonly story: string;
}

/** Start of impact: between the last good and the first bad planned start. */
export interface Impact {
  readonly vantage: string;
  readonly lastGoodAt: number | null;
  readonly firstBadAt: number;
  readonly startMs: number;
  readonly errorMs: number;
}

export type PartKind =
  /** Nothing wrong yet. */
  | 'before'
  /** 4 px red. */
  | 'bad'
  /** 4 px orange, broken: from the first good answer until it stayed so. */
  | 'unstable'
  /** 4 px foreground: pod or replica gone. */
  | 'gone'
  /** 1 px: getting better. */
  | 'better';

export interface LanePart {
  readonly kind: PartKind;
  /** Since the fault. */
  readonly fromMs: number;
  readonly toMs: number;
  readonly ms: number;
  /** "no good answer" */
  readonly label: string;
  /** "2.23": rounded so that the parts shown add up to the total shown. */
  readonly seconds: string;
  /** A watch gap lies in it: when in it is not known. */
  readonly unsure: boolean;
  /** Of what was unstable: for how long of it a vantage had no good answer. */
  readonly badMs?: number;
}

/** The parts add up to `totalMs` exactly, and as they are shown; nothing is clamped. */
export interface Lane {
  readonly name: 'client' | 'pod' | 'redundancy';
  /** "users", "kafka-1", "ISR of messages/17" */
  readonly of: string;
  readonly parts: readonly LanePart[];
  /** To its last moment that was reached. */
  readonly totalMs: number;
  /** `open`: it runs; `never`: censored; `unsure`: where it ends is between two moments; `none`: nothing changed. */
  readonly end: 'complete' | 'open' | 'never' | 'unsure' | 'none';
  /** What goes on where it is not complete. */
  readonly tail: PartKind | null;
  /** "unstable (10.78 bad)"; "" where there is nothing to say of what goes on. */
  readonly tailText: string;
  /** "9.50 s", "longer than 120 s: no number". */
  readonly total: string;
  /** "0.18 + 2.23 + 0.64 + 6.45" */
  readonly sum: string;
  /** "back to baseline", "in EndpointSlice" */
  readonly endText: string;
}

export type PodStageName = 'victimGone' | 'outOfService' | 'created' | 'scheduled' | 'started' | 'ready' | 'serving';

export interface PodStageView {
  readonly stage: PodStageName;
  readonly title: string;
  readonly pod: string;
  readonly atMs: number;
  /** It may have happened that much earlier: the kubelet reports late, a watch was down, or nobody looked before. */
  readonly earlierMs: number;
  readonly tookMs: number;
  readonly source: 'helper' | 'watch';
  readonly note: string;
}

export type PodState = 'serving' | 'gone' | 'notReady' | 'ready' | 'unknown';

export interface PodView {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly node: string | null;
  /** "leader of messages/17" */
  readonly as: string | null;
  /** null: in place, or none has come. */
  readonly replacement: {
    readonly name: string;
    readonly uid: string;
    readonly node: string | null;
    readonly pairedBy: 'name' | 'owner' | 'order';
  } | null;
  readonly inPlace: boolean;
  /** In order of time; what came after the pod served again is only in the notes. */
  readonly stages: readonly PodStageView[];
  readonly lane: Lane;
  /** Over the whole run, for the bar. */
  readonly segments: readonly (Interval & { readonly state: PodState; readonly upToMs: number })[];
  readonly notes: readonly string[];
}

export interface RedundancyView {
  readonly of: string;
  readonly want: number;
  readonly least: number | null;
  /** `since`: it changed between then and `at`. */
  readonly steps: readonly { readonly at: number; readonly have: number; readonly want: number; readonly since?: number }[];
  readonly lane: Lane;
  /** "3 → 2 at +0.30 s, 2 → 3 at +14.10 s", "3 of 3, unchanged" */
  readonly text: string;
}

/** Who held something over time: leaders, and states of nodes. `null`: nobody, or not known. */
export interface HolderView {
  readonly of: string;
  readonly segments: readonly (Interval & { readonly holder: string | null; readonly epoch?: number })[];
  /** Of a lane that folds: "epoch 7 on broker 0, unchanged". */
  readonly text: string;
  readonly changed: boolean;
}

export interface AutoscalerView {
  readonly namespace: string;
  readonly name: string;
  readonly steps: readonly { readonly at: number; readonly current: number; readonly desired: number; readonly blocked?: string }[];
  readonly changed: boolean;
  readonly text: string;
}

export interface BaselineView {
  readonly fromAt: number;
  readonly toAt: number;
  readonly steady: boolean;
  /** "60 s, halves agree", "no steady baseline: …" */
  readonly text: string;
  /** By vantage: what p50 and p95 of a window may be at most to be back. null: not steady. */
  readonly thresholds: readonly { readonly source: string; readonly p50Ms: number; readonly p95Ms: number }[] | null;
}

export interface LatencySpan extends Interval {
  /** `since`: all after *go* of a run that was not seen to recover. */
  readonly name: 'before' | 'during' | 'after' | 'since';
  readonly response: Percentiles;
  readonly counts: ProbeCounts;
}

export interface ErrorKind {
  readonly outcome: 'failed' | 'unknown' | 'wrong';
  readonly reason: string;
  /** Of the first. */
  readonly text: string;
  readonly count: number;
  readonly firstAt: number;
  readonly lastAt: number;
}

export interface PredictionView {
  readonly fault: number;
  readonly fromMs: number;
  readonly toMs: number;
  /** The definition, for its tooltip. */
  readonly formula: string;
  readonly by: string;
  /** Against what: of a fault that lasts its failover, else recovered. */
  readonly measuredMs: number | null;
  readonly finding: 'sooner' | 'within' | 'later' | null;
  /** "recovered 6–7 s sooner" */
  readonly text: string;
}

export interface MessagesView {
  readonly topic: string;
  /** null: through port-forwards of the runner. */
  readonly path: 'inCluster' | null;
  readonly node: string | null;
  readonly acknowledged: number;
  readonly failed: number;
  readonly unknown: number;
  readonly unknownPresent: number;
  readonly lost: number;
  readonly duplicated: number;
  readonly redelivered: number;
  readonly reordered: number;
  readonly rewritten: number;
  /** Of the acknowledged ones: those in partitions that were judged. */
  readonly acknowledgedJudged: number;
  /** Of the failed ones. */
  readonly failedPresent: number;
  /** Records that are none of the writer's, or not as they were sent. */
  readonly foreign: number;
  /** Planned → acknowledged, and planned → read live, ms. null: not recorded. */
  readonly written: Percentiles | null;
  readonly endToEnd: Percentiles | null;
  readonly settings: MessagesEvent['settings'] | null;
  readonly asConfigured: string | null;
  readonly judged: boolean;
  /** Honest sentences, the gravest first: "no loss among 41,230 acknowledged; 12 unknown, 9 of them present". */
  readonly sentences: readonly string[];
  readonly anomalies: readonly {
    readonly kind: MessageAnomaly;
    readonly partition: number;
    readonly sequence: number;
    readonly offset?: number;
    readonly text: string;
  }[];
}

export interface FaultView {
  readonly index: number;
  readonly title: string;
  readonly kind: string;
  readonly targets: readonly FaultTarget[];
  readonly lasts: boolean;
  /** `waiting`: its turn or its condition has not come. `unconfirmed`: whether it has ended is not known. */
  readonly state: 'waiting' | 'ready' | 'active' | 'healing' | 'over' | 'refused' | 'unconfirmed';
  readonly goAt: number | null;
  readonly appliedAt: number | null;
  readonly healAskedAt: number | null;
  readonly healedAt: number | null;
  /** By its own deadline. */
  readonly endsAt: number | null;
  /** While it runs; null: over, or it does not last. */
  readonly leftMs: number | null;
  readonly effect: string | null;
  /** What a person can type where its end is unconfirmed. */
  readonly command: string | null;
  /** From its *applied*, up to the next fault's *go*. */
  readonly recovered: Figure;
  /** From its *applied*, before its heal. */
  readonly failover: Figure;
  /** From its *heal confirmed*. */
  readonly rejoin: Figure;
  readonly steps: readonly { readonly at: number; readonly step: FaultStep; readonly target?: string; readonly text?: string }[];
}

export interface Proof {
  /** `duration`: only where what was broken was healed before its time. */
  readonly of: 'effect' | 'heal' | 'duration' | 'judged' | 'watches' | 'baseline' | 'observed';
  /** `missing`: it decides the verdict, or would. `notApplicable`: nothing that is judged needs it. */
  readonly state: 'ok' | 'missing' | 'notApplicable' | 'pending';
  /** "effect proven: old container id gone" */
  readonly text: string;
}

export interface Milestone {
  readonly of: 'fault' | 'applied' | 'healed' | 'impact' | 'firstGood' | 'recovered' | 'baseline' | 'limit' | 'ends';
  readonly at: number;
  /** "kill kafka-1", "recovered 3.05" */
  readonly text: string;
}

export interface RecoveryView {
  readonly run: string;
  readonly name: string;
  readonly startedAt: number;
  readonly status: RunStatus;
  /** "kill kafka-1, leader of messages/17" */
  readonly title: string;
  readonly verdict: Verdict | null;
  /** One sentence, while it runs too. */
  readonly reason: string;
  readonly proofs: readonly Proof[];
  readonly expectations: readonly ExpectationView[];
  /** The 0 of the axis: the first *applied*, or *go* before that is there. null: nothing was begun. */
  readonly zeroAt: number | null;
  /** It began between these. `toAt` null: not acknowledged. */
  readonly applied: { readonly fromAt: number; readonly toAt: number | null } | null;
  /** From the first sample to the last moment that was observed. */
  readonly observed: Interval;
  readonly rule: RecoveryRule;
  /** null: not known yet. */
  readonly slowMs: number | null;
  readonly deadlineMs: number | null;
  readonly impact: Impact | null;
  readonly figures: RecoveryFigures;
  readonly relapses: number;
  readonly counts: ProbeCounts;
  readonly vantages: readonly VantageView[];
  /** Of any vantage: the wash. Their sum is `unavailable`. */
  readonly bad: readonly Interval[];
  readonly baseline: BaselineView;
  /** From the start of the observation on; `during` and `after` once there is a fault. */
  readonly latency: readonly LatencySpan[];
  readonly errors: readonly ErrorKind[];
  /** The pod and the redundancy that took longest; null: none is watched. */
  readonly lanes: { readonly client: Lane; readonly pod: Lane | null; readonly redundancy: Lane | null };
  readonly predictions: readonly PredictionView[];
  readonly pods: readonly PodView[];
  readonly redundancy: readonly RedundancyView[];
  readonly leaders: readonly HolderView[];
  readonly nodes: readonly HolderView[];
  readonly autoscalers: readonly AutoscalerView[];
  readonly gaps: readonly (Interval & { readonly of: WatchGapEvent['of'] })[];
  readonly messages: MessagesView | null;
  readonly faults: readonly FaultView[];
  readonly milestones: readonly Milestone[];
  readonly notes: readonly string[];
}

/** Every sample of one vantage in columns, by planned start. `at`: ms of the run. */
export interface VantageSamples {
  readonly source: string;
  readonly at: Float64Array;
  /** Planned → done, ms; NaN: no answer. */
  readonly responseMs: Float64Array;
  /** Codes of `sampleOutcomes` (recovery/client/samples.ts). */
  readonly outcome: Uint8Array;
}

/** The strip *Whole run*: columns of equal length. */
export interface OverviewColumn extends Interval {
  readonly medianMs: number | null;
  readonly slowestMs: number | null;
  readonly bad: number;
}
