/** The spec that *Benchmark* makes: short, commented, and without a problem when it is read again (a test holds that). */
import { basename, isAbsolute } from 'node:path';
import { Document, isCollection, stringify, visit } from 'yaml';
import { t } from '../../base/messages.ts';
import type { PlanTarget } from '../../journal/plan.ts';
import { specFormat, specLimits } from './limits.ts';
import { tpchQueries } from './queries.ts';

/** What a person pointed at. */
export type SpecSubject =
  | { readonly kind: 'statement'; readonly sql: string; readonly name?: string }
  /** Paths as the library gives them: `tpch/q01.sql` of the built-in one, else a file's absolute path. */
  | { readonly kind: 'library'; readonly paths: readonly string[] }
  | { readonly kind: 'tpch' };

export interface SpecTextOptions {
  /** What the spec runs on. */
  readonly target: PlanTarget;
  readonly name?: string;
  /** Of a single statement 100 (a p95), of several 10 (a median worth comparing), of all of TPC-H 3. */
  readonly iterations?: number;
  readonly clients?: number;
  /** Of the engine, where the person set them. 0 is not written. */
  readonly threads?: number;
  readonly memoryLimitBytes?: number;
}

export function specText(subject: SpecSubject, options: SpecTextOptions): string {
  const { target, threads = 0, memoryLimitBytes = 0, clients = 1 } = options;
  const engine = {
    kind: 'duckdb',
    ...(target.kind === 'tpch' ? { scale: target.scale } : { file: target.path }),
    ...(threads > 0 ? { threads } : {}),
    ...(memoryLimitBytes > 0 ? { memory: `${Math.round(memoryLimitBytes / 1e6)} MB` } : {}),
  };
  const iterations = options.iterations ?? defaultIterations(subject);
  return [
    `# ${t('A benchmark. Change what you like; “Run this spec” above this line starts it, “faultline run” does in a terminal.')}`,
    `faultline: ${specFormat}`,
    `name: ${scalar(options.name ?? nameOf(subject, target))}`,
    `engine: ${flow(engine)}`,
    'workload:',
    ...workloadLines(subject),
    `load: ${flow({ clients, iterations })} # ${t('or an open loop: {0}', '{rate: 20/s, arrivals: poisson, duration: 1 min}')}`,
    `warmUp: {iterations: 1} # ${t('in no figure')}`,
    'timeout: 5 min',
    'expect:',
    '  - answers ok',
    '  - errors <= 0 %',
    `  # - latency.p95 <= 2 s # ${t('a limit of your own: p50, p95, p99, max')}`,
    '',
  ].join('\n');
}

function defaultIterations(subject: SpecSubject): number {
  if (subject.kind === 'tpch') return 3;
  return subject.kind === 'statement' || subject.paths.length === 1 ? 100 : 10;
}

function nameOf(subject: SpecSubject, target: PlanTarget): string {
  const data = target.kind === 'tpch' ? `TPC-H ${target.scale}` : basename(target.path);
  if (subject.kind === 'tpch') return data;
  const [first] = subject.kind === 'library' ? subject.paths : [];
  const what =
    subject.kind === 'statement'
      ? (subject.name ?? t('One statement'))
      : subject.paths.length === 1 && first !== undefined
        ? stemOf(first)
        : t('{0} statements', subject.paths.length);
  return t('{0} on {1}', what, data).slice(0, 100);
}

function workloadLines(subject: SpecSubject): readonly string[] {
  if (subject.kind === 'tpch') return ['  tpch: all', `  order: power # ${t('as in TPC-H’s power test; or listed, shuffled')}`];
  if (subject.kind === 'statement') {
    const name = subject.name === undefined ? [] : [`    - name: ${scalar(safeName(subject.name))}`];
    const lines = block({ sql: subject.sql });
    return ['  statements:', ...name, ...lines.map((line, at) => `${name.length === 0 && at === 0 ? '    - ' : '      '}${line}`)];
  }
  const queries = subject.paths.map(queryOf);
  const others = subject.paths.filter((_, at) => queries[at] === undefined);
  const tpch = [...new Set(queries.filter((query) => query !== undefined))];
  const names = new Set(tpch.map((query) => `q${String(query).padStart(2, '0')}`));
  return [
    ...(tpch.length === 0 ? [] : [`  tpch: ${tpch.length === tpchQueries.length ? 'all' : ranges(tpch)}`]),
    ...(others.length === 0 ? [] : ['  statements:']),
    ...[...new Set(others)].map((path) => {
      const stem = stemOf(path);
      const name = free(stem, names);
      names.add(name);
      return `    - ${flow({ ...(name === stem ? {} : { name }), [isAbsolute(path) ? 'file' : 'library']: path })}`;
    }),
  ];
}

function queryOf(path: string): number | undefined {
  const query = Number(/^tpch\/q(\d\d)\.sql$/.exec(path)?.[1]);
  return tpchQueries.includes(query) ? query : undefined;
}

/** `1, 2, 3, 6` → `[1-3, 6]`; as the person chose them, in that order. */
function ranges(queries: readonly number[]): string {
  const parts: string[] = [];
  for (let from = 0; from < queries.length;) {
    let to = from;
    while ((queries[to + 1] ?? 0) === (queries[to] ?? 0) + 1) to++;
    parts.push(to > from + 1 ? `${queries[from]}-${queries[to]}` : queries.slice(from, to + 1).join(', '));
    from = to + 1;
  }
  return `[${parts.join(', ')}]`;
}

function stemOf(path: string): string {
  return safeName((path.split(/[\\/]/).pop() ?? path).replace(/\.sql$/i, ''));
}

function safeName(name: string): string {
  return (
    name
      .replace(/[()\p{Cc}]/gu, ' ')
      .trim()
      .slice(0, specLimits.maxNameCharacters) || 'statement'
  );
}

function free(stem: string, taken: ReadonlySet<string>): string {
  if (!taken.has(stem)) return stem;
  const short = stem.slice(0, specLimits.maxNameCharacters - 5);
  let at = 2;
  while (taken.has(`${short}-${at}`)) at++;
  return `${short}-${at}`;
}

function scalar(text: string): string {
  return stringify(text, { lineWidth: 0, defaultStringType: 'PLAIN', blockQuote: false }).trimEnd();
}

/** `{a: 1, b: x}` on one line, quoted where it has to be. */
function flow(value: Readonly<Record<string, unknown>>): string {
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
