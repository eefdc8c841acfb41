/** Runs that were written, not run: every figure is known. 3 queries, 12 passes, one client, unless said otherwise. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { RunProjection } from '../../../src/analysis/run.ts';
import { journalFormat, type Environment, type JournalEvent, type JournalHeader } from '../../../src/journal/events.ts';
import type { Expectation } from '../../../src/journal/plan.ts';

export interface MadeRun {
  readonly run?: string;
  readonly name?: string;
  readonly statements?: readonly string[];
  readonly arms?: readonly string[];
  readonly passes?: number;
  readonly clients?: number;
  readonly threads?: number;
  readonly version?: string;
  readonly environment?: Partial<Environment>;
  /** Extra operations of the first query that fail. */
  readonly failures?: number;
  readonly errorText?: string;
  readonly expectations?: readonly Expectation[];
  /** ms */
  readonly responses?: (q: number, pass: number, arm: number) => number;
  /** Default: the run finished. */
  readonly end?: 'finished' | 'none';
}

const answersOk: Expectation = { text: 'answers ok', metric: { kind: 'answers' }, comparison: '<=', limit: 0, implied: true };

export function madeJournal(made: MadeRun): {
  readonly header: JournalHeader;
  readonly events: readonly JournalEvent[];
  readonly text: string;
} {
  const header = headerOf(made);
  const events = [...eventsOf(made)];
  return { header, events, text: [header, ...events].map((line) => `${JSON.stringify(line)}\n`).join('') };
}

export function madeRun(made: MadeRun): RunProjection {
  const { header, events } = madeJournal(made);
  const projection = new RunProjection(header);
  for (const event of events) projection.add(event);
  return projection;
}

/** As a runner would have left it. */
export async function writeRun(home: string, made: MadeRun & { readonly run: string }): Promise<void> {
  const folder = join(home, 'runs', made.run);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'journal.ndjson'), madeJournal(made).text);
}

function headerOf(made: MadeRun): JournalHeader {
  return {
    faultline: journalFormat,
    run: made.run ?? '20261121-140500-made-0a1b',
    startedAt: Date.UTC(2026, 10, 21, 14, 5),
    plan: {
      name: made.name ?? 'made',
      arms: labels(made).map((label) => ({
        label,
        engine: 'duckdb',
        target: { kind: 'tpch', scale: 0.01 },
        threads: made.threads ?? 2,
        memoryLimitBytes: 0,
      })),
      statements: names(made).map((name) => ({ name, sql: `SELECT '${name}'`, weight: 1 })),
      load: { kind: 'closed', clients: made.clients ?? 1, iterations: made.passes ?? 12, thinkTimeMs: 0, order: 'listed' },
      timeoutMs: 60_000,
      expectations: made.expectations ?? [answersOk],
      abortRules: [],
      seed: 1,
    },
    environment: {
      faultline: '0.1.0',
      node: 'v24.21.0',
      system: 'linux x64 6.1.0',
      processor: 'AMD EPYC',
      processors: 2,
      memoryBytes: 8e9,
      ...made.environment,
    },
  };
}

function* eventsOf(made: MadeRun): Iterable<JournalEvent> {
  const { passes = 12, responses = (q, pass) => 10 * (q + 1) + pass * 0.01, version = '1.5.5', threads = 2 } = made;
  const src = 'runner';
  const arms = labels(made);
  for (const arm of arms.keys()) {
    yield { kind: 'engine', t: 1, src, arm, title: `DuckDB ${version}`, version, target: 'TPC-H 0.01', threads, memoryLimitBytes: 2e9 };
  }
  yield { kind: 'phase', t: 2, src, phase: 'measuring', planned: passes * names(made).length * arms.length };
  let t = 3;
  for (let pass = 0; pass < passes; pass++) {
    for (const q of names(made).keys()) {
      for (const arm of arms.keys()) {
        const service = responses(q, pass, arm);
        yield { kind: 'op', t, src, q, ...(arms.length > 1 ? { arm } : {}), wait: 0, service, rows: 4, answer: 'ok' };
        t += service;
      }
    }
  }
  const error = { reason: 'engine', text: made.errorText ?? 'There is no table lineitem' };
  for (let failure = 0; failure < (made.failures ?? 0); failure++) yield { kind: 'op', t: t++, src, q: 0, wait: 0, service: 1, error };
  yield { kind: 'phase', t, src, phase: 'draining' };
  if (made.end !== 'none') yield { kind: 'end', t: t + 1, src, how: 'finished' };
}

function names({ statements = ['q01', 'q02', 'q03'] }: MadeRun): readonly string[] {
  return statements;
}

function labels({ arms = ['DuckDB'] }: MadeRun): readonly string[] {
  return arms;
}
