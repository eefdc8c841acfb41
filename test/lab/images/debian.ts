/**
 * Layers of Debian packages: unpacked, none of their scripts run, so the same packages always make the same files. The versions are
 * those that apt would install, and part of the key.
 */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { mkdir, readdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { cacheDir, run, SetupError } from '../../workbench/cache.mjs';
import type { Progress } from '../../workbench/cache.mjs';
import { BASE_PACKAGES, finishBase } from './base.ts';
import type { LayerRecipe, Owner } from './recipe.ts';

export interface DebianOptions {
  /** Packages whose files (with all that they depend on) a lower layer brings. Default: those of the base layer. */
  readonly above?: readonly string[];
  /** Paths that are left out, with all below: "usr/share/doc". Documentation, translations and manual pages always are. */
  readonly without?: readonly string[];
  /** What the packages' scripts would have done: links, users, generated files. Raise `revision` when it changes. */
  readonly finish?: (folder: string) => Promise<void>;
  readonly revision?: number;
  readonly owners?: readonly Owner[];
}

/** The lists of what Debian has are missing or older than Debian itself. */
export class StaleLists extends SetupError {}

const NEVER_WANTED = ['doc', 'man', 'info', 'locale', 'lintian', 'doc-base', 'bug', 'bash-completion', 'zsh', 'fish'].map(
  (name) => `usr/share/${name}`,
);

/** What packages ask for only because of their scripts, which never run here. It comes where a recipe names it itself. */
const FOR_SCRIPTS = /^(adduser|debconf|dpkg|init-system-helpers|libgdbm.*|libperl.*|passwd|perl.*|sensible-utils|ucf)$/;

/** These packages and all that they depend on, above the base layer. */
export function debian(packages: readonly string[], options: DebianOptions = {}): LayerRecipe {
  const { above = BASE_PACKAGES, without = [], finish, revision = 1, owners = [] } = options;
  return {
    title: packages.join(', '),
    key: JSON.stringify(['debian 2', packages, above, without, revision]),
    owners,
    asked: async (progress) => (await wanted(packages, above, progress)).join(' '),
    build: async (folder, progress) => {
      // In Debian's layout of today /bin is /usr/bin; packages of bookworm still carry both.
      for (const name of ['bin', 'sbin', 'lib', 'lib64']) {
        await mkdir(join(folder, 'usr', name), { recursive: true });
        await symlink(`usr/${name}`, join(folder, name));
      }
      const debs = `${folder}.debs`;
      await mkdir(debs, { recursive: true });
      try {
        await fetchDebs(await wanted(packages, above, progress), debs);
        for (const deb of (await readdir(debs)).sort()) await unpack(join(debs, deb), folder, [...NEVER_WANTED, ...without]);
      } finally {
        await rm(debs, { recursive: true, force: true });
      }
      await finish?.(folder);
    },
  };
}

/** Debian's bash, coreutils, busybox, tini, certificates and C++ runtime: the lowest layer of every image with a shell. */
export const BASE: LayerRecipe = { ...debian(BASE_PACKAGES, { above: [], finish: finishBase, revision: 2 }), title: 'base' };

/** "name=version" of all that has to be unpacked, sorted. */
async function wanted(packages: readonly string[], above: readonly string[], progress: Progress): Promise<string[]> {
  const below = new Set((await closure(above, progress)).map((pinned) => pinned.split('=')[0]));
  // Asked for together with what lies below, so that both agree on versions and alternatives.
  const all = await closure([...above, ...packages], progress);
  return all.filter((pinned) => {
    const [name = ''] = pinned.split('=');
    return !below.has(name) && (packages.includes(name) || !FOR_SCRIPTS.test(name));
  });
}

const AnswerSchema = v.object({ stamp: v.string(), packages: v.array(v.string()) });

/** What apt would install on an empty system for these; kept until the machine's package lists change. */
async function closure(packages: readonly string[], progress: Progress): Promise<string[]> {
  if (packages.length === 0) return [];
  const name = createHash('sha256').update(JSON.stringify(packages)).digest('hex');
  const file = join(cacheDir(), 'lab', 'apt', `${name}.json`);
  if (existsSync(file)) {
    const known = v.parse(AnswerSchema, JSON.parse(readFileSync(file, 'utf8')));
    if (known.stamp === listsStamp()) return known.packages;
  }
  let resolved = await resolve(packages);
  if (resolved === undefined) {
    await refreshLists(progress);
    resolved = await resolve(packages);
  }
  if (resolved === undefined) throw new SetupError(`apt does not know how to install ${packages.join(', ')} here. Debian 12 has them all.`);
  await mkdir(join(cacheDir(), 'lab', 'apt'), { recursive: true });
  await writeFile(`${file}.${process.pid}`, JSON.stringify({ stamp: listsStamp(), packages: resolved }));
  await rename(`${file}.${process.pid}`, file);
  return resolved;
}

async function resolve(packages: readonly string[]): Promise<string[] | undefined> {
  const options = ['-o', 'Dir::State::status=/dev/null', '-o', 'APT::Install-Recommends=0', '-o', 'Debug::NoLocking=1'];
  const args = ['install', '--simulate', ...options, ...packages];
  const text = await run('apt-get', args, { env: { ...process.env, LC_ALL: 'C' } }).catch((error: unknown) => {
    if (error instanceof SetupError && error.message.includes('could not be started'))
      throw new SetupError('The images are made of Debian packages: this needs a Debian or Ubuntu with apt.');
    return undefined;
  });
  if (text === undefined) return undefined;
  const lines = text.matchAll(/^Inst (?<name>\S+) \((?<version>\S+) /gm);
  return [...lines].map(({ groups }) => `${groups?.['name']}=${groups?.['version']}`).sort();
}

/** Changes when `apt-get update` brings something new, or the sources change. */
function listsStamp(): string {
  const hash = createHash('sha256');
  const lists = '/var/lib/apt/lists';
  if (!existsSync(lists)) return 'none';
  for (const name of readdirSync(lists).sort()) {
    const entry = statSync(join(lists, name), { throwIfNoEntry: false });
    if (entry?.isFile() === true && name !== 'lock') hash.update(`${name} ${entry.size} ${entry.mtimeMs}\n`);
  }
  return hash.digest('hex');
}

export async function refreshLists(progress: Progress): Promise<void> {
  const root = process.getuid?.() === 0;
  const [command, ...first] = root ? ['apt-get'] : ['sudo', '-n', 'apt-get'];
  await progress
    .step('Asking Debian what is new', () => run(command ?? 'apt-get', [...first, 'update', '-qq']))
    .catch((error: unknown) => {
      if (!root)
        throw new SetupError(
          'The package lists of this machine are old. Bring them up to date, then run this again:\n\n  sudo apt-get update\n',
        );
      throw error;
    });
}

async function fetchDebs(packages: readonly string[], folder: string): Promise<void> {
  const options = ['-qq', '-o', 'Acquire::Retries=3', '-o', 'APT::Sandbox::User=root'];
  try {
    await run('apt-get', [...options, 'download', ...packages], { cwd: folder });
  } catch (error) {
    throw new StaleLists(error instanceof Error ? error.message : String(error));
  }
}

async function unpack(deb: string, folder: string, without: readonly string[]): Promise<void> {
  const excludes = without.map((path) => `--exclude=./${path}`);
  const tar = ['tar', '-x', '-C', folder, '--keep-directory-symlink', '--no-same-owner', '-p', '--anchored', ...excludes];
  await run('bash', ['-c', 'set -o pipefail; deb=$1; shift; dpkg-deb --fsys-tarfile "$deb" | "$@"', 'unpack', deb, ...tar]);
}
