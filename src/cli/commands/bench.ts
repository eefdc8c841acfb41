/** The commands that carry a run out, and their help. */
import { InvalidArgumentError, Option, type Command } from 'commander';
import { FaultlineError } from '../../base/errors.ts';
import { formatCount } from '../../base/units.ts';
import { specLimits } from '../../run/spec/limits.ts';
import { parseScale } from '../../workload/tpch/scale.ts';
import { runBench, type BenchRequest } from '../bench.ts';
import { addServerOptions } from '../server.ts';
import { addBreakOptions, type BreakOptions } from './fault.ts';
import type { CarryPaths } from '../carry.ts';
import { runSpec } from '../run.ts';
import type { Terminal } from '../terminal.ts';

type Run = (work: Promise<number>) => Promise<void>;

/** What was written: the rest has its default in the action. */
type BenchOptions = Partial<BenchRequest>;

const verdicts = `
Exit codes: 0 passed, 1 failed (an expectation broken, a wrong answer), 2 the request is invalid, 3 it could not be carried out,
4 inconclusive (stopped, an invalid driver, too few samples), 130 Ctrl+C twice. Ctrl+C once stops the run and prints its figures so far.`;

export function addBench(program: Command, terminal: Terminal, paths: CarryPaths, run: Run): void {
  const bench = program
    .command('bench')
    .copyInheritedSettings(program)
    .summary('benchmark an engine with TPC-H')
    .description('Benchmarks: latency by query, answers checked, one verdict.');
  const tpch = bench
    .command('tpch')
    .copyInheritedSettings(program)
    .description('Runs queries of TPC-H, checks their answers and judges the run. The data set is made when it is not there.')
    .addOption(new Option('--scale <factor>', 'of the data set (default: 0.01)').argParser(scaleArgument))
    .option('--queries <list>', 'such as 1,3,5-10 (default: all 22)')
    .addOption(
      new Option('--clients <n>', 'each sends its next query when the one before has answered (default: 1)').argParser(
        count(specLimits.maxConcurrent),
      ),
    )
    .addOption(
      new Option('--iterations <n>', 'passes over the queries that each client makes (default: 3, or until --duration)').argParser(
        count(specLimits.maxOperations),
      ),
    )
    .option('--rate <rate>', 'such as 20/s: queries arrive at a rate, whether or not those before have ended')
    .option('--duration <time>', 'of the arrivals, such as 60s (default: 60 s); of clients the most, nothing is begun after it')
    .addOption(new Option('--order <order>', 'of a pass (default: power for all queries)').choices(['power', 'listed', 'shuffled']))
    .option('--warm-up <passes|time>', 'before the measured part, such as 2 or 10s (default: 1)')
    .addOption(new Option('--threads <n>', 'of the engine (default: all)').argParser(count(specLimits.maxThreads)))
    .addOption(
      new Option('--expect <rule>', 'such as "latency.p99 <= 2 s"; can be repeated').argParser(
        (text: string, before?: readonly string[]) => [...(before ?? []), text],
      ),
    )
    .option('--timeout <time>', 'of one query, then it is stopped and failed (default: 5min)')
    .option('--detach', 'start it and return; it goes on by itself')
    .option('--json', 'print one object')
    .addHelpText(
      'after',
      `${verdicts}

Examples:
  faultline bench tpch --scale 0.01
  faultline bench tpch --scale 0.1 --queries 1,3,5-10 --clients 4 --iterations 20 --expect "latency.p95 <= 500 ms"
  faultline bench tpch --scale 0.01 --queries 6 --rate 50/s --duration 30s --json
  faultline bench tpch --engine trino --url http://localhost:8080 --catalog tpch --schema tiny --scale 0.01`,
    )
    .action((options: BenchOptions) =>
      run(
        runBench(
          {
            ...options,
            engine: options.engine ?? 'duckdb',
            scale: options.scale ?? 0.01,
            expect: options.expect ?? [],
            detach: options.detach === true,
            json: options.json === true,
          },
          terminal,
          paths,
        ),
      ),
    );
  addServerOptions(tpch);
}

export function addRun(program: Command, terminal: Terminal, paths: CarryPaths, run: Run): void {
  const command = program
    .command('run')
    .copyInheritedSettings(program)
    .summary('carry out a spec file')
    .description(
      'Checks a *.faultline.yaml file and carries it out; of one that breaks something the preview is shown and confirmed first. “faultline schema” prints what such a file can say.',
    )
    .argument('<file>', 'the spec file')
    .option('--detach', 'start it and return; it goes on by itself')
    .option('--json', 'print one object');
  addBreakOptions(command)
    .addHelpText(
      'after',
      `${verdicts}\n\nExamples:\n  faultline run checkout.faultline.yaml --json\n  faultline run kafka-leader-kill.faultline.yaml --context staging --confirm-cluster staging`,
    )
    .action((file: string, options: BreakOptions) => run(runSpec({ ...options, file }, terminal, paths)));
}

function scaleArgument(text: string): number {
  try {
    return parseScale(text);
  } catch (error) {
    throw FaultlineError.is(error) ? new InvalidArgumentError(error.message) : error;
  }
}

function count(most: number): (text: string) => number {
  return (text) => {
    if (/^[1-9]\d*$/.test(text) && Number(text) <= most) return Number(text);
    throw new InvalidArgumentError(`It has to be a whole number from 1 to ${formatCount(most)}.`);
  };
}
