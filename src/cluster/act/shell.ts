/** A shell in a container, for a terminal. */
import { FaultlineError } from '../../base/errors.ts';
import type { ClusterConnection } from '../connect/connection.ts';
import type { Consent } from './protection.ts';
import type { ContainerPlace } from './streams.ts';

export interface ShellOptions {
  /** Of the change `shell`. */
  readonly consent: Consent;
  /** Ends it. */
  readonly signal: AbortSignal;
  readonly columns: number;
  readonly rows: number;
  /** UTF-8, cut anywhere. As long as what it returns is pending nothing more is read. */
  readonly onOutput: (bytes: Uint8Array) => void | Promise<void>;
}

export interface Shell {
  /** "bash", "sh". */
  readonly program: string;
  /** What was typed. */
  write(data: string | Uint8Array): void;
  resize(columns: number, rows: number): void;
  /** Exit code. Rejects when the connection ended first. */
  readonly ended: Promise<number>;
  close(): void;
}

/**
 * bash where the image has it, else sh. Fails: `unsupported` where it has none (the text names the way out), `forbidden`, `notFound`,
 * `unreachable`, `timedOut`, `cancelled`, `refusedByProtection`.
 */
export async function openShell(connection: ClusterConnection, place: ContainerPlace, options: ShellOptions): Promise<Shell> {
  throw new FaultlineError('unsupported', { what: `${connection.server}${place.pod}${options.columns}` });
}
