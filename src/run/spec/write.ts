/** The spec that *Benchmark* makes: short, commented, and without a problem when it is read again (a test holds that). */
import { isAbsolute } from 'node:path';
import { Document, isCollection, stringify, visit } from 'yaml';
import { t } from '../../base/messages.ts';
import { targetTitle } from '../../base/target.ts';
import type { PlanTarget } from '../../journal/plan.ts';
import { specDefaults, specFormat, specLimits } from './limits.ts';
import { queryName, tpchQueries } from './queries.ts';

/** What a person pointed at. */
export type SpecSubject =
  | { readonly kind: 'statement'; readonly sql: string; readonly name?: string }
  /** Paths as the library gives them: `tpch/q01.sql` of the one that comes with Faultline, else a file's absolute path. At least one. */
  | { readonly kind: 'library'; readonly paths: readonly string[] }
  /** All 22 queries, in the order of the power test. */
  | { readonly kind: 'tpch' };

export interface SpecTextOptions {
  /** What the spec runs on. */
  readonly target: PlanTarget;
  readonly name?: string;
  /** Of a single statement 100 unless given (a p95), of several 10, of all of TPC-H 3 (the fewest with a median). */
  readonly iterations?: number;
  /** After it nothing more is begun. */
  readonly durationMs?: number;
  readonly clients?: number;
  /** Of the engine, where the person set them. 0 is not written. */
  readonly threads?: number;
  readonly memoryLimitBytes?: number;
}

/** What *Benchmark* would run, as text. */
export function specText(subject: SpecSubject, options: SpecTextOptions): string {
  const { target, threads = 0, memoryLimitBytes = 0, clients = specDefaults.clients, iterations = iterationsOf(subject) } = options;
  const engine = {
    ...engineOf(target),
    ...(threads > 0 ? { threads } : {}),
    ...(memoryLimitBytes > 0 ? { memory: `${Math.round(memoryLimitBytes / 1e6)} MB` } : {}),
  };
  return [
    `# ${t('A benchmark. Change what you like; “Run this spec” starts it here, “faultline run FILE” in a terminal.')}`,
    `faultline: ${specFormat}`,
    `name: ${scalar(oneLine(options.name ?? titleOf(subject, target), specLimits.maxTitleCharacters) || t('Benchmark'))}`,
    `engine: ${flow(engine)}`,
    'workload:',
    ...workloadLines(subject),
    ...loadLines(clients, iterations, options.durationMs),
    `# ${t('or an open loop')}: {rate: 20/s, arrivals: poisson, duration: 1 min}`,
    `warmUp: {iterations: 1} # ${t('in no figure')}`,
    'timeout: 5 min',
    'expect:',
    '  - answers ok',
    '  - errors <= 0 %',
    `  # ${t('a limit of your own; p50, p95, p99, max')}:`,
    '  # - latency.p95 <= 2 s',
    '',
  ].join('\n');
}

/** The `engine` of a spec. */
export function engineOf(target: PlanTarget): Readonly<Record<string, unknown>> {
  if (target.kind === 'tpch') return { kind: 'duckdb', scale: target.scale };
  if (target.kind === 'file') return { kind: 'duckdb', file: target.path };
  const { engine, at, user, catalog, schema, tpchScale, secret, caFile, tlsServerName } = target;
  const { kind: _, ...place } = at;
  return {
    kind: engine,
    ...place,
    user,
    ...(catalog === undefined ? {} : { catalog }),
    ...(schema === undefined ? {} : { schema }),
    ...(tpchScale === undefined ? {} : { scale: tpchScale }),
    ...(secret === undefined ? {} : { password: secret }),
    ...(caFile === undefined ? {} : { ca: caFile }),
    ...(tlsServerName === undefined ? {} : { tlsServerName }),
  };
}

function loadLines(clients: number, iterations: number, durationMs: number | undefined): readonly string[] {
  if (durationMs === undefined) return [`load: ${flow({ clients, iterations })}`];
  const duration = durationMs % 60_000 === 0 ? `${durationMs / 60_000} min` : `${durationMs / 1_000} s`;
  return [`load: ${flow({ clients, iterations, duration })} # ${t('ends with what comes first')}`];
}

function iterationsOf(subject: SpecSubject): number {
  if (subject.kind === 'tpch') return specDefaults.iterations;
  return subject.kind === 'statement' || subject.paths.length === 1 ? 100 : 10;
}

function titleOf(subject: SpecSubject, target: PlanTarget): string {
  const data = targetTitle(target);
  if (subject.kind === 'tpch') return data;
  if (subject.kind === 'statement') return t('{0} on {1}', subject.name ?? t('One statement'), data);
  const [first = '', ...more] = subject.paths;
  return t('{0} on {1}', more.length === 0 ? stemOf(first) : t('{0} statements', subject.paths.length), data);
}

function workloadLines(subject: SpecSubject): readonly string[] {
  if (subject.kind === 'tpch') return ['  tpch: all', `  order: power # ${t('as in TPC-H’s power test; or listed, shuffled')}`];
  if (subject.kind === 'statement') {
    const name = nameOf(subject.name ?? '');
    const lines = block({ ...(name === '' ? {} : { name }), sql: subject.sql });
    return ['  statements:', ...lines.map((line, at) => `    ${at === 0 ? '- ' : '  '}${line}`)];
  }
  const paths = [...new Set(subject.paths)];
  const queries = paths.map(queryOf).filter((query) => query !== undefined);
  const others = paths.filter((path) => queryOf(path) === undefined);
  const taken = new Set(queries.map(queryName));
  return [
    ...(queries.length === 0 ? [] : [`  tpch: ${isAll(queries) ? 'all' : ranges(queries)}`]),
    ...(others.length === 0 ? [] : ['  statements:']),
    ...others.map((path) => {
      const usual = stemOf(path);
      const name = free(usual, taken);
      taken.add(name);
      return `    - ${flow({ ...(name === usual ? {} : { name }), [isAbsolute(path) ? 'file' : 'library']: path })}`;
    }),
  ];
}

function queryOf(path: string): number | undefined {
  const query = Number(/^tpch\/q(\d\d)\.sql$/.exec(path)?.[1]);
  return tpchQueries.includes(query) ? query : undefined;
}

function isAll(queries: readonly number[]): boolean {
  return queries.length === tpchQueries.length && queries.every((query, at) => query === at + 1);
}

/** `1, 2, 3, 6` → `[1-3, 6]`; in the order given. */
function ranges(queries: readonly number[]): string {
  const parts: string[] = [];
  for (let from = 0; from < queries.length;) {
    let to = from;
    while (queries[to + 1] === (queries[to] ?? 0) + 1) to++;
    parts.push(to > from + 1 ? `${queries[from]}-${queries[to]}` : queries.slice(from, to + 1).join(', '));
    from = to + 1;
  }
  return `[${parts.join(', ')}]`;
}

/** The name that a statement of this file has unless it is given one. */
export function stemOf(path: string): string {
  return nameOf((path.split(/[\\/]/).pop() ?? path).replace(/\.[^.]*$/, '')) || 'statement';
}

/** What can stand in an expectation's parentheses. */
function nameOf(text: string): string {
  return oneLine(text.replace(/[()]/g, ' '), specLimits.maxNameCharacters);
}

export function oneLine(text: string, maxCharacters: number): string {
  return text
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .trim()
    .slice(0, maxCharacters)
    .trim();
}

function free(name: string, taken: ReadonlySet<string>): string {
  if (!taken.has(name)) return name;
  const short = name.slice(0, specLimits.maxNameCharacters - 5);
  let at = 2;
  while (taken.has(`${short}-${at}`)) at++;
  return `${short}-${at}`;
}

export function scalar(text: string): string {
  return stringify(text, { lineWidth: 0, blockQuote: false }).trimEnd();
}

/** `{a: 1, b: x}` on one line, quoted where it has to be. */
export function flow(value: Readonly<Record<string, unknown>>): string {
  const document = new Document(value);
  visit(document, {
    Node: (_, node) => {
      if (isCollection(node)) node.flow = true;
    },
  });
  return document.toString({ lineWidth: 0, flowCollectionPadding: false }).trimEnd();
}

/** Lines of a group of keys, a longer text as a block. */
function block(value: Readonly<Record<string, unknown>>): readonly string[] {
  return stringify(value, { lineWidth: 0, blockQuote: 'literal' }).trimEnd().split('\n');
}
