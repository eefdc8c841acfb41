/** `faultline load tpch`: the benchmark's data into a server. */
import { rm } from 'node:fs/promises';
import { InvalidArgumentError, Option, type Command } from 'commander';
import { cancelled, FaultlineError } from '../base/errors.ts';
import { faultlineHome } from '../base/home.ts';
import { tempFolderOf } from '../base/temp.ts';
import { formatCount, formatDuration } from '../base/units.ts';
import { lazyReach } from '../cluster/lazy.ts';
import { connectHttp } from '../engine/clickhouse/http.ts';
import { openEngine } from '../engine/open.ts';
import { loadTpch, type LoadProgress, type LoadReport } from '../workload/tpch/load.ts';
import { LoadServer } from '../workload/tpch/load-server.ts';
import { LoadSource } from '../workload/tpch/load-source.ts';
import { parseScale } from '../workload/tpch/scale.ts';
import { dataSets, makeDataSet, type CliPaths } from './data.ts';
import { mustAnswer } from './reachable.ts';
import { addServerOptions, serverTargetOf, type ServerOptions } from './server.ts';
import { exitCodes, StatusLine, write, type Terminal } from './terminal.ts';

type Run = (work: Promise<number>) => Promise<void>;

interface LoadRequest extends ServerOptions {
  readonly scale: number;
  readonly database: string;
}

export function addLoad(program: Command, terminal: Terminal, paths: CliPaths, run: Run): void {
  const load = program
    .command('load')
    .copyInheritedSettings(program)
    .summary('fill a server with TPC-H data')
    .description('Fills a server with the data of a benchmark.');
  const tpch = load
    .command('tpch')
    .copyInheritedSettings(program)
    .description(
      'Makes the eight tables of TPC-H on a ClickHouse server, fills them and compares every one with the source. ' +
        'A load that was stopped or killed goes on where it was; tables of somebody else are never touched.',
    )
    .addOption(new Option('--scale <factor>', 'from 0.001 to 1000').argParser(scaleArgument).makeOptionMandatory())
    .option('--database <name>', 'that the tables go to; made where it is not there', 'tpch')
    .addHelpText(
      'after',
      `
Trino and Presto make the data themselves: their catalog “tpch” has it at every scale.

Examples:
  faultline load tpch --url http://localhost:8123 --scale 0.1
  faultline load tpch --namespace analytics --service clickhouse --scale 1 --database tpch1

The password goes into FAULTLINE_PASSWORD; “faultline deploy status clickhouse” says in which Secret it is.`,
    )
    .action((options: LoadRequest) => run(runLoad(options, terminal, paths)));
  addServerOptions(tpch, ['clickhouse', 'trino', 'presto']);
}

/** Answers the exit code. Fails: as `loadTpch`, the reach of the server and the making of the data set do. */
export async function runLoad(options: LoadRequest, terminal: Terminal, paths: CliPaths): Promise<number> {
  if (options.engine !== 'clickhouse') {
    throw new FaultlineError('unsupported', {
      what: 'Trino and Presto need no load: their catalog “tpch” makes the data of every scale as it is read',
      remedy: `Run it there: “faultline bench tpch --engine ${options.engine} --catalog tpch --schema sf1”.`,
    });
  }
  const { schema: _schema, ...place } = options;
  const target = await serverTargetOf(place, terminal.env);
  if (target === undefined) throw cancelled();
  const password = target.secret === undefined ? undefined : terminal.env[target.secret];
  // Before gigabytes are made for it.
  await mustAnswer(target, terminal);
  const path = await makeDataSet(options.scale, dataSets(terminal, paths), terminal);
  const tempFolder = await tempFolderOf(faultlineHome(terminal.env), 'terminal');
  const reach = lazyReach(terminal.env);
  const started = performance.now();
  const status = new StatusLine(terminal);
  const source = await openEngine(
    { kind: 'tpch', scale: options.scale, path },
    {
      duckdb: { memoryLimitBytes: 0, threads: 0, tempFolder, externalAccess: true },
      reach,
      passwordOf: () => undefined,
      signal: terminal.signal,
    },
  );
  try {
    const reached = await reach(target.at, terminal.signal);
    const http = await connectHttp(target, reached, password);
    try {
      const report = await loadTpch({
        source: new LoadSource(source, options.scale, terminal.signal),
        server: new LoadServer(http, options.database, target.name),
        scale: options.scale,
        signal: terminal.signal,
        onProgress: (progress) => status.show(line(progress, performance.now() - started)),
      });
      status.clear();
      await write(terminal, summary(report, options, target.name, performance.now() - started));
      return exitCodes.done;
    } finally {
      await http.close();
      await reached.close();
    }
  } finally {
    status.clear();
    await source.close();
    await rm(tempFolder, { recursive: true, force: true });
  }
}

function line({ step, table, rowsDone, rowsTotal }: LoadProgress, elapsedMs: number): string {
  const percent = rowsTotal === 0 ? 100 : Math.floor((100 * rowsDone) / rowsTotal);
  if (step === 'checking') return `Comparing ${table} with the source`;
  return `Loading ${table}  ${percent} %  ${formatCount(rowsDone)} of ${formatCount(rowsTotal)} rows  ${formatDuration(elapsedMs)}`;
}

function summary({ rows, rowsBefore, tables }: LoadReport, { scale, database }: LoadRequest, name: string, elapsedMs: number): string {
  const checks = tables.reduce((sum, table) => sum + table.checks, 0);
  const before =
    rowsBefore === 0 ? '' : rowsBefore === rows ? ', all of them there already' : `, ${formatCount(rowsBefore)} of them there already`;
  const lines = tables.map((table) => `  ${table.name.padEnd(9)} ${formatCount(table.rows).padStart(14)} rows`);
  return [
    `TPC-H ${scale} is in ${database} on ${name}: ${formatCount(rows)} rows${before}, ${formatDuration(elapsedMs)}`,
    ...lines,
    `Counts and sums of all tables are those of the source (${checks} figures).`,
    '',
  ].join('\n');
}

function scaleArgument(text: string): number {
  try {
    return parseScale(text);
  } catch (error) {
    throw FaultlineError.is(error) ? new InvalidArgumentError(error.message) : error;
  }
}
