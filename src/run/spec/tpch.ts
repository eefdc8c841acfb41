/** Statements of the SQL library as a plan holds them, and the plan of a TPC-H benchmark. */
import { FaultlineError, invalid } from '../../base/errors.ts';
import { t } from '../../base/messages.ts';
import { engineNames, targetTitle, type ServerTarget } from '../../base/target.ts';
import type { AbortRule, Arm, DrivenLoad, Expectation, PlannedStatement, RunPlan, WarmUp } from '../../journal/plan.ts';
import { Library, type LibraryEntry } from '../../workload/library.ts';
import { checkScale } from '../../workload/tpch/scale.ts';
import { impliedExpectations } from './expectation.ts';
import { specDefaults } from './limits.ts';
import { nearest } from '../../base/nearest.ts';
import { checkQuery, inPowerOrder, queryName, tpchQueries } from './queries.ts';
import { tooMuch } from './size.ts';

/** The library that comes with Faultline, read once. */
export class LibraryStatements {
  readonly #folder: string;
  #entries: Promise<ReadonlyMap<string, LibraryEntry>> | undefined;

  /** `folder`: `snippets` of the package. */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Of `tpch/q01.sql`; for a path that is not there the nearest one, or undefined. */
  async entry(path: string): Promise<PlannedStatement | string | undefined> {
    const entries = await this.#all();
    const wanted = path.trim().replaceAll('\\', '/').replace(/^\.\//, '');
    const entry = entries.get(wanted) ?? entries.get(`${wanted}.sql`);
    if (entry !== undefined) return statementOf(entry);
    // Its queries have two digits: by letters alone q1 is as near to q10.
    return nearest(wanted.replace(/\bq(?=\d\b)/, 'q0'), [...entries.keys()]);
  }

  /** Paths of every entry. */
  async paths(): Promise<readonly string[]> {
    return [...(await this.#all()).keys()];
  }

  /** TPC-H's queries, in the order asked for. Fails: `notFound` when the library lacks one. */
  async queries(numbers: readonly number[]): Promise<readonly PlannedStatement[]> {
    const entries = await this.#all();
    return numbers.map((query) => {
      const entry = entries.get(`tpch/${queryName(checkQuery(query))}.sql`);
      if (entry !== undefined) return statementOf(entry);
      throw new FaultlineError('notFound', { what: t('The SQL library has no query {0} of TPC-H', query), meaning: this.#folder });
    });
  }

  #all(): Promise<ReadonlyMap<string, LibraryEntry>> {
    this.#entries ??= new Library(this.#folder, []).entries().then((entries) => new Map(entries.map((entry) => [entry.path, entry])));
    return this.#entries;
  }
}

/** A built-in query has its validation parameters: its answer is known. */
function statementOf({ path, sql, variants }: LibraryEntry): PlannedStatement {
  const query = Number(/^tpch\/q(\d\d)\.sql$/.exec(path)?.[1]);
  const plain = (text: string): string => text.replace(/;\s*$/, '');
  const name = path.replace(/^.*\//, '').replace(/\.sql$/, '');
  return {
    name,
    sql: plain(sql),
    weight: 1,
    ...(tpchQueries.includes(query) ? { tpchQuery: query } : {}),
    ...(variants === undefined
      ? {}
      : { variants: Object.fromEntries(Object.entries(variants).map(([engine, text]) => [engine, plain(text)])) }),
  };
}

export interface TpchRequest {
  /** Checked here. */
  readonly scale: number;
  /** In place of the embedded engine; it holds the data of that scale. */
  readonly server?: ServerTarget;
  /** All 22 unless named; in this order. */
  readonly queries?: readonly number[];
  /** One client, three iterations (the fewest with a median). */
  readonly load?: DrivenLoad;
  /** One iteration; `null`: none. */
  readonly warmUp?: WarmUp | null;
  /** `listed` unless named. */
  readonly order?: 'power' | 'listed' | 'shuffled';
  /** Beside the implied ones. */
  readonly expectations?: readonly Expectation[];
  readonly abortRules?: readonly AbortRule[];
  readonly threads?: number;
  readonly memoryLimitBytes?: number;
  /** A second engine: then this one is A. Its label is not used. */
  readonly against?: Arm;
  readonly timeoutMs?: number;
  readonly seed?: number;
  readonly name?: string;
  /** `snippets` of the package. */
  readonly library: string;
}

/** Fails: `invalid` (scale, queries, more operations than a run may plan), `notFound`. */
export async function tpchPlan(request: TpchRequest): Promise<RunPlan> {
  const { scale, order = 'listed', queries = tpchQueries, against, warmUp } = request;
  checkScale(scale);
  const twice = queries.find((query, at) => queries.indexOf(query) !== at);
  if (twice !== undefined) throw invalid(t('Query {0} is named twice', twice));
  if (queries.length === 0) throw invalid(t('No query is named'), t('Its queries are 1 to 22.'));
  const listed = await new LibraryStatements(request.library).queries(queries);
  const engine = request.server?.engine ?? 'duckdb';
  const arm: Arm = {
    label: against === undefined ? engineNames[engine] : 'A',
    engine,
    target: request.server ?? { kind: 'tpch', scale },
    threads: request.threads ?? 0,
    memoryLimitBytes: request.memoryLimitBytes ?? 0,
  };
  const passOrder = order === 'shuffled' ? 'shuffled' : 'listed';
  const { clients, iterations, thinkTimeMs } = specDefaults;
  const written = request.expectations ?? [];
  const plan: RunPlan = {
    name: request.name ?? tpchName(request.server === undefined ? `TPC-H ${scale}` : targetTitle(request.server), queries),
    arms: against === undefined ? [arm] : [arm, { ...against, label: 'B' }],
    statements: order === 'power' ? inPowerOrder(listed) : listed,
    load:
      request.load === undefined
        ? { kind: 'closed', clients, iterations, thinkTimeMs, order: passOrder }
        : { ...request.load, order: passOrder },
    ...(warmUp === null ? {} : { warmUp: warmUp ?? { kind: 'iterations', iterations: 1 } }),
    timeoutMs: request.timeoutMs ?? specDefaults.timeoutMs,
    expectations: [...written, ...impliedExpectations(written)],
    abortRules: request.abortRules ?? [],
    seed: request.seed ?? specDefaults.seed,
  };
  const refused = tooMuch(plan);
  if (refused !== undefined) throw invalid(refused.what, t('Plan less, or split it into several runs.'));
  return plan;
}

/** "TPC-H 0.01", "TPC-H 0.01, q06", "TPC-H 0.01, 5 queries"; of a server what it is called in the editor too: "shop/trino, tpch.tiny". */
function tpchName(on: string, queries: readonly number[]): string {
  const [only] = queries;
  if (queries.length === 1 && only !== undefined) return `${on}, ${queryName(only)}`;
  return queries.length === tpchQueries.length ? on : t('{0}, {1} queries', on, queries.length);
}
