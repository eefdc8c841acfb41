/** TPC-H data sets on disk: one folder a scale factor, complete or not there. Shared by editors and terminals of one person. */
import type { ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { readdir, rm, rmdir, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { cancelled, FaultlineError, fromWire } from '../../base/errors.ts';
import { forkProcess } from '../../base/fork.ts';
import { t } from '../../base/messages.ts';
import { formatBytes } from '../../base/units.ts';
import { engineMissing } from '../../engine/duckdb/missing.ts';
import { dataFile, factsFile, sweep } from './folder.ts';
import { lockHolder } from './lock.ts';
import type { MakeMessage, MakeRequest } from './messages.ts';
import { checkScale, costOf } from './scale.ts';

export interface DataSet {
  readonly scale: number;
  readonly path: string;
  readonly sizeBytes: number;
  /** Milliseconds since the epoch. */
  readonly madeAt: number;
}

export interface DataSetEstimate {
  readonly sizeBytes: number;
  /** While it is made. */
  readonly peakBytes: number;
  readonly durationMs: number;
  readonly freeBytes: number;
  readonly fits: boolean;
}

export interface DataSetProgress {
  /** 0 to 1; absent while another process makes the same data set. */
  readonly fraction?: number;
  readonly waiting: boolean;
}

export interface DataSetOptions {
  /** `faultlineHome()` */
  readonly home: string;
  /** Entry of the process that makes a data set: `packagePaths().datagen`. */
  readonly generator: string;
  /** Folder with `tpch.duckdb_extension`; without it no data set can be made, but those that are there can be used. */
  readonly extensionFolder?: string;
  /** 0: a quarter of the machine's memory. */
  readonly memoryLimitBytes?: number;
  readonly freeBytes?: (folder: string) => Promise<number>;
  readonly fork?: (entry: string, args: readonly string[]) => ChildProcess;
}

export class DataSets {
  readonly #options: DataSetOptions;
  readonly #folder: string;

  constructor(options: DataSetOptions) {
    this.#options = options;
    this.#folder = join(options.home, 'data', 'tpch');
  }

  /** Smallest first. Sweeps what interrupted makers left behind. */
  async list(): Promise<readonly DataSet[]> {
    const names = await readdir(this.#folder).catch(ignoreMissing);
    const found: DataSet[] = [];
    for (const name of names ?? []) {
      const scale = scaleOf(name);
      if (scale === undefined) continue;
      sweep(join(this.#folder, name));
      const path = join(this.#folder, name, dataFile);
      const facts = await stat(path).catch(ignoreMissing);
      if (facts !== undefined) found.push({ scale, path, sizeBytes: facts.size, madeAt: facts.mtimeMs });
    }
    return found.sort((a, b) => a.scale - b.scale);
  }

  /** Where the data set of a scale is or will be. Fails: `invalid`. */
  pathOf(scale: number): string {
    return join(this.#folderOf(scale), dataFile);
  }

  /** Fails: `invalid`, `storage`. */
  async estimate(scale: number): Promise<DataSetEstimate> {
    checkScale(scale);
    mustWork(() => mkdirSync(this.#folder, { recursive: true }), this.#folder);
    const freeBytes = await (this.#options.freeBytes ?? freeBytesOf)(this.#folder);
    const cost = costOf(scale);
    return { ...cost, freeBytes, fits: freeBytes >= cost.peakBytes };
  }

  /**
   * Answers the path of a complete data set; makes it when it is not there, or waits for the process that makes it.
   * Fails: `invalid` (scale), `storage` (disk too small or not writable), `unsupported` (nothing to make it with), `cancelled`, `crashed`.
   */
  async ensure(
    scale: number,
    options: { readonly signal?: AbortSignal; readonly onProgress?: (progress: DataSetProgress) => void } = {},
  ): Promise<string> {
    const path = this.pathOf(scale);
    if (existsSync(path)) return path;
    if (options.signal?.aborted === true) throw cancelled();
    const { extensionFolder } = this.#options;
    if (extensionFolder === undefined) throw engineMissing();
    await this.#mustFit(scale);
    const folder = this.#folderOf(scale);
    mustWork(() => mkdirSync(folder, { recursive: true }), folder);
    await this.#run({ folder, scale, extensionFolder, memoryLimitBytes: this.#options.memoryLimitBytes ?? 0 }, options);
    if (!existsSync(path)) {
      throw new FaultlineError('storage', { what: t('The data set was removed while it was made'), remedy: t('Make it again.') });
    }
    return path;
  }

  /** Of the same data set as a process that has it open: on Linux and macOS that one keeps its rows until it closes the file. */
  async remove(scale: number): Promise<void> {
    const folder = this.#folderOf(scale);
    if (lockHolder(folder) !== undefined) {
      throw new FaultlineError('storage', {
        what: t('TPC-H {0} is being made right now', scale),
        remedy: t('Stop that first, or wait until it is there.'),
      });
    }
    if (!existsSync(join(folder, dataFile))) {
      sweep(folder);
      throw new FaultlineError('notFound', {
        what: t('There is no data set TPC-H {0}', scale),
        remedy: t('“faultline data list” shows those that are there.'),
      });
    }
    try {
      for (const name of [dataFile, factsFile, `${dataFile}.wal`, 'lock']) await rm(join(folder, name), { force: true });
    } catch (error) {
      throw new FaultlineError(
        'storage',
        { what: t('TPC-H {0} could not be removed', scale), remedy: t('Close the editors and terminals that use it.') },
        error,
      );
    }
    sweep(folder);
    await rmdir(folder).catch(() => undefined);
  }

  async #mustFit(scale: number): Promise<void> {
    const { peakBytes, freeBytes, fits } = await this.estimate(scale);
    if (fits) return;
    throw new FaultlineError('storage', {
      what: t('The disk is too small for TPC-H {0}', scale),
      meaning: t('{0} are needed while it is made, {1} are free in {2}', formatBytes(peakBytes), formatBytes(freeBytes), this.#folder),
      remedy: t('Choose a smaller scale factor, remove a data set, or set FAULTLINE_HOME to a folder on a larger disk.'),
    });
  }

  #run(
    request: MakeRequest,
    { signal, onProgress }: { readonly signal?: AbortSignal; readonly onProgress?: (progress: DataSetProgress) => void },
  ): Promise<void> {
    const child = (this.#options.fork ?? forkProcess)(this.#options.generator, [JSON.stringify(request)]);
    return new Promise((resolve, reject) => {
      let outcome: (() => void) | undefined;
      const stop = (): void => void child.kill('SIGTERM');
      signal?.addEventListener('abort', stop, { once: true });
      let stderr = '';
      child.stderr?.on('data', (data: Buffer) => (stderr = (stderr + data.toString()).slice(-4000)));
      child.stdout?.resume();
      child.on('message', (message: MakeMessage) => {
        if (message.kind === 'progress') onProgress?.({ fraction: message.fraction, waiting: false });
        else if (message.kind === 'waiting') onProgress?.({ waiting: true });
        else if (message.kind === 'done') outcome = resolve;
        else outcome = () => reject(fromWire(message.error));
      });
      const end = (why: () => unknown): void => {
        signal?.removeEventListener('abort', stop);
        sweep(request.folder);
        if (signal?.aborted === true && outcome === undefined) reject(cancelled());
        else if (outcome !== undefined) outcome();
        else reject(why());
      };
      child.once('error', (error) => end(() => crashed(error)));
      // `exit` may come before its last message has been read, `close` does not.
      child.once('close', (code, by) => end(() => crashed(new Error(`exit code ${code}, signal ${by}\n${stderr}`))));
    });
  }

  #folderOf(scale: number): string {
    return join(this.#folder, `sf${checkScale(scale)}`);
  }
}

function scaleOf(folder: string): number | undefined {
  const scale = folder.startsWith('sf') ? Number(folder.slice(2)) : NaN;
  return Number.isFinite(scale) && `sf${scale}` === folder ? scale : undefined;
}

async function freeBytesOf(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}

function ignoreMissing(error: unknown): undefined {
  if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')) return undefined;
  throw error;
}

function mustWork(work: () => void, folder: string): void {
  try {
    work();
  } catch (error) {
    throw new FaultlineError(
      'storage',
      {
        what: t('The data folder can’t be written'),
        meaning: folder,
        remedy: t('Make it writable, or set FAULTLINE_HOME to another folder.'),
      },
      error,
    );
  }
}

function crashed(cause: unknown): FaultlineError {
  return new FaultlineError(
    'crashed',
    {
      what: t('The process that makes the data set ended unexpectedly'),
      meaning: t('Nothing of it is kept'),
      remedy: t('Make it again; when it happens again, the machine may be short of memory.'),
    },
    cause,
  );
}
