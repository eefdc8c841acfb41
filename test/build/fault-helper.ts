/**
 * The helper of faults: a Go program for Linux, built once and kept outside the repository by what it is made of.
 * `node test/build/fault-helper.ts amd64` prints where it is.
 */
import { createHash } from 'node:crypto';
import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { brotliCompressSync, constants } from 'node:zlib';
import { BUILD_ENV, LINK_FLAGS, runGo } from '../lab/build/go.ts';
import { goToolchain } from '../lab/build/toolchain.ts';
import { cached, Progress } from '../workbench/cache.mjs';

const root = join(import.meta.dirname, '../..');
const sources = join(root, 'src/fault/helper/program');

/** Nothing inlined: a tenth less to send into each pod, and nobody waits for what it computes. */
const BUILD_FLAGS = ['-buildvcs=false', '-gcflags=all=-l'] as const;

export const helperArchitectures = ['amd64', 'arm64'] as const;
export type HelperArchitecture = (typeof helperArchitectures)[number];

/** Path of the program; the first time it is built, in half a minute. Throws SetupError when it can't be. */
export async function faultHelper(arch: HelperArchitecture, progress: Progress): Promise<string> {
  const version = await versionOf();
  const folder = await cached(`fault-helper-${version}-${arch}`, 'helper', async (partial) => {
    const go = await goToolchain(progress);
    await progress.step(`Building the helper of faults for ${arch}`, async (say) => {
      const work = join(partial, 'source');
      // Where it is built is no part of what it is, and nothing is written beside the sources.
      await cp(sources, work, { recursive: true });
      const flags = [...BUILD_FLAGS, '-ldflags', `${LINK_FLAGS} -X main.version=${version}`];
      const args = ['build', ...flags, '-o', join(partial, 'helper'), '.'];
      await runGo({ go, args, folder: work, env: { GOARCH: arch } }, say);
      await rm(work, { recursive: true });
    });
  });
  return join(folder, 'helper');
}

/** Puts both into a package, compressed: `<dist>/fault-helper/<arch>.br`. */
export async function addFaultHelpers(outputFolder: string, progress: Progress): Promise<void> {
  const folder = join(outputFolder, 'fault-helper');
  await mkdir(folder, { recursive: true });
  for (const arch of helperArchitectures) {
    const program = await readFile(await faultHelper(arch, progress));
    // A zip would make a fifth more of it, and the universal package is small.
    const params = { [constants.BROTLI_PARAM_SIZE_HINT]: program.length, [constants.BROTLI_PARAM_LGWIN]: constants.BROTLI_MAX_WINDOW_BITS };
    await writeFile(join(folder, `${arch}.br`), brotliCompressSync(program, { params }));
  }
}

/** Whose code is in the program, with the licences: their modules are where Go keeps them once it has built. */
export async function helperLicences(progress: Progress): Promise<readonly string[]> {
  const go = await goToolchain(progress);
  const format = '{{if not .Main}}{{.Path}}\t{{.Version}}\t{{.Dir}}{{end}}';
  const used = await runGo(
    { go, args: ['list', '-deps', '-f', '{{with .Module}}{{if not .Main}}{{.Path}}{{end}}{{end}}', '.'], folder: sources },
    () => {},
  );
  const names = new Set(used.split('\n').filter((line) => line !== ''));
  const listed = await runGo({ go, args: ['list', '-m', '-f', format, ...names], folder: sources }, () => {});
  const sections: string[] = [];
  for (const line of listed.split('\n').filter((text) => text !== '')) {
    const [name = '', version = '', folder = ''] = line.split('\t');
    const files = (await readdir(folder)).filter((file) => /^(licen[cs]e|notice)/i.test(file)).sort();
    if (files.length === 0) throw new Error(`${name} states no licence: it can't be packaged`);
    const texts = await Promise.all(files.map((file) => readFile(join(folder, file), 'utf8')));
    const also = name === 'golang.org/x/sys' ? '\n\nAlso the licence of Go’s own library, which is in the program too.' : '';
    sections.push([`${name} ${version} (in the helper of faults)${also}`, ...texts.map((text) => text.trim())].join('\n\n'));
  }
  return sections;
}

/** Changes with anything that the program is built from. */
async function versionOf(): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify([BUILD_ENV, BUILD_FLAGS, LINK_FLAGS]));
  for (const name of (await readdir(sources)).filter((file) => /\.go$|^go\.(mod|sum)$/.test(file)).sort())
    hash.update(`${name}\n`).update(await readFile(join(sources, name)));
  return hash.digest('hex').slice(0, 12);
}

if (import.meta.main) {
  const arch = helperArchitectures.find((name) => name === process.argv[2]);
  if (arch === undefined) throw new Error(`Usage: fault-helper.ts ${helperArchitectures.join('|')}`);
  try {
    process.stdout.write(`${await faultHelper(arch, new Progress('lines'))}\n`);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  }
}
