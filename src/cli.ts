#!/usr/bin/env node
/** Entry of the terminal: `faultline sql`, `faultline data`. Importing it runs nothing. */
import { realpathSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { packagePaths } from './base/package.ts';
import { runProgram } from './cli/program.ts';
import { exitCodes, type StopReason, type Terminal } from './cli/terminal.ts';

async function main(): Promise<void> {
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
  // `| head` has read enough. Nobody is left to be told about other troubles of the pipe either.
  process.stdout.on('error', stopFor('outputClosed'));
  process.stderr.on('error', () => undefined);
  const { stdout, stderr, stdin, env } = process;
  const terminal: Terminal = { stdout, stderr, stdin, env, signal: stop.signal };
  process.exitCode = await runProgram(process.argv.slice(2), terminal, packagePaths());
}

function isMain(): boolean {
  const [, entry] = process.argv;
  // A package manager's `bin` is a link to this file.
  return entry !== undefined && pathToFileURL(realpathSync(entry)).href === import.meta.url;
}

if (isMain()) await main();
