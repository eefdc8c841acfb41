/** Loads each bundle once in a Node of its own: what resolves at build time can still fail at run time. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const loadLimitMs = 30_000;

/** `exports` must be there. Ends with an error that holds the child's own output. */
export async function loadOnce(bundle: string, exports: readonly string[] = []): Promise<void> {
  const program = `
    const module = await import(${JSON.stringify(pathToFileURL(bundle).href)});
    for (const name of ${JSON.stringify(exports)}) {
      if (typeof module[name] !== 'function') throw new Error('does not export ' + name + '()');
    }`;
  const stub = pathToFileURL(join(import.meta.dirname, 'vscode-stub.ts')).href;
  const child = spawn(process.execPath, ['--import', stub, '--input-type=module', '--eval', program], {
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: loadLimitMs,
  });
  let output = '';
  child.stdout.on('data', (data: Buffer) => (output += data.toString()));
  child.stderr.on('data', (data: Buffer) => (output += data.toString()));
  const problem = await new Promise<string | undefined>((resolve) => {
    child.on('error', (error) => resolve(error.message));
    child.on('close', (code, signal) => {
      if (signal !== null) resolve(`did not end by itself within ${loadLimitMs / 1000} s: importing it must start nothing`);
      else if (code !== 0) resolve(`ended with ${code}`);
      else if (output !== '') resolve('printed something: importing it must do nothing');
      else resolve(undefined);
    });
  });
  if (problem !== undefined) throw new Error(`${bundle}: ${problem}\n${output}`);
}
