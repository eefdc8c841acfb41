/** What the projections of a run answer: everything that a panel, a report, a table in a terminal and a verdict need. Plain data. */
import type { ServerPath } from '../base/target.ts';
import type { AnswerEvent, AnswerOutcome, Environment, PhaseEvent, RunEnd } from '../journal/events.ts';
import type { Curve, Expectation, RunPlan } from '../journal/plan.ts';
import type { RecoveryOutcome } from './recovery/outcome.ts';

/** `running` and `interrupted` tell apart by the lease, which is not in the journal: who projects says which. */
export type RunStatus = 'running' | RunEnd;

export type Verdict = 'passed' | 'failed' | 'inconclusive';

/** Operations of the measured part that a figure is made of. Absent fields: all. Times are planned starts, ms of the run. */
export interface Selection {
  readonly statement?: number;
  readonly arm?: number;
  readonly fromMs?: number;
  readonly toMs?: number;
}

/** planned = ok + failed + dropped, in every run that ended; while it runs the rest is `underway`. */
export interface Counts {
  readonly planned: number;
  readonly ok: number;
  /** Errors and wrong answers. */
  readonly failed: number;
  readonly dropped: number;
  readonly underway: number;
  readonly errors: number;
  readonly wrong: number;
  /** By `OperationError.reason`, most frequent first. */
  readonly errorsByReason: readonly { readonly reason: string; readonly text: string; readonly count: number }[];
}

/** Milliseconds, of operations that answered (a wrong answer has a latency; an error has none). null: too few samples. */
export interface Percentiles {
  readonly count: number;
  readonly p50: number | null;
  readonly p90: number | null;
  readonly p95: number | null;
  readonly p99: number | null;
  readonly p999: number | null;
  readonly max: number | null;
}

export interface HistogramBin {
  readonly fromMs: number;
  readonly toMs: number;
  readonly count: number;
}

/** One point of a percentile curve. `few`: fewer than 5 samples lie beyond. */
export interface CurvePoint {
  /** 0 to 1 */
  readonly quantile: number;
  readonly ms: number;
  readonly few: boolean;
}

/** A matrix of counts, and the percentiles of each column that has enough samples. */
export interface OverTime {
  readonly stepMs: number;
  readonly fromMs: number;
  /** Edges of the rows in ms, ascending, logarithmic: one more than there are rows. */
  readonly edgesMs: readonly number[];
  readonly columns: readonly {
    readonly fromMs: number;
    /** By row. */
    readonly counts: readonly number[];
    readonly p50: number | null;
    readonly p99: number | null;
    readonly failed: number;
    readonly dropped: number;
  }[];
  /** null: too few samples for any. */
  readonly tail: Tail | null;
}

/** The highest of p99, p95 and p90 that some steps of whole columns have enough samples for. */
export interface Tail {
  readonly quantile: number;
  readonly steps: readonly { readonly fromMs: number; readonly toMs: number; readonly ms: number | null }[];
}

export interface StatementView {
  readonly index: number;
  readonly name: string;
  readonly counts: Counts;
  /** Of the last answer; null before the first. */
  readonly rows: number | null;
  /** The worst that was seen: wrong before unchecked before repeatable before ok; null before the first answer. */
  readonly answer: AnswerOutcome | null;
  readonly response: Percentiles;
  /** p90 of response in up to 24 equal spans of the measured part; null where there are too few samples. */
  readonly p90OverTime: readonly (number | null)[];
  /** The first wrong answer, row by row. */
  readonly difference?: AnswerEvent;
}

export interface DriverView {
  readonly valid: boolean;
  /** Why not: "driver lag p99 was 14 ms, the limit is 9 ms". */
  readonly reason: string | null;
  readonly lagP99Ms: number | null;
  /** The larger of 5 % of the response median and 2 ms. */
  readonly lagLimitMs: number;
  /** Highest of the measured part, 0 to 1. */
  readonly busy: number | null;
  /** 0.8 */
  readonly busyLimit: number;
  readonly gaps: readonly { readonly atMs: number; readonly ms: number }[];
}

export interface ExpectationView {
  readonly expectation: Expectation;
  readonly outcome: 'met' | 'broken' | 'unknown';
  /** In the metric's unit; null when nothing can be said. */
  readonly measured: number | null;
  /** "p99 was 3.15 s, the limit is 2 s" */
  readonly text: string;
}

export interface TpchPower {
  /** "derived from TPC-H: power of 22 queries without refresh functions (22nd root)" */
  readonly label: string;
  /** 3600 · SF / geometric mean of the 22 durations in seconds, median of the passes. */
  readonly value: number;
  readonly passes: number;
}

export interface ArmView {
  readonly label: string;
  readonly title: string;
  readonly version: string;
  readonly target: string;
  /** 0: of a server, or of an engine that was never opened. */
  readonly threads: number;
  readonly memoryLimitBytes: number;
  /** Of a server. */
  readonly path?: ServerPath;
}

/** What does not depend on a selection. */
export interface RunView {
  readonly run: string;
  readonly name: string;
  readonly plan: RunPlan;
  readonly environment: Environment;
  readonly startedAt: number;
  readonly status: RunStatus;
  readonly phase: PhaseEvent | null;
  /** null while it runs. */
  readonly verdict: Verdict | null;
  /** One sentence with the figure and its limit. Always there, while it runs too. */
  readonly reason: string;
  readonly expectations: readonly ExpectationView[];
  readonly arms: readonly ArmView[];
  /** Measured part: begin and end in ms of the run; the end is the newest event while it runs. null before it began. */
  readonly measured: { readonly fromMs: number; readonly toMs: number } | null;
  /** Of the whole run so far. */
  readonly durationMs: number;
  readonly counts: Counts;
  /** Ok answers a second in the measured part. */
  readonly throughputPerSecond: number | null;
  readonly response: Percentiles;
  readonly driver: DriverView;
  readonly statements: readonly StatementView[];
  readonly tpchPower: TpchPower | null;
  readonly notes: readonly string[];
  /** Lines of the journal that were no events: torn or strange. */
  readonly skippedLines: number;
  /** Of a run that breaks something; the whole of it is `RunProjection.recoveryView`. */
  readonly recovery?: RecoveryOutcome;
}

/** What a selection changes. */
export interface LatencyView {
  readonly selection: Selection;
  readonly counts: Counts;
  readonly percentiles: Readonly<Record<Curve, Percentiles>>;
  readonly bins: readonly HistogramBin[];
  readonly curves: Readonly<Record<Curve, readonly CurvePoint[]>>;
}

/** One run in one line: the Runs view, `faultline runs`, `--json`. Kept beside the journal, made again when it is not there. */
export interface RunSummary {
  readonly run: string;
  readonly name: string;
  readonly startedAt: number;
  readonly durationMs: number;
  readonly status: RunStatus;
  readonly verdict: Verdict | null;
  readonly reason: string;
  /** "DuckDB 1.5.5" */
  readonly engine: string;
  /** "duckdb"; of two arms both: "duckdb, trino". */
  readonly engineKind: string;
  readonly scale: number | null;
  readonly planned: number;
  readonly ok: number;
  readonly failed: number;
  readonly dropped: number;
  readonly driver: { readonly lagP99Ms: number | null; readonly valid: boolean };
  readonly latencyMs: {
    readonly p50: number | null;
    readonly p95: number | null;
    readonly p99: number | null;
    readonly max: number | null;
  };
  /** Of a run that breaks something. */
  readonly recovery?: RecoveryOutcome;
  readonly queries: readonly {
    readonly query: string;
    readonly rows: number | null;
    readonly answer: AnswerOutcome | null;
    readonly count: number;
    readonly errors: number;
    readonly latencyMs: {
      readonly p50: number | null;
      readonly p95: number | null;
      readonly p99: number | null;
      readonly max: number | null;
    };
  }[];
}

/** One statement of A and B. Response medians in ms with their 95 % intervals; ratio is A / B: below 1, A is faster. */
export interface ComparedStatement {
  readonly name: string;
  readonly a: MedianInterval | null;
  readonly b: MedianInterval | null;
  /** A / B: the median of all ratios of an A to a B (Hodges and Lehmann), with the 95 % interval that the rank test leaves. null: below 4 a side. */
  readonly ratio: { readonly value: number; readonly low: number; readonly high: number } | null;
  /** Of the rank test, two-sided; not corrected for the number of statements, which `finding` is. */
  readonly p: number | null;
  /** Cliff's delta: -1 (all of A faster) to 1. */
  readonly effect: number | null;
  /** `unsaid` is the `~`: too few samples, or no difference that the rank test can tell. The rules are those of `compare.ts`. */
  readonly finding: 'faster' | 'slower' | 'unsaid';
}

export interface MedianInterval {
  readonly count: number;
  readonly median: number;
  /** null: fewer samples than an interval needs. */
  readonly low: number | null;
  readonly high: number | null;
}

export interface Comparison {
  readonly a: { readonly run: string; readonly label: string };
  readonly b: { readonly run: string; readonly label: string };
  readonly interleaved: boolean;
  /** Samples a side of the statement with the fewest. */
  readonly roundsA: number;
  readonly roundsB: number;
  readonly statements: readonly ComparedStatement[];
  /** Geometric mean of the ratios of those with 10 samples a side, with its 95 % interval; null when nothing can be said. */
  readonly geometricMean: { readonly ratio: number; readonly low: number; readonly high: number } | null;
  readonly finding: 'faster' | 'slower' | 'unsaid';
  /** "A is 4.6 % faster (95 %: 3.3 to 5.9 %)" */
  readonly text: string;
  /** What else differed: "threads: 2 and 4". Empty: the environments are the same. */
  readonly differences: readonly string[];
}
