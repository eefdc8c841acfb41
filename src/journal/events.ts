/**
 * A journal: a header line, then one event a line (NDJSON), only ever appended. Browser-safe (types only).
 *
 * `t` is milliseconds with fractions since the run's start, on the monotonic clock of `src`. Lines stand in the order in which things
 * became known: an operation is written when it has ended, and its `t` is when it was planned.
 */
import type { ServerPath } from '../base/target.ts';
import type { OperationError } from './failure.ts';
import type { FaultRunEvent, ProbeSource } from './fault-events.ts';
import type { RunPlan } from './plan.ts';

export type { OperationError } from './failure.ts';

/**
 * A reader refuses a newer one with a clear text, and reads every older one. 2: an arm's target may be a server. 3: a run may break
 * something; then it may be without a load, and has probes as sources.
 */
export const journalFormat = 3;

export interface JournalHeader {
  readonly faultline: number;
  /** The run's id, which is its folder's name too. */
  readonly run: string;
  /** Milliseconds since the epoch at `t` = 0, by the wall clock of the runner. */
  readonly startedAt: number;
  readonly plan: RunPlan;
  readonly environment: Environment;
}

export interface Environment {
  readonly faultline: string;
  /** "v24.21.0" */
  readonly node: string;
  /** "linux x64 6.1.0" */
  readonly system: string;
  /** "AMD EPYC 7B13" */
  readonly processor: string;
  readonly processors: number;
  readonly memoryBytes: number;
  /** Of the folder that the run was started for: "3f2a91c" or "3f2a91c, changed". */
  readonly gitRevision?: string;
}

/** A probe's events are on the probe's own clock. */
export type Source = 'runner' | ProbeSource;

/** Of the runner's own events. */
interface Timed {
  readonly t: number;
  readonly src: 'runner';
}

/** `ok`: as an independent answer says; `repeatable`: as this engine answered before; `unchecked`: nothing to compare with. */
export type AnswerOutcome = 'ok' | 'wrong' | 'repeatable' | 'unchecked';

/** The engine of an arm is open: what it really is. */
export interface EngineEvent extends Timed {
  readonly kind: 'engine';
  readonly arm: number;
  /** "DuckDB 1.5.5" */
  readonly title: string;
  readonly version: string;
  /** "TPC-H 0.01" */
  readonly target: string;
  /** 0: of a server. */
  readonly threads: number;
  readonly memoryLimitBytes: number;
  /** The way that statements took to a server: it is part of every response time. */
  readonly path?: ServerPath;
}

/** `draining`: all is sent, answers are waited for. `t` is when the phase began. */
export interface PhaseEvent extends Timed {
  readonly kind: 'phase';
  readonly phase: 'preparing' | 'warmUp' | 'measuring' | 'draining';
  /** Before it is measured: "making TPC-H 1, 42 %". */
  readonly text?: string;
  /**
   * Operations that the phase will plan, and its length, where that is known before. With a length clients may plan fewer: then
   * `draining` says in `planned` how many the measured part has planned.
   */
  readonly planned?: number;
  readonly durationMs?: number;
}

/** One operation that has ended. `t`: planned start. `t + wait`: sent to the engine. `t + wait + service`: last row received. */
export interface OperationEvent extends Timed {
  readonly kind: 'op';
  readonly q: number;
  /** Absent in a run with one arm. */
  readonly arm?: number;
  readonly wait: number;
  readonly service: number;
  /** Only if it succeeded. */
  readonly rows?: number;
  readonly answer?: AnswerOutcome;
  /** Only if it failed. A wrong answer is an `answer`, and counts as failed too. */
  readonly error?: OperationError;
  readonly warmUp?: true;
}

/**
 * Operations without an error (wrong answers are single events) of one statement that were *planned* in [t, t + ms), where single
 * events would be too many (above 200 a second). Each curve is an HdrHistogram, V2 compressed, base64, in whole microseconds.
 */
export interface HistogramEvent extends Timed {
  readonly kind: 'histogram';
  readonly q: number;
  readonly arm?: number;
  readonly ms: number;
  readonly count: number;
  /** Of the last answer. */
  readonly rows: number;
  readonly answers: Readonly<Partial<Record<Exclude<AnswerOutcome, 'wrong'>, number>>>;
  readonly response: string;
  readonly service: string;
  readonly wait: string;
  readonly warmUp?: true;
}

/** Planned in [t, t + ms) and never sent. */
export interface DroppedEvent extends Timed {
  readonly kind: 'dropped';
  readonly q: number;
  readonly arm?: number;
  readonly count: number;
  readonly ms: number;
  readonly warmUp?: true;
}

/** The first wrong answer of a statement, row by row. `expected` and `got` are the engine's exact text. */
export interface AnswerEvent extends Timed {
  readonly kind: 'answer';
  readonly q: number;
  readonly arm?: number;
  readonly rowsExpected: number;
  readonly rowsGot: number;
  readonly differences: readonly {
    readonly row: number;
    readonly column: string;
    readonly rule: string;
    readonly expected: string | null;
    readonly got: string | null;
  }[];
}

/** About once a second: how well the driver kept its own time since the event before. */
export interface DriverEvent extends Timed {
  readonly kind: 'driver';
  /** Planned → the pacer acted on it (sent it, queued it, dropped it): HdrHistogram as above, whole microseconds. */
  readonly lag: string;
  /** The busier of the driver's two event loops, 0 to 1. */
  readonly busy: number;
  /** Own CPU of the driver's process, the embedded engine in it included: cores. */
  readonly cores: number;
  readonly inFlight: number;
  readonly queued: number;
  /** Milliseconds since the epoch: a clock that was set, and a machine that slept, show against `t`. */
  readonly wallMs: number;
}

/** The driver itself stood still from `t` for `ms`: the machine slept, or the process was stopped. */
export interface GapEvent extends Timed {
  readonly kind: 'gap';
  readonly ms: number;
}

/** Something that a reader of the run should know: "answers above 100,000 rows are not checked". */
export interface NoteEvent extends Timed {
  readonly kind: 'note';
  readonly text: string;
}

export type RunEnd =
  | 'finished'
  /** By a person. */
  | 'stopped'
  /** By an abort rule. */
  | 'aborted'
  /** It could not be carried out: `error` says why. */
  | 'failed'
  /** Who started it went, and nobody came for it. */
  | 'interrupted';

export interface EndEvent extends Timed {
  readonly kind: 'end';
  readonly how: RunEnd;
  /** Of `aborted`: the rule's text and what was measured; of `failed`: the error's text. */
  readonly reason?: string;
  readonly error?: OperationError;
}

/** What every run has. */
export type LoadRunEvent =
  EngineEvent | PhaseEvent | OperationEvent | HistogramEvent | DroppedEvent | AnswerEvent | DriverEvent | GapEvent | NoteEvent | EndEvent;

export type JournalEvent = LoadRunEvent | FaultRunEvent;
