/** Time as an edge: passed in, so that a test decides what o'clock it is. */
export interface Clock {
  /** Milliseconds with fractions on this process's monotonic clock. */
  readonly monotonicMs: () => number;
  /** Milliseconds since the epoch, by the wall clock. */
  readonly wallMs: () => number;
}

export const systemClock: Clock = {
  monotonicMs: () => performance.now(),
  wallMs: () => Date.now(),
};
