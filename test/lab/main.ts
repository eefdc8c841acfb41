// npm run lab -- COMMAND: a Kubernetes cluster on this machine. --help says which commands there are, main/run.ts what the exit codes mean.
import { Progress } from '../workbench/cache.mjs';
import { runLab } from './main/run.ts';
import { onTerminal } from './main/terminal.ts';

const interrupt = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    // A second one finds a command that does not end.
    if (interrupt.signal.aborted) process.exit(130);
    interrupt.abort();
  });
}
const code = await runLab(process.argv.slice(2), {
  progress: new Progress('lines'),
  talk: onTerminal(process.stdin, process.stderr),
  signal: interrupt.signal,
  print: (text) => void process.stdout.write(text),
  complain: (text) => void process.stderr.write(text),
});
// Whatever a command left open, such as a terminal that was asked, must not keep it from ending.
process.exit(code);
