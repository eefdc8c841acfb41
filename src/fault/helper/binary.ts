/** The helper program's bytes: out of the package, or of a source checkout, which builds it the first time. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { brotliDecompress } from 'node:zlib';
import { FaultlineError } from '../../base/errors.ts';
import { t } from '../../base/messages.ts';
import { packagePaths } from '../../base/package.ts';
import type { HelperArchitecture } from './architecture.ts';

/** Gives the program for a processor. Fails: `unsupported`, `cancelled`. */
export type HelperProgram = (arch: HelperArchitecture, signal?: AbortSignal) => Promise<Uint8Array>;

/** A build takes half a minute, and a toolchain may have to be fetched before. */
const BUILD_LIMIT_MS = 600_000;

export function helperProgram(root: string = packagePaths().root): HelperProgram {
  return async (arch, signal) => {
    const packaged = join(root, 'dist', 'fault-helper', `${arch}.br`);
    if (existsSync(packaged)) return promisify(brotliDecompress)(await readFile(packaged));
    const script = join(root, 'test/build/fault-helper.ts');
    if (!existsSync(script))
      throw new FaultlineError('unsupported', {
        what: t('This installation of Faultline has no helper for {0}', arch),
        remedy: t('Install the extension from its package again.'),
      });
    return readFile(await built(root, script, arch, signal));
  };
}

async function built(root: string, script: string, arch: HelperArchitecture, signal: AbortSignal | undefined): Promise<string> {
  const args = [join(root, 'test/workbench/pinned.mjs'), '--quiet', '--no-build', script.slice(root.length + 1), arch];
  try {
    const { stdout } = await promisify(execFile)(process.execPath, args, {
      // Inside of VS Code the program is Electron.
      env: { ...process.env, ELECTRON_RUN_AS_NODE: '1' },
      timeout: BUILD_LIMIT_MS,
      ...(signal === undefined ? {} : { signal }),
    });
    return stdout.trim().split('\n').at(-1) ?? '';
  } catch (error) {
    if (signal?.aborted === true) throw error;
    throw new FaultlineError(
      'unsupported',
      {
        what: t('The helper could not be built'),
        meaning: error instanceof Error && 'stderr' in error ? String(error.stderr).trim().slice(-1000) : String(error),
        remedy: t('In a source checkout it is built by Go once: see what it says, and try again.'),
      },
      error,
    );
  }
}
