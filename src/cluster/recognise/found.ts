/** What belongs to one installation of an engine, before it is judged. */
import type { Pod, Workload } from '../objects.ts';
import type { CustomResource } from './kinds.ts';
import type { EngineKind, EngineRole, ObjectRef, PodLine, Recognition } from './model.ts';

export interface Found {
  readonly id: string;
  readonly engine: EngineKind;
  readonly namespace: string;
  readonly instance: string;
  readonly variant?: string;
  /** By their place: shard, replica, name. */
  readonly pods: readonly { readonly pod: Pod; readonly line: PodLine }[];
  readonly workloads: readonly { readonly workload: Workload; readonly ref: ObjectRef; readonly role: EngineRole }[];
  readonly recognition?: Recognition;
  readonly resource?: CustomResource & { readonly ref: ObjectRef };
  /** Nodes that an operator's resource asks for, by role. */
  readonly asked: ReadonlyMap<EngineRole, number>;
}
