/**
 * What *Benchmark* means for a statement, and for entries of the SQL library: which statements, on what, how often. No `vscode` import.
 */
import { t } from '../../base/messages.ts';
import type { EngineTarget } from '../../engine/engine.ts';
import type { SpecSubject } from '../../run/spec/write.ts';
import type { LibraryEntry } from '../../workload/library.ts';
import { targetName } from './targets.ts';

export interface Benchmark {
  /** What the run is called. */
  readonly name: string;
  readonly subject: SpecSubject;
  readonly target: EngineTarget;
  /** Passes over the statements, by one client. */
  readonly iterations: number;
}

/** How many queries TPC-H has. */
const tpchQueries = 22;

/** p95 needs 5 samples beyond it. */
const samplesForP95 = 100;

/** As many as p95 needs, but no more than fit into a minute by what the statement took last; never fewer than can be compared. */
const statementBudgetMs = 60_000;
const fewestIterations = 11;

/**
 * One statement. `tookMs`: its last time, where it is known. Where its text is that of a query of TPC-H, it is run as that query: then
 * its answers are checked.
 */
export function statementBenchmark(
  { sql, title }: { readonly sql: string; readonly title: string },
  target: EngineTarget,
  { tookMs, library }: { readonly tookMs?: number | undefined; readonly library: readonly LibraryEntry[] },
): Benchmark {
  const bare = bareText(sql);
  const entry = target.kind === 'tpch' ? library.find((known) => isTpch(known) && bareText(known.sql) === bare) : undefined;
  const subject: SpecSubject = entry ? { kind: 'library', paths: [entry.path] } : { kind: 'statement', sql, name: title };
  return { name: onTarget(title, target), subject, target, iterations: iterationsFor(tookMs) };
}

/**
 * Entries of the library in the order they were chosen; all 22 of TPC-H in the order of the power test. `fallback` is what queries of
 * TPC-H run on when `target` is a person's own file, which has none of its tables.
 */
export function libraryBenchmark(entries: readonly LibraryEntry[], title: string, target: EngineTarget, fallback: EngineTarget): Benchmark {
  const paths = [...new Set(entries.map(({ path }) => path))];
  const queries = entries.filter(isTpch);
  const on = queries.length > 0 && target.kind !== 'tpch' ? fallback : target;
  if (paths.length === tpchQueries && queries.length === tpchQueries) {
    return { name: targetName(on), subject: { kind: 'tpch' }, target: on, iterations: passesFor(on) };
  }
  const iterations = paths.length === 1 ? samplesForP95 : passesFor(on);
  return { name: onTarget(title, on), subject: { kind: 'library', paths }, target: on, iterations };
}

/** "100 passes over 1 statement by one client, after one that counts for nothing" */
export function benchmarkText({ iterations, subject }: Benchmark): string {
  const count = subject.kind === 'tpch' ? tpchQueries : subject.kind === 'statement' ? 1 : subject.paths.length;
  const of = count === 1 ? t('one statement') : t('{0} statements', count);
  return t('{0} passes over {1} by one client, after a warm-up pass', iterations, of);
}

export function iterationsFor(tookMs: number | undefined): number {
  if (tookMs === undefined || tookMs <= 0) return samplesForP95;
  return Math.max(fewestIterations, Math.min(samplesForP95, Math.floor(statementBudgetMs / tookMs)));
}

/** A pass of TPC-H takes about 0.4 s at scale 0.01, and grows with it. */
function passesFor(target: EngineTarget): number {
  if (target.kind !== 'tpch') return 10;
  if (target.scale <= 0.01) return 25;
  return target.scale <= 0.1 ? fewestIterations : 3;
}

function onTarget(title: string, target: EngineTarget): string {
  return t('{0} on {1}', title.slice(0, 60), targetName(target));
}

function isTpch({ path }: LibraryEntry): boolean {
  return /^tpch\/q\d\d\.sql$/.test(path);
}

/** Without comments, blanks and the last semicolon: a copy from the library is the same query however it is laid out. */
function bareText(sql: string): string {
  return sql
    .replace(/--[^\n]*/g, ' ')
    .replace(/\s+/g, ' ')
    .replace(/\s*;\s*$/, '')
    .trim();
}
