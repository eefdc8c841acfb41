import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { chmod, link, mkdir, readdir, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'mocha';
import { compress, writeTar } from '../../lab/images/layer.ts';
import { files } from '../../lab/images/layers.ts';
import { addImages, blobPath, exportArchive, openStore } from '../../lab/images/store.ts';
import { counted, HELLO, image, inFolder, SILENT } from './images-kit.ts';

const OWNERS = [
  { path: 'data', uid: 1000, gid: 1001 },
  { path: 'data/root', uid: 0, gid: 0 },
];

/** The same tree, its files made in the order given and at the time given. */
async function tree(folder: string, order: readonly string[], secondsAgo: number): Promise<void> {
  for (const name of ['data/root', 'usr/bin']) await mkdir(join(folder, name), { recursive: true });
  const then = new Date(Date.now() - secondsAgo * 1000);
  for (const name of order) {
    await writeFile(join(folder, name), `text of ${name}`);
    await utimes(join(folder, name), then, then);
  }
  await chmod(join(folder, 'usr/bin/b'), 0o4755);
  await link(join(folder, 'usr/bin/b'), join(folder, 'usr/bin/c'));
  await symlink('b', join(folder, 'usr/bin/d'));
}

function listing(tar: string): string[] {
  return execFileSync('tar', ['--numeric-owner', '-tvf', tar], { encoding: 'utf8' }).trimEnd().split('\n');
}

describe('a layer of the lab', () => {
  it('is the same tar whenever and in whatever order its files were made', () =>
    inFolder(async (folder) => {
      const names = ['data/a', 'data/root/x', 'usr/bin/b', 'usr/bin/ä'];
      await tree(join(folder, 'one'), names, 0);
      await tree(join(folder, 'two'), names.toReversed(), 100_000);
      const layers = [];
      for (const name of ['one', 'two']) {
        await writeTar(join(folder, name), OWNERS, join(folder, `${name}.tar`));
        layers.push(await compress(join(folder, `${name}.tar`), join(folder, `${name}.tar.zst`)));
      }
      assert.deepEqual(layers[0], layers[1]);
    }));

  it('keeps modes and links, and has the owners that its recipe names', () =>
    inFolder(async (folder) => {
      await tree(join(folder, 'one'), ['data/a', 'data/root/x', 'usr/bin/b'], 0);
      await writeTar(join(folder, 'one'), OWNERS, join(folder, '1.tar'));
      const lines = listing(join(folder, '1.tar')).map((line) => line.replace(/ +\d+ 1970-01-01 \d\d:\d\d/, ''));
      assert.deepEqual(lines.toSorted(), [
        '-rw-r--r-- 0/0 data/root/x',
        '-rw-r--r-- 1000/1001 data/a',
        '-rwsr-xr-x 0/0 usr/bin/b',
        'drwxr-xr-x 0/0 data/root/',
        'drwxr-xr-x 0/0 usr/',
        'drwxr-xr-x 0/0 usr/bin/',
        'drwxr-xr-x 1000/1001 data/',
        'hrwsr-xr-x 0/0 usr/bin/c link to usr/bin/b',
        'lrwxrwxrwx 0/0 usr/bin/d -> b',
      ]);
    }));

  it('with a folder where the images have a link is refused, since it would hide the shell', () =>
    inFolder(async (folder) => {
      const wrong = image('wrong', [files('wrong', { 'bin/tool': 'x' })]);
      await assert.rejects(addImages(folder, [wrong], SILENT), /folder \/bin.*\/usr\/bin/);
    }));
});

describe('the image store of the lab', () => {
  it('makes a layer once for all images that share it, and not again the next time', () =>
    inFolder(async (folder) => {
      const { layer, times } = counted(HELLO);
      const recipes = [image('one', [layer]), image('two', [layer, files('more', { 'etc/more': 'x' })])];
      assert.equal(await addImages(folder, recipes, SILENT), true);
      assert.equal(await addImages(folder, recipes, SILENT), false);
      assert.equal(times(), 1);
    }));

  it('finds an image by its short name, its full name and an alias', () =>
    inFolder(async (folder) => {
      await addImages(folder, [image('one', [HELLO], ['docker.io/library/one:latest'])], SILENT);
      const store = openStore(folder);
      const found = ['one', 'docker.io/library/one:1', 'docker.io/library/one:latest'].map((name) => store.find(name)?.manifest.digest);
      assert.equal(new Set(found).size, 1);
      assert.match(found[0] ?? '', /^sha256:[0-9a-f]{64}$/);
      assert.equal(store.find('docker.io/library/one:2'), undefined);
    }));

  it('gives an image the same digest in another place', () =>
    inFolder(async (folder) => {
      for (const place of ['a', 'b']) await addImages(join(folder, place), [image('one', [HELLO])], SILENT);
      const [a, b] = ['a', 'b'].map((place) => openStore(join(folder, place)).find('one')?.manifest);
      assert.deepEqual(a, b);
    }));

  it('never takes a layer whose making failed for a finished one', () =>
    inFolder(async (folder) => {
      let fails = true;
      const layer = {
        ...HELLO,
        build: async (target: string) => {
          await HELLO.build(target, SILENT);
          if (fails) throw new Error('cut short');
        },
      };
      await assert.rejects(addImages(folder, [image('one', [layer])], SILENT), /cut short/);
      assert.equal(openStore(folder).find('one'), undefined);
      fails = false;
      await addImages(folder, [image('one', [layer])], SILENT);
      assert.ok(openStore(folder).find('one'));
      assert.deepEqual(await readdir(join(folder, 'partial')), []);
    }));

  it('makes a layer anew when its file is gone or cut short', () =>
    inFolder(async (folder) => {
      const { layer, times } = counted(HELLO);
      const recipes = [image('one', [layer])];
      await addImages(folder, recipes, SILENT);
      const [digest] = layersOf(folder, 'one');
      await rm(blobPath(folder, digest ?? ''));
      await addImages(folder, recipes, SILENT);
      assert.equal(times(), 2);
      assert.ok(existsSync(blobPath(folder, digest ?? '')));
    }));

  it('follows a recipe that changes, under the same name', () =>
    inFolder(async (folder) => {
      await addImages(folder, [image('one', [HELLO])], SILENT);
      const before = openStore(folder).find('one')?.manifest.digest;
      await addImages(folder, [image('one', [HELLO, files('more', { 'etc/more': 'x' })])], SILENT);
      const store = openStore(folder);
      assert.notEqual(store.find('one')?.manifest.digest, before);
      assert.equal(store.images.length, 1);
    }));

  it('asks for the rest of a key each time, and makes the layer anew when the answer is another', () =>
    inFolder(async (folder) => {
      let version = '1';
      const { layer, times } = counted({ ...HELLO, asked: async () => version });
      await addImages(folder, [image('one', [layer])], SILENT);
      version = '2';
      await addImages(folder, [image('one', [layer])], SILENT);
      assert.equal(times(), 2);
    }));

  it('exports an archive with all names of the image and all that they need', () =>
    inFolder(async (folder) => {
      const store = join(folder, 'store');
      await addImages(store, [image('one', [HELLO], ['docker.io/library/one:latest']), image('two', [HELLO])], SILENT);
      const one = openStore(store).find('one');
      assert.ok(one);
      await exportArchive(store, one, join(folder, 'one.tar'));
      const index = execFileSync('tar', ['-xOf', join(folder, 'one.tar'), 'index.json'], { encoding: 'utf8' });
      const names = [...index.matchAll(/"io.containerd.image.name":"(?<name>[^"]+)"/g)].map(({ groups }) => groups?.['name']);
      assert.deepEqual(names, ['docker.io/library/one:1', 'docker.io/library/one:latest']);
      const blobs = listing(join(folder, 'one.tar')).filter((line) => line.includes('blobs/sha256/'));
      assert.equal(blobs.length, 3, 'manifest, configuration and one layer');
    }));
});

function layersOf(folder: string, short: string): string[] {
  const digest = openStore(folder).find(short)?.manifest.digest ?? '';
  const manifest = readFileSync(blobPath(folder, digest), 'utf8');
  return [...manifest.matchAll(/layer\.v1\.tar\+zstd","digest":"(?<digest>[^"]+)"/g)].map(({ groups }) => groups?.['digest'] ?? '');
}
