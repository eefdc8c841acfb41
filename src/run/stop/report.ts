/**
 * What is left of faults on this machine's account, and what came of stopping them. Plain data: the terminal prints it, the editor
 * shows it.
 */
import type { FaultKind, PlannedCluster } from '../../journal/fault-plan.ts';

/** A run with a fault that began, and whose end its journal does not have. From the journal alone: no cluster was contacted. */
export interface UnfinishedRun {
  readonly run: string;
  /** As the run is called: "kafka-leader-kill". */
  readonly name: string;
  /** `running`: its runner lives and heals by itself. Of the others nobody does. */
  readonly state: 'running' | 'interrupted' | 'ended';
  readonly cluster: PlannedCluster;
  /** One a fault and target. */
  readonly faults: readonly OpenFault[];
}

export interface OpenFault {
  /** Index in the plan's faults, and in that one's targets. */
  readonly fault: number;
  readonly target: number;
  readonly kind: FaultKind;
  /** "Cut Network: kafka-1" */
  readonly title: string;
  /** "kafka-1" */
  readonly targetName: string;
  /** Wall clock, milliseconds since the epoch: whoever is alive, it was to end by itself by then. */
  readonly deadlineMs: number;
  /** Its journal says that its end could not be verified. */
  readonly isUnconfirmed: boolean;
}

export interface StopReport {
  /** Newest first: those that were stopped, and those with a fault to report. Empty: there was nothing to stop. */
  readonly runs: readonly StoppedRun[];
  /** Those that were contacted: of every journal whose faults had not all ended by its own words. */
  readonly clusters: readonly ContactedCluster[];
}

export interface StoppedRun {
  readonly run: string;
  readonly name: string;
  /** `stopped`: its runner ended it. `notRunning`: it had none any more. `noAnswer`: it has one, which did not end it; `text` says why. */
  readonly process: 'stopped' | 'notRunning' | 'noAnswer';
  readonly text?: string;
  /** Each fault and target that began. Empty: of a benchmark, or nothing was broken yet. */
  readonly faults: readonly StoppedFault[];
}

export interface StoppedFault extends Pick<OpenFault, 'fault' | 'target' | 'kind' | 'title' | 'targetName'> {
  /** `expired`: at its deadline, by the kernel of its node (or the lab, or the Job in the cluster). `unconfirmed`: nobody could verify it. */
  readonly end: 'healed' | 'expired' | 'unconfirmed';
  /** A sentence: what shows it, or why it can't be told. */
  readonly text: string;
  /** Of `unconfirmed`: what a person can type. */
  readonly command?: string;
  /** Who said so: the run's journal, or the cluster just now. */
  readonly by: 'journal' | 'cluster';
}

export interface ContactedCluster {
  readonly context: string;
  readonly kubeconfig: string;
  /** Absent: it answered, and is the one that was confirmed. A sentence. */
  readonly problem?: string;
}

/** None of them is unconfirmed, and every runner that was told to end has. */
export function isAllWell({ runs }: StopReport): boolean {
  return runs.every(({ process, faults }) => process !== 'noAnswer' && faults.every(({ end }) => end !== 'unconfirmed'));
}
