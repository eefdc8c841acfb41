/** Makes the images that are missing and gives the store that holds them. */
import { join } from 'node:path';
import { cacheDir, SetupError } from '../../workbench/cache.mjs';
import type { Progress } from '../../workbench/cache.mjs';
import { refreshLists, StaleLists } from './debian.ts';
import type { ImageRecipe } from './recipe.ts';
import { RECIPES } from './recipes.ts';
import { PAUSE } from './recipes/pause.ts';
import { addImages, openStore } from './store.ts';
import type { ImageStore } from './store.ts';

/** Folder of the images, the same for all labs of a machine. */
export function imageFolder(): string {
  return join(cacheDir(), 'lab', 'images');
}

/**
 * The store with at least the images of these short names, and the one that every pod needs; those that are there already cost milliseconds.
 * Fails with a SetupError when a name is unknown, or when a part can't be fetched.
 */
export async function ensureImages(names: 'all' | readonly string[], progress: Progress): Promise<ImageStore> {
  const recipes = names === 'all' ? RECIPES : [...new Set([PAUSE, ...names.map(recipeOf)])];
  try {
    await addImages(imageFolder(), recipes, progress);
  } catch (error) {
    if (!(error instanceof StaleLists)) throw error;
    // Debian has moved since this machine last looked: other versions, so other keys from here on.
    await refreshLists(progress);
    await addImages(imageFolder(), recipes, progress);
  }
  return openStore(imageFolder());
}

function recipeOf(short: string): ImageRecipe {
  const recipe = RECIPES.find((one) => one.short === short);
  if (recipe === undefined)
    throw new SetupError(`No image is called "${short}". There are: ${RECIPES.map((one) => one.short).join(', ')}.`);
  return recipe;
}
