/** The terminal as a person uses it: a process of its own, with a home of its own. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { packagePaths } from '../../../src/base/package.ts';

export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Home {
  readonly path: string;
  start(...args: readonly string[]): ChildProcess & { stdout: NodeJS.ReadableStream; stderr: NodeJS.ReadableStream };
  /** With its output into a file or device. */
  startInto(file: string, ...args: readonly string[]): ChildProcess & { stderr: NodeJS.ReadableStream };
  run(args: readonly string[], input?: string): Promise<Outcome>;
  remove(): Promise<void>;
}

export async function makeHome(): Promise<Home> {
  const path = await mkdtemp(join(tmpdir(), 'faultline-cli-'));
  const entry = join(packagePaths().root, 'src/cli.ts');
  const start = (...args: readonly string[]): ReturnType<Home['start']> =>
    spawn(process.execPath, [entry, ...args], {
      env: { ...process.env, FAULTLINE_HOME: path },
      stdio: ['pipe', 'pipe', 'pipe'],
      cwd: path,
    });
  const startInto = (file: string, ...args: readonly string[]): ReturnType<Home['startInto']> => {
    const output = openSync(file, 'w');
    const child = spawn(process.execPath, [entry, ...args], {
      env: { ...process.env, FAULTLINE_HOME: path },
      stdio: ['ignore', output, 'pipe'],
      cwd: path,
    });
    closeSync(output);
    const { stderr } = child;
    if (stderr === null) throw new Error('stderr is a pipe');
    return Object.assign(child, { stderr });
  };
  return {
    path,
    start,
    startInto,
    run: async (args, input = '') => {
      const child = start(...args);
      child.stdin?.end(input);
      const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
      return { code: child.exitCode, stdout, stderr };
    },
    remove: () => rm(path, { recursive: true, force: true }),
  };
}
