/** The engine's native binding of any platform: from npm, by the hash in package-lock.json, into a cache outside the repository. */
import { createHash } from 'node:crypto';
import { cp, mkdir, mkdtemp, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheFolder } from './duckdb-extension.ts';
import type { Platform } from './platforms.ts';
import { run } from './run.ts';

interface Locked {
  readonly version: string;
  readonly integrity: string;
}

/** What package-lock.json pins a package to. Fails when it does not. */
export function lockedPackage(lockText: string, name: string): Locked {
  const lock = JSON.parse(lockText) as { readonly packages?: Readonly<Record<string, Partial<Locked>>> };
  const { version, integrity } = lock.packages?.[`node_modules/${name}`] ?? {};
  if (version === undefined || integrity === undefined) throw new Error(`package-lock.json does not pin ${name}`);
  return { version, integrity };
}

/** Whether bytes are those that the lock names: "sha512-<base64>". */
export function hasIntegrity(bytes: Uint8Array, integrity: string): boolean {
  const [algorithm = '', expected] = integrity.split('-', 2);
  return algorithm === 'sha512' && createHash(algorithm).update(bytes).digest('base64') === expected;
}

/** Puts @duckdb/node-bindings and the platform's own package under `folder`/@duckdb. */
export async function addBindings(root: string, folder: string, platform: Platform, progress: (line: string) => void): Promise<void> {
  const lock = await readFile(join(root, 'package-lock.json'), 'utf8');
  for (const name of ['@duckdb/node-bindings', `@duckdb/node-bindings-${platform.id}`]) {
    const source = await fetchPackage(name, lockedPackage(lock, name), progress);
    await cp(source, join(folder, name), { recursive: true, filter: (path) => !path.endsWith('.d.ts') && !path.endsWith('README.md') });
  }
}

/** Folder of the unpacked package. */
async function fetchPackage(name: string, { version, integrity }: Locked, progress: (line: string) => void): Promise<string> {
  const parent = join(cacheFolder(), 'npm-packages');
  // The hash is in the name: what was checked once is not mistaken for another version.
  const folder = join(parent, `${name.replace('/', '+')}-${version}-${createHash('sha256').update(integrity).digest('hex').slice(0, 12)}`);
  if (
    await stat(folder).then(
      () => true,
      () => false,
    )
  )
    return folder;
  progress(`fetching ${name} ${version}`);
  await mkdir(parent, { recursive: true });
  const work = await mkdtemp(join(parent, 'fetch-'));
  try {
    await must('npm', ['pack', '--silent', `${name}@${version}`], work);
    const archive = (await readdir(work)).find((file) => file.endsWith('.tgz'));
    if (archive === undefined) throw new Error(`npm pack left no archive of ${name}`);
    if (!hasIntegrity(await readFile(join(work, archive)), integrity)) {
      throw new Error(`${name} ${version} from npm is not the package that package-lock.json names`);
    }
    await must('tar', ['-xzf', archive], work);
    await rename(join(work, 'package'), folder);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  return folder;
}

async function must(program: string, args: readonly string[], cwd: string): Promise<void> {
  const ended = await run(program, args, { cwd });
  if (ended.code !== 0) throw new Error(`${program} ${args.join(' ')} failed:\n${ended.stderr.trim()}`);
}
