/** `recovery`, `stop`, `sweep`: their options and their help. */
import type { Command } from 'commander';
import type { SweepOptions } from '../sweep.ts';
import type { Terminal } from '../terminal.ts';
import { runHelp } from './runs.ts';

type Run = (work: Promise<number>) => Promise<void>;

export function addRecovery(program: Command, terminal: Terminal, run: Run): void {
  program
    .command('recovery')
    .copyInheritedSettings(program)
    .summary('show what users felt of a fault, and each stage of recovery')
    .description(
      'Shows the recovery of a run that broke something: verdict and what it stands on, key numbers, the lanes of users, pods and redundancy on one axis, each with its sum, and the tables behind them.',
    )
    .argument('<run>', runHelp)
    .option(
      '--json',
      'print { verdict, reason, effectProven, healProven, impact: { startMs, … }, recoveredMs, unavailableMs, stages, messages, … }; milliseconds since the fault, null where nothing is known',
    )
    .addHelpText(
      'after',
      `
Of a fault that was never recovered from, recoveredMs is "never": it has no number. Definitions stand in the report.
Exit codes: 0 passed, 1 failed, 3 it could not be carried out, 4 inconclusive or still running.

Examples:
  faultline recovery last
  faultline recovery last --json | jq .recoveredMs`,
    )
    .action((name: string, options: { json?: boolean }) =>
      run(import('../recovery.ts').then(({ runRecovery }) => runRecovery({ run: name, json: options.json === true }, terminal))),
    );
}

export function addStop(program: Command, terminal: Terminal, run: Run): void {
  program
    .command('stop')
    .copyInheritedSettings(program)
    .summary('stop runs, and see that what they broke is healed')
    .description(
      'Stops runs of any window or terminal; then asks the clusters of their faults, and of each fault that no runner heals any more, whether it has ended, and ends it there where it has not. What a killed run has left there, its locks, healers and probes, is removed.',
    )
    .argument('[run...]', runHelp)
    .option('--all', 'each run that breaks something, and each fault that none heals any more; benchmarks go on')
    .option('--json', 'print { runs: [{ run, process, faults: [{ title, end, text, command? }] }], clusters }')
    .addHelpText(
      'after',
      `
Each fault is said to be healed, expired by itself (the kernel, the lab or a Job in the cluster ended it at its deadline), or unconfirmed,
with the command that ends it. A context that leads to another cluster than the confirmed one is left alone.
Exit codes: 0 all ended, 3 something is unconfirmed or a process did not end.

Examples:
  faultline stop last
  faultline stop --all`,
    )
    .action((names: readonly string[], options: { all?: boolean; json?: boolean }) =>
      run(
        import('../stop.ts').then(({ runStop }) =>
          runStop({ runs: names, all: options.all === true, json: options.json === true }, terminal),
        ),
      ),
    );
}

export function addSweep(program: Command, terminal: Terminal, run: Run): void {
  program
    .command('sweep')
    .copyInheritedSettings(program)
    .summary('set back what faults have left behind in a cluster')
    .description(
      'Sets back replicas and cordons of faults that are over and were never healed, and removes their locks and the Jobs that were to heal them: only what is ours, after its deadline, and never that of a run that lives here.',
    )
    .option('--context <name>', 'of the kubeconfig (default: its current one); no other is contacted')
    .option('--kubeconfig <file>', 'that names the context (default: those that kubectl reads)')
    .option('-n, --namespace <name>', 'only this one, and nodes (default: all)')
    .option('--json', 'print { context, identity, found: [{ title, run, outcome, text? }], leases, unread }')
    .addHelpText('after', '\nExit codes: 0 done, 3 something could not be set back.\n\nExample:\n  faultline sweep --context load-lab')
    .action((options: Omit<SweepOptions, 'json'> & { json?: boolean }) =>
      run(import('../sweep.ts').then(({ runSweep }) => runSweep({ ...options, json: options.json === true }, terminal))),
    );
}
