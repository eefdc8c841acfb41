/**
 * Two sides that never ran: 22 queries, 12 to 20 interleaved rounds, response times as a quiet shared machine makes them. Every figure
 * comes from the seed.
 *
 * A query's median lies between 3 and 800 ms. Noise is log-normal with a coefficient of variation of the query's own between 5 and
 * 10 %; one sample in fifty is 1.3 to 3 times as long. All queries of one pass of one side share a factor (2 %), and both sides of one
 * round share what the machine does meanwhile (3 %, half of which stays for the next round) – unless one ran after the other: then each
 * side meets a machine of its own.
 */
import type { SamplePair } from '../../src/analysis/compare.ts';

export interface Simulation {
  readonly seed: number;
  /** By how much B is slower: 1.1 is 10 %. */
  readonly slowdown: number;
  /** Index of the one query that is slower; absent: all are. */
  readonly only?: number;
  /** Absent: 12 to 20, by the seed. */
  readonly rounds?: number;
  /** B ran after A, not between. */
  readonly apart?: boolean;
}

const queryCount = 22;

export function simulatedPair({ seed, slowdown, only, rounds, apart = false }: Simulation): readonly SamplePair[] {
  const random = generator(seed);
  const normal = normals(random);
  const drawn = 12 + Math.floor(random() * 9);
  const machine = (): readonly number[] => wandering(normal, rounds ?? drawn);
  const shared = machine();
  const pass = (around: readonly number[]): readonly number[] => around.map((meanwhile) => meanwhile + 0.02 * normal());
  const passes = { a: pass(shared), b: pass(apart ? machine() : shared) };
  return Array.from({ length: queryCount }, (_, query) => {
    const medianMs = 3 * Math.exp(random() * Math.log(800 / 3));
    const variation = 0.05 + 0.05 * random();
    const sigma = Math.sqrt(Math.log(1 + variation ** 2));
    const side = (factors: readonly number[], factor: number): Float64Array =>
      Float64Array.from(factors, (ofPass) => {
        const long = random() < 0.02 ? 1.3 + 1.7 * random() : 1;
        return medianMs * factor * long * Math.exp(ofPass + sigma * normal());
      });
    const isSlower = only === undefined || only === query;
    return { name: `q${String(query + 1).padStart(2, '0')}`, a: side(passes.a, 1), b: side(passes.b, isSlower ? slowdown : 1) };
  });
}

function wandering(normal: () => number, count: number): readonly number[] {
  let value = 0;
  return Array.from({ length: count }, () => (value = 0.5 * value + Math.sqrt(0.75) * 0.03 * normal()));
}

/** G. E. P. Box and M. E. Muller, Annals of Mathematical Statistics 29, 1958. */
function normals(random: () => number): () => number {
  return () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/**
 * 0 ≤ x < 1, in steps of 2^-32: a counter through the finalizer of MurmurHash3 (as G. L. Steele, D. Lea and C. H. Flood, "Fast
 * splittable pseudorandom number generators", OOPSLA 2014). Neighbouring seeds have nothing in common.
 */
export function generator(seed: number): () => number {
  let state = mixed(seed);
  return () => {
    state = (state + 0x9e3779b9) | 0;
    return (mixed(state) >>> 0) / 2 ** 32;
  };
}

function mixed(value: number): number {
  let bits = value ^ (value >>> 16);
  bits = Math.imul(bits, 0x85ebca6b);
  bits ^= bits >>> 13;
  bits = Math.imul(bits, 0xc2b2ae35);
  return bits ^ (bits >>> 16);
}
