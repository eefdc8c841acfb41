/**
 * The program of the vantages: one file that a stock Node runs, packed, for a ConfigMap.
 * `node test/build/probe.ts` prints where it is.
 */
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { brotliCompressSync, constants } from 'node:zlib';
import { build, type Metafile } from 'esbuild';
import { probeBundle, type BundleTarget } from './bundles.ts';
import { kilobytes } from './meta.ts';

/** A ConfigMap takes 1 MiB, of which base64 takes a third. */
const limitBytes = 600_000;

export interface BuiltProbe {
  readonly file: string;
  readonly meta: Metafile;
  readonly sizeBytes: number;
}

export async function buildProbe(target: BundleTarget): Promise<BuiltProbe> {
  const { outputFiles, metafile } = await build({ ...probeBundle(target), write: false });
  const text = outputFiles?.[0]?.contents;
  if (text === undefined || metafile === undefined) throw new Error('the build of the probe gave nothing');
  // Best for a package; a source checkout builds it each time that it starts from sources.
  const quality = target.production ? constants.BROTLI_MAX_QUALITY : 5;
  const packed = brotliCompressSync(text, { params: { [constants.BROTLI_PARAM_QUALITY]: quality } });
  if (packed.length > limitBytes) throw new Error(`the probe is ${kilobytes(packed.length)}; its limit is ${kilobytes(limitBytes)}`);
  const folder = join(target.outputFolder, 'probe');
  await mkdir(folder, { recursive: true });
  const file = join(folder, 'probe.mjs.br');
  await writeFile(`${file}.${process.pid}`, packed);
  await rename(`${file}.${process.pid}`, file);
  return { file, meta: metafile, sizeBytes: packed.length };
}

if (import.meta.main) {
  const root = join(import.meta.dirname, '../..');
  try {
    const { file } = await buildProbe({ root, outputFolder: join(root, 'dist'), production: false });
    process.stdout.write(`${file}\n`);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  }
}
