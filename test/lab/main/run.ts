/** One command of the lab, from its words to its exit code. */
import { CommanderError } from 'commander';
import { FaultlineError } from '../../../src/base/errors.ts';
import { SetupError } from '../../workbench/cache.mjs';
import type { Edges } from './edges.ts';
import { labProgram } from './program.ts';

/** 0 done, 1 `status` of a lab that is not up, 2 the request is invalid, 3 it could not be carried out, 130 stopped by Ctrl+C. */
export async function runLab(args: readonly string[], edges: Edges): Promise<number> {
  const { program, outcome } = labProgram(edges);
  try {
    await program.parseAsync(args, { from: 'user' });
    return outcome.code;
  } catch (error) {
    // commander has told already.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    if (edges.signal.aborted) return 130;
    const known = error instanceof SetupError || error instanceof FaultlineError;
    const text =
      known || !(error instanceof Error) ? (error instanceof Error ? error.message : String(error)) : (error.stack ?? error.message);
    edges.complain(`${text}\n`);
    return FaultlineError.is(error, 'invalid') ? 2 : 3;
  }
}
