/** Small images for the tests, made of files that stand in the test. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { files } from '../../lab/images/layers.ts';
import type { ImageRecipe, LayerRecipe } from '../../lab/images/recipe.ts';
import { Progress } from '../../workbench/cache.mjs';

export const SILENT = new Progress('terminal');

/** A folder that is gone after the action. */
export async function inFolder<T>(action: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'faultline-images-'));
  try {
    return await action(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

export function image(short: string, layers: readonly LayerRecipe[], aliases: readonly string[] = []): ImageRecipe {
  return { short, name: `docker.io/library/${short}:1`, aliases, layers, config: { cmd: ['/bin/hello'] } };
}

export const HELLO = files('hello', { 'usr/bin/hello': { text: '#!/bin/sh\necho hello\n', mode: 0o755 } });

/** A layer that tells how often it was made. */
export function counted(layer: LayerRecipe): { readonly layer: LayerRecipe; readonly times: () => number } {
  let times = 0;
  return {
    layer: {
      ...layer,
      build: (folder, progress) => {
        times++;
        return layer.build(folder, progress);
      },
    },
    times: () => times,
  };
}
