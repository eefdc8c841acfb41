/** The program of the vantages, packed: out of the package, or of a source checkout, which builds it each time. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { cancelled, FaultlineError } from '../../base/errors.ts';
import { t } from '../../base/messages.ts';
import { packagePaths } from '../../base/package.ts';

const buildLimitMs = 60_000;

/** Brotli. Fails: `unsupported`, `cancelled`. */
export async function probeProgram(signal: AbortSignal, moduleUrl: string = import.meta.url): Promise<Uint8Array> {
  const { root } = packagePaths(moduleUrl);
  const built = join(root, 'dist', 'probe', 'probe.mjs.br');
  const isBundled = fileURLToPath(moduleUrl).startsWith(join(root, 'dist') + sep);
  if (isBundled && existsSync(built)) return readFile(built);
  const script = join(root, 'test/build/probe.ts');
  if (!existsSync(script))
    throw new FaultlineError('unsupported', {
      what: t('This installation of Faultline has no program for probes'),
      remedy: t('Install the extension from its package again.'),
    });
  const { stdout } = await promisify(execFile)(process.execPath, [script], {
    // Inside of VS Code the program is Electron.
    env: { ...process.env, ELECTRON_RUN_AS_NODE: '1' },
    timeout: buildLimitMs,
    signal,
  }).catch((error: unknown) => {
    throw signal.aborted ? cancelled() : error;
  });
  return readFile(stdout.trim().split('\n').at(-1) ?? built);
}
