#!/usr/bin/env node
/** Entry of the terminal: `faultline sql`, `faultline bench`, … Importing it runs nothing. */
import { isEntry } from './base/entry.ts';
import { packagePaths } from './base/package.ts';
import { describe, outputFailed } from './cli/failure.ts';
import { runProgram } from './cli/program.ts';
import { exitCodes, type StopReason, type Terminal } from './cli/terminal.ts';

async function main(): Promise<void> {
  // Of packages that we use: a person at a terminal can do nothing about them.
  process.noDeprecation = true;
  const stop = new AbortController();
  const stopFor = (reason: StopReason) => (): void => stop.abort(reason);
  const interrupt = stopFor('interrupted');
  process.on('SIGINT', () => {
    // The second one is for a command that does not stop.
    if (stop.signal.aborted) process.exit(exitCodes.interrupted);
    interrupt();
  });
  process.on('SIGTERM', interrupt);
  process.on('SIGHUP', interrupt);
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    // `| head` has read enough.
    if (error.code === 'EPIPE') return stop.abort('outputClosed' satisfies StopReason);
    if (stop.signal.reason === ('outputFailed' satisfies StopReason)) return;
    stop.abort('outputFailed' satisfies StopReason);
    process.stderr.write(describe(outputFailed(error)));
    // A disk may also say so about the last bytes, after the command has ended.
    process.once('exit', () => (process.exitCode = exitCodes.failed));
  });
  process.stderr.on('error', () => undefined);
  const { stdout, stderr, stdin, env } = process;
  const terminal: Terminal = { stdout, stderr, stdin, env, signal: stop.signal };
  process.exitCode = await runProgram(process.argv.slice(2), terminal, packagePaths());
}

if (isEntry(import.meta.url)) await main();
