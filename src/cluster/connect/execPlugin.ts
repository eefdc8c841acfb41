/** Login programs of kubeconfigs (client.authentication.k8s.io): run without a terminal, bounded, and killed when they hang. */
import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import * as v from 'valibot';
import { cancelled, FaultlineError } from '../../base/errors.ts';
import { t } from '../../base/messages.ts';
import { commandLine, loginCommand } from './login.ts';
import type { ClusterSettings, ExecSettings } from './settings.ts';

export interface ExecCredential {
  readonly token?: string;
  /** PEM. */
  readonly cert?: string;
  readonly key?: string;
  /** By the wall clock, ms since the epoch. */
  readonly expiresMs?: number;
}

export interface ExecOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** Code of an error whose time ran out in a login program, not in the cluster. */
export const loginCode = 'login';
/** A program that writes more than this is no login program. */
const maxOutputBytes = 1_000_000;
/** Of stderr: the end says why. */
const shownErrorCharacters = 600;

const answer = v.object({
  kind: v.literal('ExecCredential'),
  status: v.object({
    token: v.nullish(v.string()),
    clientCertificateData: v.nullish(v.string()),
    clientKeyData: v.nullish(v.string()),
    expirationTimestamp: v.nullish(v.string()),
  }),
});

/** Fails: `unauthorised` with the command that renews the login, `timedOut`, `cancelled`. */
export async function runExecPlugin(exec: ExecSettings, cluster: ClusterSettings, options: ExecOptions): Promise<ExecCredential> {
  const info = JSON.stringify({
    apiVersion: exec.apiVersion,
    kind: 'ExecCredential',
    // Nobody is there to answer a question; a program that must ask says so, and its words are shown.
    spec: { interactive: false, ...(exec.provideClusterInfo ? { cluster: await clusterInfo(cluster) } : {}) },
  });
  const env = { ...options.env, ...exec.env, KUBERNETES_EXEC_INFO: info };
  return credentialOf(await output(exec, env, options), exec);
}

async function clusterInfo(cluster: ClusterSettings): Promise<object> {
  const ca = cluster.caData ?? (cluster.caFile === undefined ? undefined : (await readFile(cluster.caFile)).toString('base64'));
  return {
    server: cluster.server,
    ...(ca === undefined ? {} : { 'certificate-authority-data': ca }),
    ...(cluster.insecure ? { 'insecure-skip-tls-verify': true } : {}),
    ...(cluster.tlsServerName === undefined ? {} : { 'tls-server-name': cluster.tlsServerName }),
    ...(cluster.proxyUrl === undefined ? {} : { 'proxy-url': cluster.proxyUrl }),
    ...(cluster.execExtension === undefined ? {} : { config: cluster.execExtension }),
  };
}

function output(exec: ExecSettings, env: Readonly<Record<string, string | undefined>>, options: ExecOptions): Promise<string> {
  const { timeoutMs, signal } = options;
  if (signal.aborted) return Promise.reject(cancelled());
  return new Promise((resolve, reject) => {
    // In a group of its own, so that what it started ends with it.
    const child = spawn(exec.command, exec.args, { env, stdio: ['ignore', 'pipe', 'pipe'], detached: process.platform !== 'win32' });
    const out: Buffer[] = [];
    let outBytes = 0;
    let errors = '';
    const settle = (act: () => void): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', stopped);
      act();
    };
    const end = (error: FaultlineError): void => {
      killGroup(child.pid);
      child.stdout.destroy();
      child.stderr.destroy();
      child.unref();
      settle(() => reject(error));
    };
    const stopped = (): void => end(cancelled());
    const timer = setTimeout(() => end(hangs(exec, timeoutMs, errors)), timeoutMs);
    signal.addEventListener('abort', stopped, { once: true });
    child.stdout.on('data', (data: Buffer) => {
      outBytes += data.length;
      if (outBytes > maxOutputBytes) end(failed(exec, t('It wrote more than 1 MB')));
      else out.push(data);
    });
    child.stderr.setEncoding('utf8').on('data', (data: string) => (errors = (errors + data).slice(-shownErrorCharacters)));
    child.on('error', (error) => settle(() => reject(notStarted(exec, error))));
    child.on('close', (code, by) => {
      if (code === 0) return settle(() => resolve(Buffer.concat(out).toString('utf8')));
      const ended = by === null ? t('It ended with {0}', code ?? '?') : t('It was ended by {0}', by);
      settle(() => reject(failed(exec, errors.trim() === '' ? ended : errors.trim())));
    });
  });
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(process.platform === 'win32' ? pid : -pid, 'SIGKILL');
  } catch {
    // It is gone already.
  }
}

function credentialOf(text: string, exec: ExecSettings): ExecCredential {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw failed(exec, t('What it wrote is no ExecCredential'));
  }
  const parsed = v.safeParse(answer, json);
  if (!parsed.success) throw failed(exec, t('What it wrote is no ExecCredential'));
  const { token, clientCertificateData: cert, clientKeyData: key, expirationTimestamp } = parsed.output.status;
  const expiresMs = typeof expirationTimestamp === 'string' ? Date.parse(expirationTimestamp) : NaN;
  return {
    ...(typeof token === 'string' && token !== '' ? { token } : {}),
    ...(typeof cert === 'string' && cert !== '' ? { cert } : {}),
    ...(typeof key === 'string' && key !== '' ? { key } : {}),
    ...(Number.isNaN(expiresMs) ? {} : { expiresMs }),
  };
}

function hangs(exec: ExecSettings, timeoutMs: number, errors: string): FaultlineError {
  return new FaultlineError('timedOut', {
    what: t('The login program {0} did not answer within {1} s and was ended', exec.command, timeoutMs / 1000),
    ...(errors.trim() === '' ? {} : { meaning: errors.trim() }),
    remedy: t('Run {0} in a terminal: it may be waiting for an answer or a browser.', loginCommand(exec)),
    code: loginCode,
  });
}

function failed(exec: ExecSettings, meaning: string): FaultlineError {
  return new FaultlineError('unauthorised', {
    what: t('The login program {0} gave no login', exec.command),
    meaning,
    remedy: t('Run {0} in a terminal, then try again.', loginCommand(exec)),
  });
}

function notStarted(exec: ExecSettings, error: NodeJS.ErrnoException): FaultlineError {
  const isMissing = error.code === 'ENOENT';
  return new FaultlineError(
    'unauthorised',
    {
      what: isMissing
        ? t('The login program {0} is not on this machine’s PATH', exec.command)
        : t('The login program {0} can’t be started', exec.command),
      meaning: isMissing ? t('The kubeconfig asks for it: {0}', commandLine(exec)) : error.message,
      remedy:
        exec.installHint ??
        t('Install {0}, or start the editor from a terminal where it is found.', exec.command.split(/[\\/]/).pop() ?? ''),
    },
    error,
  );
}
