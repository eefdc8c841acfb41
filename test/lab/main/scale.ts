/** `lab scale`: fake nodes and pods, and churn among them. */
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { InvalidArgumentError } from 'commander';
import type { Command } from 'commander';
import { formatCount, formatDuration } from '../../../src/base/units.ts';
import { parseDuration, parseRate } from '../../../src/run/spec/units.ts';
import { SetupError } from '../../workbench/cache.mjs';
import { ensureKwok } from '../kwok/process.ts';
import { churn, scale } from '../kwok/scale.ts';
import { labOption, running } from './edges.ts';
import type { Edges } from './edges.ts';

interface ScaleOptions {
  readonly pods: number;
  readonly churn?: number;
  readonly for?: number;
  readonly lab: number;
}

export function addScale(program: Command, { progress, signal, print, talk }: Edges): void {
  program
    .command('scale')
    .description('make so many fake pods run, labelled like those of Trino, ClickHouse and Kafka; 0 removes them')
    .requiredOption('--pods <count>', 'how many in all', wholeNumber)
    .option('--churn <rate>', 'pods that are replaced or fail: 20/s', parseRate)
    .option('--for <duration>', 'how long churn lasts; without it until Ctrl+C', parseDuration)
    .addOption(labOption())
    .action(async ({ pods, churn: ratePerSecond, for: durationMs, lab: number }: ScaleOptions) => {
      const lab = await running(number);
      if (lab.way === 'kubeconfig')
        throw new SetupError(
          'Fake nodes would stand among the real ones of a cluster that is yours: scale works in a lab of its own only.',
        );
      if (ratePerSecond === undefined && durationMs !== undefined)
        throw new SetupError('--for says how long churn lasts: give --churn too, such as --churn 20/s.');
      const folder = dirname(lab.kubeconfig);
      mkdirSync(folder, { recursive: true });
      await ensureKwok(lab, folder, progress);
      const plan = { kubeconfig: lab.kubeconfig, number, pods, signal, say: talk.say };
      const { created, removed, nodes, namespaces, durationMs: took } = await scale(plan);
      print(
        `Fake pods: ${formatCount(pods)}, nodes: ${nodes}, namespaces: ${namespaces}` +
          ` (${formatCount(created)} created, ${formatCount(removed)} removed) in ${formatDuration(took)}.\n`,
      );
      if (ratePerSecond === undefined) return;
      const { changes, refused, lastRefusal } = await churn({ ...plan, ratePerSecond, durationMs });
      print(`${formatCount(changes)} changes${refused > 0 ? `, ${formatCount(refused)} of them refused` : ''}.\n`);
      if (lastRefusal instanceof Error) talk.say(`The last refusal: ${lastRefusal.message}`);
    });
}

function wholeNumber(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('A whole number, such as 10000.');
  return Number(text);
}
