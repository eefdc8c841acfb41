// Processes of a test run or of npm start, found by a mark in their environment, since a process may leave its group and lose its parent.
import { readdirSync, readFileSync } from 'node:fs';

export const MARK = 'FAULTLINE_STARTED_BY';

export interface Left {
  readonly pid: number;
  readonly command: string;
}

/** Living processes whose environment is such, each variable as `NAME=value`. Linux only; elsewhere none are found. */
export function processesWhere(isSuch: (variables: readonly string[]) => boolean): (Left & { readonly variables: readonly string[] })[] {
  if (process.platform !== 'linux') return [];
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const variables = readFileSync(`/proc/${name}/environ`, 'utf8').split('\0');
        if (!isSuch(variables)) return [];
        // One that has ended and waits for its parent has no command line.
        const command = readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
        return command === '' ? [] : [{ pid: Number(name), command, variables }];
      } catch {
        return [];
      }
    });
}

/** Those that carry this mark, other than this one and those with a variable that begins with `except`. */
export function marked(mark: string, except?: string): Left[] {
  const own = (variable: string): boolean => variable === `${MARK}=${mark}`;
  const foreign = (variable: string): boolean => except !== undefined && variable.startsWith(except);
  return processesWhere((variables) => variables.some(own) && !variables.some(foreign))
    .filter(({ pid }) => pid !== process.pid)
    .map(({ pid, command }) => ({ pid, command }));
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

export function kill(left: readonly Pick<Left, 'pid'>[]): void {
  for (const { pid } of left) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It ended by itself meanwhile.
    }
  }
}
