/**
 * Who holds a lock: a process id alone can be given to another process after a crash or a reboot, so its start is part of the name.
 *
 * A lock file of our own and not `proper-lockfile`: that one takes an owner whose file was not touched for ten seconds for dead. A
 * laptop that slept would lose its lock to a second maker, and a maker that was killed would hold everybody up for those ten seconds.
 */
import { readFileSync } from 'node:fs';

export interface Owner {
  readonly pid: number;
  /** Boot and start of the process; empty where the platform does not tell, then the pid alone counts. */
  readonly start: string;
}

export function ownerOf(pid: number): Owner {
  return { pid, start: startOf(pid) };
}

export function isAlive(owner: Owner): boolean {
  try {
    process.kill(owner.pid, 0);
  } catch (error) {
    // It is there, and belongs to somebody else.
    if (!(error instanceof Error && 'code' in error && error.code === 'EPERM')) return false;
  }
  return owner.start === '' || startOf(owner.pid) === owner.start;
}

/** `4711-1a2b3c4d-8812334`: fits into a file name. */
export function ownerText({ pid, start }: Owner): string {
  return start === '' ? String(pid) : `${pid}-${start}`;
}

export function parseOwner(text: string): Owner | undefined {
  const match = /^(\d+)(?:-([0-9a-f]+-\d+))?$/.exec(text.trim());
  return match === null ? undefined : { pid: Number(match[1]), start: match[2] ?? '' };
}

function startOf(pid: number): string {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').slice(0, 8);
    // The name of the program is in brackets and may hold blanks; the start time is the 22nd field of proc(5).
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\)\s/s, '')
      .split(' ');
    // A zombie runs no more: it only waits for its parent.
    return fields[0] === 'Z' ? '' : `${boot}-${fields[19] ?? ''}`;
  } catch {
    return '';
  }
}
