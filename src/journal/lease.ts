/** A runner's sign of life in its run's folder: who writes the journal, and where to reach it. */
import { existsSync, linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { FaultlineError } from '../base/errors.ts';
import { t } from '../base/messages.ts';
import { isAlive, ownerOf, ownerText, parseOwner } from '../base/owner.ts';
import { runFiles, type Lease } from './runs.ts';
import { codeOf, unwritable } from './storage.ts';

const leaseSchema = v.looseObject({ owner: v.string(), socket: v.string() });

/** This process writes the run from now on. Fails with `invalid` when another living process does, with `storage`. */
export function takeLease(folder: string, socket: string): void {
  const path = join(folder, runFiles.lease);
  const lease: Lease = { owner: ownerText(ownerOf(process.pid)), socket };
  // A reader sees no lease or a whole one, never half of one.
  const own = `${path}.${process.pid}`;
  try {
    writeFileSync(own, JSON.stringify(lease), { mode: 0o600 });
    try {
      linkSync(own, path);
    } catch (error) {
      if (codeOf(error) === 'EEXIST') refuseIfHeld(folder, lease);
      // Somebody's who is dead; or a file system without links, where the folder's name alone keeps two apart.
      renameSync(own, path);
    }
  } catch (error) {
    throw unwritable(path, error);
  } finally {
    rmSync(own, { force: true });
  }
}

/** Undefined when there is none that can be read. */
export function readLease(folder: string): Lease | undefined {
  const path = join(folder, runFiles.lease);
  // Most runs have none: an exception is what takes long in a list of thousands.
  if (!existsSync(path)) return undefined;
  try {
    const found = v.safeParse(leaseSchema, JSON.parse(readFileSync(path, 'utf8')));
    return found.success ? { owner: found.output.owner, socket: found.output.socket } : undefined;
  } catch {
    return undefined;
  }
}

/** Only a lease of this process's own. */
export function releaseLease(folder: string): void {
  if (readLease(folder)?.owner === ownerText(ownerOf(process.pid))) rmSync(join(folder, runFiles.lease), { force: true });
}

/** Its process lives: the same one, in the same boot of the machine. */
export function isHeld(lease: Lease): boolean {
  const owner = parseOwner(lease.owner);
  return owner !== undefined && isAlive(owner);
}

function refuseIfHeld(folder: string, own: Lease): void {
  const found = readLease(folder);
  if (found === undefined || found.owner === own.owner || !isHeld(found)) return;
  throw new FaultlineError('invalid', { what: t('Another process writes this run'), meaning: `${folder}: ${found.owner}` });
}
