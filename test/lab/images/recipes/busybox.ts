/** The image that tests use everywhere: a dynamic busybox (the static one fails in name look-ups) and its applets. */
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { linkApplets, writeSystemFiles } from '../base.ts';
import { debian } from '../debian.ts';
import type { ImageRecipe } from '../recipe.ts';

/** Of libc only what a small program needs: loader, libc, mathematics, name look-ups. */
const NEEDED = /^(ld-linux.*|lib(c|m|resolv|nss_(dns|files)|pthread|dl|rt)\.so\..*)$/;

async function shrink(folder: string): Promise<void> {
  await linkApplets(folder);
  await writeSystemFiles(folder);
  const libraries = join(folder, 'usr/lib');
  for (const name of await readdir(libraries)) {
    if (!name.endsWith('-linux-gnu')) await rm(join(libraries, name), { recursive: true, force: true });
    else
      for (const library of await readdir(join(libraries, name)))
        if (!NEEDED.test(library)) await rm(join(libraries, name, library), { recursive: true, force: true });
  }
  for (const path of ['usr/share', 'usr/sbin/ldconfig', 'etc/ld.so.conf.d']) await rm(join(folder, path), { recursive: true, force: true });
}

export const BUSYBOX: ImageRecipe = {
  short: 'busybox',
  name: 'docker.io/library/busybox:1.36',
  // 1.37: what faults use where nobody names another; Debian's is a version behind.
  aliases: ['docker.io/library/busybox:1.37', 'docker.io/library/busybox:latest'],
  layers: [{ ...debian(['busybox'], { above: [], finish: shrink, revision: 2 }), title: 'busybox' }],
  config: { cmd: ['sh'] },
};
