// VS Code itself: code-server from npm carries a whole VS Code server, so it can be had where only registries can be reached.
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { CODE_SERVER_PACKAGES, ensureApt } from './apt.mjs';
import { cached, nodeEnv, pinnedNode, run, SetupError } from './cache.mjs';
import type { Progress } from './cache.mjs';

export const OLDEST = '4.117.0';
export const NEWEST = '4.139.1';

/** A release refuses every other major version of Node, at install as at run time; so its own version is the whole cache key. */
const NODE_OF: Readonly<Record<string, string>> = { [OLDEST]: '22.23.3', [NEWEST]: '24.21.0' };

export interface CodeServer {
  readonly version: string;
  /** Folder of the Node that runs it. */
  readonly node: string;
  /** Folder of the VS Code server inside it. */
  readonly vscode: string;
}

/** Finds this release in the cache, or builds it there (about two minutes on two cores). */
export async function codeServer(version: string, progress: Progress): Promise<CodeServer> {
  const nodeVersion = NODE_OF[version];
  if (nodeVersion === undefined)
    throw new SetupError(`There is no recipe for code-server ${version}; known: ${Object.keys(NODE_OF).join(', ')}.`);
  const node = await pinnedNode(nodeVersion, progress);
  const folder = await cached(`code-server-${version}`, '.complete', async (partial) => {
    await ensureApt(CODE_SERVER_PACKAGES, progress);
    const ripgrep = version === OLDEST ? await newestRipgrep(progress) : undefined;
    await progress.step(`Building code-server ${version} (once, about two minutes)`, () => build(partial, version, node, ripgrep));
  });
  return { version, node, vscode: join(folder, 'node_modules', 'code-server', 'lib', 'vscode') };
}

async function build(folder: string, version: string, node: string, ripgrep: string | undefined): Promise<void> {
  const temporary = join(folder, 'tmp');
  await mkdir(temporary);
  if (ripgrep !== undefined) await offerRipgrep(ripgrep, temporary);
  const env = nodeEnv(node, {
    npm_config_nodedir: node,
    npm_config_unsafe_perm: 'true',
    npm_config_dangerously_allow_all_scripts: 'true',
    TMPDIR: temporary,
  });
  await run('npm', ['install', '--no-audit', '--no-fund', '--prefix', folder, `code-server@${version}`], { cwd: folder, env });
  await run('rm', ['-rf', temporary]);
  await run('touch', [join(folder, '.complete')]);
}

/** Newer releases have ripgrep in a package; this is its binary for this platform. */
async function newestRipgrep(progress: Progress): Promise<string> {
  const { vscode } = await codeServer(NEWEST, progress);
  return join(vscode, 'node_modules', '@vscode', 'ripgrep-universal', 'bin', `linux-${process.arch}`);
}

/** Older releases download ripgrep from GitHub unless its archive is already in the temporary folder. */
async function offerRipgrep(binaries: string, temporary: string): Promise<void> {
  const target = process.arch === 'arm64' ? 'aarch64-unknown-linux-musl' : 'x86_64-unknown-linux-musl';
  const cache = join(temporary, 'vscode-ripgrep-cache-1.17.1');
  await mkdir(cache);
  if (!(await readdir(binaries)).includes('rg')) throw new SetupError(`There is no ripgrep in ${binaries}.`);
  await run('tar', ['czf', join(cache, `ripgrep-v15.0.1-${target}.tar.gz`), '-C', binaries, 'rg']);
}
