/** A folder as a layer: a tar that holds nothing of when, where and by whom it was made. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { run } from '../../workbench/cache.mjs';
import type { Owner } from './recipe.ts';

/** Raise it when the same folder becomes another tar: every layer is made anew. */
export const TAR_REVISION = 1;

/** A real folder of one of these names would hide the link of the layer below, and with it the shell. */
const MERGED = ['bin', 'sbin', 'lib', 'lib64'];

export interface Blob {
  /** "sha256:…" */
  readonly digest: string;
  readonly size: number;
}

/**
 * Writes what is below `folder` as an uncompressed tar: names sorted by byte, all times 0, ids as `owners` says and otherwise 0, modes and
 * links kept, no extended attributes.
 */
export async function writeTar(folder: string, owners: readonly Owner[], tar: string): Promise<void> {
  const entries = await readdir(folder, { withFileTypes: true });
  const hiding = entries.find((entry) => entry.isDirectory() && MERGED.includes(entry.name));
  if (hiding !== undefined)
    throw new Error(`A layer has a folder /${hiding.name}, which is a link in the images: put it into /usr/${hiding.name}.`);
  const top = entries.map((entry) => entry.name).sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  await pack(tar, folder, '--create', { uid: 0, gid: 0 }, top, pathsOf(owners));
  // One run for each owner: GNU tar gives the same one to all that it packs.
  for (const [index, owner] of owners.entries()) await pack(tar, folder, '--append', owner, [owner.path], pathsOf(owners.slice(index + 1)));
}

function pathsOf(owners: readonly Owner[]): string[] {
  return owners.map((owner) => owner.path);
}

async function pack(
  tar: string,
  folder: string,
  mode: '--create' | '--append',
  ids: { readonly uid: number; readonly gid: number },
  names: readonly string[],
  without: readonly string[],
): Promise<void> {
  const fixed = ['--format=gnu', '--sort=name', '--mtime=@0', '--numeric-owner', '--no-acls', '--no-selinux', '--no-xattrs'];
  await run(
    'tar',
    [
      mode,
      `--file=${tar}`,
      ...fixed,
      `--owner=:${ids.uid}`,
      `--group=:${ids.gid}`,
      `--directory=${folder}`,
      '--anchored',
      '--no-wildcards',
      ...without.map((path) => `--exclude=${path}`),
      ...(names.length === 0 ? ['--files-from=/dev/null'] : ['--', ...names]),
    ],
    { env: { ...process.env, LC_ALL: 'C', TAR_OPTIONS: '' } },
  );
}

/** Digest and size of a file, read once and never as a whole in memory. */
export async function digestOf(path: string): Promise<Blob> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path, { highWaterMark: 1 << 20 }), hash);
  return { digest: `sha256:${hash.digest('hex')}`, size: (await stat(path)).size };
}
