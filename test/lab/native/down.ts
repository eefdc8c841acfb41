/** Ends a native lab and leaves nothing of it, also where a start, a stop or a `kill -9` left only parts. */
import { existsSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { spawnSync } from 'node:child_process';
import { SetupError } from '../../workbench/cache.mjs';
import type { Progress } from '../../workbench/cache.mjs';
import { cgroupsOf, processesIn, removeCgroup, thawAll } from './cgroups.ts';
import { withNodes } from './fault-kinds.ts';
import { removeNetwork } from './network.ts';
import { placeOf } from './place.ts';
import { killAll, labProcesses, waitUntil } from './processes.ts';
import { readState, writeState } from './state.ts';

/** One at a time for a number: `../ways.ts` sees to that. */
export async function nativeDown(number: number, progress: Progress): Promise<void> {
  const state = readState(number);
  if (state !== undefined && state !== 'unreadable') await writeState(number, { ...state, phase: 'stopping' });
  await progress.step(`Taking lab ${number} down`, () => clear(number));
}

/** Everything that carries the lab's number: processes, cgroups, network, and last its folder, which says that there is something to do. */
export function clear(number: number): Promise<void> {
  // A timer that brings a node back just now would bring it back into a lab that is going.
  return withNodes(number, () => clearAll(number));
}

async function clearAll(number: number): Promise<void> {
  const { folder } = placeOf(number, 'api');
  const real = process.getuid?.() === 0 && process.platform === 'linux';
  const cgroups = real ? cgroupsOf(number) : [];
  // What is frozen can't die.
  for (const name of cgroups) thawAll(name);
  await killAll(() => [...new Set([...labProcesses(number).map(({ pid }) => pid), ...cgroups.flatMap(processesIn)])]);
  if (real) {
    for (const name of cgroups) {
      // The kernel holds a cgroup for a moment after its last process.
      let held: string[] = [];
      await waitUntil(`The cgroup ${name}`, folder, 10_000, () => {
        held = removeCgroup(name);
        return held.length === 0;
      });
    }
    removeNetwork(number);
    unmount(folder);
  }
  await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  if (existsSync(folder)) throw new SetupError(`${folder} can't be removed.`);
}

/** Removing files through a mount that was left would remove what is mounted. */
function unmount(folder: string): void {
  const mounts = readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[4] ?? '')
    .filter((path) => path.startsWith(`${folder}/`));
  for (const path of mounts.reverse()) {
    const ended = spawnSync('umount', ['--lazy', path], { encoding: 'utf8' });
    if (ended.status !== 0) throw new SetupError(`${path} can't be unmounted: ${ended.stderr.trim()}`);
  }
}
