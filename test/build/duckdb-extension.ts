/**
 * DuckDB's TPC-H extension file, by hash, into a cache outside the repository.
 * DuckDB loads an extension only into exactly the version that it was built for.
 */
import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Platform } from './platforms.ts';
import { run } from './run.ts';

const requirements = join(import.meta.dirname, 'duckdb-extensions.txt');

export interface ExtensionVersions {
  /** "1.5.5" */
  readonly engine: string;
  readonly extension: string;
}

/** What package-lock.json and the list of extensions say. Fails when one of them names no version. */
export function extensionVersions(lockText: string, requirementsText: string): ExtensionVersions {
  const lock = JSON.parse(lockText) as { readonly packages?: Readonly<Record<string, { readonly version?: string }>> };
  const engine = /^\d+\.\d+\.\d+/.exec(lock.packages?.['node_modules/@duckdb/node-api']?.version ?? '')?.[0];
  const extension = /^duckdb-extension-tpch==(\d+\.\d+\.\d+)\b/m.exec(requirementsText)?.[1];
  if (engine === undefined) throw new Error('package-lock.json has no @duckdb/node-api');
  if (extension === undefined) throw new Error('duckdb-extensions.txt has no duckdb-extension-tpch==x.y.z');
  return { engine, extension };
}

/** The engine's version, if the extensions have the same. */
export async function pinnedDuckdbVersion(root: string): Promise<string> {
  const versions = extensionVersions(await readFile(join(root, 'package-lock.json'), 'utf8'), await readFile(requirements, 'utf8'));
  if (versions.engine !== versions.extension) {
    throw new Error(
      `@duckdb/node-api is ${versions.engine} (package-lock.json), the extension file is ${versions.extension} ` +
        `(test/build/duckdb-extensions.txt): DuckDB loads only an extension of its own version. Change both together.`,
    );
  }
  return versions.engine;
}

/** Path of the extension file in the cache; downloads it the first time. */
export async function tpchExtension(version: string, platform: Platform, progress: (line: string) => void): Promise<string> {
  const folder = join(cacheFolder(), `duckdb-extensions-${version}`, platform.duckdb);
  const file = join(folder, 'tpch.duckdb_extension');
  if (await exists(file)) return file;
  progress(`fetching DuckDB's TPC-H extension ${version} for ${platform.id}`);
  await mkdir(folder, { recursive: true });
  const work = await mkdtemp(join(folder, 'fetch-'));
  try {
    const wheel = await download(platform, work);
    await unpack(wheel, work);
    // Complete under its name or not there: two builds may do this at the same time.
    await rename(join(work, `duckdb_extension_tpch/extensions/v${version}/tpch.duckdb_extension`), file);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  return file;
}

async function download(platform: Platform, folder: string): Promise<string> {
  const python = process.platform === 'win32' ? 'python' : 'python3';
  const args = ['-m', 'pip', 'download', '--quiet', '--disable-pip-version-check', '--no-deps', '--only-binary=:all:', '--require-hashes'];
  const ended = await run(python, [...args, '--requirement', requirements, '--platform', platform.wheel, '--dest', folder]).catch(
    (error: Error) => ({ code: 127, stdout: '', stderr: error.message }),
  );
  if (ended.code !== 0) {
    const missing = ended.code === 127 || /No module named pip/.test(ended.stderr);
    throw new Error(
      missing
        ? 'DuckDB’s TPC-H extension comes as a Python wheel, and pip is missing here. On Debian or Ubuntu: apt-get install -y python3-pip'
        : `DuckDB’s TPC-H extension could not be downloaded by pip:\n${ended.stderr.trim()}`,
    );
  }
  const wheel = (await readdir(folder)).find((name) => name.endsWith('.whl'));
  if (wheel === undefined) throw new Error('pip ended well and left no wheel');
  return join(folder, wheel);
}

/** A wheel is a zip file, and where pip runs, Python's own zip reader does too. */
async function unpack(wheel: string, folder: string): Promise<void> {
  const python = process.platform === 'win32' ? 'python' : 'python3';
  const ended = await run(python, ['-m', 'zipfile', '--extract', wheel, folder]);
  if (ended.code !== 0) throw new Error(`${wheel} could not be unpacked:\n${ended.stderr.trim()}`);
}

/** Survives a fresh clone: the file is 6 MB a platform. */
export function cacheFolder(): string {
  return process.env['FAULTLINE_CACHE'] || join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'faultline');
}

async function exists(file: string): Promise<boolean> {
  return stat(file).then(
    (found) => found.size > 0,
    () => false,
  );
}
