/** `runs`, `report`, `compare`: their options and their help. */
import { InvalidArgumentError, Option, type Command } from 'commander';
import { runCompare } from '../compare.ts';
import { reportFormats, runReport, type ReportFormat, type ReportPaths } from '../report.ts';
import { runRuns, runRunsRemove } from '../runs.ts';
import type { Terminal } from '../terminal.ts';

type Run = (work: Promise<number>) => Promise<void>;

export const runHelp = 'its id, a part of it that no other run has, or “last”';

export function addRuns(program: Command, terminal: Terminal, run: Run): void {
  const runs = program
    .command('runs')
    .copyInheritedSettings(program)
    .summary('list, stop and remove runs')
    .description('Lists the runs on this machine, newest first, those of the editor too.')
    .option('--json', 'print an array of summaries: { run, verdict, reason, engine, scale, planned, ok, failed, dropped, … }')
    .addOption(new Option('--limit <number>', 'at most so many').argParser(limitArgument).default(50))
    .addHelpText(
      'after',
      '\nExamples:\n  faultline runs\n  faultline runs --json --limit 1\n  faultline runs stop last\n  faultline runs remove last',
    )
    .action((options: { json?: boolean; limit: number }) => run(runRuns({ json: options.json === true, limit: options.limit }, terminal)));
  runs
    .command('stop')
    .copyInheritedSettings(program)
    .description(
      'As “faultline stop” with names: stops runs, those of other windows and terminals and detached ones too. What they measured stays.',
    )
    .argument('<run...>', runHelp)
    .action((names: readonly string[]) =>
      run(import('../stop.ts').then(({ runStop }) => runStop({ runs: names, all: false, json: false }, terminal))),
    );
  runs
    .command('remove')
    .copyInheritedSettings(program)
    .description('Removes runs with their journals. A run that is still running stays: stop it first.')
    .argument('<run...>', runHelp)
    .action((names: readonly string[]) => run(runRunsRemove(names, terminal)));
}

export function addReport(program: Command, terminal: Terminal, paths: ReportPaths, run: Run): void {
  program
    .command('report')
    .copyInheritedSettings(program)
    .summary('write a run as HTML, Markdown, JUnit, JSON or CSV')
    .description('Writes a report of a run. HTML is one file with the charts of the editor, which opens offline on any machine.')
    .argument('<run>', runHelp)
    .addOption(new Option('--format <format>', 'of the report').choices(reportFormats).makeOptionMandatory())
    .option('-o, --output <file>', 'write it there, not to stdout')
    .addHelpText(
      'after',
      `
Formats:
  html  one file with charts; the run's journal, with its statements, is in it
  md    tables for an issue or a wiki; of a fault its timeline too
  junit for a CI server: a case for the verdict, each expectation and each proof. What is broken is a failure; what is inconclusive an
        error, never skipped: a suite is green exactly where the run has passed
  json  everything; durations in ms, null where too few samples allow a figure
  csv   one line a query; of a fault one line a figure, a stage and a count

Examples:
  faultline report last --format html --output report.html
  faultline report last --format md`,
    )
    .action((name: string, { format, output }: { format: ReportFormat; output?: string }) =>
      run(runReport({ run: name, format, ...(output === undefined ? {} : { output }) }, terminal, paths)),
    );
}

export function addCompare(program: Command, terminal: Terminal, paths: ReportPaths, run: Run): void {
  program
    .command('compare')
    .copyInheritedSettings(program)
    .summary('compare two runs, or two groups of recoveries')
    .description(
      'Compares two runs, or the two arms of one: medians with 95 % intervals, rank test, effect. “~” says that nothing can be said.',
    )
    .argument('<a>', `a run: ${runHelp}; of faults several: with commas between, or “kafka-kill*” for all with that in their id`)
    .argument('[b]', 'the other; without it, A has two arms')
    .option('--json', 'print { a, b, statements, geometricMean, finding, text, differences, … }')
    .option('--html <file>', 'write an HTML report of both too')
    .addHelpText(
      'after',
      `
A claim needs 10 samples a side and query. Between the arms of one run, at most 4 of 100 identical pairs show any difference; between runs made one after the
other the machine may have changed too.
A / B below 1: A is faster. It is the middle of the ratios of every pair of samples, not the ratio of the two medians. Effect (Cliff's delta): −1 when all of A is faster, 0 when neither, 1 when all of A is slower.

Of runs that broke something the times to recovery are compared: medians with censoring (what never recovered lasted longer than its
observation), rank test. A claim needs 10 runs a side that took turns; else “~”.

Examples:
  faultline compare 20261121-1405 last
  faultline compare "session-9s*" "session-18s*"
  faultline compare last --json`,
    )
    .action((a: string, b: string | undefined, options: { json?: boolean; html?: string }) =>
      run(
        runCompare(
          {
            a,
            ...(b === undefined ? {} : { b }),
            json: options.json === true,
            ...(options.html === undefined ? {} : { html: options.html }),
          },
          terminal,
          paths,
        ),
      ),
    );
}

function limitArgument(text: string): number {
  if (!/^[1-9]\d{0,5}$/.test(text)) throw new InvalidArgumentError('It is not a whole number from 1 to 999,999.');
  return Number(text);
}
