/** `faultline deploy` in a process of its own, with one of the lab's Helm programs on PATH. */
import { execFile, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import assert from 'node:assert/strict';
import { Progress } from '../../workbench/cache.mjs';
import { program } from '../build/programs.ts';
import { DEFAULT_MINOR } from '../versions.ts';
import type { TestLab } from './lab.ts';

const CLI = join(import.meta.dirname, '..', '..', '..', 'src', 'cli.ts');

export interface Result {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Deployed {
  readonly state: { readonly revision: number; readonly status: string };
  readonly notes: readonly string[];
}

export interface RunningDeploy {
  readonly child: ChildProcess;
  readonly ended: Promise<Result>;
  stderr(): string;
  /** Once the pattern stands in what it told; also when it has ended. */
  said(pattern: RegExp): Promise<void>;
}

/** Of one that finds its cluster by itself: `--kubeconfig` and `--namespace` are left out. */
export interface ByItself {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** A program that runs it. */
  readonly through?: readonly string[];
}

export interface DeployProgram {
  /** Its FAULTLINE_HOME. */
  readonly home: string;
  /** Helm itself, with the same environment. */
  helm(...args: string[]): Promise<void>;
  /** In the namespace of the lab, unless it finds the cluster by itself. */
  start(args: readonly string[], byItself?: ByItself): RunningDeploy;
  readonly deploy: (...args: string[]) => Promise<Result>;
  /** Throws unless it ends well. */
  readonly done: (...args: string[]) => Promise<Deployed>;
}

/** `folder`: for the program and its home. */
export async function deployProgram(lab: TestLab, helm: 'helm' | 'helm3', folder: string): Promise<DeployProgram> {
  mkdirSync(join(folder, 'bin'));
  symlinkSync(await program(helm, DEFAULT_MINOR, new Progress('lines')), join(folder, 'bin', 'helm'));
  const home = join(folder, 'home');
  // What Helm remembers of repositories and logins is the test's alone.
  const own = {
    FAULTLINE_HOME: home,
    HELM_CACHE_HOME: join(folder, 'cache'),
    HELM_CONFIG_HOME: join(folder, 'config'),
    HELM_DATA_HOME: join(folder, 'data'),
  };
  const start = (args: readonly string[], byItself?: ByItself): RunningDeploy => {
    const place = byItself === undefined ? ['--kubeconfig', lab.kubeconfig, '--namespace', lab.namespace] : [];
    const env = { ...process.env, PATH: `${join(folder, 'bin')}:${process.env['PATH'] ?? ''}`, ...own, ...byItself?.env };
    const [command, ...rest] = [...(byItself?.through ?? []), process.execPath, CLI, 'deploy', ...args, ...place];
    const child = spawn(command ?? '', rest, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    const [stdout, stderr]: [string[], string[]] = [[], []];
    child.stdout.setEncoding('utf8').on('data', (text: string) => stdout.push(text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => stderr.push(text));
    const ended = new Promise<Result>((resolve) =>
      child.once('close', (code) => resolve({ code: code ?? -1, stdout: stdout.join(''), stderr: stderr.join('') })),
    );
    const said = async (pattern: RegExp): Promise<void> => {
      while (!pattern.test(stderr.join('')) && child.exitCode === null && child.signalCode === null) await nextOutput(child);
    };
    return { child, ended, stderr: () => stderr.join(''), said };
  };
  const deploy = (...args: string[]): Promise<Result> => start(args).ended;
  const done = async (...args: string[]): Promise<Deployed> => {
    const { code, stdout, stderr } = await deploy(...args, '--json');
    assert.equal(code, 0, stderr);
    return JSON.parse(stdout) as Deployed;
  };
  const run = async (...args: string[]): Promise<void> => {
    await promisify(execFile)(join(folder, 'bin', 'helm'), args, { env: { ...process.env, ...own, KUBECONFIG: lab.kubeconfig } });
  };
  return { home, helm: run, start, deploy, done };
}

function nextOutput(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    child.stderr?.once('data', () => resolve());
    child.once('close', () => resolve());
  });
}
