/**
 * Entry of the process that makes one data set: dbgen into a file under another name, piece by piece, synced and renamed when it is
 * complete. It has the lock, not its starter: whoever dies, what is half made is known as such.
 */
import { existsSync, rmSync } from 'node:fs';
import { open, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import { isEntry } from '../../base/entry.ts';
import { FaultlineError, toWire } from '../../base/errors.ts';
import { t } from '../../base/messages.ts';
import { loadDuckDb } from '../../engine/duckdb/api.ts';
import { parse } from '../../engine/duckdb/errors.ts';
import { memoryLimit, quoteText } from '../../engine/duckdb/settings.ts';
import { dataFile, draftName, factsFile, sweep } from './folder.ts';
import { takeLock } from './lock.ts';
import type { DataSetFacts, MakeMessage, MakeRequest } from './messages.ts';
import { ownerOf, ownerText } from '../../base/owner.ts';
import { stepsOf } from './scale.ts';

type Tell = (message: MakeMessage) => void;

/** Makes the data set, or waits for whoever makes it. */
export async function makeDataSet(request: MakeRequest, tell: Tell): Promise<void> {
  for (let waiting = false; ; waiting = true) {
    const lock = takeLock(request.folder);
    if (lock !== undefined) {
      try {
        if (!existsSync(join(request.folder, dataFile))) await make(request, tell);
        return;
      } finally {
        lock.release();
      }
    }
    if (!waiting) tell({ kind: 'waiting' });
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

async function make(request: MakeRequest, tell: Tell): Promise<void> {
  sweep(request.folder);
  const started = performance.now();
  const draft = join(request.folder, draftName(ownerText(ownerOf(process.pid))));
  const { DuckDBInstance, version } = await loadDuckDb();
  const instance = await DuckDBInstance.create(draft, {
    memory_limit: `${memoryLimit(request.memoryLimitBytes)}B`,
    temp_directory: `${draft}.tmp`,
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
    errors_as_json: 'true',
  });
  const connection = await instance.connect();
  const steps = stepsOf(request.scale);
  await connection.run(`LOAD ${quoteText(join(request.extensionFolder, 'tpch.duckdb_extension'))}`);
  for (let step = 0; step < steps; step++) {
    await connection.run(`CALL dbgen(sf = ${request.scale}, children = ${steps}, step = ${step})`);
    tell({ kind: 'progress', fraction: (step + 1) / steps });
  }
  const rows = await countRows(connection);
  await connection.run('CHECKPOINT');
  connection.closeSync();
  instance.closeSync();
  const facts: DataSetFacts = {
    benchmark: 'TPC-H',
    scale: request.scale,
    generator: `dbgen of DuckDB ${version()}`,
    madeAt: new Date().toISOString(),
    durationMs: Math.round(performance.now() - started),
    steps,
    rows,
  };
  await writeFile(join(request.folder, factsFile), `${JSON.stringify(facts, null, 2)}\n`);
  await syncFile(draft);
  await rename(draft, join(request.folder, dataFile));
  await syncFolder(request.folder);
  rmSync(`${draft}.tmp`, { recursive: true, force: true });
}

async function countRows(connection: DuckDBConnection): Promise<Record<string, number>> {
  const names = (await connection.runAndReadAll('SELECT table_name FROM duckdb_tables() ORDER BY 1')).getRows();
  const rows: Record<string, number> = {};
  for (const [name] of names) {
    const count = await connection.runAndReadAll(`SELECT count(*) FROM ${String(name)}`);
    rows[String(name)] = Number(count.getRows()[0]?.[0] ?? 0);
  }
  return rows;
}

async function syncFile(path: string): Promise<void> {
  const file = await open(path, 'r+');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Makes the new name last. Windows can't open a folder, and keeps names without it. */
async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** The engine's own errors in words of what was going on. */
function failure(error: unknown): unknown {
  if (error instanceof FaultlineError) return error;
  const { kind, message } = parse(error instanceof Error ? error.message : String(error));
  const meaning = message.split('\n')[0] ?? message;
  if (kind === 'out of memory') {
    return new FaultlineError('storage', { what: t('There was not enough memory to make the data set'), meaning }, error);
  }
  return new FaultlineError(
    'storage',
    { what: t('The data set could not be written'), meaning, remedy: t('Check the free space and the rights of the data folder.') },
    error,
  );
}

function deleteDraft(folder: string): void {
  const draft = join(folder, draftName(ownerText(ownerOf(process.pid))));
  for (const path of [draft, `${draft}.wal`, `${draft}.tmp`]) rmSync(path, { recursive: true, force: true });
}

async function main(): Promise<void> {
  const request = JSON.parse(process.argv[2] ?? '{}') as MakeRequest;
  // dbgen can't be interrupted within a piece. The lock is left behind: it is dead with us.
  const stop = (): void => {
    deleteDraft(request.folder);
    process.kill(process.pid, 'SIGKILL');
  };
  process.once('SIGTERM', stop);
  process.once('disconnect', stop);
  const tell = (message: MakeMessage): Promise<void> => new Promise((resolve) => process.send?.(message, () => resolve()));
  try {
    await makeDataSet(request, (message) => void tell(message));
    await tell({ kind: 'done' });
  } catch (error) {
    deleteDraft(request.folder);
    await tell({ kind: 'failed', error: toWire(failure(error)) });
  }
  process.exit(0);
}

if (isEntry(import.meta.url)) await main();
