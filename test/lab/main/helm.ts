/** The Helm of the lab, for machines that have none. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { cacheDir } from '../../workbench/cache.mjs';
import type { Progress } from '../../workbench/cache.mjs';
import { cacheName, program } from '../build/programs.ts';
import { DEFAULT_MINOR } from '../versions.ts';
import { machine } from '../ways/probes.ts';

/** Folder to put on PATH; undefined where PATH has a Helm. The first time it is built, in minutes. */
export async function helmFolder(progress: Progress): Promise<string | undefined> {
  return machine.has('helm') ? undefined : dirname(await program('helm', DEFAULT_MINOR, progress));
}

/** The same, when it was built already: who only wants a shell does not wait for it. */
export function builtHelmFolder(): string | undefined {
  const folder = join(cacheDir(), 'lab', 'programs', cacheName('helm', DEFAULT_MINOR));
  return !machine.has('helm') && existsSync(join(folder, 'helm')) ? folder : undefined;
}
