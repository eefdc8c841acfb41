/**
 * A place before the engine's threads, where the system lets us. While an engine keeps every processor busy, Linux (6.18, 250 Hz) gives
 * a thread that wakes its processor at the next tick only: lag p99 was 4.4 ms, with the highest niceness too. As a real-time thread it
 * was 0.3 ms (`npm run bench -- pacing`). The pacer needs a twentieth of a processor, and the kernel leaves ordinary threads at least
 * a twentieth of each whatever happens (`sched_rt_runtime_us`).
 */
import { spawnSync } from 'node:child_process';
import { readlinkSync } from 'node:fs';
import { constants, setPriority } from 'node:os';

/** Of the calling thread. Needs CAP_SYS_NICE or a limit that allows it; without them, and on other systems, all stays as it is. */
export function raisePriority(): void {
  if (process.platform !== 'linux') return;
  try {
    const thread = readlinkSync('/proc/thread-self').split('/').at(-1) ?? '';
    // Node has no call for it; util-linux is on every distribution. Round robin, lowest of the real-time priorities.
    const { status } = spawnSync('chrt', ['--rr', '--pid', '1', thread], { stdio: 'ignore', timeout: 2000 });
    if (status !== 0) setPriority(Number(thread), constants.priority.PRIORITY_HIGHEST);
  } catch {
    // Not permitted: the lag is recorded, and decides whether the run is valid.
  }
}
