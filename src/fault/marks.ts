/** What stands on everything that we make or change in a cluster: whose it is, and until when. */
import type { ClusterConnection } from '../cluster/connect/connection.ts';

/** Name of the run. */
export const runMark = 'faultline.dev/run';
/** RFC 3339, by the API server's clock: after it, it is over, and whoever finds it may remove it. */
export const deadlineMark = 'faultline.dev/deadline';
/** On an object that a fault has changed: JSON of `Undo`. */
export const undoMark = 'faultline.dev/undo';
export const managedBy = { 'app.kubernetes.io/managed-by': 'faultline' } as const;
/** Field manager of our writes. */
export const fieldManager = 'faultline';

export function timeText(atMs: number): string {
  return new Date(atMs).toISOString();
}

/** Of a deadline by our clock, as it stands in the cluster: by the clock that all who judge it share. */
export function deadlineText(connection: Pick<ClusterConnection, 'serverAheadMs'>, deadlineMs: number): string {
  return timeText(deadlineMs + connection.serverAheadMs());
}

/** Whoever wrote it knew that clock to a second, as we do. */
const marginMs = 2000;

/** A deadline in the cluster, whoever wrote it. `nowMs`: by our clock. What says none is not ours to judge: it is not over. */
export function isPast(connection: Pick<ClusterConnection, 'serverAheadMs'>, deadline: string | undefined, nowMs: number): boolean {
  return nowMs + connection.serverAheadMs() >= Date.parse(deadline ?? '') + marginMs;
}

/** Label of everything that a healer is made of. */
export const healerLabel = { 'faultline.dev/kind': 'healer' } as const;
/** Label of everything that vantages are made of. */
export const probeLabel = { 'faultline.dev/kind': 'probe' } as const;
/** Of Kafka's probes, as a plan has it: each run has one of its own, whose name begins like this. */
export const probeTopic = 'faultline-probe';
