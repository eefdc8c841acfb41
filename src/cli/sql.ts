/** `faultline sql`: statements on an engine, rows to stdout. */
import { readFile, rm } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { text as readAll } from 'node:stream/consumers';
import { FaultlineError, invalid } from '../base/errors.ts';
import { faultlineHome } from '../base/home.ts';
import { tempFolderOf } from '../base/temp.ts';
import { formatCount, formatDuration } from '../base/units.ts';
import { engineNames } from '../base/target.ts';
import { lazyReach } from '../cluster/lazy.ts';
import { openEngine } from '../engine/open.ts';
import type { Engine, EngineTarget } from '../engine/engine.ts';
import { splitStatements, type Statement } from '../engine/sql/split.ts';
import { dataSets, makeDataSet, type CliPaths } from './data.ts';
import { describe, exitCodeOf, type Origin } from './failure.ts';
import { createFormat, type FormatName } from './format/format.ts';
import { whereThePasswordIs } from './reachable.ts';
import { serverTargetOf, type ServerOptions } from './server.ts';
import { exitCodes, StatusLine, write, type Terminal } from './terminal.ts';

export interface SqlRequest {
  /** `-`: from stdin. */
  readonly statement?: string;
  /** Of SQL. */
  readonly input?: string;
  readonly scale: number;
  /** Of data, in place of a data set. */
  readonly file?: string;
  readonly server: ServerOptions;
  readonly format: FormatName;
}

/** Answers the exit code; errors are on stderr. */
export async function runSql(request: SqlRequest, terminal: Terminal, paths: CliPaths): Promise<number> {
  const source = await readSource(request, terminal);
  const statements = splitStatements(source.text, request.server.engine);
  if (statements.length === 0)
    throw invalid('There is no statement to run', 'Give one in quotes, in a file with -f, or on stdin with “-”.');
  const target = await targetOf(request, terminal, paths);
  const tempFolder = await tempFolderOf(faultlineHome(terminal.env), 'terminal');
  try {
    return await runAll(statements, source, request.format, terminal, () =>
      whereThePasswordIs(target, terminal.env, terminal.signal, () =>
        openEngine(target, {
          duckdb: {
            memoryLimitBytes: 0,
            threads: 0,
            tempFolder,
            externalAccess: true,
            ...(paths.extensionFolder === undefined ? {} : { extensionFolder: paths.extensionFolder }),
          },
          reach: lazyReach(terminal.env),
          passwordOf: (secret) => terminal.env[secret],
          signal: terminal.signal,
        }),
      ),
    );
  } finally {
    await rm(tempFolder, { recursive: true, force: true });
  }
}

async function runAll(
  statements: readonly Statement[],
  source: Source,
  format: FormatName,
  terminal: Terminal,
  open: () => Promise<Engine>,
): Promise<number> {
  const engine = await open();
  try {
    let results = 0;
    for (const statement of statements) {
      const origin: Origin = {
        ...source,
        offset: statement.start,
        engine: `${engineNames[engine.facts.engine]} on ${engine.facts.target}`,
      };
      try {
        if (await runOne(engine, statement.text, format, results > 0, terminal)) results++;
      } catch (error) {
        if (terminal.signal.aborted) break;
        terminal.stderr.write(describe(error, origin));
        return exitCodeOf(error);
      }
    }
    return terminal.signal.reason === 'interrupted' ? exitCodes.interrupted : exitCodes.done;
  } finally {
    await engine.close();
  }
}

/** Answers whether the statement had a result. */
async function runOne(engine: Engine, sql: string, format: FormatName, isFurther: boolean, terminal: Terminal): Promise<boolean> {
  const writer = createFormat(format, terminal.stdout.isTTY === true);
  const status = new StatusLine(terminal);
  const started = performance.now();
  const elapsed = (): string => formatDuration(performance.now() - started);
  let rowCount: number | undefined;
  try {
    for await (const event of engine.query(sql, status.isVisible ? { progressEveryMs: 250 } : {}, terminal.signal)) {
      switch (event.kind) {
        case 'started':
          break;
        case 'progress':
          // Rows on the same terminal would run into the line.
          if (rowCount === undefined || terminal.stdout.isTTY !== true) {
            const share = event.fraction === undefined ? '' : ` · ${Math.floor(event.fraction * 100)} %`;
            status.show(`${elapsed()}${share}${rowCount === undefined ? '' : ` · ${formatCount(rowCount)} rows`}`);
          }
          break;
        case 'columns':
          rowCount = 0;
          if (terminal.stdout.isTTY === true) status.clear();
          // Between two tables, and between two CSV texts, stands an empty line; JSON texts tell themselves apart.
          await write(terminal, (isFurther && (format === 'table' || format === 'csv') ? '\n' : '') + writer.begin(event.columns));
          break;
        case 'rows':
          rowCount = (rowCount ?? 0) + event.batch.rowCount;
          await write(terminal, writer.rows(event.batch.rows()));
          break;
        case 'finished': {
          if (rowCount !== undefined) await write(terminal, writer.end());
          const count = rowCount ?? event.changedRows;
          const what =
            count === undefined
              ? 'Done'
              : `${formatCount(count)} ${count === 1 ? 'row' : 'rows'}${rowCount === undefined ? ' changed' : ''}`;
          status.note(`${what} in ${elapsed()}`);
        }
      }
    }
  } finally {
    status.clear();
  }
  return rowCount !== undefined;
}

interface Source {
  readonly text: string;
  readonly name?: string;
}

async function readSource(request: SqlRequest, terminal: Terminal): Promise<Source> {
  if (request.statement !== undefined && request.input !== undefined) {
    throw invalid('Both a statement and a file with -f are given', 'Give one of the two.');
  }
  if (request.input !== undefined && request.input !== '-') {
    try {
      return { text: await readFile(request.input, 'utf8'), name: basename(request.input) };
    } catch (error) {
      throw new FaultlineError('notFound', { what: `${request.input} can’t be read`, remedy: 'Check the path.' }, error);
    }
  }
  const statement = request.statement ?? request.input;
  if (statement === undefined)
    throw invalid('There is no statement to run', 'Give one in quotes, in a file with -f, or on stdin with “-”.');
  return statement === '-' ? { text: await readAll(terminal.stdin), name: 'stdin' } : { text: statement };
}

async function targetOf(request: SqlRequest, terminal: Terminal, paths: CliPaths): Promise<EngineTarget> {
  const server = await serverTargetOf(request.server, terminal.env);
  if (server !== undefined) {
    if (request.file !== undefined) throw invalid('--file is of the embedded engine', 'Leave it out, or leave out --engine.');
    return server;
  }
  if (request.file !== undefined) return { kind: 'file', path: resolve(request.file) };
  const path = await makeDataSet(request.scale, dataSets(terminal, paths), terminal);
  return { kind: 'tpch', scale: request.scale, path };
}
