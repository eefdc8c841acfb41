/** How far a workload is, and why it is not further. Plain data for texts, trees and panels. */

export type StuckKind = 'unschedulable' | 'volume' | 'image' | 'config' | 'crash' | 'probe' | 'quota' | 'admission' | 'node' | 'rollout';

export interface Stuck {
  readonly kind: StuckKind;
  /** `demo-web-5d9f-x7k2p`, or the workload where no pod could be made. */
  readonly object: string;
  /** One sentence: which resource is short on which nodes, which image, the probe's last output. */
  readonly text: string;
  /** Last log lines of a container that ended, newest last. */
  readonly log?: readonly string[];
}

export interface WorkloadProgress {
  /** `Deployment/web` */
  readonly name: string;
  readonly kind: string;
  readonly namespace: string;
  readonly desired: number;
  readonly ready: number;
  /** Of the newest revision. */
  readonly updated: number;
  readonly isReady: boolean;
  /** Worst first. */
  readonly stuck: readonly Stuck[];
}

/** Names of jobs that were waited for and are not any more; `waiting` is kept from one call to the next. */
export function endedJobs(waiting: Set<string>, now: readonly WorkloadProgress[]): readonly string[] {
  const open = new Set(now.filter(({ kind, isReady }) => kind === 'Job' && !isReady).map(({ name }) => name));
  const ended = [...waiting].filter((name) => !open.has(name));
  for (const name of ended) waiting.delete(name);
  for (const name of open) waiting.add(name);
  return ended;
}
