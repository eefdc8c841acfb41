/** A program that the lab builds from a Go module, as a layer. */
import { cacheName, program } from '../build/programs.ts';
import type { ProgramName } from '../build/programs.ts';
import { DEFAULT_MINOR } from '../versions.ts';
import { programAt } from './layers.ts';
import type { LayerRecipe } from './recipe.ts';

export function goProgram(path: string, name: ProgramName): LayerRecipe {
  return programAt(path, cacheName(name, DEFAULT_MINOR), (progress) => program(name, DEFAULT_MINOR, progress));
}
