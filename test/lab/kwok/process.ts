/** kwok as one of the lab's processes: found, marked and ended as all of them are. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SetupError } from '../../workbench/cache.mjs';
import type { Progress } from '../../workbench/cache.mjs';
import { program } from '../build/programs.ts';
import type { RunningLab } from '../lab.ts';
import { labProcesses, startProcess } from '../native/processes.ts';
import { DEFAULT_MINOR } from '../versions.ts';
import { kwokArguments, kwokConfig } from './config.ts';

export const KWOK = 'kwok';

/** Starts it when it does not run. `folder` goes with the lab. Linux only, as all processes of a lab are. */
export async function ensureKwok(
  { number, kubeconfig, logs }: Pick<RunningLab, 'number' | 'kubeconfig' | 'logs'>,
  folder: string,
  progress: Progress,
): Promise<void> {
  if (process.platform !== 'linux') throw new SetupError('Fake nodes are played by kwok, which the lab starts on Linux only.');
  if (labProcesses(number).some(({ name }) => name === KWOK)) return;
  // The same for every Kubernetes.
  const command = await program('kwok', DEFAULT_MINOR, progress);
  const config = join(folder, 'kwok.yaml');
  await mkdir(logs, { recursive: true });
  await writeFile(config, kwokConfig());
  startProcess(number, { name: KWOK, command, args: kwokArguments(kubeconfig, config), log: join(logs, 'kwok.log') });
}
