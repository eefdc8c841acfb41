/**
 * npm run package [-- --target linux-x64,universal]: one VSIX a platform, with the embedded engine, and one for all others, without it.
 * Each is put together in a folder of its own, so that dist/ stays what the last build made.
 */
import { cp, mkdir, rm, stat, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { createVSIX, listFiles, PackageManager } from '@vscode/vsce';
import { addBindings } from './bindings.ts';
import { buildAll } from './build.ts';
import { addFaultHelpers, helperLicences } from './fault-helper.ts';
import { bundledPackages } from './meta.ts';
import { platforms, type Platform } from './platforms.ts';
import { thirdPartyText } from './third-party.ts';
import { Progress } from '../workbench/cache.mjs';

const root = join(import.meta.dirname, '../..');
const megabyte = 1_000_000;
/** A third of it is the helper of faults, for two processors: clusters have both, whatever a person's own machine is. */
const universalLimitBytes = 5 * megabyte;
const platformLimitBytes = 45 * megabyte;
const progress = (line: string): void => console.log(line);

/** Path of the VSIX. `platform` undefined: the universal one. `keptStage`: the folder that it is put together in, and that stays. */
export async function packageFor(platform: Platform | undefined, keptStage?: string): Promise<string> {
  const name = platform?.id ?? 'universal';
  const stage = keptStage ?? join(root, '.test', 'package', name);
  const dist = join(stage, 'dist');
  await rm(stage, { recursive: true, force: true });
  await mkdir(dist, { recursive: true });
  for (const path of ['package.json', 'README.md', 'CHANGELOG.md', 'LICENSE', '.vscodeignore', 'media', 'snippets']) {
    await cp(join(root, path), join(stage, path), { recursive: true });
  }
  const { host, webview, probe } = await buildAll({ root, outputFolder: dist, production: true, platform, progress });
  if (platform !== undefined) await addBindings(root, join(dist, 'node_modules'), platform, progress);
  const bundled = new Set([
    ...[host, webview, probe].flatMap((meta) => bundledPackages(meta)),
    ...(platform ? ['@duckdb/node-bindings'] : []),
  ]);
  // It runs in pods, whatever this package runs on.
  await addFaultHelpers(dist, new Progress('lines'));
  const licences = await helperLicences(new Progress('lines'));
  await writeFile(join(dist, 'THIRD-PARTY.txt'), await thirdPartyText(root, [...bundled].sort(), platform !== undefined, licences));
  const file = await pack(stage, name, platform);
  // 100 MB each; after a failure it stays, to be looked at.
  if (keptStage === undefined) await rm(stage, { recursive: true });
  return file;
}

async function pack(stage: string, name: string, platform: Platform | undefined): Promise<string> {
  // The text that a person sees without the engine names this file: src/engine/duckdb/missing.ts.
  const file = join(root, 'packages', `faultline-${name}.vsix`);
  await mkdir(join(root, 'packages'), { recursive: true });
  const files = await listFiles({ cwd: stage, packageManager: PackageManager.None });
  const strangers = files.filter((path) => !/^(dist\/|media\/|snippets\/|(package\.json|README\.md|CHANGELOG\.md|LICENSE)$)/.test(path));
  if (strangers.length > 0) throw new Error(`these do not belong in a package: ${strangers.join(', ')}`);
  await createVSIX({
    cwd: stage,
    packagePath: file,
    dependencies: false,
    rewriteRelativeLinks: false,
    allowMissingRepository: true,
    ...(platform === undefined ? {} : { target: platform.id }),
  });
  const sizeBytes = (await stat(file)).size;
  const limitBytes = platform === undefined ? universalLimitBytes : platformLimitBytes;
  const size = `${(sizeBytes / megabyte).toFixed(1)} MB`;
  if (sizeBytes > limitBytes) throw new Error(`${relative(root, file)} is ${size}; its limit is ${limitBytes / megabyte} MB`);
  progress(`${relative(root, file)}: ${size}, ${files.length} files`);
  return file;
}

/** Names as given to --target; all without. Fails for one that there is no package for. */
export function chosenTargets(names: string | undefined): readonly (Platform | undefined)[] {
  if (names === undefined) return [...platforms, undefined];
  return names.split(',').map((name) => {
    const platform = platforms.find(({ id }) => id === name);
    if (platform === undefined && name !== 'universal') {
      throw new Error(`There is no package for ${name}. There is: ${platforms.map(({ id }) => id).join(', ')}, universal.`);
    }
    return platform;
  });
}

if (import.meta.main) {
  try {
    const { values } = parseArgs({ options: { target: { type: 'string' } } });
    for (const platform of chosenTargets(values.target)) await packageFor(platform);
  } catch (error) {
    console.error(`Packaging failed.\n${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 1;
  }
}
