/** An engine that is asked again and again how much of it there is. */
import type { ClusterConnection } from '../../../cluster/connect/connection.ts';
import type { EngineInstance } from '../../../cluster/recognise/model.ts';
import type { RedundancyEvent } from '../../../journal/fault-events.ts';
import type { Hearing } from '../hearing.ts';

export interface EngineParts {
  readonly connection: ClusterConnection;
  readonly hearing: Hearing;
  /** Who asks a Trino or Presto; absent: nobody in particular. */
  readonly user?: string;
  readonly nowMs: () => number;
  /** As it is now; undefined: not there at the moment. */
  readonly now: (id: string) => EngineInstance | undefined;
  /** It is the only one of its kind that is watched. */
  readonly isOnly: (instance: EngineInstance) => boolean;
  readonly tell: (events: readonly RedundancyEvent[]) => void;
  /** Fails with `cancelled` when the signal aborts. */
  readonly pause: (ms: number, signal: AbortSignal) => Promise<void>;
}

export interface EnginePoll {
  /** Resolves with the first answer. */
  begin(signal: AbortSignal): Promise<void>;
  dispose(): Promise<void>;
}

/** Fails as its beginning; then nothing of it is left. */
export async function begun(poll: EnginePoll, signal: AbortSignal): Promise<EnginePoll> {
  try {
    await poll.begin(signal);
    return poll;
  } catch (error) {
    await poll.dispose();
    throw error;
  }
}
