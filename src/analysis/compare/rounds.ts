/**
 * Samples in the order in which they were made, cut into stretches. Rounds keep together what a machine did to all statements of a pass
 * (another program, a warm cache, a slow minute), and long stretches keep together what neighbours in a queue have in common: a test
 * that took every sample for independent would find differences between two runs of the same thing. Browser-safe.
 */

/**
 * The geometric mean over the statements of each of `count` rounds. Every statement has at least `count` samples, all above 0.
 * `sizes`: of how many samples of each statement a round is, from its stretch's begin on. Both sides need the same: means of ten and
 * means of a hundred samples spread differently, which a rank test takes for a difference.
 */
export function roundMeans(statements: readonly Float64Array[], count: number, sizes: readonly number[]): Float64Array {
  const means = new Float64Array(count);
  for (const [index, samples] of statements.entries()) {
    for (let round = 0; round < count; round++) {
      const [start, next] = stretch(samples.length, count, round);
      const end = Math.min(next, start + (sizes[index] ?? Infinity));
      let sum = 0;
      for (let at = start; at < end; at++) sum += Math.log(samples[at] ?? 1);
      means[round] = (means[round] ?? 0) + sum / (end - start) / statements.length;
    }
  }
  return means.map((mean) => Math.exp(mean));
}

/** How many samples a round has of a statement, where one side has `count` of them and the other `otherCount`: as many as both can give. */
export function roundSize(samples: Float64Array, count: number, other: Float64Array, otherCount: number): number {
  return Math.floor(Math.min(samples.length / count, other.length / otherCount));
}

function stretch(length: number, count: number, index: number): readonly [start: number, end: number] {
  return [Math.floor((index * length) / count), Math.floor(((index + 1) * length) / count)];
}
