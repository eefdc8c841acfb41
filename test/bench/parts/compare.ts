/** What a comparison finds and what it lets be, over simulated pairs with known differences; and how long it takes on large runs. */
import { compareSamples } from '../../../src/analysis/compare.ts';
import { measure } from '../part.ts';
import { generator, simulatedPair, type Simulation } from '../simulated.ts';
import { atMost, type Finding } from '../table.ts';

/** The figures are of 100: ten times as many tell 95 from 93. */
const pairs = 1000;
const fewestOf100 = 95;
const samples = 1_000_000;

await measure(async ({ progress }) => {
  progress(`${pairs} pairs with a slowdown of 10 %`);
  const slower = share((seed) => compareSamples(simulatedPair({ seed, slowdown: 1.1 })).finding === 'faster');
  const perQuery = [12, 20].map((rounds) => perStatement({ seed: 0, slowdown: 1.1, rounds }));
  progress(`${pairs} identical pairs`);
  const interleaved = identical(false);
  const apart = identical(true);
  progress('two runs of a million operations each');
  const [a, b] = [1, 2].map(millionResponses);
  const started = performance.now();
  compareSamples([{ name: 'q01', a: a ?? new Float64Array(), b: b ?? new Float64Array() }]);
  const tookS = (performance.now() - started) / 1000;
  const simulated = `${pairs} simulated pairs: 22 queries, 12 to 20 interleaved rounds, noise 5 to 10 %, see simulated.ts`;
  const [few = 0, many = 0] = perQuery;
  return [
    atLeast('10 % slowdown found over all', slower, simulated),
    atLeast('identical pair: ~ over all', interleaved.overall, simulated),
    atLeast('identical pair: ~ over all and for each of 22 queries', interleaved.all, simulated),
    {
      name: '10 % slowdown found query by query',
      measured: `${few.toFixed(0)} and ${many.toFixed(0)} of 100`,
      against: 'queries of the same pairs with 12 and with 20 rounds; corrected for 22 queries at once',
      limit: 'none',
      ok: true,
    },
    {
      name: 'identical runs one after the other: ~',
      measured: `${apart.overall.toFixed(1)} over all, ${apart.all.toFixed(1)} in all, of 100`,
      against: 'the same, when each side met a machine that wanders by 3 % on its own: no test of two runs can tell that from a difference',
      limit: 'none',
      ok: true,
    },
    atMost('comparing two samples of 1,000,000', tookS, 2, 's', 'sorting included'),
  ];
});

/** Of 100 pairs without a difference: those of which nothing is said over all, and nothing at all. */
function identical(apart: boolean): { readonly overall: number; readonly all: number } {
  let overall = 0;
  let all = 0;
  for (let seed = 0; seed < pairs; seed++) {
    const { finding, statements } = compareSamples(simulatedPair({ seed: 1_000_000 + seed, slowdown: 1, apart }));
    if (finding !== 'unsaid') continue;
    overall++;
    if (statements.every((statement) => statement.finding === 'unsaid')) all++;
  }
  return { overall: (100 * overall) / pairs, all: (100 * all) / pairs };
}

/** Of 100 pairs. */
function share(found: (seed: number) => boolean): number {
  let count = 0;
  for (let seed = 0; seed < pairs; seed++) if (found(seed)) count++;
  return (100 * count) / pairs;
}

/** Of 100 queries. */
function perStatement(simulation: Simulation): number {
  let found = 0;
  let all = 0;
  for (let seed = 0; seed < pairs / 5; seed++) {
    const { statements } = compareSamples(simulatedPair({ ...simulation, seed }));
    all += statements.length;
    found += statements.filter(({ finding }) => finding === 'faster').length;
  }
  return (100 * found) / all;
}

function atLeast(name: string, of100: number, against: string): Finding {
  return { name, measured: `${of100.toFixed(1)} of 100`, against, limit: `≥ ${fewestOf100} of 100`, ok: of100 >= fewestOf100 };
}

function millionResponses(seed: number): Float64Array {
  const random = generator(seed);
  return Float64Array.from({ length: samples }, () => Math.exp(2 * random() + 2 * random()));
}
