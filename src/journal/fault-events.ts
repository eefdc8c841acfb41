/**
 * What happened while something was broken. Like all events; `t` is on the clock of `src`. What the watches and the helper's answers
 * tell is stamped by the runner when it heard of it. Browser-safe (types only).
 */
import type { OperationError } from './failure.ts';
import type { ObjectOwner } from './fault-plan.ts';

export type ProbeSource = `probe-${string}`;

interface OfRunner {
  readonly t: number;
  readonly src: 'runner';
}

interface OfProbe {
  /** Milliseconds on the probe's own clock; `clock` events say what that is on the runner's. */
  readonly t: number;
  readonly src: ProbeSource;
}

/** A moment `x` of the source `of` was the runner's `x + offset`, give or take `error`. Milliseconds. The last one before a moment counts. */
export interface ClockEvent extends OfRunner {
  readonly kind: 'clock';
  readonly of: ProbeSource;
  readonly offset: number;
  readonly error: number;
}

/** A vantage is up. */
export interface VantageEvent extends OfProbe {
  readonly kind: 'vantage';
  readonly title: string;
  readonly connection: 'pooled' | 'fresh';
  readonly asks: string;
  readonly perSecond: number;
  /** Where it runs, and its pod. */
  readonly node: string;
  readonly pod: string;
}

/** At the end of the baseline: from now on a slower answer is bad, and an answer that takes longer is none. Milliseconds. */
export interface LimitsEvent extends OfRunner {
  readonly kind: 'limits';
  readonly slow: number;
  readonly deadline: number;
}

/** One request of a vantage. `t`: planned start; `t + wait`: sent; `t + wait + service`: answered, or given up. */
export interface SampleEvent extends OfProbe {
  readonly kind: 'sample';
  readonly wait: number;
  readonly service: number;
  /** `unknown`: sent, and whether it took effect can't be told. `dropped`: never sent. Slow is not told here: it is against a limit. */
  readonly outcome: 'ok' | 'failed' | 'unknown' | 'wrong' | 'dropped';
  readonly error?: OperationError;
  /** Of the vantage's unfaulted echo. */
  readonly control?: true;
}

/** The probe's own event loop stood still from `t` for `ms`: its samples then are not judged. */
export interface LagEvent extends OfProbe {
  readonly kind: 'lag';
  readonly ms: number;
}

/**
 * `ready`: the helper is there and disarmed. `go`: the request is sent (this line was synced before it). `applied`: acknowledged; the
 * fault began between `go` and this. `effect`: proven without the client. `heal`: the request to end it is sent. `healed`: verified.
 * `expired`: the kernel's deadline ended it. `endedEarly`: it ended before its time, nobody asked for that. `refused`: nothing was
 * injected. `unconfirmed`: whether it has ended could not be verified; `command` is what a person can type.
 */
export type FaultStep = 'ready' | 'go' | 'applied' | 'effect' | 'heal' | 'healed' | 'expired' | 'endedEarly' | 'refused' | 'unconfirmed';

export interface FaultEvent extends OfRunner {
  readonly kind: 'fault';
  /** Index in the plan's faults. */
  readonly fault: number;
  /** Index in its targets; absent: of all. */
  readonly target?: number;
  readonly step: FaultStep;
  /** Of `heal`: who asked. */
  readonly why?: 'duration' | 'stopped' | 'aborted';
  /** Of `effect`: what proves it ("old container id gone", "1,204 packets dropped"); of `refused` and `unconfirmed` the reason. */
  readonly text?: string;
  readonly command?: string;
}

/**
 * A pod as the API told it. `seen`: it was there when the watch began. `terminating`: deletion was asked for (no stage of recovery).
 * `stopped`: its container's old id is gone. `gone`: the object is. `serving`, `notServing`: in or out of the EndpointSlice.
 */
export type PodStage =
  'seen' | 'created' | 'scheduled' | 'started' | 'ready' | 'notReady' | 'serving' | 'notServing' | 'terminating' | 'stopped' | 'gone';

export interface PodEvent extends OfRunner {
  readonly kind: 'pod';
  readonly stage: PodStage;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly owner?: ObjectOwner;
  readonly node?: string;
  readonly container?: string;
  /** The API's own stamp, milliseconds since the epoch: whole seconds. */
  readonly at?: number;
  /** Of `seen`: whether it was ready, and in the EndpointSlice. */
  readonly isReady?: boolean;
  readonly isServing?: boolean;
}

export interface NodeEvent extends OfRunner {
  readonly kind: 'node';
  readonly name: string;
  readonly ready: 'yes' | 'no' | 'unknown';
  readonly schedulable: boolean;
}

export interface AutoscalerEvent extends OfRunner {
  readonly kind: 'autoscaler';
  readonly namespace: string;
  readonly name: string;
  readonly current: number;
  readonly desired: number;
  /** Why it does not scale, in words. */
  readonly blocked?: string;
}

/** How many there are of what there should be: "ISR of messages/17", "Trino workers", "replicas of shard 2". */
export interface RedundancyEvent extends OfRunner {
  readonly kind: 'redundancy';
  readonly of: string;
  readonly have: number;
  readonly want: number;
  /** Below it writes are refused: min.insync.replicas. */
  readonly least?: number;
  /** Whoever told it was last heard to tell otherwise, ms of the run: it changed between then and `t`. Absent: it was not told before. */
  readonly since?: number;
}

/** `of`: "messages/17", or "controller". `null`: none is known. */
export interface LeaderEvent extends OfRunner {
  readonly kind: 'leader';
  readonly of: string;
  readonly leader: string | null;
  readonly epoch?: number;
}

/** From `t` on for `ms` nothing was heard of `of`: what happened meanwhile has no time of its own. */
export interface WatchGapEvent extends OfRunner {
  readonly kind: 'watchGap';
  readonly of: 'pods' | 'nodes' | 'autoscalers' | 'endpoints' | 'trino' | 'clickhouse' | 'kafka';
  readonly ms: number;
}

/** Of the cluster's real settings, before the fault. Milliseconds from `applied` until users are served again. */
export interface PredictionEvent extends OfRunner {
  readonly kind: 'prediction';
  readonly fault: number;
  readonly from: number;
  readonly to: number;
  /** "broker.session.timeout.ms 9 s + up to 1 s until the next metadata" */
  readonly formula: string;
  /** Two words for the lane: "session timeout". */
  readonly by: string;
}

export type MessageAnomaly = 'lost' | 'duplicate' | 'reordered' | 'rewritten';

/** What the checker found, once all partitions were read to their recorded ends, or could not be. */
export interface MessagesEvent extends OfRunner {
  readonly kind: 'messages';
  readonly topic: string;
  /** The way that they went. Absent: through port-forwards of the runner. */
  readonly path?: 'inCluster';
  /** Of the pod that wrote and read them. */
  readonly node?: string;
  readonly pod?: string;
  readonly acknowledged: number;
  readonly failed: number;
  readonly unknown: number;
  /** Of the unknown ones. */
  readonly unknownPresent: number;
  readonly lost: number;
  readonly duplicated: number;
  readonly redelivered: number;
  readonly reordered: number;
  /** Stretches of up to 256 offsets that are not as they were read live, or not where their messages were acknowledged. */
  readonly rewritten: number;
  /** Of the acknowledged ones: those in partitions that were judged. Absent: all. */
  readonly acknowledgedJudged?: number;
  /** Of the failed ones; absent: none. */
  readonly failedPresent?: number;
  /** Records that are none of the writer's, or not as they were sent; absent: none. */
  readonly foreign?: number;
  /** The loss is what the topic's settings allow: "min ISR 1, unclean election". */
  readonly asConfigured?: string;
  readonly notJudged: readonly { readonly partition: number; readonly why: string }[];
  /** The first of each kind, capped; the counts above are whole. */
  readonly anomalies: readonly {
    readonly kind: MessageAnomaly;
    readonly partition: number;
    readonly sequence: number;
    readonly offset?: number;
    readonly text: string;
  }[];
  /** From planned to acknowledged, and from planned to read live: HdrHistogram V2 of microseconds, base64. */
  readonly written?: string;
  readonly endToEnd?: string;
  /** Of the topic, as its cluster said. */
  readonly settings?: { readonly replicationFactor: number; readonly minInSync: number; readonly uncleanElection: boolean };
}

export type FaultRunEvent =
  | ClockEvent
  | VantageEvent
  | LimitsEvent
  | SampleEvent
  | LagEvent
  | FaultEvent
  | PodEvent
  | NodeEvent
  | AutoscalerEvent
  | RedundancyEvent
  | LeaderEvent
  | WatchGapEvent
  | PredictionEvent
  | MessagesEvent;
