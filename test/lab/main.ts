// npm run lab -- COMMAND: a Kubernetes cluster on this machine. Exit codes: 0 done, 1 status: not up, 2 invalid request, 3 could not be done, 130 Ctrl+C.
import { CommanderError } from 'commander';
import { FaultlineError } from '../../src/base/errors.ts';
import { Progress, SetupError } from '../workbench/cache.mjs';
import { labProgram } from './main/program.ts';
import { onTerminal } from './main/terminal.ts';

async function main(): Promise<number> {
  const interrupt = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      // A second one finds a command that does not end.
      if (interrupt.signal.aborted) process.exit(130);
      interrupt.abort();
    });
  }
  const { program, outcome } = labProgram({
    progress: new Progress('lines'),
    talk: onTerminal(process.stdin, process.stderr),
    signal: interrupt.signal,
    print: (text) => process.stdout.write(text),
  });
  try {
    await program.parseAsync(process.argv.slice(2), { from: 'user' });
    return outcome.code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    if (interrupt.signal.aborted) return 130;
    if (FaultlineError.is(error, 'invalid')) {
      console.error(error.message);
      return 2;
    }
    console.error(error instanceof SetupError ? error.message : error);
    return 3;
  }
}

// Whatever a command left open, such as a terminal that was asked, must not keep it from ending.
process.exit(await main());
