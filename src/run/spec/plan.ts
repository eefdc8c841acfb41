/** A spec whose form is right, made into a plan: files are read, defaults put in, and what contradicts itself is said. */
import { readFile, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { t } from '../../base/messages.ts';
import { engineNames } from '../../base/target.ts';
import { formatBytes, formatCount } from '../../base/units.ts';
import { splitStatements } from '../../engine/sql/split.ts';
import type { Arm, Load, PlannedStatement, WarmUp } from '../../journal/plan.ts';
import { specDefaults, specLimits } from './limits.ts';
import type { SpecPath } from './document.ts';
import type { PlanFacts, Report } from './facts.ts';
import { inPowerOrder } from './queries.ts';
import type { Spec, SpecEngine, SpecStatement } from './schema.ts';
import { serverTargetOf } from './server.ts';
import { stemOf } from './write.ts';

const serverKeys = [
  'url',
  'kubeconfig',
  'context',
  'namespace',
  'service',
  'port',
  'scheme',
  'user',
  'catalog',
  'schema',
  'password',
  'ca',
  'tlsServerName',
] as const;

export async function armsOf({ engine, against }: Pick<Spec, 'engine' | 'against'>, facts: PlanFacts): Promise<readonly Arm[]> {
  const armOf = async (written: SpecEngine, label: string, path: string): Promise<Arm> => ({
    label,
    engine: written.kind,
    target: await targetOf(written, path, facts),
    threads: written.threads ?? 0,
    memoryLimitBytes: written.memory ?? 0,
  });
  if (against === undefined) return [await armOf(engine, engineNames[engine.kind], 'engine')];
  return [await armOf(engine, 'A', 'engine'), await armOf(against, 'B', 'against')];
}

async function targetOf(written: SpecEngine, path: string, facts: PlanFacts): Promise<Arm['target']> {
  if (written.kind !== 'duckdb') return serverTargetOf(written, written.kind, path, facts);
  const { scale, file } = written;
  const { folder, readsFiles, report } = facts;
  const server = serverKeys.find((key) => written[key] !== undefined);
  if (server !== undefined) report([path, server], t('“{0}” is of a server', server), t('Leave it out, or name another kind of engine.'));
  if (scale !== undefined && file !== undefined) {
    report([path, 'file'], t('An engine has a scale or a file'), t('Keep one of them.'));
  } else if (scale === undefined && file === undefined) {
    report([path], t('The engine has no data'), t('Write {0} for TPC-H, or {1} for your own.', 'scale: 0.01', 'file: sales.parquet'));
  }
  if (file === undefined) return { kind: 'tpch', scale: scale ?? 0 };
  const absolute = resolve(folder, file);
  if (!readsFiles || scale !== undefined) return { kind: 'file', path: absolute };
  const found = await stat(absolute).catch(() => undefined);
  if (found?.isFile() !== true) {
    report(
      [path, 'file'],
      found === undefined ? t('There is no file {0}', absolute) : t('{0} is not a file', absolute),
      fromFolder(folder),
    );
  }
  return { kind: 'file', path: absolute };
}

/** In the order of a pass. */
export async function statementsOf({ workload }: Pick<Spec, 'workload'>, facts: PlanFacts): Promise<readonly PlannedStatement[]> {
  const { report, library } = facts;
  const found: { readonly statement: PlannedStatement; readonly path: SpecPath }[] = [];
  if (workload.tpch !== undefined) {
    for (const statement of await library.queries(workload.tpch)) found.push({ statement, path: ['workload', 'tpch'] });
  }
  for (const [index, written] of (workload.statements ?? []).entries()) {
    const path = ['workload', 'statements', index];
    for (const statement of await resolveStatement(written, path, index, facts)) found.push({ statement, path });
  }
  if (workload.tpch === undefined && workload.statements === undefined) {
    report(['workload'], t('The workload has no statements'), t('Write {0} or {1}.', 'tpch: all', 'statements'));
  }
  const names = new Set<string>();
  for (const { statement, path } of found) {
    if (names.has(statement.name)) {
      const at = path[1] === 'tpch' ? path : namePath(workload.statements?.[Number(path[2])], path);
      report(at, t('Two statements are called {0}', statement.name), t('Give one of them another name.'));
    }
    names.add(statement.name);
  }
  if (found.length > specLimits.maxStatements) {
    report(['workload'], t('There are more than {0} statements', formatCount(specLimits.maxStatements)));
  }
  const statements = found.map(({ statement }) => statement);
  if (workload.order !== 'power') return statements;
  if (statements.some(({ tpchQuery }) => tpchQuery === undefined)) {
    report(['workload', 'order'], t('The power order is one of TPC-H’s queries only'), t('Use listed or shuffled for other statements.'));
  }
  return inPowerOrder(statements);
}

function namePath(written: SpecStatement | undefined, path: SpecPath): SpecPath {
  const key = (['name', 'file', 'library', 'sql'] as const).find((candidate) => written?.[candidate] !== undefined);
  return key === undefined ? path : [...path, key];
}

async function resolveStatement(
  written: SpecStatement,
  path: SpecPath,
  index: number,
  { folder, readsFiles, library, report }: PlanFacts,
): Promise<readonly PlannedStatement[]> {
  const given = (['sql', 'file', 'library'] as const).filter((key) => written[key] !== undefined);
  const [key] = given;
  if (key === undefined || given.length > 1) {
    report(given.length === 0 ? path : [...path, given[1] ?? ''], t('A statement has one of sql, file and library'));
    return [];
  }
  const at = [...path, key];
  const weight = written.weight ?? 1;
  if (written.library !== undefined) {
    const entry = await library.entry(written.library);
    if (typeof entry !== 'object') {
      report(at, t('The SQL library has no {0}', written.library), entry === undefined ? undefined : t('Did you mean {0}?', entry));
      return [];
    }
    return [{ ...entry, name: written.name ?? entry.name, weight }];
  }
  if (written.file !== undefined && !readsFiles) return [];
  const text = written.file === undefined ? written.sql : await readStatementFile(written.file, at, folder, report);
  if (text === undefined) return [];
  const name = written.name ?? (written.file === undefined ? `statement-${index + 1}` : stemOf(written.file));
  const statements = splitStatements(text, 'duckdb');
  if (statements.length === 0) report(at, t('There is no statement in it, only comments or blanks'));
  return statements.map(({ text: sql }, place) => ({ name: statements.length === 1 ? name : `${name}-${place + 1}`, sql, weight }));
}

async function readStatementFile(file: string, at: SpecPath, folder: string, report: Report): Promise<string | undefined> {
  const absolute = resolve(folder, file);
  const found = await stat(absolute).catch(() => undefined);
  const { maxStatementFileBytes } = specLimits;
  if (found === undefined) report(at, t('There is no file {0}', absolute), fromFolder(folder));
  else if (!found.isFile()) report(at, t('{0} is not a file', absolute));
  else if (found.size > maxStatementFileBytes) {
    report(
      at,
      t('{0} has {1}; a file of statements has {2} at most', absolute, formatBytes(found.size), formatBytes(maxStatementFileBytes)),
    );
  } else {
    const text = await readFile(absolute, 'utf8').catch(() => undefined);
    if (text === undefined) report(at, t('{0} can’t be read', absolute), t('Change its permissions.'));
    else if (text.includes('\0')) report(at, t('{0} is not a text', absolute));
    else return text.replace(/^\uFEFF/, '');
  }
  return undefined;
}

function fromFolder(folder: string): string {
  return t('A path is read from the folder of the spec, {0}.', folder);
}

const closedKeys = ['clients', 'iterations', 'thinkTime'] as const;
const openKeys = ['rate', 'arrivals', 'maxInFlight', 'maxQueued'] as const;

/** On the value as it was read, so that it is said beside what is wrong with single values. `isFault`: it goes on as long as the run. */
export function checkLoadKeys(load: unknown, report: Report, isFault = false): void {
  if (typeof load !== 'object' || load === null || Array.isArray(load)) return;
  const closed = closedKeys.find((key) => key in load);
  const open = openKeys.find((key) => key in load);
  if (closed !== undefined && open !== undefined) {
    report(
      ['load', open],
      t('“{0}” is of a closed loop, “{1}” of an open one', closed, open),
      t('Keep {0}, or keep {1}.', closedKeys.join(', '), openKeys.join(', ')),
    );
  } else if (open !== undefined) {
    if (!('rate' in load)) report(['load'], t('An open loop has a rate'), t('Write {0}.', 'rate: 20/s'));
    if (!('duration' in load) && !isFault) report(['load'], t('An open loop has a duration'), t('Write {0}.', 'duration: 1 min'));
  } else if (closed === undefined && 'duration' in load) {
    // A rate that was forgotten must not become one client that sends what it can.
    report(['load'], t('A load has clients or a rate'), t('Write {0} or {1}.', 'clients: 1', 'rate: 20/s'));
  }
}

/** `isFault`: what is said of no end lasts as long as the run. */
export function loadOf({ load, workload }: Pick<Spec, 'load' | 'workload'>, isFault = false): Load {
  const order = workload.order === 'shuffled' ? 'shuffled' : 'listed';
  if (load?.rate !== undefined) {
    return {
      kind: 'open',
      ratePerSecond: load.rate,
      arrivals: load.arrivals ?? specDefaults.arrivals,
      durationMs: load.duration ?? (isFault ? specLimits.maxFaultRunMs : 0),
      maxInFlight: load.maxInFlight ?? specDefaults.maxInFlight,
      maxQueued: load.maxQueued ?? specDefaults.maxQueued,
      order,
    };
  }
  return {
    kind: 'closed',
    clients: load?.clients ?? specDefaults.clients,
    ...closedBounds(load?.iterations, load?.duration ?? (isFault && load?.iterations === undefined ? specLimits.maxFaultRunMs : undefined)),
    thinkTimeMs: load?.thinkTime ?? specDefaults.thinkTimeMs,
    order,
  };
}

/** What ends a closed loop: passes, a time, or both; where nothing is said the default of passes. */
export function closedBounds(
  iterations: number | undefined,
  durationMs: number | undefined,
): Pick<Extract<Load, { kind: 'closed' }>, 'iterations' | 'durationMs'> {
  if (durationMs === undefined) return { iterations: iterations ?? specDefaults.iterations };
  return iterations === undefined ? { durationMs } : { iterations, durationMs };
}

export function warmUpOf({ warmUp }: Pick<Spec, 'warmUp'>, report: Report): WarmUp | undefined {
  if (warmUp === undefined) return undefined;
  const { iterations, duration } = warmUp;
  if (iterations !== undefined && duration !== undefined) {
    report(['warmUp', 'duration'], t('A warm-up has iterations or a duration'), t('Keep one of them.'));
  }
  if (iterations !== undefined) return { kind: 'iterations', iterations };
  if (duration !== undefined) return { kind: 'duration', durationMs: duration };
  report(['warmUp'], t('The warm-up has no length'), t('Write {0} or {1}.', 'iterations: 1', 'duration: 30 s'));
  return undefined;
}
