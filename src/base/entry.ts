/** Entries of processes: files that run when they are started, and do nothing when they are imported. */
import { realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { causeChain } from './errors.ts';

/** Whether this process was started with the module: also by a link to it, as a package manager's `bin` is one. */
export function isEntry(moduleUrl: string): boolean {
  const [, entry] = process.argv;
  return entry !== undefined && realpathSync(entry) === realpathSync(fileURLToPath(moduleUrl));
}

/** What the process was started with: the JSON of its first argument. Undefined where it is none, which its stderr then tells. */
export function entrySettings(): unknown {
  try {
    return JSON.parse(process.argv[2] ?? '');
  } catch (error) {
    process.stderr.write(`${causeChain(error)}\n`);
    return undefined;
  }
}
