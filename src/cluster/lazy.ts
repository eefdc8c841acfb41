/** `Reach` whose code is loaded with the first server: a process that only ever uses the embedded engine does not wait for it. */
import type { Reach } from '../base/target.ts';

export function lazyReach(env: Readonly<Record<string, string | undefined>>): Reach {
  let loading: Promise<Reach> | undefined;
  return async (place, signal) => {
    loading ??= import('./reach.ts').then(({ reachWith }) => reachWith({ env }));
    return (await loading)(place, signal);
  };
}
