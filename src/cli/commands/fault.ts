/** The commands that break something, and their help. */
import type { Command } from 'commander';
import { faultKinds, factsOf } from '../../fault/catalogue.ts';
import type { CarryPaths } from '../carry.ts';
import { columnsText } from '../columns.ts';
import type { BreakOptions, FaultRequest } from '../fault.ts';
import { write, exitCodes, type Terminal } from '../terminal.ts';

type Run = (work: Promise<number>) => Promise<void>;

/** Of every command that breaks something. */
export function addBreakOptions(command: Command): Command {
  return command
    .option('--preview', 'only show what would be broken, who depends on it and how it ends')
    .option('--context <name>', 'of the kubeconfig (default: what the spec says, else its current one); no other is contacted')
    .option('--kubeconfig <file>', 'that names the context (default: those that kubectl reads)')
    .option('-n, --namespace <name>', 'where engines and pods are looked for (default: all that may be read)')
    .option('--yes', 'do not ask')
    .option('--confirm-cluster <context>', 'the context’s name, for a cluster that is protected: every one that is no lab')
    .option('--allow-loss <name>', 'what the preview asks to be typed where something would be lost')
    .option('--helper-image <image>', 'with a shell, for the helper in the target’s pod (default: busybox)')
    .option('--node-image <image>', 'with Node, for the vantages and for what heals by itself (default: node)');
}

export function addFault(program: Command, terminal: Terminal, paths: CarryPaths, run: Run): void {
  const fault = program
    .command('fault')
    .copyInheritedSettings(program)
    .summary('break one thing on purpose, and measure the recovery')
    .description(
      'Breaks one thing: shows exactly what would be hit and how it ends, asks once, measures a baseline, breaks it, heals it and says what users felt. The words are those of a spec.',
    )
    .argument('<kind>', '“faultline fault kinds” lists them')
    .option('--target <key=value,…>', 'such as pod=kafka-1, leader=messages/17, engine=trino,role=worker')
    .option('--for <time>', 'how long it lasts, such as 30s; 15 min at most')
    .option('--set <key=value…>', 'of the kind, such as percent=20%', collected)
    .option(
      '--allow <flag…>',
      'what is allowed by name beyond one target of several: several, beyondMinority, againstBudget, dataLoss',
      collected,
    )
    .option('--probe <engine…>', 'whose users ask meanwhile: trino, clickhouse, kafka', collected)
    .option('--messages <topic>', 'send messages through a topic of the run’s own, and account for each')
    .option('--baseline <time>', 'before it (default: 60 s)')
    .option('--observe <time>', 'at least, after it (default: 60 s)')
    .option('--expect <rule>', 'such as "recovered <= 10 s"; can be repeated', collected)
    .option('--detach', 'start it and return; it goes on by itself')
    .option('--json', 'print one object');
  addBreakOptions(fault)
    .addHelpText(
      'after',
      `
Exit codes: 0 passed, 1 failed, 2 the request is invalid or refused, 3 it could not be carried out, 4 inconclusive, 130 stopped.

Examples:
  faultline fault podDelete --target engine=clickhouse --probe clickhouse --expect "recovered <= 30 s"
  faultline fault networkCut --target leader=messages/17 --for 30s --messages faultline-check --preview
  faultline fault none --target pod=trino-worker-0 --probe trino`,
    )
    .action((kind: string, options: Omit<FaultRequest, 'kind'>) => {
      if (kind === 'kinds') return run(listKinds(terminal));
      return run(import('../fault.ts').then(({ runFault }) => runFault({ ...options, kind }, terminal, paths)));
    });
}

export type { BreakOptions };

function collected(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, text];
}

async function listKinds(terminal: Terminal): Promise<number> {
  const columns = ['kind', 'of', 'lasts', 'does'].map((title) => ({ title, isNumber: false }));
  const rows = faultKinds.map((kind) => {
    const { does, fits, lasts } = factsOf(kind);
    return [kind, fits.join(', '), lasts ? 'yes' : 'no', does];
  });
  await write(terminal, columnsText({ columns, rows }, terminal));
  return exitCodes.done;
}
