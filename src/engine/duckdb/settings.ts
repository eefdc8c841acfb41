/** What the embedded engine may use of the machine, and what statements may reach. */
import { totalmem } from 'node:os';
import type { DuckDBConnection } from '@duckdb/node-api';

export interface DuckDbOptions {
  /** 0: a quarter of the memory that this process may use. */
  readonly memoryLimitBytes: number;
  /** 0: as many as the engine finds processors. */
  readonly threads: number;
  /** Where it puts what does not fit into memory, each engine in a folder of its own. Never the working folder. */
  readonly tempFolder: string;
  /** False: no file but the target, no extension, no network, and settings are locked. */
  readonly externalAccess: boolean;
  /** Of statements that run beside each other: kept for the next ones, in place of a new connection for each. */
  readonly keepConnections?: boolean;
  /** Holds `tpch.duckdb_extension`; absent where the package has none. */
  readonly extensionFolder?: string;
}

/** Settings that a person may change even when everything else is locked: they reach nothing. */
const harmless = [
  'TimeZone',
  'Calendar',
  'search_path',
  'schema',
  'threads',
  'default_null_order',
  'default_order',
  'integer_division',
  'preserve_insertion_order',
  'max_expression_depth',
  'enable_progress_bar',
  'enable_progress_bar_print',
  'progress_bar_time',
  'explain_output',
];

/** A quarter of the machine's memory, or of what its control group leaves this process. */
export function memoryLimit(requestedBytes: number, availableBytes: number = usableMemory()): number {
  return requestedBytes > 0 ? requestedBytes : Math.floor(availableBytes / 4);
}

function usableMemory(): number {
  // 0 without a limit; some platforms give a number beyond the machine's memory for "none".
  const constrained = process.constrainedMemory();
  return constrained > 0 ? Math.min(constrained, totalmem()) : totalmem();
}

/** Settings of a new in-memory database. */
export function databaseSettings(options: DuckDbOptions): Record<string, string> {
  return {
    memory_limit: `${memoryLimit(options.memoryLimitBytes)}B`,
    temp_directory: options.tempFolder,
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
    errors_as_json: 'true',
    ...(options.threads > 0 ? { threads: String(options.threads) } : {}),
  };
}

/** Closes the files that statements could reach, except `paths`. Can't be taken back while the database is open. */
export async function lockAccess(connection: DuckDBConnection, paths: readonly string[]): Promise<void> {
  if (paths.length > 0) await connection.run(`SET allowed_paths = [${paths.map(quoteText).join(', ')}]`);
  await connection.run('SET enable_external_access = false');
  await connection.run(`SET allowed_configs = [${harmless.map(quoteText).join(', ')}]`);
  await connection.run('SET lock_configuration = true');
}

export function quoteText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
