// Things that are fetched or built once and kept outside the repository. Plain JavaScript: it must run on Node 20.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

export const NODE_VERSION = '24.21.0';

/** Folder for everything that is kept between runs. */
export function cacheDir() {
  const { FAULTLINE_CACHE, XDG_CACHE_HOME } = process.env;
  return FAULTLINE_CACHE || join(XDG_CACHE_HOME || join(homedir(), '.cache'), 'faultline');
}

/** A failure that is told in one text, without a stack. */
export class SetupError extends Error {}

/** Who a lock belongs to; without its start time a reused pid would hold a dead lock for ever. */
function processStart(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return undefined;
  }
}

function holderIsAlive(file) {
  let holder;
  try {
    holder = JSON.parse(readFileSync(file, 'utf8'));
    process.kill(holder.pid, 0);
  } catch (error) {
    // Unreadable: the other process is just writing it, or was killed there. EPERM: it lives and belongs to someone else.
    return error.code === 'EPERM' || (error instanceof SyntaxError && !isOld(file));
  }
  return holder.start === undefined || holder.start === processStart(holder.pid);
}

/** Whether a file is too old for somebody to be just writing it. */
function isOld(file) {
  const entry = statSync(file, { throwIfNoEntry: false });
  return entry !== undefined && Date.now() - entry.mtimeMs > 5000;
}

/** Runs `action` while no other process on this machine runs one under the same name; `onWait` hears, once, that there is one. */
export async function withLock(name, action, onWait = () => undefined) {
  const file = join(cacheDir(), 'locks', `${name}.lock`);
  mkdirSync(dirname(file), { recursive: true });
  for (;;) {
    try {
      writeFileSync(file, JSON.stringify({ pid: process.pid, start: processStart(process.pid) }), { flag: 'wx' });
      break;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
      if (!holderIsAlive(file)) rmSync(file, { force: true });
      else {
        onWait();
        onWait = () => undefined;
        await new Promise((resolve) => setTimeout(resolve, 200));
      }
    }
  }
  try {
    return await action();
  } finally {
    rmSync(file, { force: true });
  }
}

/**
 * The cached folder `name`, made by `build(folder)` under a temporary name and renamed when it holds `marker`,
 * so that an interrupted build is never taken for a finished one.
 */
export async function cached(name, marker, build) {
  const folder = join(cacheDir(), name);
  if (existsSync(join(folder, marker))) return folder;
  return withLock(name, async () => {
    if (existsSync(join(folder, marker))) return folder;
    const partial = `${folder}.partial`;
    rmSync(partial, { recursive: true, force: true });
    mkdirSync(partial, { recursive: true });
    await build(partial);
    if (!existsSync(join(partial, marker))) throw new SetupError(`${name} came without ${marker}.`);
    rmSync(folder, { recursive: true, force: true });
    renameSync(partial, folder);
    return folder;
  });
}

/**
 * Environment for npm and node of the Node in `nodeFolder`. What an outer `npm run` left behind is dropped: its user agent
 * names the outer Node, and its local prefix would make an npm in another folder install into the repository.
 */
export function nodeEnv(nodeFolder, extra = {}) {
  const env = {};
  for (const [name, value] of Object.entries(process.env)) {
    if (!/^npm_(package_|lifecycle_|command$|execpath$|node_execpath$|config_(user_agent|local_prefix|node_gyp|npm_version)$)/.test(name))
      env[name] = value;
  }
  env.PATH = `${join(nodeFolder, 'bin')}:${process.env.PATH ?? ''}`;
  return { ...env, ...extra };
}

/** How far long steps are told on stderr: `lines` always, `terminal` only where a person looks at a terminal. */
export class Progress {
  constructor(mode) {
    this.live = process.stderr.isTTY === true;
    this.silent = mode === 'terminal' && !this.live;
  }

  /** `action` is given a function that says what it is just at; on a terminal each word shows, in a log one every half minute. */
  async step(label, action) {
    if (this.silent) return action(() => {});
    const started = Date.now();
    const seconds = () => `${Math.round((Date.now() - started) / 1000)} s`;
    let detail = '';
    const line = () => (detail === '' ? `${label} …` : `${label}: ${detail} …`);
    // A line longer than the terminal would wrap, and the next one could not overwrite it.
    const fit = (text) => text.slice(0, Math.max(20, (process.stderr.columns ?? 80) - 10));
    const draw = () => process.stderr.write(this.live ? `\r\x1b[K${fit(line())} ${seconds()}` : `${line()} ${seconds()}\n`);
    if (this.live) draw();
    else process.stderr.write(`${label} …\n`);
    const timer = setInterval(draw, this.live ? 1000 : 30_000);
    const end = this.live ? '\r\x1b[K' : '';
    try {
      const result = await action((text) => {
        detail = text;
      });
      process.stderr.write(`${end}${label}: done in ${seconds()}\n`);
      return result;
    } catch (error) {
      process.stderr.write(`${end}${label}: failed after ${seconds()}\n`);
      throw error;
    } finally {
      clearInterval(timer);
    }
  }
}

/** Runs a program to its end; its output is shown only when it fails: how it began and how it ended. */
export function run(command, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], ...options });
    const output = [];
    child.stdout.on('data', (data) => output.push(data));
    child.stderr.on('data', (data) => output.push(data));
    child.on('error', (error) => reject(new SetupError(`${command} could not be started: ${error.message}`)));
    child.on('close', (code, signal) => {
      const text = Buffer.concat(output).toString();
      if (code === 0) return resolve(text);
      const lines = text.trimEnd().split('\n');
      const tail = (lines.length <= 80 ? lines : [...lines.slice(0, 30), '…', ...lines.slice(-50)]).join('\n');
      reject(new SetupError(`${tail}\n\n"${command} ${args.join(' ')}" ended with ${signal ?? `code ${code}`}.`));
    });
  });
}

/** Folder (with bin/node) of exactly this Node, which npm carries as a package. */
export async function pinnedNode(version, progress) {
  if (process.platform !== 'linux' || !['x64', 'arm64'].includes(process.arch)) {
    const [major] = process.versions.node.split('.');
    if (version === NODE_VERSION && Number(major) >= 24) return join(process.execPath, '..', '..');
    throw new SetupError(`Node ${version.split('.')[0]} is needed; this is ${process.version}. Install it and run the command with it.`);
  }
  const name = `node-linux-${process.arch}`;
  return cached(`node-${version}`, 'bin/node', (folder) =>
    progress.step(`Fetching Node ${version}`, async () => {
      const temporary = join(tmpdir(), `faultline-node-${process.pid}`);
      mkdirSync(temporary, { recursive: true });
      try {
        const outer = join(process.execPath, '..', '..');
        await run('npm', ['pack', '--silent', `${name}@${version}`], { cwd: temporary, env: nodeEnv(outer) });
        await run('tar', ['xzf', join(temporary, `${name}-${version}.tgz`), '-C', folder, '--strip-components=1']);
      } finally {
        rmSync(temporary, { recursive: true, force: true });
      }
    }),
  );
}
