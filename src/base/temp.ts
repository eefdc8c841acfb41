/** Folders for what does not fit into memory: one a process, in `tmp` of Faultline's home. */
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isAlive, ownerOf, ownerText, parseOwner } from './owner.ts';

/**
 * Answers this process's own folder, whose name begins with `kind`; it is not made. Deletes those of dead processes of that kind:
 * what one that was killed left behind may be gigabytes of a sort.
 */
export async function tempFolderOf(home: string, kind: string): Promise<string> {
  await sweepTemp(home, kind);
  return join(home, 'tmp', `${kind}-${ownerText(ownerOf(process.pid))}`);
}

export async function sweepTemp(home: string, kind: string): Promise<void> {
  const parent = join(home, 'tmp');
  for (const name of await readdir(parent).catch(() => [])) {
    const owner = name.startsWith(`${kind}-`) ? parseOwner(name.slice(kind.length + 1)) : undefined;
    if (owner !== undefined && !isAlive(owner)) await rm(join(parent, name), { recursive: true, force: true }).catch(() => undefined);
  }
}
