/**
 * Samples in the order in which they were made, cut into stretches. Rounds keep together what a machine did to all statements of a pass
 * (another program, a warm cache, a slow minute), and long stretches keep together what neighbours in a queue have in common: a test
 * that took every sample for independent would find differences between two runs of the same thing. Browser-safe.
 */

/** The geometric mean over the statements of each of `count` rounds. Every statement has at least `count` samples, all above 0. */
export function roundMeans(statements: readonly Float64Array[], count: number): Float64Array {
  const means = new Float64Array(count);
  for (const samples of statements) {
    for (let round = 0; round < count; round++) {
      const [start, end] = stretch(samples.length, count, round);
      let sum = 0;
      for (let at = start; at < end; at++) sum += Math.log(samples[at] ?? 1);
      means[round] = (means[round] ?? 0) + sum / (end - start) / statements.length;
    }
  }
  return means.map((mean) => Math.exp(mean));
}

/** The geometric means of `count` stretches of one statement. */
export function stretchMeans(samples: Float64Array, count: number): Float64Array {
  return roundMeans([samples], count);
}

function stretch(length: number, count: number, index: number): readonly [start: number, end: number] {
  return [Math.floor((index * length) / count), Math.floor(((index + 1) * length) / count)];
}
