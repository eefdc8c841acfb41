/** Logs of the lab's processes. */
import { spawn } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { formatBytes } from '../../../src/base/units.ts';
import { SetupError } from '../../workbench/cache.mjs';
import type { RunningLab } from '../lab.ts';
import type { Edges } from './edges.ts';
import { tableText } from './words.ts';

/** Without a name: which there are. With `follow` until the signal. */
export async function showLogs({ logs }: RunningLab, name: string, follow: boolean, { print, signal }: Edges): Promise<void> {
  const present = logNames(logs);
  if (name === '') {
    const rows = present.map((file) => [file, formatBytes(statSync(join(logs, `${file}.log`)).size), join(logs, `${file}.log`)]);
    print(tableText([['PROCESS', 'SIZE', 'LOG'], ...rows], new Set([1])));
    return;
  }
  const wanted = name.replaceAll(' ', '-');
  if (!present.includes(wanted)) throw new SetupError(`There is no log of "${name}". There are: ${present.join(', ')}.`);
  const file = join(logs, `${wanted}.log`);
  // -F goes on when the process is started anew.
  const child = spawn('tail', follow ? ['-n', '100', '-F', file] : ['-n', '+1', file], { stdio: ['ignore', 'inherit', 'ignore'] });
  signal.addEventListener('abort', () => child.kill(), { once: true });
  await new Promise((resolve, reject) => {
    child.once('error', (error) => reject(new SetupError(`tail could not be started: ${error.message}`)));
    child.once('exit', resolve);
  });
}

function logNames(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter((name) => name.endsWith('.log'))
      .map((name) => name.slice(0, -'.log'.length))
      .sort();
  } catch {
    return [];
  }
}
