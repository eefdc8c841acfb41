/** The commands of `faultline` and their help. */
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { FaultlineError } from '../base/errors.ts';
import { parseScale } from '../workload/tpch/scale.ts';
import { addCompare, addReport, addRuns } from './commands/runs.ts';
import { addBench, addRun } from './commands/bench.ts';
import { addRecovery, addStop, addSweep } from './commands/faults.ts';
import { addFault } from './commands/fault.ts';
import { addDeploy } from './commands/deploy.ts';
import type { CarryPaths } from './carry.ts';
import { runList, runMake, runRemove, type CliPaths } from './data.ts';
import { describe, exitCodeOf } from './failure.ts';
import { formats, type FormatName } from './format/format.ts';
import { addLoad } from './load.ts';
import { addSchema } from './schema.ts';
import { addServerOptions, type ServerOptions } from './server.ts';
import { runSql } from './sql.ts';
import { addTree } from './tree.ts';
import { exitCodes, type Terminal } from './terminal.ts';

/** Answers the exit code: 0 done, 2 the request is invalid, 3 it could not be carried out, 130 stopped by Ctrl+C. */
export async function runProgram(args: readonly string[], terminal: Terminal, paths: CarryPaths): Promise<number> {
  let code: number = exitCodes.done;
  const program = build(terminal, paths, async (work) => {
    code = await work;
  });
  try {
    await program.parseAsync(args.map(shield), { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.done : exitCodes.invalid;
    if (terminal.signal.aborted) return terminal.signal.reason === 'outputClosed' ? exitCodes.done : exitCodes.interrupted;
    terminal.stderr.write(describe(error));
    return exitCodeOf(error);
  }
}

const shieldMark = '\u200b';

/** A statement may begin with a comment, which looks like an option: a mark in front of it keeps it from being read as one. */
function shield(argument: string): string {
  return /^--\s/.test(argument) ? `${shieldMark}${argument}` : argument;
}

type Run = (work: Promise<number>) => Promise<void>;

function build(terminal: Terminal, paths: CarryPaths, run: Run): Command {
  const program = new Command('faultline')
    .description('Run SQL on real engines, break them on purpose, and see what users felt.')
    .version(paths.version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand(false)
    .showHelpAfterError('(“--help” shows what there is)')
    .configureOutput({
      writeOut: (text) => void terminal.stdout.write(text),
      writeErr: (text) => void terminal.stderr.write(text.replace(/^error: /, 'faultline: ')),
    })
    .exitOverride()
    // What stands behind “deploy status” is an option of status, though deploy has one of that name too.
    .enablePositionalOptions()
    .addHelpText(
      'after',
      `
Exit codes: 0 done, 1 a verdict failed, 2 the request is invalid, 3 it could not be carried out,
4 inconclusive, 130 stopped.

Examples:
  faultline sql "SELECT count(*) FROM lineitem"
  faultline data tpch --scale 1
  faultline bench tpch --scale 0.01`,
    );
  addSql(program, terminal, paths, run);
  addData(program, terminal, paths, run);
  addLoad(program, terminal, paths, run);
  addBench(program, terminal, paths, run);
  addRun(program, terminal, paths, run);
  addFault(program, terminal, paths, run);
  addRuns(program, terminal, run);
  addRecovery(program, terminal, run);
  addStop(program, terminal, run);
  addSweep(program, terminal, run);
  addReport(program, terminal, paths, run);
  addCompare(program, terminal, paths, run);
  addSchema(program, terminal, run);
  addTree(program, terminal, run);
  addDeploy(program, terminal, paths, run);
  return program;
}

interface SqlOptions extends ServerOptions {
  readonly scale?: number;
  readonly file?: string;
  readonly format: FormatName;
  readonly input?: string;
}

function addSql(program: Command, terminal: Terminal, paths: CliPaths, run: Run): void {
  const sql = program
    .command('sql')
    .copyInheritedSettings(program)
    .summary('run SQL statements and print their rows')
    .description(
      'Runs SQL statements one after the other and prints their rows. The data is read-only; tables of your own live as long as the command.',
    )
    .argument('[statement]', 'one or more statements; “-” reads them from stdin')
    .option('-f, --input <file>', 'read the statements from a file; “-” reads them from stdin')
    .addOption(
      new Option('--scale <factor>', 'TPC-H data set, made when it is not there (default: 0.01)')
        .argParser(scaleArgument)
        .conflicts('file'),
    )
    .option('--file <path>', 'your own .duckdb, .parquet, .csv, .tsv, .json or .ndjson file in place of TPC-H')
    .addOption(new Option('--format <format>', 'of the rows').choices(formats).default('table'))
    .addHelpText(
      'after',
      `
Formats:
  table   aligned; NULL is shown; on a terminal long values are cut
  csv     RFC 4180 with a header; NULL is an empty field, an empty text is ""
  json    one array of objects; integers, decimals and floats are numbers with all their digits
  ndjson  one such object a line, as the rows come
Nothing is rounded and nothing is left out in csv, json and ndjson.

Examples:
  faultline sql "SELECT n_name FROM nation ORDER BY 1"
  faultline sql --scale 1 -f snippets/tpch/q01.sql
  faultline sql --file sales.parquet --format csv "SELECT * FROM sales" > sales.csv
  echo "SELECT 1; SELECT 2" | faultline sql -
  faultline sql --engine trino --url http://localhost:8080 --catalog tpch --schema tiny "SELECT count(*) FROM lineitem"
  faultline sql --engine clickhouse --namespace shop --service clickhouse "SELECT version()"`,
    )
    .action((statement: string | undefined, options: SqlOptions) =>
      run(
        runSql(
          {
            ...(statement === undefined ? {} : { statement: statement.replace(shieldMark, '') }),
            ...(options.input === undefined ? {} : { input: options.input }),
            ...(options.file === undefined ? {} : { file: options.file }),
            scale: options.scale ?? 0.01,
            server: options,
            format: options.format,
          },
          terminal,
          paths,
        ),
      ),
    );
  addServerOptions(sql);
}

function addData(program: Command, terminal: Terminal, paths: CliPaths, run: Run): void {
  const data = program
    .command('data')
    .copyInheritedSettings(program)
    .summary('make, list and remove TPC-H data sets')
    .description('TPC-H data sets on this machine, shared with the editor. FAULTLINE_HOME names another folder for them.');
  data
    .command('tpch')
    .copyInheritedSettings(program)
    .description('Makes a TPC-H data set, once. Scale factor 1 is about 290 MB and takes about 20 s on two cores.')
    .addOption(new Option('--scale <factor>', 'from 0.001 to 1000').argParser(scaleArgument).makeOptionMandatory())
    .addHelpText('after', '\nExample:\n  faultline data tpch --scale 1')
    .action((options: { scale: number }) => run(runMake(options.scale, terminal, paths)));
  data
    .command('list')
    .copyInheritedSettings(program)
    .description('Lists the data sets, smallest first.')
    .option('--json', 'print an array of { scale, path, sizeBytes, madeAt }')
    .addHelpText('after', '\nExample:\n  faultline data list --json')
    .action((options: { json?: boolean }) => run(runList(options.json === true, terminal, paths)));
  data
    .command('remove')
    .copyInheritedSettings(program)
    .description('Removes a data set. An editor or terminal that has it open keeps its rows until it closes it.')
    .argument('[scale]', 'its scale factor')
    .option('--all', 'remove every data set')
    .addHelpText('after', '\nExamples:\n  faultline data remove 1\n  faultline data remove --all')
    .action((scale: string | undefined, options: { all?: boolean }) => run(runRemove(scale, options.all === true, terminal, paths)));
}

function scaleArgument(text: string): number {
  try {
    return parseScale(text);
  } catch (error) {
    throw FaultlineError.is(error) ? new InvalidArgumentError(error.message) : error;
  }
}
