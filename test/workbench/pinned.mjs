// node test/workbench/pinned.mjs [--quiet] [--no-build] SCRIPT args…
// Runs SCRIPT in the pinned Node, after packages and (without --no-build) bundles were brought up to date. Needs Node 20, and nothing installed.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureApt } from './apt.mjs';
import { NODE_VERSION, nodeEnv, pinnedNode, Progress, run, SetupError, withLock } from './cache.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const INPUTS = ['src', 'webview', 'snippets', 'test/build', 'esbuild.mjs', 'package.json', 'package-lock.json', 'tsconfig.json'];

/** Whether node_modules holds what package-lock.json asks for; a package for another platform may be missing. */
function packagesMatch() {
  try {
    const packagesOf = (path) => JSON.parse(readFileSync(join(root, path), 'utf8')).packages;
    const wanted = packagesOf('package-lock.json');
    const installed = packagesOf('node_modules/.package-lock.json');
    const same = (name) => wanted[name]?.version === installed[name]?.version && wanted[name]?.integrity === installed[name]?.integrity;
    return (
      Object.keys(installed).every(same) &&
      Object.keys(wanted).every(
        (name) => name === '' || name in installed || wanted[name].optional === true || wanted[name].devOptional === true,
      )
    );
  } catch {
    return false;
  }
}

/** Changes when a file that goes into the bundles does: names, sizes and times, since reading them all would cost more. */
function inputStamp() {
  const hash = createHash('sha256').update(NODE_VERSION);
  const visit = (path) => {
    const entry = statSync(path, { throwIfNoEntry: false });
    if (entry === undefined) return;
    if (entry.isDirectory()) for (const name of readdirSync(path).sort()) visit(join(path, name));
    else hash.update(`${relative(root, path)} ${entry.size} ${entry.mtimeMs}\n`);
  };
  for (const input of INPUTS) visit(join(root, input));
  return hash.digest('hex');
}

const stampFile = join(root, '.test', 'build.stamp');

function bundlesMatch() {
  try {
    return existsSync(join(root, 'dist', 'extension.js')) && readFileSync(stampFile, 'utf8') === inputStamp();
  } catch {
    return false;
  }
}

async function prepare(progress, wantsBundles) {
  const node = await pinnedNode(NODE_VERSION, progress);
  const ready = () => !wantsBundles || bundlesMatch();
  if (packagesMatch() && ready()) return node;
  const name = `repo-${createHash('sha256').update(root).digest('hex').slice(0, 16)}`;
  await withLock(name, async () => {
    const options = { cwd: root, env: nodeEnv(node) };
    if (!packagesMatch()) await progress.step('Installing npm packages', () => run('npm', ['ci', '--no-audit', '--no-fund'], options));
    if (ready()) return;
    // The build takes the engine's TPC-H extension from a Python wheel.
    if (spawnSync('python3', ['-m', 'pip', '--version']).status !== 0) await ensureApt(['python3', 'python3-pip'], progress);
    rmSync(stampFile, { force: true });
    const stamp = inputStamp();
    await progress.step('Building', () => run('node', ['esbuild.mjs'], options));
    mkdirSync(join(root, '.test'), { recursive: true });
    writeFileSync(stampFile, stamp);
  });
  return node;
}

async function main() {
  if (Number(process.versions.node.split('.')[0]) < 20) throw new SetupError(`Node 20 or newer is needed; this is ${process.version}.`);
  const args = process.argv.slice(2);
  const flags = new Set();
  while (args[0]?.startsWith('--')) flags.add(args.shift());
  const [script, ...rest] = args;
  if (script === undefined) throw new SetupError('Usage: node test/workbench/pinned.mjs [--quiet] [--no-build] SCRIPT args…');
  const node = await prepare(new Progress(flags.has('--quiet') ? 'terminal' : 'lines'), !flags.has('--no-build'));
  const child = spawn(join(node, 'bin', 'node'), [join(root, script), ...rest], { stdio: 'inherit', env: nodeEnv(node) });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) => process.exit(code ?? 128 + constants.signals[signal]));
}

main().catch((error) => {
  console.error(error instanceof SetupError ? error.message : error);
  process.exit(3);
});
