import type { WireError } from '../base/errors.ts';

/**
 * What a runner can be told through its control socket: by the window or terminal that started it, and by any other that finds its
 * run. Calls go through `base/rpc.ts`, one JSON a line.
 */
export interface RunControl {
  /** The run's id: that the right one was reached. */
  run(): string;
  /** Ends the run as `stopped`; answers when that is in the journal and synced. */
  stop(): Promise<void>;
  /** Ends what is broken now, and nothing else: the run goes on to observe. The journal tells what came of it. */
  heal(): void;
  /**
   * This connection now keeps the run alive in place of the window that started it: while any adopter is connected (or the starter's
   * channel is), the runner does not end for want of an owner.
   */
  adopt(): void;
}

/** What the runner tells over the channel of its starter (IPC), beside writing its journal. */
export type RunnerMessage =
  /** The journal is there and its header is synced. */
  | { readonly kind: 'started' }
  /** There is no journal and no run: the plan is invalid, the disk is full. */
  | { readonly kind: 'refused'; readonly error: WireError }
  /** The end is in the journal, `summary.json` is written. */
  | { readonly kind: 'ended' };

/** What the starter tells over the same channel. */
export type StarterMessage = { readonly kind: 'stop' };

/** How long a run without an owner waits to be adopted. */
export const adoptWithinMs = 60_000;
