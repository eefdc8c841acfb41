/**
 * What *Benchmark* means for a statement, and for entries of the SQL library: which statements, on what, how often. No `vscode` import.
 */
import { planLength } from '../../analysis/text.ts';
import { t } from '../../base/messages.ts';
import { engineNames, tpchScaleOf } from '../../base/target.ts';
import type { EngineTarget } from '../../engine/engine.ts';
import type { SpecSubject } from '../../run/spec/write.ts';
import type { LibraryEntry } from '../../workload/library.ts';
import { bareText } from './statement.ts';
import { targetName } from './targets.ts';

export interface Benchmark {
  /** What the run is called. */
  readonly name: string;
  readonly subject: SpecSubject;
  readonly target: EngineTarget;
  /** Passes over the statements, by one client. */
  readonly iterations: number;
  /** After it nothing more is begun. */
  readonly durationMs?: number;
}

/** How many queries TPC-H has. */
const tpchQueries = 22;

/** p95 needs 5 samples beyond it. */
const samplesForP95 = 100;

/** As many passes as p95 needs, but of a slow statement no more than are begun in a minute. */
const oneStatement = { iterations: samplesForP95, durationMs: 60_000 } as const;

/** The fewest that can be compared. */
const comparablePasses = 11;

/** One statement. Where its text is that of a query of TPC-H, it is run as that query: then its answers are checked. */
export function statementBenchmark(
  { sql, title }: { readonly sql: string; readonly title: string },
  target: EngineTarget,
  library: readonly LibraryEntry[],
): Benchmark {
  const bare = bareText(sql);
  const entry = tpchScaleOf(target) !== undefined ? library.find((known) => isTpch(known) && bareText(known.sql) === bare) : undefined;
  const subject: SpecSubject = entry ? { kind: 'library', paths: [entry.path] } : { kind: 'statement', sql, name: title };
  return { name: onTarget(title, target), subject, target, ...oneStatement };
}

/**
 * Entries of the library in the order they were chosen; all 22 of TPC-H in the order of the power test. `fallback` is what queries of
 * TPC-H run on when `target` is a person's own file, which has none of its tables.
 */
export function libraryBenchmark(entries: readonly LibraryEntry[], title: string, target: EngineTarget, fallback: EngineTarget): Benchmark {
  const paths = [...new Set(entries.map(({ path }) => path))];
  const queries = entries.filter(isTpch);
  const on = queries.length > 0 && tpchScaleOf(target) === undefined ? fallback : target;
  if (paths.length === tpchQueries && queries.length === tpchQueries) {
    return { name: targetName(on), subject: { kind: 'tpch' }, target: on, iterations: passesFor(on) };
  }
  const bounds = paths.length === 1 ? oneStatement : { iterations: passesFor(on) };
  return { name: onTarget(title, on), subject: { kind: 'library', paths }, target: on, ...bounds };
}

/** "100 passes over one statement by one client, at most 1 min, after a warm-up pass" */
export function benchmarkText({ iterations, durationMs, subject }: Benchmark): string {
  const count = subject.kind === 'tpch' ? tpchQueries : subject.kind === 'statement' ? 1 : subject.paths.length;
  const of = count === 1 ? t('one statement') : t('{0} statements', count);
  return durationMs === undefined
    ? t('{0} passes over {1} by one client, after a warm-up pass', iterations, of)
    : t('{0} passes over {1} by one client, at most {2}, after a warm-up pass', iterations, of, planLength(durationMs));
}

export interface BenchmarkQuestion {
  readonly what: string;
  readonly detail: string;
  readonly button: string;
}

/** What is asked before a server that others use is put under load for minutes; undefined: nothing, it is this machine's own engine. */
export function questionBefore(benchmark: Benchmark): BenchmarkQuestion | undefined {
  const { target } = benchmark;
  if (target.kind !== 'server') return undefined;
  const where = target.at.kind === 'kubernetes' ? t('{0} in {1}', target.at.namespace, target.at.context) : target.at.url;
  return {
    what: t('Benchmark {0}?', targetName(target)),
    detail: t('{0}, on {1} at {2}. Whoever uses this engine feels it.', benchmarkText(benchmark), engineNames[target.engine], where),
    button: t('Benchmark'),
  };
}

/** A pass of TPC-H takes about 0.4 s at scale 0.01, and grows with it. */
function passesFor(target: EngineTarget): number {
  const scale = tpchScaleOf(target);
  if (scale === undefined) return 10;
  // A server takes far longer for the same small data.
  if (target.kind === 'server') return comparablePasses;
  if (scale <= 0.01) return 25;
  return scale <= 0.1 ? comparablePasses : 3;
}

function onTarget(title: string, target: EngineTarget): string {
  return t('{0} on {1}', title.slice(0, 60), targetName(target));
}

function isTpch({ path }: LibraryEntry): boolean {
  return /^tpch\/q\d\d\.sql$/.test(path);
}
