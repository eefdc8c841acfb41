/** A local port that leads into a pod, and on to another one when the pod is gone. */
import { openForward } from '../../../src/cluster/act/forward.ts';
import type { PodsTarget } from '../../../src/cluster/act/target.ts';
import type { Bounds, Scope } from './wait.ts';

export type ForwardTarget = { readonly pod: string } | { readonly service: string } | { readonly labelSelector: string };

export interface Forward {
  /** On 127.0.0.1. */
  readonly port: number;
  readonly url: string;
  close(): Promise<void>;
}

/** `port`: of the container, or of the service. */
export async function portForward(scope: Scope, target: ForwardTarget, port: number, bounds: Bounds = {}): Promise<Forward> {
  const signal = AbortSignal.any([scope.signal, ...(bounds.signal === undefined ? [] : [bounds.signal])]);
  const { timeoutMs } = bounds;
  return openForward(
    await scope.api.connection(),
    { namespace: scope.namespace, target: targetOf(target), port },
    { signal, ...(timeoutMs === undefined ? {} : { podWaitMs: timeoutMs }) },
  );
}

function targetOf(target: ForwardTarget): PodsTarget {
  if ('pod' in target) return { kind: 'pod', name: target.pod };
  if ('service' in target) return { kind: 'service', name: target.service };
  return { kind: 'selector', labelSelector: target.labelSelector };
}
