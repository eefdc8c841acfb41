/**
 * What a spec, a form or a command line asks to break, before it is looked up in a cluster: selectors in place of targets, and whatever
 * may be left out left out. A preview makes planned faults of it. Browser-safe (types only).
 */
import type { EngineKind, EngineRole } from '../cluster/recognise/model.ts';
import type {
  FaultCondition,
  FaultSettings,
  PlannedImages,
  MessagesPlace,
  PlannedAccess,
  PlannedMessages,
  PlannedProbe,
  RecoveryRule,
} from '../journal/fault-plan.ts';

export interface FaultDraft {
  readonly cluster: DraftCluster;
  readonly faults: readonly DraftFault[];
  readonly probes: readonly DraftProbe[];
  readonly messages?: DraftMessages;
  readonly baselineMs: number;
  readonly observeMs: number;
  readonly recovery: RecoveryRule;
  /** Absent: those of the person's settings, or `defaultImages`. */
  readonly images?: Partial<PlannedImages>;
}

export interface DraftCluster {
  /** Absent: the one at which the run is begun. */
  readonly context?: string;
  /** Absolute path. */
  readonly kubeconfig?: string;
  /** Where engines and pods are looked for; absent: in all namespaces. */
  readonly namespace?: string;
}

export interface DraftFault {
  readonly settings: FaultSettings;
  /** Only `none` may have no target. */
  readonly target?: TargetSelector;
  /** Of those that last; absent: the kind's default. */
  readonly durationMs?: number;
  readonly when?: FaultCondition;
  /** What a person has allowed by name, beyond what is always allowed. */
  readonly allow: readonly FaultFlag[];
}

/**
 * `several`: more than one target. `beyondMinority`: half of a quorum or more. `againstBudget`: what a disruption budget forbids.
 * `dataLoss`: what an emptyDir holds, claims that are deleted, and pods that nobody brings back.
 */
export type FaultFlag = 'several' | 'beyondMinority' | 'againstBudget' | 'dataLoss';

export interface TargetSelector {
  readonly by: TargetBy;
  /** One where it is left out. */
  readonly amount?: TargetAmount;
  readonly namespace?: string;
  /** Of a pod, where not its engine's container is meant. */
  readonly container?: string;
}

export type TargetAmount =
  | { readonly kind: 'count'; readonly count: number }
  /** 0 to 1; rounded down, and at least one. */
  | { readonly kind: 'share'; readonly share: number };

export type TargetBy =
  /** `uid`: this very one, not one that took its name. */
  | { readonly kind: 'object'; readonly object: TargetObject; readonly name: string; readonly uid?: string }
  /** As kubectl's `-l`. */
  | { readonly kind: 'labels'; readonly labels: string }
  /** `instance`: its name, needed where there are several. */
  | { readonly kind: 'role'; readonly engine: EngineKind; readonly instance?: string; readonly role?: EngineRole }
  | { readonly kind: 'controller'; readonly instance?: string }
  | { readonly kind: 'leader'; readonly topic: string; readonly partition: number; readonly instance?: string }
  /** A worker of Trino or Presto that runs tasks now: the one with the most. */
  | { readonly kind: 'busyWorker'; readonly instance?: string }
  | { readonly kind: 'replica'; readonly shard: string; readonly instance?: string };

export type TargetObject = 'Pod' | 'Node' | 'Deployment' | 'StatefulSet' | 'DaemonSet';

export interface DraftMessages extends Omit<PlannedMessages, 'place'>, PlannedAccess {
  /** Absent: the Service of the Kafka that is hit, or of the only one. */
  readonly address?: MessagesPlace['address'];
}

/** Without a login: the one that the engine's own pods name. */
export interface DraftProbe extends PlannedAccess {
  readonly engine: PlannedProbe['engine'];
  /** Absent: the Service of the instance. */
  readonly address?: string;
  readonly instance?: string;
  readonly namespace?: string;
  /** Absent: one of each. */
  readonly connection?: PlannedProbe['connection'];
  readonly asks?: string;
  readonly perSecond: number;
}
