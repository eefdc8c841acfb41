/** Helm run as a process group of its own, never through a shell. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { cancelled, FaultlineError } from '../../base/errors.ts';
import { t } from '../../base/messages.ts';
import { helmFailure } from './failure.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** Helm ends a release under way with SIGTERM, and writes that down; what takes longer is killed. */
const GRACE_MS = 10_000;

/**
 * What Helm, its plug-ins and the login programs of clouds need. KUBECONFIG and HELM_NAMESPACE are not among it: the cluster is the
 * one that was asked for. HELM_DRIVER neither: releases are read where Helm keeps them by default.
 */
const PASSED = [
  /^(PATH|Path|HOME|USER|LOGNAME|SHELL|LANG|LC_\w+|TMPDIR|TEMP|TMP|TERM)$/,
  /^(USERPROFILE|USERNAME|APPDATA|LOCALAPPDATA|PROGRAMDATA|SystemRoot|SYSTEMROOT|ComSpec|COMSPEC|PATHEXT|HOMEDRIVE|HOMEPATH)$/,
  /^XDG_/,
  /^HELM_(CACHE_HOME|CONFIG_HOME|DATA_HOME|PLUGINS|REGISTRY_CONFIG|REPOSITORY_CACHE|REPOSITORY_CONFIG|CONTENT_CACHE|BURST_LIMIT|QPS)$/,
  /^(https?|HTTPS?|no|NO|all|ALL)_(proxy|PROXY)$/,
  /^SSL_CERT_(FILE|DIR)$/,
  /^DOCKER_CONFIG$/,
  /^(AWS|AZURE|ARM|GOOGLE|CLOUDSDK|GCE|AAD|MSI|OCI|TSH|TELEPORT|VAULT|KUBELOGIN)_/,
  /^USE_GKE_GCLOUD_AUTH_PLUGIN$/,
];

export function helmEnvironment(env: Environment): Record<string, string> {
  const passed: Record<string, string> = {};
  for (const [name, value] of Object.entries(env)) {
    if (value !== undefined && PASSED.some((pattern) => pattern.test(name))) passed[name] = value;
  }
  return passed;
}

export interface HelmRun {
  readonly path: string;
  readonly args: readonly string[];
  readonly env: Environment;
  /** Beside what it gets of `env`. */
  readonly more?: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  /** Told once it runs. */
  readonly onStart?: (pid: number) => void;
  /** It is stopped then: its own bound counts only what it waits for, not how long a cluster that is gone keeps it. */
  readonly limitMs?: number;
}

/** Its stdout. Fails: `cancelled` once the process has ended, `timedOut` for the limit, else what `helmFailure` makes of stderr. */
export async function runHelm({ path, args, env, more, signal, onStart, limitMs }: HelmRun): Promise<string> {
  if (signal.aborted) throw cancelled();
  const child = spawn(path, args, {
    env: { ...helmEnvironment(env), ...more },
    stdio: ['ignore', 'pipe', 'pipe'],
    // Its login programs and plug-ins end with it.
    detached: process.platform !== 'win32',
    windowsHide: true,
  });
  if (child.pid !== undefined) onStart?.(child.pid);
  let killer: NodeJS.Timeout | undefined;
  const stop = (): void => {
    end(child, 'SIGTERM');
    clearTimeout(killer);
    killer = setTimeout(() => end(child, 'SIGKILL'), GRACE_MS);
  };
  let isLate = false;
  const late = (): void => {
    isLate = true;
    stop();
  };
  const limit = limitMs === undefined ? undefined : setTimeout(late, limitMs);
  signal.addEventListener('abort', stop, { once: true });
  try {
    const { code, stdout, stderr } = await ended(child, path);
    if (signal.aborted) throw cancelled();
    if (isLate && code !== 0) throw tooLate(limitMs ?? 0, args, stderr);
    if (code !== 0) throw helmFailure(stderr, args);
    return stdout;
  } finally {
    clearTimeout(limit);
    clearTimeout(killer);
    signal.removeEventListener('abort', stop);
  }
}

function tooLate(limitMs: number, args: readonly string[], stderr: string): FaultlineError {
  const { meaning } = helmFailure(stderr, args).facts;
  const what = t('“helm {0}” did not end within {1} s and was stopped', args[0] ?? '', Math.round(limitMs / 1000));
  return new FaultlineError('timedOut', { what, ...(meaning === undefined || meaning === '' ? {} : { meaning }) }, stderr);
}

function ended(
  child: ChildProcess,
  path: string,
): Promise<{ readonly code: number | null; readonly stdout: string; readonly stderr: string }> {
  const stdout: string[] = [];
  const stderr: string[] = [];
  child.stdout?.setEncoding('utf8').on('data', (text: string) => stdout.push(text));
  child.stderr?.setEncoding('utf8').on('data', (text: string) => stderr.push(text));
  return new Promise((resolve, reject) => {
    child.once('error', (error) =>
      reject(new FaultlineError('engine', { what: t('{0} could not be run', path), meaning: error.message }, error)),
    );
    child.once('close', (code) => resolve({ code, stdout: stdout.join(''), stderr: stderr.join('') }));
  });
}

function end(child: ChildProcess, signal: 'SIGTERM' | 'SIGKILL'): void {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  try {
    if (process.platform === 'win32') child.kill(signal);
    else process.kill(-child.pid, signal);
  } catch {
    // It ended just now.
  }
}
