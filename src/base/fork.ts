/**
 * Child processes of our own code: the same fork works under desktop VS Code (Electron), a VS Code server and plain Node.
 */
import { fork, type ChildProcess } from 'node:child_process';

/**
 * What a child may see of our environment: enough to find home, temp and locale, and what a cluster's login program or a proxy needs to
 * be found; no tokens that happen to be set.
 */
const allowed = [
  'PATH',
  'HOME',
  'USER',
  'LANG',
  'LC_ALL',
  'TZ',
  'TMPDIR',
  'TEMP',
  'TMP',
  'XDG_DATA_HOME',
  'XDG_CACHE_HOME',
  'FAULTLINE_HOME',
  'FAULTLINE_CACHE',
  'APPDATA',
  'LOCALAPPDATA',
  'USERPROFILE',
  'SystemRoot',
  'HTTP_PROXY',
  'HTTPS_PROXY',
  'NO_PROXY',
  'http_proxy',
  'https_proxy',
  'no_proxy',
  'NODE_EXTRA_CA_CERTS',
  'KUBERNETES_SERVICE_HOST',
  'KUBERNETES_SERVICE_PORT',
  'AWS_PROFILE',
  'AWS_REGION',
  'AWS_CONFIG_FILE',
  'AWS_SHARED_CREDENTIALS_FILE',
  'CLOUDSDK_CONFIG',
  'GOOGLE_APPLICATION_CREDENTIALS',
  'AZURE_CONFIG_DIR',
];

export interface ForkOptions {
  /** Beside what is allowed from our own environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** In a session of its own: neither Ctrl+C in our terminal nor its closing reaches it. */
  readonly detached?: boolean;
}

/** Starts a bundled entry (`dist/query-host.js`). stdout and stderr are pipes; messages go by IPC as JSON. */
export function forkProcess(entry: string, args: readonly string[], options: ForkOptions = {}): ChildProcess {
  const env: Record<string, string> = { ELECTRON_RUN_AS_NODE: '1' };
  for (const name of allowed) {
    const value = process.env[name];
    if (value !== undefined) env[name] = value;
  }
  return fork(entry, args, {
    execArgv: [],
    env: { ...env, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    detached: options.detached ?? false,
    windowsHide: true,
  });
}
