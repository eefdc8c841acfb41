/** What our engines add to a statement over a bare HTTP loop on the same server, in turns. The loop reads every page, and keeps nothing. */
import type { ServerTarget } from '../../../src/base/target.ts';
import { openClickHouse } from '../../../src/engine/clickhouse/clickhouse.ts';
import type { Engine } from '../../../src/engine/engine.ts';
import { openTrino } from '../../../src/engine/trino/trino.ts';
import { atMost, median, type Finding } from '../table.ts';

const LIMITS = { oneRowMs: 1, longRatio: 1.15 } as const;
const ROUNDS = { one: 60, long: 9 } as const;

export interface Served {
  readonly engine: 'trino' | 'clickhouse';
  /** Where it can be spoken to, without a slash at its end. */
  readonly url: string;
  readonly user: string;
  readonly password?: string;
}

type Way = () => Promise<number>;

export async function measureStatements(served: Served): Promise<readonly Finding[]> {
  const { engine: kind, url } = served;
  const target: ServerTarget = { kind: 'server', engine: kind, name: kind, at: { kind: 'url', url }, user: served.user };
  const reached = { url, path: 'portForward', close: () => Promise.resolve() } as const;
  const secret = served.password === undefined ? {} : { password: served.password };
  const engine =
    kind === 'trino' ? await openTrino(target, reached, { ...secret, source: 'faultline' }) : await openClickHouse(target, reached, secret);
  const bare = kind === 'trino' ? bareTrino(served) : bareClickHouse(served);
  const long =
    kind === 'trino'
      ? 'select o_orderkey, o_custkey, o_totalprice, o_orderdate from tpch.sf1.orders limit 100000'
      : 'select number, number * 2, toString(number), toDecimal64(number, 2) from numbers(100000)';
  try {
    const one = await inTurns(
      () => count(engine, 'select 1'),
      () => bare('select 1'),
      ROUNDS.one,
    );
    const many = await inTurns(
      () => count(engine, long),
      () => bare(long),
      ROUNDS.long,
    );
    return [
      atMost(
        `${kind}, 1 row, added`,
        one.ours - one.bare,
        LIMITS.oneRowMs,
        'ms',
        `a bare loop on the same server: ${one.bare.toFixed(2)} ms, ours ${one.ours.toFixed(2)} ms`,
      ),
      atMost(
        `${kind}, 100,000 rows`,
        many.ours / many.bare,
        LIMITS.longRatio,
        '×',
        `a bare loop on the same server: ${many.bare.toFixed(0)} ms, ours ${many.ours.toFixed(0)} ms`,
      ),
    ];
  } finally {
    await engine.close();
  }
}

/** Medians of interleaved runs, ms. Both must answer the same number of rows. */
async function inTurns(ours: Way, bare: Way, rounds: number): Promise<{ readonly ours: number; readonly bare: number }> {
  const times = { ours: [] as number[], bare: [] as number[] };
  const timed = async (name: 'ours' | 'bare', way: Way): Promise<number> => {
    const started = performance.now();
    const rows = await way();
    times[name].push(performance.now() - started);
    return rows;
  };
  for (let round = -1; round < rounds; round++) {
    const first = round % 2 === 0;
    const a = await (first ? timed('ours', ours) : timed('bare', bare));
    const b = await (first ? timed('bare', bare) : timed('ours', ours));
    if (a !== b) throw new Error(`One answered ${a} rows, the other ${b}.`);
    // The first round warms both up.
    if (round === -1) times.ours.length = times.bare.length = 0;
  }
  return { ours: median(times.ours), bare: median(times.bare) };
}

async function count(engine: Engine, sql: string): Promise<number> {
  let rows = 0;
  for await (const event of engine.query(sql, {}, new AbortController().signal)) if (event.kind === 'rows') rows += event.batch.rowCount;
  return rows;
}

function bareTrino({ url, user }: Served): (sql: string) => Promise<number> {
  const headers = { 'X-Trino-User': user, 'X-Trino-Client-Capabilities': 'PARAMETRIC_DATETIME' };
  return async (sql) => {
    let rows = 0;
    let response = await fetch(`${url}/v1/statement`, { method: 'POST', body: sql, headers });
    for (;;) {
      const page = (await response.json()) as {
        readonly data?: readonly unknown[];
        readonly nextUri?: string;
        readonly error?: { readonly message: string };
      };
      if (page.error !== undefined) throw new Error(page.error.message);
      rows += page.data?.length ?? 0;
      if (page.nextUri === undefined) return rows;
      const { pathname, search } = new URL(page.nextUri);
      response = await fetch(`${url}${pathname}${search}`, { headers });
    }
  };
}

function bareClickHouse({ url, user, password = '' }: Served): (sql: string) => Promise<number> {
  const headers = { 'X-ClickHouse-User': user, 'X-ClickHouse-Key': password };
  return async (sql) => {
    const response = await fetch(`${url}/?default_format=TabSeparatedWithNamesAndTypes`, { method: 'POST', body: sql, headers });
    const text = await response.text();
    if (!response.ok) throw new Error(text);
    let lines = 0;
    for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) lines++;
    return lines - 2;
  };
}
