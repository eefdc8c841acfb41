/** The right to make one data set: one process has it at a time, and a dead one loses it at once. */
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isAlive, ownerOf, ownerText, parseOwner, type Owner } from '../../base/owner.ts';

/** Answers undefined when a living process has the lock. */
export function takeLock(folder: string): { release(): void } | undefined {
  const path = join(folder, 'lock');
  const own = ownerText(ownerOf(process.pid));
  const draft = join(folder, `lock-${own}`);
  writeFileSync(draft, own);
  try {
    for (let attempt = 0; attempt < 10; attempt++) {
      try {
        // A link appears complete or not at all; a new file would be there before its content.
        linkSync(draft, path);
        return { release: () => rmSync(path, { force: true }) };
      } catch (error) {
        if (!isExisting(error)) throw error;
      }
      if (lockHolder(folder) !== undefined) return undefined;
      breakDead(path, draft);
    }
    return undefined;
  } finally {
    rmSync(draft, { force: true });
  }
}

/** The living process that makes the data set of this folder. */
export function lockHolder(folder: string): Owner | undefined {
  const owner = readOwner(join(folder, 'lock'));
  return owner !== undefined && isAlive(owner) ? owner : undefined;
}

/** Moves the lock away first: two processes that both saw a dead owner must not delete each other's new lock. */
function breakDead(path: string, draft: string): void {
  const moved = `${draft}.broken`;
  try {
    renameSync(path, moved);
  } catch {
    return;
  }
  const owner = readOwner(moved);
  if (owner !== undefined && isAlive(owner)) {
    try {
      linkSync(moved, path);
    } catch (error) {
      if (!isExisting(error)) throw error;
    }
  }
  rmSync(moved, { force: true });
}

function readOwner(path: string): Owner | undefined {
  try {
    return parseOwner(readFileSync(path, 'utf8'));
  } catch {
    return undefined;
  }
}

function isExisting(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EEXIST';
}
