// Starts the VS Code server that sits inside code-server, with folders of its own.
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import * as v from 'valibot';
import { nodeEnv, run, SetupError } from './cache.mjs';
import type { CodeServer } from './code-server.ts';

export interface ServerOptions {
  readonly codeServer: CodeServer;
  /** Settings, state and logs; made when missing. */
  readonly dataDir: string;
  readonly settings: Readonly<Record<string, unknown>>;
  /** Folders of extensions that are used where they lie, and VSIX files that are installed. */
  readonly extensions?: readonly string[];
  /** Without one the server answers everybody on this machine. */
  readonly token?: string;
  /** A free one when not given. */
  readonly port?: number;
  /** false: a folder starts out untrusted and the person is asked. */
  readonly trusted?: boolean;
  /** Lets the page name extensions under development; for tests only. */
  readonly testDriver?: boolean;
  /** Added to the environment of the extension host. */
  readonly env?: Readonly<Record<string, string>>;
}

export interface Server {
  readonly host: string;
  readonly port: number;
  /** Address of the page with `folder` (an absolute path) opened. */
  url(folder: string, payload?: readonly (readonly [string, string])[]): string;
  /** Ends the server and everything it started. */
  stop(): Promise<void>;
  /** Settles when the server ended by itself. */
  readonly exited: Promise<string>;
}

const HOST = '127.0.0.1';
const Manifest = v.object({ publisher: v.string(), name: v.string(), version: v.string() });

export async function startServer(options: ServerOptions): Promise<Server> {
  const { codeServer, dataDir, token } = options;
  const extensions = join(dataDir, 'extensions');
  // What is of the machine is read from a file of its own.
  for (const scope of ['User', 'Machine']) await mkdir(join(dataDir, 'data', scope), { recursive: true });
  await mkdir(extensions, { recursive: true });
  for (const scope of ['User', 'Machine']) await writeSettings(join(dataDir, 'data', scope, 'settings.json'), options.settings);
  const common = [
    '--server-data-dir',
    dataDir,
    '--extensions-dir',
    extensions,
    '--accept-server-license-terms',
    '--telemetry-level',
    'off',
  ];
  const program = join(codeServer.node, 'bin', 'node');
  const main = join(codeServer.vscode, 'out', 'server-main.js');
  const env = serverEnv(codeServer, options.env ?? {});
  const wanted = options.extensions ?? [];
  await listExtensions(
    extensions,
    wanted.filter((path) => !path.endsWith('.vsix')),
  );
  for (const vsix of wanted.filter((path) => path.endsWith('.vsix'))) {
    await run(program, [main, ...common, '--install-extension', vsix, '--force'], { env });
  }

  const port = options.port ?? (await freePort());
  const args = [main, ...common, '--host', HOST, '--port', String(port), '--disable-getting-started-override', '--disable-experiments'];
  args.push(...(token === undefined ? ['--without-connection-token'] : ['--connection-token', token]));
  if (options.trusted !== false) args.push('--disable-workspace-trust');
  if (options.testDriver === true) args.push('--enable-smoke-test-driver');
  // A process group of its own: the extension host, terminals and query hosts end with it.
  const child = spawn(program, args, { env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  const log = createWriteStream(join(dataDir, 'server.log'));
  child.stderr.pipe(log, { end: false });
  const exited = ended(child);
  await listening(child, exited, join(dataDir, 'server.log'));
  child.stdout.pipe(log, { end: false });
  return {
    host: HOST,
    port,
    exited,
    url(folder, payload) {
      const query = new URLSearchParams({ folder });
      if (token !== undefined) query.set('tkn', token);
      if (payload !== undefined) query.set('payload', JSON.stringify(payload));
      return `http://${HOST}:${port}/?${query.toString()}`;
    },
    async stop() {
      await endGroup(child, exited);
      log.end();
    },
  };
}

/** What a person has set in the workbench meanwhile stays; a file with comments in it is left alone. */
async function writeSettings(path: string, settings: Readonly<Record<string, unknown>>): Promise<void> {
  const existing = await readFile(path, 'utf8').catch(() => '{}');
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), v.record(v.string(), v.unknown())), existing);
  if (parsed.success) await writeFile(path, JSON.stringify({ ...settings, ...parsed.output }, null, 2));
}

/** The server hands its environment on to terminals and the extension host, so what npm and outer editors left in ours is dropped. */
function serverEnv(codeServer: CodeServer, extra: Readonly<Record<string, string>>): Record<string, string> {
  const env = nodeEnv(codeServer.node, extra);
  for (const name of Object.keys(env)) if (/^(VSCODE_|ELECTRON_|CODE_SERVER_|NODE_OPTIONS$|npm_config_)/.test(name)) delete env[name];
  // The registry of extensions would be asked for updates and recommendations; nothing here leaves this machine.
  env['EXTENSIONS_GALLERY'] = '{}';
  return env;
}

/** Lists folders as installed extensions, in the file in which the workbench keeps them; nothing is copied or linked. */
async function listExtensions(extensions: string, folders: readonly string[]): Promise<void> {
  const entries = folders.map(async (path) => {
    const { publisher, name, version } = v.parse(Manifest, JSON.parse(await readFile(join(path, 'package.json'), 'utf8')));
    return {
      identifier: { id: `${publisher}.${name}` },
      version,
      location: { $mid: 1, path, scheme: 'file' },
      metadata: { source: 'vsix' },
    };
  });
  await writeFile(join(extensions, 'extensions.json'), JSON.stringify(await Promise.all(entries)));
}

export async function freePort(): Promise<number> {
  const port = await tryPort(0);
  if (port === undefined) throw new SetupError('This machine has no free port.');
  return port;
}

export async function isFree(port: number): Promise<boolean> {
  return (await tryPort(port)) !== undefined;
}

/** The port that could be listened on, 0 standing for any; undefined when it is in use. */
async function tryPort(wanted: number): Promise<number | undefined> {
  const { promise, resolve } = Promise.withResolvers<number | undefined>();
  const probe = createServer();
  probe.once('error', () => resolve(undefined));
  probe.listen(wanted, HOST, () => {
    const address = probe.address();
    probe.close(() => resolve(typeof address === 'object' ? address?.port : undefined));
  });
  return promise;
}

function ended(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, signal) => resolve(signal ?? `code ${code}`));
  });
}

async function listening(child: ChildProcess, exited: Promise<string>, log: string): Promise<void> {
  let output = '';
  const heard = new Promise<void>((resolve) => {
    const hear = (data: Buffer): void => {
      output += data.toString();
      if (!output.includes('Extension host agent listening')) return;
      child.stdout?.off('data', hear);
      resolve();
    };
    child.stdout?.on('data', hear);
  });
  const failed = exited.then(async (how) => {
    const errors = await readFile(log, 'utf8').catch(() => '');
    throw new SetupError(`The workbench's server ended at once (${how}).\n${output}${errors}`);
  });
  await Promise.race([heard, failed]);
}

/** Asks the whole group to end, and ends it after 5 s; the group may outlive its leader. */
async function endGroup(child: ChildProcess, exited: Promise<string>): Promise<void> {
  const group = child.pid;
  if (group === undefined) return;
  const signal = (name: NodeJS.Signals | 0): boolean => {
    try {
      process.kill(-group, name);
      return true;
    } catch {
      return false;
    }
  };
  signal('SIGTERM');
  const deadline = Date.now() + 5000;
  while (signal(0) && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 50));
  signal('SIGKILL');
  await exited;
}
