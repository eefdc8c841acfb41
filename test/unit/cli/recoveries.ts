/** Runs that broke something, written as their runners leave them, from the scripts of the recovery's own tests. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { journalOf, type Script } from '../analysis/recovery/simulator.ts';

export async function writeRecovery(home: string, run: string, script: Script, startedAt?: number): Promise<void> {
  const { header, events } = journalOf(script);
  const folder = join(home, 'runs', run);
  await mkdir(folder, { recursive: true });
  const head = { ...header, run, ...(startedAt === undefined ? {} : { startedAt }) };
  await writeFile(join(folder, 'journal.ndjson'), [head, ...events].map((line) => `${JSON.stringify(line)}\n`).join(''));
}
