// Debian packages that a step needs. Plain JavaScript: it must run on Node 20.
import { spawnSync } from 'node:child_process';
import { run, SetupError } from './cache.mjs';

/** What the build of code-server needs; afterwards it runs without them. */
export const CODE_SERVER_PACKAGES = [
  'g++',
  'make',
  'pkg-config',
  'python3',
  'libkrb5-dev',
  'libsecret-1-dev',
  'libx11-dev',
  'libxkbfile-dev',
];

/** A missing package that this person may not install: the text is the line to type. */
export class AptError extends SetupError {}

function missing(packages) {
  const answer = spawnSync('dpkg-query', ['-W', '-f', '${Package} ${db:Status-Status}\n', ...packages], { encoding: 'utf8' });
  if (answer.error) return undefined;
  const installed = new Set(answer.stdout.split('\n').flatMap((line) => (line.endsWith(' installed') ? [line.split(' ')[0]] : [])));
  return packages.filter((name) => !installed.has(name));
}

/** Installs what is missing as root or through sudo; on systems without dpkg it trusts that the programs are there. */
export async function ensureApt(packages, progress) {
  const wanted = missing(packages);
  if (wanted === undefined || wanted.length === 0) return;
  const root = process.getuid?.() === 0;
  // Without a terminal sudo can't ask for a password, and would fail after a while with a text that helps nobody.
  const sudo = !root && spawnSync('sudo', process.stdin.isTTY ? ['-v'] : ['-n', 'true'], { stdio: 'inherit' }).status === 0;
  if (!root && !sudo) {
    // One line for everything that is still to come, so that nobody has to do this twice.
    const all = missing([...new Set([...packages, ...CODE_SERVER_PACKAGES])]) ?? wanted;
    throw new AptError(
      `Some Debian packages are missing. Install them, then run this again:\n\n  sudo apt-get install -y ${all.join(' ')}\n`,
    );
  }
  const apt = (...args) =>
    root
      ? run('apt-get', args, { env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } })
      : run('sudo', ['DEBIAN_FRONTEND=noninteractive', 'apt-get', ...args]);
  await progress.step(`Installing ${wanted.join(', ')}`, async () => {
    await apt('update', '-qq');
    await apt('install', '-y', '-qq', '--no-install-recommends', ...wanted);
  });
}
