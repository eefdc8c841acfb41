/**
 * Every bound of a spec, in one place. They refuse slips (a thousand million iterations, a file of another kind), not work:
 * what a machine of today can do in a day is inside of them.
 */

/** The format this Faultline reads and writes: `faultline: 1`. */
export const specFormat = 1;

export const specLimits = {
  /** Of a spec's text. Statements that are longer belong in files. */
  maxSpecCharacters: 256_000,
  /** Of one statement file. */
  maxStatementFileBytes: 1_000_000,
  maxStatements: 500,
  /** Of a run's name. */
  maxTitleCharacters: 100,
  /** Of a statement's. */
  maxNameCharacters: 60,
  maxWeight: 1_000,
  /** The embedded engine runs each statement on a thread of its own, of which a process has 256. */
  maxConcurrent: 250,
  maxThreads: 256,
  maxQueued: 1_000_000,
  maxRatePerSecond: 50_000,
  /** Planned by one run, its warm-up included: 50,000 a second for three minutes, 100 a second for a day. */
  maxOperations: 10_000_000,
  maxDurationMs: 24 * 3_600_000,
  /** Of a load that goes on as long as its run breaks and watches. */
  maxFaultRunMs: 2 * 3_600_000,
  maxThinkTimeMs: 3_600_000,
  minTimeoutMs: 1,
  maxTimeoutMs: 24 * 3_600_000,
  minMemoryBytes: 64_000_000,
  maxMemoryBytes: 2 ** 44,
  minAbortWindowMs: 1_000,
  maxRules: 100,
  maxSeed: 2 ** 32 - 1,
  /** A file with more is of another kind, or a slip of its indentation. */
  maxProblems: 100,
} as const;

/** What holds where a spec says nothing. */
export const specDefaults = {
  clients: 1,
  /** The fewest with a median. */
  iterations: 3,
  thinkTimeMs: 0,
  arrivals: 'uniform',
  maxInFlight: 64,
  maxQueued: 1_000,
  order: 'listed',
  /** `timeoutMs` as it is written. */
  timeout: '5 min',
  timeoutMs: 300_000,
  seed: 42,
} as const;

/** Of runs that break something. */
export const faultLimits = {
  maxFaults: 20,
  maxProbes: 10,
  maxProbesPerSecond: 1_000,
  maxMessagesPerSecond: 100_000,
  baseline: { from: 1_000, to: 3_600_000 },
  observe: { from: 1_000, to: 3_600_000 },
} as const;

export const faultDefaults = {
  topic: 'faultline-messages',
  partitions: 24,
  replicationFactor: 3,
  minInSync: 2,
  /** Small clusters carry it too: one that has no room for what is measured is not measured. */
  messagesPerSecond: 50,
  /** Shorter ones have no steady baseline, and can't tell relapses. */
  baselineMs: 60_000,
  observeMs: 60_000,
  conditionWithinMs: 60_000,
  recovery: { ratio: 1, windowMs: 10_000, windowSamples: 100 },
} as const;

/**
 * Probes a second of each vantage where none is written. A query of Trino that asks every worker is work for all of them: 20/s of it from
 * each of two vantages bring a small cluster to where its coordinator no longer answers its own liveness probe, and the probe would be
 * the fault.
 */
export function probesPerSecondOf(engine: string): number {
  return engine === 'trino' ? 3 : 20;
}
