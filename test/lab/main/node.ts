/** `lab node`: a node is lost, cut off or frozen, and comes back at its time. */
import { Option } from 'commander';
import type { Command } from 'commander';
import { formatDuration } from '../../../src/base/units.ts';
import { parseDuration } from '../../../src/run/spec/units.ts';
import { faultNode, healNode } from '../native/faults.ts';
import { attendNode } from './attend.ts';
import { labOption } from './edges.ts';
import type { Edges } from './edges.ts';

const kinds = {
  stop: 'it loses its power',
  cut: 'it loses its network',
  freeze: 'all that runs on it stands still',
} as const;

export function addNode(program: Command, { progress, print, signal }: Edges): void {
  const node = program.command('node').description('faults of real nodes: each ends by itself, whatever becomes of who began it');
  for (const [kind, description] of Object.entries(kinds)) {
    node
      .command(`${kind} <name>`)
      .description(description)
      .addOption(new Option('--for <duration>', 'how long: 30s').argParser(parseDuration).makeOptionMandatory())
      .addOption(labOption())
      .action(async (name: string, { for: forMs, lab }: { for: number; lab: number }) => {
        const fault = await faultNode(lab, name, kind as keyof typeof kinds, forMs, progress);
        print(`${name}: ${kind} until ${new Date(fault.untilMs).toLocaleTimeString('en-GB')} (${formatDuration(forMs)}).\n`);
      });
  }
  node
    .command('heal <name>')
    .description('end the fault of a node now')
    .addOption(labOption())
    .action(async (name: string, { lab }: { lab: number }) => {
      await healNode(lab, name, progress);
      print(`${name} is healed.\n`);
    });
  node
    .command('attend <name>')
    .description('for programs: orders on stdin, answers on stdout; heals what it began when stdin ends')
    .requiredOption('--cluster <uid>', 'of its namespace kube-system, so that no other lab is meant')
    .addOption(labOption())
    .action(async (name: string, { lab, cluster }: { lab: number; cluster: string }) => {
      // Whoever reads may die: what was begun is to be healed all the same.
      for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
      await attendNode({ number: lab, node: name, cluster, input: process.stdin, print, progress, signal });
    });
}
