/**
 * The store's own DuckDB: an instance apart from the engine's, so that a person never meets its tables, with a file of its own for each
 * result and each sorted copy. Dropping one is detaching and removing its file: the disk space is free at once.
 * Opened with the first result that does not fit into memory, so that small results work without a disk.
 */
import { mkdir, readFile, readdir, rm, rmdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { DuckDBConnection, DuckDBDataChunk, DuckDBInstance, DuckDBType } from '@duckdb/node-api';
import { cancelled } from '../../base/errors.ts';
import { isAlive, ownerOf, ownerText, parseOwner } from '../../base/owner.ts';
import { loadDuckDb, type DuckDbApi } from '../../engine/duckdb/api.ts';
import { interruptOnAbort } from '../../engine/duckdb/interrupt.ts';
import { quoteName, quoteText } from '../../engine/duckdb/settings.ts';
import { storageError, type FreeBytes } from './disk.ts';

export interface StoreOptions {
  /** This window's own; files of an earlier store in it are removed when it opens, and all of ours at the end. */
  readonly folder: string;
  readonly memoryLimitBytes: number;
  readonly freeBytes: FreeBytes;
}

interface Opened {
  readonly api: typeof DuckDbApi;
  readonly instance: DuckDBInstance;
  readonly main: DuckDBConnection;
}

/** A table in a file of its own, `"name".t` in statements. */
export interface StoredTable {
  readonly name: string;
  readonly sql: string;
}

/** Only what we made ourselves is ever removed from the folder. */
const ourFiles = /^(?:(?:result|view|export)-\d+\.(?:db(?:\.wal)?|part\d*)|spill|spill-engine|owner)$/;
/** Of the engines, which are open before the store is: one of them may be in the middle of a sort. */
const enginesFolder = 'spill-engine';
/** Says in each window's folder whose it is. */
const ownerFile = 'owner';

export class StoreDatabase {
  readonly folder: string;
  readonly #options: StoreOptions;
  #opening: Promise<Opened> | undefined;
  #number = 0;
  #closed = false;

  constructor(options: StoreOptions) {
    this.folder = options.folder;
    this.#options = options;
  }

  get freeBytes(): FreeBytes {
    return this.#options.freeBytes;
  }

  async api(): Promise<typeof DuckDbApi> {
    return (await this.#opened()).api;
  }

  /** Makes an empty database file. Fails: storage. */
  async attach(kind: 'result' | 'view' | 'export'): Promise<StoredTable> {
    const { main } = await this.#opened();
    const name = `${kind}-${++this.#number}`;
    // Nothing here outlives the process: without a log nothing is written twice, and no commit waits for the disk.
    const how = "(RECOVERY_MODE no_wal_writes, STORAGE_VERSION 'latest')";
    await this.#guard(main.run(`ATTACH ${quoteText(this.pathOf(name))} AS ${quoteName(name)} ${how}`));
    return { name, sql: `${quoteName(name)}.t` };
  }

  /** Frees its disk space. Never fails: what is left goes with the folder. */
  async detach(table: StoredTable): Promise<void> {
    if (this.#opening === undefined || this.#closed) return;
    const { main } = await this.#opening;
    await main.run(`DETACH DATABASE IF EXISTS ${quoteName(table.name)}`).catch(() => undefined);
    await rm(this.pathOf(table.name), { force: true }).catch(() => undefined);
  }

  pathOf(name: string, extension = 'db'): string {
    return join(this.folder, `${name}.${extension}`);
  }

  /** For one piece of work that may be interrupted; instants are cast to text in `timeZone`. */
  async use<T>(timeZone: string, signal: AbortSignal | undefined, work: (connection: DuckDBConnection) => Promise<T>): Promise<T> {
    if (isAborted(signal)) throw cancelled();
    const { instance } = await this.#opened();
    const connection = await instance.connect();
    const interrupts = signal === undefined ? undefined : interruptOnAbort(connection, signal);
    try {
      await connection.run(`SET TimeZone = ${quoteText(timeZone)}`);
      return await work(connection);
    } catch (error) {
      if (isAborted(signal)) throw cancelled();
      throw storageError(error, this.folder);
    } finally {
      interrupts?.dispose();
      connection.closeSync();
    }
  }

  /** A connection that its user closes. */
  async connect(): Promise<DuckDBConnection> {
    const { instance } = await this.#opened();
    return instance.connect();
  }

  /** A short read on the connection that windows share. */
  async read(sql: string): Promise<{ readonly chunks: readonly DuckDBDataChunk[]; readonly types: readonly DuckDBType[] }> {
    const { main } = await this.#opened();
    const result = await this.#guard(main.run(sql));
    return { chunks: await result.fetchAllChunks(), types: result.columnTypes() };
  }

  /** Removes our files, and the folder when nothing else is in it. */
  async close(): Promise<void> {
    this.#closed = true;
    const opened = await this.#opening?.catch(() => undefined);
    opened?.main.interrupt();
    opened?.main.closeSync();
    opened?.instance.closeSync();
    await this.#removeFiles([]).catch(() => undefined);
    await rmdir(this.folder).catch(() => undefined);
  }

  #opened(): Promise<Opened> {
    // A folder that could not be written may be writable the next time.
    this.#opening ??= this.#guard(this.#open()).catch((error: unknown) => {
      this.#opening = undefined;
      throw error;
    });
    return this.#opening;
  }

  async #open(): Promise<Opened> {
    await mkdir(this.folder, { recursive: true, mode: 0o700 });
    await this.#removeFiles([enginesFolder]);
    await writeFile(join(this.folder, ownerFile), ownerText(ownerOf(process.pid)));
    await sweepDead(dirname(this.folder));
    const api = await loadDuckDb();
    const instance = await api.DuckDBInstance.create(':memory:', {
      memory_limit: `${this.#options.memoryLimitBytes}B`,
      temp_directory: join(this.folder, 'spill'),
      autoinstall_known_extensions: 'false',
      autoload_known_extensions: 'false',
      // A checkpoint that meets a full disk takes the whole file along; without it what was flushed before stays readable.
      wal_autocheckpoint: '1TB',
      // Windows, copies and exports read tables in the order of their rows without asking for it.
      preserve_insertion_order: 'true',
    });
    return { api, instance, main: await instance.connect() };
  }

  async #removeFiles(kept: readonly string[]): Promise<void> {
    for (const name of await readdir(this.folder)) {
      if (ourFiles.test(name) && !kept.includes(name)) await rm(join(this.folder, name), { recursive: true, force: true });
    }
  }

  async #guard<T>(work: Promise<T>): Promise<T> {
    try {
      return await work;
    } catch (error) {
      throw storageError(error, this.folder);
    }
  }
}

function isAborted(signal: AbortSignal | undefined): boolean {
  return signal?.aborted === true;
}

/** What a window and its query host left behind when both were killed: folders beside ours whose owner runs no more. */
async function sweepDead(parent: string): Promise<void> {
  for (const name of await readdir(parent)) {
    const text = await readFile(join(parent, name, ownerFile), 'utf8').catch(() => '');
    const owner = parseOwner(text);
    if (owner !== undefined && !isAlive(owner)) await rm(join(parent, name), { recursive: true, force: true }).catch(() => undefined);
  }
}
