/** Makes the images that are missing and gives the store that holds them. */
import type { Progress } from '../../workbench/cache.mjs';
import type { ImageStore } from './store.ts';

/**
 * The store with at least the images of these short names; those that are there already cost milliseconds.
 * Fails with a SetupError when a name is unknown, or when a part can't be fetched.
 */
export function ensureImages(names: 'all' | readonly string[], progress: Progress): Promise<ImageStore> {
  void names;
  void progress;
  return Promise.reject(new Error('not yet'));
}
