/** Runs on disk, as those see them who list and open them. The store beside this file makes these. */
import type { JournalHeader } from './events.ts';

/**
 * `running`: its lease is alive, so a runner writes. `ended`: the journal has its end. `interrupted`: neither.
 * `newer`: a journal of a newer format; only the id can be told. `damaged`: no header can be read.
 */
export type RunState = 'running' | 'ended' | 'interrupted' | 'newer' | 'damaged';

export interface RunRecord {
  readonly run: string;
  /** Absolute. */
  readonly folder: string;
  readonly state: RunState;
  /** Absent for `newer` and `damaged`. */
  readonly header?: JournalHeader;
  readonly journalBytes: number;
  /** It came with the package: nothing is written beside it. */
  readonly isRecorded?: true;
}

/** It injects faults, or is the control of a run that does: it has a recovery. */
export function breaksSomething({ header }: Pick<RunRecord, 'header'>): boolean {
  return header?.plan.fault !== undefined;
}

/** Files of a run's folder. */
export const runFiles = {
  journal: 'journal.ndjson',
  /** JSON of `Lease`; there while a runner lives. */
  lease: 'lease.json',
  /** JSON of `RunSummary`; can be deleted at any time. */
  summary: 'summary.json',
  /** Room on the disk that is given back when the disk is full, so that the end of the run can still be written. */
  reserve: 'reserve',
} as const;

export interface Lease {
  /** `ownerText` of the runner's process (base/owner.ts). */
  readonly owner: string;
  /** Path of the control socket (a named pipe on Windows). */
  readonly socket: string;
}
