// Processes of a test run or of npm start, found by a mark in their environment, since a process may leave its group and lose its parent.
import { readdirSync, readFileSync } from 'node:fs';

export const MARK = 'FAULTLINE_STARTED_BY';

export interface Left {
  readonly pid: number;
  readonly command: string;
}

/**
 * Living processes that carry this mark, other than this one and those with a variable that begins with `except`. Linux only;
 * elsewhere none are found.
 */
export function marked(mark: string, except?: string): Left[] {
  if (process.platform !== 'linux') return [];
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .flatMap((name) => {
      try {
        const variables = readFileSync(`/proc/${name}/environ`, 'utf8').split('\0');
        if (!variables.includes(`${MARK}=${mark}`)) return [];
        if (except !== undefined && variables.some((variable) => variable.startsWith(except))) return [];
        // One that has ended and waits for its parent has no command line.
        const command = readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
        return command === '' ? [] : [{ pid: Number(name), command }];
      } catch {
        return [];
      }
    });
}

/** Those that are still there after a moment: helpers of a program that ended need one to notice it. */
export async function leftBehind(mark: string, graceMs = 5000, except?: string): Promise<Left[]> {
  const deadline = performance.now() + graceMs;
  let left = marked(mark, except);
  while (left.length > 0 && performance.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    left = marked(mark, except);
  }
  return left;
}

export function kill(left: readonly Left[]): void {
  for (const { pid } of left) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It ended by itself meanwhile.
    }
  }
}
