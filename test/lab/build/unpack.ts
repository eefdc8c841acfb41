/** Archives into folders, with the permissions that they carry. */
import { createWriteStream } from 'node:fs';
import { mkdir, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { openPromise } from 'yauzl';
import type { Entry } from 'yauzl';
import { run } from '../../workbench/cache.mjs';

const TYPE = 0o170000;
const SYMLINK = 0o120000;

export interface Unpack {
  /** false: this entry is left out; all are wanted without it. The name is the archive's, folders not asked. */
  readonly wanted?: (name: string) => boolean;
}

/**
 * A zip file (also a wheel or a jar) into `folder`, which is made. Python's zipfile would lose the execute bits, and `unzip` is not
 * on a bare machine. Names that lead out of the folder are refused by yauzl. Throws Error when the file is no zip file or is cut short.
 */
export async function unzip(file: string, folder: string, { wanted = () => true }: Unpack = {}): Promise<void> {
  const zip = await openPromise(file);
  for await (const entry of zip.eachEntry()) {
    const target = join(folder, entry.fileName);
    if (entry.fileName.endsWith('/')) {
      await mkdir(target, { recursive: true });
      continue;
    }
    if (!wanted(entry.fileName)) continue;
    await mkdir(dirname(target), { recursive: true });
    const content = await zip.openReadStreamPromise(entry);
    const mode = modeOf(entry);
    if ((mode & TYPE) === SYMLINK) await symlink(await text(content), target);
    else await pipeline(content, createWriteStream(target, { mode: mode & 0o111 ? 0o755 : 0o644 }));
  }
}

/** A tar file, also a compressed one, into `folder`; `strip` leading names are dropped. Streams, so size does not matter. */
export async function untar(file: string, folder: string, strip = 0): Promise<void> {
  await mkdir(folder, { recursive: true });
  // Without --no-same-owner root would give the files to whoever packed them.
  await run('tar', ['-x', '--no-same-owner', '-f', file, '-C', folder, `--strip-components=${strip}`]);
}

/** The Unix mode; zip files from other systems have none. */
function modeOf(entry: Entry): number {
  return entry.externalFileAttributes >>> 16;
}
