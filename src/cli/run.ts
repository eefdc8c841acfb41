/** `faultline run`: a spec file, checked and carried out. */
import { readFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { FaultlineError, invalid } from '../base/errors.ts';
import { kubeconfigPaths } from '../cluster/connect/kubeconfig.ts';
import { readSpec, type SpecProblem } from '../run/spec/spec.ts';
import { carryOut, type CarryPaths } from './carry.ts';
import type { BreakOptions } from './fault.ts';
import { visible } from './format/width.ts';
import { exitCodes, type Terminal } from './terminal.ts';

export interface RunRequest extends BreakOptions {
  readonly file: string;
}

/** Answers the exit code: as `runBench`; 2 with the problems on stderr, as `file:line:column: error: …`. */
export async function runSpec(request: RunRequest, terminal: Terminal, paths: CarryPaths): Promise<number> {
  const file = resolve(request.file);
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw unreadable(request.file, error);
  });
  const library = join(paths.root, 'snippets');
  const { plan, breaks, problems } = await readSpec(text, {
    file: basename(file),
    folder: dirname(file),
    library,
    kubeconfigs: kubeconfigPaths(terminal.env, []),
  });
  for (const problem of problems) terminal.stderr.write(problemLine(request.file, problem));
  if (breaks !== undefined && !problems.some(({ severity }) => severity === 'error')) {
    const { carryOutFaults } = await import('./fault.ts');
    return carryOutFaults(breaks, request, terminal, paths, dirname(file));
  }
  if (plan === undefined || problems.some(({ severity }) => severity === 'error')) return exitCodes.invalid;
  return carryOut(plan, { detach: request.detach === true, json: request.json === true }, terminal, paths, dirname(file));
}

function unreadable(file: string, error: unknown): FaultlineError {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ENOENT') return new FaultlineError('notFound', { what: `There is no file ${file}`, remedy: 'Check the path.' }, error);
  if (code === 'EISDIR') return invalid(`${file} is a folder`, 'Name one spec file in it.');
  const meaning = error instanceof Error ? error.message : String(error);
  return new FaultlineError('notFound', { what: `${file} can’t be read`, meaning, remedy: 'Check the path and who may read it.' }, error);
}

function problemLine(file: string, { line, column, severity, message, remedy }: SpecProblem): string {
  const what = /[.!?]$/.test(message) ? message : `${message}.`;
  return `${visible(`${file}:${line + 1}:${column + 1}: ${severity}: ${what}${remedy === undefined ? '' : ` ${remedy}`}`)}\n`;
}
