/**
 * Processes of a lab, found by a mark in their environment: a list of pids would be wrong after a `kill -9` between a start and
 * the writing of the list.
 */
import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync, statSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { join } from 'node:path';
import { SetupError } from '../../workbench/cache.mjs';
import { kill, MARK, processesWhere } from '../../workbench/processes.ts';

/** `<number of the lab>:<name of the process>` */
export const LAB_MARK = 'FAULTLINE_LAB_PROCESS';

export interface ProcessPlan {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly log: string;
}

export interface FoundProcess {
  readonly pid: number;
  readonly name: string;
  /** Unix ms. */
  readonly sinceMs: number;
}

/** Every process that this lab started, children that kept its environment among them, oldest first. */
export function labProcesses(number: number): FoundProcess[] {
  const prefix = `${LAB_MARK}=${number}:`;
  const isOwn = (variable: string): boolean => variable.startsWith(prefix);
  return processesWhere((variables) => variables.some(isOwn))
    .map(({ pid, variables }) => {
      const sinceMs = statSync(join('/proc', String(pid)), { throwIfNoEntry: false })?.ctimeMs ?? 0;
      return { pid, name: variables.find(isOwn)?.slice(prefix.length) ?? '', sinceMs };
    })
    .sort((a, b) => a.sinceMs - b.sinceMs || a.pid - b.pid);
}

/** Starts a process that outlives this one; its output is appended to its log. */
export function startProcess(number: number, plan: ProcessPlan): void {
  const log = openSync(plan.log, 'a');
  try {
    const child = spawn(plan.command, plan.args, {
      detached: true,
      stdio: ['ignore', log, log],
      env: environment(number, plan.name),
      cwd: '/',
    });
    child.on('error', () => undefined); // No pid then, and whoever waits for the process says which log to read.
    child.unref();
  } finally {
    closeSync(log);
  }
}

/** Nothing of the person's own environment but what programs can't do without. */
function environment(number: number, name: string): NodeJS.ProcessEnv {
  const { PATH, HOME, [MARK]: mark } = process.env;
  return {
    PATH: `${PATH ?? ''}:/usr/local/sbin:/usr/sbin:/sbin:/usr/bin:/bin`,
    HOME: HOME ?? '/root',
    [LAB_MARK]: `${number}:${name}`,
    ...(mark === undefined ? {} : { [MARK]: mark }),
  };
}

/** Proportional share of memory, bytes; undefined when the process is gone or another's. */
export function memoryOf(pid: number): number | undefined {
  try {
    const match = /^Pss:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'));
    return match === null ? undefined : Number(match[1]) * 1024;
  } catch {
    return undefined;
  }
}

/**
 * Kills and waits until the kernel has let go of them. `find` is asked until it finds nothing twice: a process may start another while
 * it dies, and one that is about to become another program has neither a command line nor an environment for a moment.
 */
export async function killAll(find: () => readonly number[]): Promise<void> {
  const deadline = performance.now() + 10_000;
  for (let clean = 0; clean < 2;) {
    const pids = find();
    clean = pids.length === 0 ? clean + 1 : 0;
    if (clean === 0 && performance.now() > deadline) throw new SetupError(`These processes of the lab do not end: ${pids.join(', ')}.`);
    kill(pids.map((pid) => ({ pid })));
    await sleep(20);
  }
}

/**
 * Asks `ready` until it answers, while `alive` holds; the error names the log. A process that becomes another program looks dead for a
 * moment: only one that looks so five times in a row is.
 */
export async function waitUntil(
  what: string,
  log: string,
  limitMs: number,
  ready: () => Promise<boolean> | boolean,
  alive: () => boolean = () => true,
): Promise<void> {
  const deadline = performance.now() + limitMs;
  let missing = 0;
  while (!(await ready())) {
    missing = alive() ? 0 : missing + 1;
    const gone = missing === 5;
    if (gone || performance.now() > deadline) {
      const why = gone ? 'has ended' : `was not ready in ${Math.round(limitMs / 1000)} s`;
      const last = tail(log);
      throw new SetupError(`${what} ${why}. ${remedyOf(last)}The last lines of ${log}:\n${last}`);
    }
    await sleep(50);
  }
}

/** A three-node lab takes about 25 of them, and many machines have 128 for one user. */
function remedyOf(lines: string): string {
  if (!/inotify.*too many open files/.test(lines)) return '';
  return 'Other labs hold all inotify instances of this machine: take one down, or allow more (sysctl -w fs.inotify.max_user_instances=512). ';
}

function tail(log: string): string {
  try {
    return readFileSync(log, 'utf8').trimEnd().split('\n').slice(-12).join('\n');
  } catch {
    return '(there is no such file)';
  }
}
