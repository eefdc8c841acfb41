// npm start: opens the workbench with Faultline and a sample workspace, and stays until Ctrl+C.
import { spawn, spawnSync } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import * as v from 'valibot';
import { cacheDir, Progress, SetupError } from './cache.mjs';
import { codeServer, NEWEST } from './code-server.ts';
import { builtHelmFolder, helmFolder } from '../lab/main/helm.ts';
import { followLabs } from './lab-settings.ts';
import { kill, marked, MARK } from './processes.ts';
import { freePort, isFree, startServer } from './server.ts';
import { QUIET_SETTINGS } from './settings.ts';

const root = join(import.meta.dirname, '..', '..');
const greeter = join(import.meta.dirname, 'greeter');
const base = process.env['FAULTLINE_WORKBENCH'] ?? join(cacheDir(), 'workbench');
const stateFile = join(base, 'running.json');

const USAGE = `Usage: npm start -- [--port PORT] [--no-open] [--browser] [FOLDER]

Opens the workbench with Faultline in it: desktop VS Code where "code" is on PATH,
otherwise in the browser, on this machine only.

  FOLDER        workspace to open; a sample workspace when not given
  --port PORT   port of the page; a free one when not given
  --no-open     print the address and open no browser
  --browser     in the browser even where desktop VS Code is installed`;

/** Stays the same so that the browser finds the layout of the last time; another is taken when it is in use. */
const USUAL_PORT = 41_733;

interface Choice {
  readonly folder: string;
  readonly port: number | undefined;
  readonly open: boolean;
  readonly browser: boolean;
}

function choice(): Choice {
  const { values, positionals } = parseArgs({
    options: {
      port: { type: 'string' },
      open: { type: 'boolean', default: true },
      browser: { type: 'boolean', default: false },
      help: { type: 'boolean' },
    },
    allowPositionals: true,
    allowNegative: true,
  });
  if (values.help === true) {
    console.log(USAGE);
    process.exit(0);
  }
  const port = values.port === undefined ? undefined : Number(values.port);
  if (port !== undefined && !(Number.isInteger(port) && port > 0 && port < 65_536))
    throw new TypeError(`--port ${values.port} is no port number.`);
  const [folder] = positionals;
  return {
    folder: folder === undefined ? sampleWorkspace() : resolve(process.env['INIT_CWD'] ?? '.', folder),
    port,
    open: values.open,
    browser: values.browser,
  };
}

function choiceOrUsage(): Choice {
  try {
    return choice();
  } catch (error) {
    // What parseArgs says about a wrong option is made for people.
    console.error(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`);
    process.exit(2);
  }
}

/** A copy outside the repository; a file that the person has changed stays as it is. */
function sampleWorkspace(): string {
  const folder = join(base, 'workspace');
  cpSync(join(import.meta.dirname, 'sample'), folder, { recursive: true, force: false });
  return folder;
}

function onPath(program: string): boolean {
  return spawnSync('sh', ['-c', `command -v ${program}`]).status === 0;
}

function openDesktop(folder: string): void {
  const extensions = [root, greeter].map((path) => `--extensionDevelopmentPath=${path}`);
  const ended = spawnSync('code', [...extensions, folder], { stdio: 'inherit' });
  if (ended.status !== 0) throw new SetupError('Desktop VS Code did not start.');
  console.log('Faultline runs in the window of VS Code that has just opened.');
}

const Running = v.object({ pid: v.number(), url: v.string(), mark: v.string() });

/** Address of a workbench that another npm start has open; what an interrupted one left behind is ended. */
function runningElsewhere(): string | undefined {
  if (!existsSync(stateFile)) return undefined;
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), Running), readFileSync(stateFile, 'utf8'));
  if (!parsed.success) return undefined;
  const { pid, url, mark } = parsed.output;
  // A pid alone may belong to something else by now.
  const command = existsSync(`/proc/${pid}/cmdline`) ? readFileSync(`/proc/${pid}/cmdline`, 'utf8') : '';
  if (command.includes('start.ts')) return url;
  kill(marked(mark));
  return undefined;
}

async function openBrowserWorkbench({ folder, port, open }: Choice): Promise<void> {
  const elsewhere = runningElsewhere();
  if (elsewhere !== undefined) {
    console.log(`The workbench is already open:\n\n  ${elsewhere}\n\nEnd it with Ctrl+C in its own terminal first to open another.`);
    return;
  }
  const progress = new Progress('lines');
  const server = await codeServer(NEWEST, progress);
  const mark = randomUUID();
  const running = await progress.step('Starting the workbench', async () =>
    startServer({
      codeServer: server,
      dataDir: join(base, 'server'),
      settings: QUIET_SETTINGS,
      extensions: [root, greeter],
      token: randomBytes(16).toString('hex'),
      port: port ?? ((await isFree(USUAL_PORT)) ? USUAL_PORT : await freePort()),
      env: { [MARK]: mark },
    }),
  );
  const unfollow = followLabs({
    labs: join(cacheDir(), 'lab'),
    file: join(base, 'server', 'data', 'Machine', 'settings.json'),
    helmFolder: () => builtHelmFolder(),
    bringHelm: () =>
      void helmFolder(progress).catch((error: unknown) => {
        console.error(`Helm for the lab could not be made: ${error instanceof Error ? error.message : String(error)}`);
      }),
  });
  const url = running.url(folder);
  // The address holds the token: only this person may read it.
  writeFileSync(stateFile, JSON.stringify({ pid: process.pid, url, mark }), { mode: 0o600 });
  console.log(`\nFaultline is open on this machine at\n\n  ${url}\n\nCtrl+C ends it.`);
  const desktop = process.env['DISPLAY'] ?? process.env['WAYLAND_DISPLAY'];
  if (open && desktop !== undefined && onPath('xdg-open'))
    spawn('xdg-open', [url], { stdio: 'ignore', detached: true })
      .on('error', () => {})
      .unref();

  const asked = new Promise<undefined>((resolveAsked) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => resolveAsked(undefined));
  });
  const died = await Promise.race([asked, running.exited]);
  unfollow();
  await running.stop();
  kill(marked(mark));
  rmSync(stateFile, { force: true });
  if (died !== undefined)
    throw new SetupError(`The server of the workbench ended (${died}). Its log: ${join(base, 'server', 'server.log')}`);
}

async function main(): Promise<void> {
  mkdirSync(base, { recursive: true });
  const chosen = choiceOrUsage();
  if (!chosen.browser && onPath('code')) openDesktop(chosen.folder);
  else await openBrowserWorkbench(chosen);
}

main().catch((error: unknown) => {
  console.error(error instanceof SetupError ? error.message : error);
  process.exit(3);
});
