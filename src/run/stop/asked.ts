/** What is asked of a cluster about one fault, and what is answered. Types only. */
import type { ContainerPlace } from '../../cluster/act/streams.ts';
import type { ClusterConnection } from '../../cluster/connect/connection.ts';
import type { InjectorTiming } from '../../fault/injector.ts';
import type { Labs } from '../../fault/lab/labs.ts';
import type { OpenInJournal } from './journal.ts';
import type { StoppedFault } from './report.ts';

/** Runs a command in a container, to its end: `runCommand` of cluster/act. */
export type Exec = (
  connection: ClusterConnection,
  place: ContainerPlace,
  command: readonly string[],
  options: { readonly signal: AbortSignal },
) => Promise<{ readonly stdout: string; readonly code: number }>;

export interface Asked {
  readonly connection: ClusterConnection;
  readonly run: string;
  readonly open: OpenInJournal;
  readonly timing: InjectorTiming;
  readonly exec: Exec;
  readonly labs: Labs;
  /** Of the cluster, as it was confirmed and is. */
  readonly identity: string;
}

export type Settled = Pick<StoppedFault, 'end' | 'text' | 'command'>;
