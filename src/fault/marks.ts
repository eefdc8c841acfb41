/** What stands on everything that we make or change in a cluster: whose it is, and until when. */

/** Name of the run. */
export const runMark = 'faultline.dev/run';
/** RFC 3339: after it, it is over, and whoever finds it may remove it. */
export const deadlineMark = 'faultline.dev/deadline';
/** On an object that a fault has changed: JSON of `Undo`. */
export const undoMark = 'faultline.dev/undo';
export const managedBy = { 'app.kubernetes.io/managed-by': 'faultline' } as const;
/** Field manager of our writes. */
export const fieldManager = 'faultline';

export function timeText(atMs: number): string {
  return new Date(atMs).toISOString();
}

/** NaN where it is none. */
export function timeOf(text: string | undefined): number {
  return Date.parse(text ?? '');
}

/** Label of everything that a healer is made of. */
export const healerLabel = { 'faultline.dev/kind': 'healer' } as const;
/** Label of everything that vantages are made of. */
export const probeLabel = { 'faultline.dev/kind': 'probe' } as const;
/** Of Kafka's probes, as a plan has it: each run has one of its own, whose name begins like this. */
export const probeTopic = 'faultline-probe';
