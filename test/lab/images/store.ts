/**
 * Images on this machine, as an OCI layout: `blobs/sha256/…`, `index.json`, `oci-layout`. Beside it lies `layers/…`, which says the digest
 * of each layer by its key. All files come by a rename, so an interrupted build never counts.
 */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import * as v from 'valibot';
import { run, withLock } from '../../workbench/cache.mjs';
import type { Progress } from '../../workbench/cache.mjs';
import { compress, LAYER_REVISION, writeTar } from './layer.ts';
import type { Blob, PackedLayer } from './layer.ts';
import type { ImageConfig, ImageRecipe, LayerRecipe } from './recipe.ts';

export interface ImageStore {
  /** Folder of the OCI layout; what `images/server.ts` serves. */
  readonly folder: string;
  readonly images: readonly StoredImage[];
  /** By short name, full name or alias. */
  find(reference: string): StoredImage | undefined;
}

export interface StoredImage {
  readonly short: string;
  readonly name: string;
  readonly aliases: readonly string[];
  readonly manifest: Descriptor;
  /** All that a node fetches, in bytes. */
  readonly sizeBytes: number;
}

export interface Descriptor extends Blob {
  readonly mediaType: string;
}

const MANIFEST_TYPE = 'application/vnd.oci.image.manifest.v1+json';
const CONFIG_TYPE = 'application/vnd.oci.image.config.v1+json';
const LAYER_TYPE = 'application/vnd.oci.image.layer.v1.tar+zstd';

/** What the store needs of each name in the index; the annotations are its own. */
const IndexSchema = v.object({
  manifests: v.array(
    v.object({
      mediaType: v.string(),
      digest: v.string(),
      size: v.number(),
      annotations: v.object({
        'io.containerd.image.name': v.string(),
        'lab.short': v.string(),
        'lab.key': v.string(),
        'lab.size': v.string(),
      }),
    }),
  ),
});
const BlobSchema = v.object({ digest: v.string(), size: v.number() });
const LayerSchema = v.object({ ...BlobSchema.entries, diffId: v.string() });
const ManifestSchema = v.object({ config: BlobSchema, layers: v.array(BlobSchema) });

type Entry = v.InferOutput<typeof IndexSchema>['manifests'][number];

/** The file of a blob; the digest must have been checked when it comes from elsewhere. */
export function blobPath(folder: string, digest: string): string {
  return join(folder, 'blobs', 'sha256', digest.slice('sha256:'.length));
}

/** The names that the store knows now, each with its manifest. An empty store knows none. */
export function readIndex(folder: string): Entry[] {
  const file = join(folder, 'index.json');
  if (!existsSync(file)) return [];
  return v.parse(IndexSchema, JSON.parse(readFileSync(file, 'utf8'))).manifests;
}

export function openStore(folder: string): ImageStore {
  const images = new Map<string, StoredImage>();
  for (const { annotations, mediaType, digest, size } of readIndex(folder)) {
    const short = annotations['lab.short'];
    const name = annotations['io.containerd.image.name'];
    const known = images.get(short);
    images.set(
      short,
      known === undefined
        ? { short, name, aliases: [], manifest: { mediaType, digest, size }, sizeBytes: Number(annotations['lab.size']) }
        : { ...known, aliases: [...known.aliases, name] },
    );
  }
  const all = [...images.values()];
  return {
    folder,
    images: all,
    find: (reference) => all.find((image) => [image.short, image.name, ...image.aliases].includes(reference)),
  };
}

/** Makes what is missing of these images. Answers whether anything had to be made. */
export async function addImages(folder: string, recipes: readonly ImageRecipe[], progress: Progress): Promise<boolean> {
  let made = false;
  for (const recipe of recipes) {
    const layers = await Promise.all(recipe.layers.map(async (layer) => ({ layer, id: await layerId(layer, progress) })));
    const key = sha256(JSON.stringify([recipe.name, recipe.aliases ?? [], recipe.config, layers.map(({ id }) => id), process.arch]));
    if (isThere(folder, recipe, key)) continue;
    const blobs: PackedLayer[] = [];
    for (const { layer, id } of layers) blobs.push(await makeLayer(folder, layer, id, progress));
    await putImage(folder, recipe, key, blobs);
    made = true;
  }
  if (made) await prune(folder);
  return made;
}

function isThere(folder: string, recipe: ImageRecipe, key: string): boolean {
  const entries = readIndex(folder).filter((entry) => entry.annotations['lab.short'] === recipe.short);
  return (
    entries.length > 0 &&
    entries.every((entry) => entry.annotations['lab.key'] === key && blobsOf(folder, entry).every((blob) => existsSync(blob)))
  );
}

/** Files of an image, its manifest first; only that one when it is missing. */
function blobsOf(folder: string, entry: Blob): string[] {
  const manifest = blobPath(folder, entry.digest);
  if (!existsSync(manifest)) return [manifest];
  const { config, layers } = v.parse(ManifestSchema, JSON.parse(readFileSync(manifest, 'utf8')));
  return [manifest, ...[config, ...layers].map((blob) => blobPath(folder, blob.digest))];
}

async function layerId(layer: LayerRecipe, progress: Progress): Promise<string> {
  const asked = await layer.asked?.(progress);
  return sha256(JSON.stringify([LAYER_REVISION, process.arch, layer.key, asked ?? '', layer.owners ?? []]));
}

/** The layer's blob, from an earlier time or made now. */
async function makeLayer(folder: string, layer: LayerRecipe, id: string, progress: Progress): Promise<PackedLayer> {
  const note = join(folder, 'layers', `${id}.json`);
  const known = await knownLayer(folder, note);
  if (known !== undefined) return known;
  return withLock(`lab-layer-${id.slice(0, 16)}`, async () => {
    const meanwhile = await knownLayer(folder, note);
    if (meanwhile !== undefined) return meanwhile;
    return progress.step(`Layer: ${layer.title}`, async () => {
      const partial = join(folder, 'partial', id);
      await rm(partial, { recursive: true, force: true });
      await mkdir(join(partial, 'root'), { recursive: true });
      const umask = process.umask(0o022);
      try {
        await layer.build(join(partial, 'root'), progress);
        const tar = join(partial, 'layer.tar');
        await writeTar(join(partial, 'root'), layer.owners ?? [], tar);
        const packed = await compress(tar, `${tar}.zst`);
        await mkdir(dirname(blobPath(folder, packed.digest)), { recursive: true });
        await rename(`${tar}.zst`, blobPath(folder, packed.digest));
        await writeWhole(note, JSON.stringify(packed));
        return packed;
      } finally {
        process.umask(umask);
        await rm(partial, { recursive: true, force: true });
      }
    });
  });
}

async function knownLayer(folder: string, note: string): Promise<PackedLayer | undefined> {
  if (!existsSync(note)) return undefined;
  const blob = v.parse(LayerSchema, JSON.parse(await readFile(note, 'utf8')));
  const file = blobPath(folder, blob.digest);
  if (!existsSync(file) || (await stat(file)).size !== blob.size) return undefined;
  // Its time says when it was last wanted; see `prune`.
  await utimes(note, new Date(), new Date());
  return blob;
}

async function putImage(folder: string, recipe: ImageRecipe, key: string, layers: readonly PackedLayer[]): Promise<void> {
  const config = await putJson(folder, {
    architecture: process.arch === 'x64' ? 'amd64' : process.arch,
    os: 'linux',
    created: '1970-01-01T00:00:00Z',
    config: configOf(recipe.config),
    rootfs: { type: 'layers', diff_ids: layers.map((layer) => layer.diffId) },
    history: recipe.layers.map((layer) => ({ created: '1970-01-01T00:00:00Z', created_by: layer.title })),
  });
  const manifest = await putJson(folder, {
    schemaVersion: 2,
    mediaType: MANIFEST_TYPE,
    config: { mediaType: CONFIG_TYPE, ...config },
    layers: layers.map((layer) => ({ mediaType: LAYER_TYPE, digest: layer.digest, size: layer.size })),
  });
  const size = manifest.size + config.size + layers.reduce((sum, layer) => sum + layer.size, 0);
  await withLock('lab-images', async () => {
    const others = readIndex(folder).filter((entry) => entry.annotations['lab.short'] !== recipe.short);
    const entries = [recipe.name, ...(recipe.aliases ?? [])].map((name) => ({
      mediaType: MANIFEST_TYPE,
      ...manifest,
      annotations: { 'io.containerd.image.name': name, 'lab.short': recipe.short, 'lab.key': key, 'lab.size': String(size) },
    }));
    await writeWhole(join(folder, 'oci-layout'), JSON.stringify({ imageLayoutVersion: '1.0.0' }));
    await writeWhole(join(folder, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests: [...others, ...entries] }, undefined, 1));
  });
}

function configOf(config: ImageConfig): Record<string, unknown> {
  const set = (names: readonly string[] = []) => (names.length === 0 ? undefined : Object.fromEntries(names.map((name) => [name, {}])));
  const env = { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', ...config.env };
  return {
    User: config.user,
    Env: Object.entries(env).map(([name, value]) => `${name}=${value}`),
    Entrypoint: config.entrypoint,
    Cmd: config.cmd,
    WorkingDir: config.workdir,
    ExposedPorts: set(config.ports),
    Volumes: set(config.volumes),
    StopSignal: config.stopSignal,
  };
}

async function putJson(folder: string, value: unknown): Promise<Blob> {
  const text = JSON.stringify(value);
  const blob = { digest: `sha256:${sha256(text)}`, size: Buffer.byteLength(text) };
  await writeWhole(blobPath(folder, blob.digest), text);
  return blob;
}

/** How long a layer is kept after its last image went, ms: a second checkout may be making images of it. */
const KEPT_MS = 14 * 24 * 3_600_000;

/** Removes blobs that no image has and no recent layer is. */
async function prune(folder: string): Promise<void> {
  await withLock('lab-images', async () => {
    const kept = new Set(readIndex(folder).flatMap((entry) => blobsOf(folder, entry)));
    for (const name of await readdir(join(folder, 'layers'))) {
      const note = join(folder, 'layers', name);
      const { digest } = v.parse(BlobSchema, JSON.parse(await readFile(note, 'utf8')));
      if (kept.has(blobPath(folder, digest))) continue;
      if (Date.now() - (await stat(note)).mtimeMs < KEPT_MS) kept.add(blobPath(folder, digest));
      else await rm(note, { force: true });
    }
    const blobs = join(folder, 'blobs', 'sha256');
    for (const name of await readdir(blobs)) {
      const blob = join(blobs, name);
      // A fresh one may belong to an image that another process is just putting together.
      if (!kept.has(blob) && Date.now() - (await stat(blob)).mtimeMs > 3_600_000) await rm(blob, { force: true });
    }
  });
}

/** Writes an archive that `ctr image import` and `kind load image-archive` take, with all the image's names. */
export async function exportArchive(folder: string, image: StoredImage, path: string): Promise<void> {
  const manifests = readIndex(folder).filter((entry) => entry.annotations['lab.short'] === image.short);
  const [first] = manifests;
  if (first === undefined) throw new Error(`No image ${image.short} in ${folder}.`);
  const top = `${path}.top`;
  await mkdir(top, { recursive: true });
  try {
    await writeFile(join(top, 'oci-layout'), JSON.stringify({ imageLayoutVersion: '1.0.0' }));
    await writeFile(join(top, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests }));
    const blobs = [...new Set(blobsOf(folder, first))].map((blob) => blob.slice(folder.length + 1));
    await run('tar', ['-cf', path, '-C', top, 'oci-layout', 'index.json', '-C', folder, ...blobs]);
  } finally {
    await rm(top, { recursive: true, force: true });
  }
}

/** The file is there as a whole or not at all. */
async function writeWhole(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const temporary = `${path}.${process.pid}`;
  await writeFile(temporary, text);
  await rename(temporary, path);
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
