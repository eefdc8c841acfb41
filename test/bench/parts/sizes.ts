/** What people download, and what is read before the first line of ours runs. The packages were made by run.ts. */
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Metafile } from 'esbuild';
import { reachableOutputs, sizeBytes } from '../../build/meta.ts';
import { hostEntries } from '../../build/bundles.ts';
import { currentPlatform } from '../../build/platforms.ts';
import { measure } from '../part.ts';
import { atMost } from '../table.ts';

const root = join(import.meta.dirname, '../../..');
const megabyte = 1_000_000;

await measure(async ({ extension }) => {
  const meta = JSON.parse(await readFile(join(extension, 'dist/meta/host.json'), 'utf8')) as Metafile;
  const main = reachableOutputs(meta, hostEntries.extension, { dynamic: false });
  const platform = currentPlatform();
  const size = async (name: string): Promise<number> => (await stat(join(root, 'packages', `faultline-${name}.vsix`))).size / megabyte;
  return [
    atMost('main chunk with its static imports', sizeBytes(meta, main) / 1000, 300, 'kB', `${main.length} files of the production build`),
    atMost('VSIX, universal', await size('universal'), 4, 'MB', 'npm run package'),
    ...(platform ? [atMost(`VSIX, ${platform.id}`, await size(platform.id), 45, 'MB', 'npm run package')] : []),
  ];
});
