/**
 * What a run is going to do, whole and resolved: the runner needs nothing else, and a journal's header keeps it.
 * A spec file, a right-click and a command line all become this. Browser-safe (types only); `run/spec` makes and checks it.
 */

import type { ServerEngine, ServerTarget } from '../base/target.ts';
import type { FaultPlan } from './fault-plan.ts';

export interface RunPlan {
  readonly name: string;
  /** One engine; or two, A and B, between which every statement alternates. None where nothing but probes asks (load `none`). */
  readonly arms: readonly Arm[];
  /** In the order in which a pass runs them. An operation names its statement by its index here. */
  readonly statements: readonly PlannedStatement[];
  readonly load: Load;
  /** Before the measured part; its operations are in the journal, marked, and in no figure. */
  readonly warmUp?: WarmUp;
  /** Of one statement: then it is stopped, and counts as failed with `timedOut`. */
  readonly timeoutMs: number;
  readonly expectations: readonly Expectation[];
  readonly abortRules: readonly AbortRule[];
  /** Of every random choice: the same plan with the same seed has the same arrivals. */
  readonly seed: number;
  /** The spec file's text, where there is one: what a person wrote is found again with the run. */
  readonly specText?: string;
  /** What the run breaks. Without it it is a benchmark. */
  readonly fault?: FaultPlan;
}

export interface Arm {
  /** "A", "B"; of a run with one arm its engine. */
  readonly label: string;
  readonly engine: 'duckdb' | ServerEngine;
  readonly target: PlanTarget;
  /** 0: as many as the machine has; and of a server, which has its own. */
  readonly threads: number;
  /** 0: a quarter of the machine's memory; and of a server. */
  readonly memoryLimitBytes: number;
}

/** A data set is named by its scale alone: the runner finds it, or makes it. `path` is absolute. */
export type PlanTarget =
  { readonly kind: 'tpch'; readonly scale: number } | { readonly kind: 'file'; readonly path: string } | ServerTarget;

export interface PlannedStatement {
  /** "q01", "top-customers": unique in a plan, shown in every table. */
  readonly name: string;
  readonly sql: string;
  /** A pass runs it that many times: a positive whole number. */
  readonly weight: number;
  /** 1 to 22 where this is that query of TPC-H with its validation parameters, so that its answer is known. */
  readonly tpchQuery?: number;
  /** The same question in the words of an engine that does not take `sql`. */
  readonly variants?: { readonly [engine in Arm['engine']]?: string };
}

/** `none`: only of a run that breaks something, whose clients are its probes. */
export type Load = DrivenLoad | { readonly kind: 'none' };

export type DrivenLoad =
  /** Each client sends its next statement when the answer of the one before is there and the think time is over. */
  | {
      readonly kind: 'closed';
      readonly clients: number;
      /** Passes over the statements that each client makes. */
      readonly iterations?: number;
      /** Of the measured part: no client begins a statement after it. One of the two is there; of both, what comes first ends it. */
      readonly durationMs?: number;
      readonly thinkTimeMs: number;
      readonly order: PassOrder;
    }
  /** Statements arrive at a rate, whether or not those before have ended. */
  | {
      readonly kind: 'open';
      readonly ratePerSecond: number;
      readonly arrivals: 'uniform' | 'poisson';
      readonly durationMs: number;
      /** Statements at the engine at one time; what arrives beyond waits in a queue. */
      readonly maxInFlight: number;
      /** What arrives when this many wait already is dropped: never sent, and counted. */
      readonly maxQueued: number;
      readonly order: PassOrder;
    };

/** `listed`: as in the plan; `shuffled`: anew for each pass and client, by the seed. The power order of TPC-H is a listed one. */
export type PassOrder = 'listed' | 'shuffled';

export type WarmUp =
  { readonly kind: 'iterations'; readonly iterations: number } | { readonly kind: 'duration'; readonly durationMs: number };

/** Three durations of one operation: response = wait + service. */
export type Curve = 'response' | 'service' | 'wait';

export type Metric =
  /** Milliseconds. `percentile` 0 to 1: 0.5 is the median; 1 is the maximum. */
  | { readonly kind: 'latency'; readonly curve: Curve; readonly percentile: number; readonly statement?: string }
  /** Failed (wrong answers too) of those sent: 0 to 1. */
  | { readonly kind: 'errors' }
  /** Dropped of those planned: 0 to 1. */
  | { readonly kind: 'dropped' }
  /** Ok answers a second. */
  | { readonly kind: 'throughput' }
  /** Wrong answers: a count. `answers ok` is `<= 0`. */
  | { readonly kind: 'answers' }
  | RecoveryMetric;

/** Figures of a run that breaks something; the definitions are those of `analysis/recovery`. */
export type RecoveryMetric =
  /** Milliseconds from *applied*; of `rejoin` from *heal confirmed*. What never came within the observation has no number. */
  | { readonly kind: 'recovery'; readonly of: RecoveryMoment }
  /** Milliseconds: the sum of all bad intervals. */
  | { readonly kind: 'unavailable' }
  /** Bad spells after a first good answer: a count. */
  | { readonly kind: 'relapses' }
  /** Of the judged samples: 0 to 1. `bad`: the four others together. */
  | { readonly kind: 'probes'; readonly of: ProbeFigure }
  /** Of the Kafka checker: a count. */
  | { readonly kind: 'messages'; readonly of: MessageFigure };

export type RecoveryMoment = 'detected' | 'firstGood' | 'recovered' | 'baseline' | 'failover' | 'rejoin' | 'pod' | 'redundancy';
export type ProbeFigure = 'failed' | 'slow' | 'unknown' | 'wrong' | 'bad';
export type MessageFigure = 'lost' | 'duplicated' | 'redelivered' | 'reordered' | 'rewritten' | 'unknown';

export interface Expectation {
  /** As the person wrote it: "latency.p99 <= 2 s". */
  readonly text: string;
  readonly metric: Metric;
  readonly comparison: '<=' | '<' | '>=' | '>';
  /** In the metric's unit. */
  readonly limit: number;
  /** Not written by the person: holds for every run (`answers ok`, no errors, nothing dropped). */
  readonly implied?: boolean;
}

/** Ends the run as soon as the expectation's opposite has held over the newest window. */
export interface AbortRule {
  /** "errors > 20 % over 10 s" */
  readonly text: string;
  readonly metric: Metric;
  readonly comparison: '<=' | '<' | '>=' | '>';
  readonly limit: number;
  /** 0: since the fault began (`unavailable > 20 s`). */
  readonly overMs: number;
}
