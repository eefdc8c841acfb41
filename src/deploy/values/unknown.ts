/** Keys that a chart without a schema does not have: Helm takes them without a word. Pure. */
import { nearest } from '../../base/nearest.ts';
import { isMap } from './merge.ts';
import type { Values } from './merge.ts';
import type { Path } from './sources.ts';

export interface UnknownKey {
  readonly path: Path;
  readonly meant?: string;
}

/** A default that is an empty map or none at all takes anything. `free`: names of dependencies, whose values are theirs. */
export function unknownKeys(defaults: Values, given: Values, free: readonly string[], path: Path = []): readonly UnknownKey[] {
  return Object.entries(given).flatMap(([key, value]) => {
    const here = [...path, key];
    if (path.length === 0 && (key === 'global' || free.includes(key))) return [];
    if (!Object.hasOwn(defaults, key)) {
      const meant = nearest(key, Object.keys(defaults));
      return [{ path: here, ...(meant === undefined ? {} : { meant }) }];
    }
    const under = defaults[key];
    if (!isMap(under) || !isMap(value) || Object.keys(under).length === 0) return [];
    return unknownKeys(under, value, free, here);
  });
}
