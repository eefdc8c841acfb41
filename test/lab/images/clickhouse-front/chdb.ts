/** The few words of npm `chdb` that the front speaks. It is not among the repository's packages: 570 MB for one image. */
import { createRequire } from 'node:module';

export interface Answer {
  /** Rows of the result. */
  readonly rowsRead: number;
  /** Seconds. */
  readonly elapsed: number;
  bytes(): Uint8Array;
  text(): string;
}

/** A connection with settings, a current database and temporary tables of its own; all in a process share one data folder. */
export interface Connection {
  queryAsync(sql: string, options?: { readonly format?: string }): Promise<Answer>;
  close(): void;
}

interface Chdb {
  readonly Session: new (path: string) => Connection;
}

function isChdb(loaded: unknown): loaded is Chdb {
  return typeof loaded === 'object' && loaded !== null && 'Session' in loaded && typeof loaded.Session === 'function';
}

export function loadChdb(): Chdb {
  const loaded: unknown = createRequire(import.meta.url)('chdb');
  if (!isChdb(loaded)) throw new Error('The package chdb has no Session.');
  return loaded;
}
