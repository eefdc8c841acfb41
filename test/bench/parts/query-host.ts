/**
 * What the query host adds to DuckDB's own client: its service class and the bare client in this process, on two databases with the
 * same settings attached to the same file, in turns. The bare client streams and makes JavaScript values of every row with its own
 * `getRows`, keeping none; ours answers a run (all rows kept) and then every window of a small result, or the first one of a long query's.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api';
import { systemClock } from '../../../src/base/clock.ts';
import { packagePaths } from '../../../src/base/package.ts';
import { openDuckDb } from '../../../src/engine/duckdb/duckdb.ts';
import { databaseSettings, quoteText, type DuckDbOptions } from '../../../src/engine/duckdb/settings.ts';
import type { EmbeddedTarget } from '../../../src/engine/engine.ts';
import { collector } from '../../../src/base/collector.ts';
import { QueryService } from '../../../src/query/host/service.ts';
import { freeBytesOf } from '../../../src/query/store/disk.ts';
import { measure } from '../part.ts';
import { atMost, median, percentile, type Finding } from '../table.ts';

/** lineitem has 16 columns, and at this scale 3 million rows. */
const scale = 0.5;
const limits = { oneRowMs: 1, thousandRowsMs: 5, longRatio: 1.1, millionRatio: 1.5 } as const;

interface Pair {
  readonly ours: number[];
  readonly bare: number[];
}

/** What is read of the result as a page does, after the run. */
type Windows = 'none' | 'first' | 'all';
const windowRows = 500;

class Contest {
  readonly #service: QueryService;
  readonly #target: EmbeddedTarget;
  readonly #bare: DuckDBConnection;
  readonly #collect = wholeCollection();
  #runs = 0;

  constructor(service: QueryService, target: EmbeddedTarget, bare: DuckDBConnection) {
    this.#service = service;
    this.#target = target;
    this.#bare = bare;
  }

  /** `repeats` of each in turns; which goes first changes every time. The first two rounds are not counted. */
  async times(sql: string, repeats: number, windows: Windows): Promise<Pair> {
    const pair: Pair = { ours: [], bare: [] };
    for (let round = -2; round < repeats; round++) {
      const sides = round % 2 === 0 ? (['ours', 'bare'] as const) : (['bare', 'ours'] as const);
      for (const side of sides) {
        // Before a short one it would make V8 forget the very code that is to be measured.
        if (windows !== 'all') this.#collect();
        const took = side === 'ours' ? await this.ours(sql, windows) : await this.bare(sql);
        if (round >= 0) pair[side].push(took);
      }
    }
    return pair;
  }

  async ours(sql: string, windows: Windows): Promise<number> {
    const runId = `run-${++this.#runs}`;
    const start = performance.now();
    const end = await this.#service.run({ runId, target: this.#target, sql });
    if (end.outcome !== 'done' || end.result === undefined) throw new Error(`${sql}: ${end.outcome} ${end.error?.log ?? ''}`);
    const { id, rowCount } = end.result;
    const wanted = { none: 0, first: Math.min(windowRows, rowCount), all: rowCount }[windows];
    let rows = 0;
    for (let offset = 0; offset < wanted; offset += windowRows) {
      rows += (await this.#service.window({ result: id, offset, limit: windowRows })).rows.length;
    }
    const took = performance.now() - start;
    if (rows !== wanted) throw new Error(`${sql}: ${rows} of ${wanted} rows were read`);
    await this.#service.release(id);
    return took;
  }

  async bare(sql: string): Promise<number> {
    const start = performance.now();
    const result = await this.#bare.stream(sql);
    let rows = 0;
    for (;;) {
      const chunk = await result.fetchChunk();
      if (chunk === null || chunk.rowCount === 0) break;
      rows += chunk.getRows().length;
    }
    const took = performance.now() - start;
    if (rows === 0) throw new Error(`${sql}: the bare client got no row`);
    return took;
  }
}

/** A whole collection, so that neither side pays for the other's garbage. */
function wholeCollection(): () => void {
  setFlagsFromString('--expose-gc');
  const gc: unknown = runInNewContext('gc');
  if (typeof gc !== 'function') throw new Error('This Node has no gc().');
  return () => {
    Reflect.apply(gc, undefined, []);
  };
}

/** Median of the differences, or of the ratios, of each round: what slows the machine down for a while hits both of a round. */
const added = ({ ours, bare }: Pair): number => median(ours.map((value, i) => value - (bare[i] ?? Number.NaN)));
const ratioOf = ({ ours, bare }: Pair): number => median(ours.map((value, i) => value / (bare[i] ?? Number.NaN)));
const ms = (value: number): string => `${value.toFixed(value < 10 ? 2 : 0)} ms`;

function addedFinding(name: string, pair: Pair, limit: number): Finding {
  const against = `bare client ${ms(median(pair.bare))}, ours ${ms(median(pair.ours))}, n = ${pair.ours.length}`;
  return atMost(name, added(pair), limit, 'ms', against);
}

function ratioFinding(name: string, pair: Pair, limit: number, what = ''): Finding {
  const value = ratioOf(pair);
  return {
    name,
    measured: `${value.toFixed(2)} × (${ms(median(pair.ours))})`,
    against: `bare client${what} ${ms(median(pair.bare))}, n = ${pair.ours.length}`,
    limit: `≤ ${limit.toFixed(2)} ×`,
    ok: value <= limit,
  };
}

async function makeData(path: string, extensionFolder: string): Promise<void> {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  await connection.run(`LOAD ${quoteText(join(extensionFolder, 'tpch.duckdb_extension'))}`);
  await connection.run(`ATTACH ${quoteText(path)} AS data; USE data; CALL dbgen(sf = ${scale}); USE memory; DETACH data`);
  connection.closeSync();
  instance.closeSync();
}

await measure(async ({ scratch, extension, progress }) => {
  const root = join(import.meta.dirname, '../../..');
  const { extensionFolder } = packagePaths(pathToFileURL(join(extension, 'dist/query-host.js')).href);
  if (extensionFolder === undefined) throw new Error('There is no TPC-H extension for this platform.');
  progress(`making TPC-H ${scale}`);
  const path = join(scratch, 'data.duckdb');
  await makeData(path, extensionFolder);

  const options: DuckDbOptions = { memoryLimitBytes: 0, threads: 0, tempFolder: join(scratch, 'spill'), externalAccess: true };
  const target: EmbeddedTarget = { kind: 'file', path };
  const service = new QueryService({
    settings: { ...options, storeFolder: join(scratch, 'store'), maxRows: 20_000_000 },
    clock: systemClock,
    openEngine: () => openDuckDb(target, options),
    freeBytes: freeBytesOf,
    progress: () => undefined,
    collect: collector(),
  });
  const instance = await DuckDBInstance.create(':memory:', databaseSettings({ ...options, tempFolder: join(scratch, 'spill-bare') }));
  const bare = await instance.connect();
  await bare.run(`ATTACH ${quoteText(path)} AS data (READ_ONLY); USE data`);
  const contest = new Contest(service, target, bare);

  progress('one row, and 1,000 × 16');
  const one = await contest.times("SELECT 42 AS answer, 'one row' AS note", 60, 'all');
  const thousand = await contest.times('SELECT * FROM lineitem LIMIT 1000', 40, 'all');

  progress('queries over 50 ms');
  const long: { name: string; pair: Pair }[] = [];
  for (const name of await overFiftyMs(contest, root)) {
    long.push({ name, pair: await contest.times(await query(root, name), 15, 'first') });
  }
  const worst = long.toSorted((a, b) => ratioOf(b.pair) - ratioOf(a.pair))[0];
  if (worst === undefined) throw new Error(`no TPC-H query takes 50 ms at scale ${scale} on this machine: choose a larger scale`);
  const together: Pair = { ours: long.flatMap(({ pair }) => pair.ours), bare: long.flatMap(({ pair }) => pair.bare) };

  progress('1,000,000 × 16 into the store');
  const million = await contest.times('SELECT * FROM lineitem LIMIT 1000000', 7, 'none');
  await service.close();
  return [
    addedFinding('query host, one row: added', one, limits.oneRowMs),
    addedFinding('query host, 1,000 × 16: added', thousand, limits.thousandRowsMs),
    ratioFinding(
      'query host, TPC-H queries over 50 ms',
      together,
      limits.longRatio,
      ` on ${long.map(({ name }) => name).join(', ')} (half of the rounds: ${spread(together)}; ${worst.name} alone: ${ratioOf(worst.pair).toFixed(2)})`,
    ),
    ratioFinding('query host, 1,000,000 × 16 into the store', million, limits.millionRatio, ' reading all rows'),
  ];
});

function spread(pair: Pair): string {
  const ratios = pair.ours.map((value, i) => value / (pair.bare[i] ?? Number.NaN));
  return `${percentile(ratios, 0.25).toFixed(2)} to ${percentile(ratios, 0.75).toFixed(2)}`;
}

/** Up to four of the 22 that take the bare client longer than 50 ms, the shortest first: overhead shows most on those. */
async function overFiftyMs(contest: Contest, root: string): Promise<string[]> {
  const found: { name: string; took: number }[] = [];
  for (let number = 1; number <= 22; number++) {
    const name = `q${String(number).padStart(2, '0')}`;
    const sql = await query(root, name);
    await contest.bare(sql);
    const took = Math.min(await contest.bare(sql), await contest.bare(sql));
    if (took > 50) found.push({ name, took });
  }
  return found
    .sort((a, b) => a.took - b.took)
    .slice(0, 4)
    .map(({ name }) => name);
}

async function query(root: string, name: string): Promise<string> {
  return (await readFile(join(root, 'snippets/tpch', `${name}.sql`), 'utf8')).trim().replace(/;$/, '');
}
