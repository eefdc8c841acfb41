/** A journal's histogram as a list. Browser-safe. */
import { decodeHistogram } from '../base/histogram.ts';

export interface Bucket {
  readonly ms: number;
  readonly count: number;
}

/** Ascending. Fails: `invalid`. */
export function bucketsOf(encoded: string): readonly Bucket[] {
  const all: Bucket[] = [];
  decodeHistogram(encoded).forEachBucket((us, count) => all.push({ ms: us / 1000, count }));
  return all;
}
