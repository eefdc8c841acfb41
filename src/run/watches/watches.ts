/** What a run hears of its cluster while it breaks something: what the runner needs of it. */
import type { ClusterConnection } from '../../cluster/connect/connection.ts';
import type { ClusterModel } from '../../cluster/recognise/model.ts';
import type {
  AutoscalerEvent,
  LeaderEvent,
  NodeEvent,
  PodEvent,
  PredictionEvent,
  RedundancyEvent,
  WatchGapEvent,
} from '../../journal/fault-events.ts';
import type { FaultPlan } from '../../journal/fault-plan.ts';

export type WatchTold = PodEvent | NodeEvent | AutoscalerEvent | RedundancyEvent | LeaderEvent | WatchGapEvent | PredictionEvent;

export interface WatchRequest {
  readonly connection: ClusterConnection;
  readonly plan: FaultPlan;
  /** Milliseconds of the run. */
  readonly nowMs: () => number;
  readonly onEvents: (events: readonly WatchTold[]) => void;
  readonly note: (text: string) => void;
}

export interface RunWatches {
  /**
   * ms of the run when Kubernetes' watches were heard last, by data or a bookmark: that of the one that was heard longest ago. An engine
   * that is silent is none of them: that is what a run measures, and the stages that it leaves in the dark are told as gaps.
   */
  readonly heardMs: number;
  /** As they are now: pods, engines, who leads. For what a step waits for, and for the target that is chosen when it begins. */
  model(): ClusterModel;
  /** `null`: nobody, or not known. The name of the leader's pod. */
  leaderOf(topic: string, partition: number): string | null;
  controller(): string | null;
  /** undefined: not known yet. */
  inSync(topic: string, partition: number): number | undefined;
  /** Resolves when something may be another than before. Fails: `cancelled`. */
  changed(signal: AbortSignal): Promise<void>;
  dispose(): Promise<void>;
}

/** Resolves when all that is watched was seen once, with its `seen` events and its predictions told. Fails as a request does. */
export type StartWatches = (request: WatchRequest, signal: AbortSignal) => Promise<RunWatches>;
