/** Which pods EndpointSlices give to clients. Pure. */
import { keyOf, type EndpointSlice } from '../../../cluster/objects.ts';

/** By the pod's uid: what is another than before. */
export type SliceChange = readonly (readonly [uid: string, isIn: boolean])[];

export class SliceBook {
  readonly #byKey = new Map<string, ReadonlySet<string>>();
  readonly #counts = new Map<string, number>();

  put(slice: EndpointSlice): SliceChange {
    return this.#replace(keyOf(slice), new Set((slice.endpoints ?? []).flatMap((endpoint) => (isIn(endpoint) ? podOf(endpoint) : []))));
  }

  gone(slice: EndpointSlice): SliceChange {
    return this.#replace(keyOf(slice), new Set());
  }

  /** A pod may be in several: of two Services, or while it goes from one to the other. */
  #replace(key: string, now: ReadonlySet<string>): SliceChange {
    const before = this.#byKey.get(key) ?? new Set();
    this.#byKey.set(key, now);
    const changed: (readonly [string, boolean])[] = [];
    for (const uid of now) if (!before.has(uid) && this.#count(uid, 1) === 1) changed.push([uid, true]);
    for (const uid of before) if (!now.has(uid) && this.#count(uid, -1) === 0) changed.push([uid, false]);
    return changed;
  }

  #count(uid: string, by: number): number {
    const count = (this.#counts.get(uid) ?? 0) + by;
    if (count === 0) this.#counts.delete(uid);
    else this.#counts.set(uid, count);
    return count;
  }
}

type Endpoint = NonNullable<EndpointSlice['endpoints']>[number];

/** A Service that publishes what is not ready calls all of them ready: then `serving` tells. Unknown counts as ready, as kube-proxy takes it. */
function isIn({ conditions }: Endpoint): boolean {
  return conditions?.ready !== false && conditions?.serving !== false;
}

function podOf({ targetRef }: Endpoint): readonly string[] {
  return targetRef?.kind === 'Pod' && targetRef.uid !== undefined ? [targetRef.uid] : [];
}
