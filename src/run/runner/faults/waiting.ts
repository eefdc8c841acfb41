/** Until something holds, a time is over, or a signal aborts. */
import { setTimeout as sleep } from 'node:timers/promises';

/** Never fails. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (ms <= 0 || signal.aborted) return;
  await sleep(ms, undefined, { signal }).catch(() => undefined);
}

/** Answers whether it came to hold. */
export async function until(holds: () => boolean, everyMs: number, withinMs: number, signal: AbortSignal): Promise<boolean> {
  const endMs = performance.now() + withinMs;
  while (!holds()) {
    if (signal.aborted || performance.now() >= endMs) return false;
    await pause(everyMs, signal);
  }
  return true;
}
