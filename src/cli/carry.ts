/** Carries a plan out from the terminal: starts its runner, shows how it goes, prints what came of it. */
import { cwd } from 'node:process';
import { faultlineHome } from '../base/home.ts';
import type { RunPlan } from '../journal/plan.ts';
import { RunStore } from '../journal/store.ts';
import type { ConfirmedFaults } from '../run/prepare/confirmed.ts';
import { projectRun, recoveryOfRun } from '../run/summaries.ts';
import { passwordsOf } from '../run/passwords.ts';
import { startRun, type RunnerPaths, type StartedRun } from '../run/supervise/start.ts';
import { summaryOf } from '../analysis/summary.ts';
import type { CliPaths } from './data.ts';
import { visible } from './format/width.ts';
import { LiveStatus } from './live.ts';
import { describeLoad, describeRun, describeWrongAnswers, exitCodeOfRun, runJson } from './outcome.ts';
import { describeRecovery } from './recovery.ts';
import { exitCodes, type Terminal } from './terminal.ts';

/** What a run needs of the package beside what every command does. */
export interface CarryPaths extends CliPaths, RunnerPaths {
  readonly root: string;
}

export interface CarryOptions {
  readonly detach: boolean;
  readonly json: boolean;
  /** Of a plan that breaks something. */
  readonly confirmed?: ConfirmedFaults;
}

/** Lines of a process that ended unexpectedly. */
const lastWords = 10;

/** Answers the exit code. Fails as `startRun`. */
export async function carryOut(
  plan: RunPlan,
  { detach, json, confirmed }: CarryOptions,
  terminal: Terminal,
  paths: CarryPaths,
  workingFolder: string = cwd(),
): Promise<number> {
  const home = faultlineHome(terminal.env);
  const store = new RunStore({ home });
  const log: string[] = [];
  const started = await startRun({
    plan,
    ...(confirmed === undefined ? {} : { confirmed }),
    passwords: await passwordsOf(plan, (secret) => terminal.env[secret]),
    store,
    home,
    paths,
    workingFolder,
    detach,
    externalAccess: true,
    log: (line) => log.push(line),
  });
  if (detach) {
    started.release();
    if (json) await print(terminal, runJson(summaryOf((await projectRun(await store.record(started.run))).view)));
    else
      await print(
        terminal,
        `Run ${started.run} goes on by itself. “faultline runs” shows it, “faultline ${plan.fault === undefined ? 'report' : 'recovery'} ${started.run}” its figures, and “faultline stop ${started.run}” ends it.\n`,
      );
    return exitCodes.done;
  }
  await follow(started, terminal);
  const { projection, view } = await projectRun(await store.record(started.run));
  const recovery = recoveryOfRun({ projection, view });
  const text = (): string =>
    recovery === null
      ? describeRun(view, projection, terminal)
      : `${describeLoad(view, projection, terminal)}${describeRecovery(recovery, terminal, { brief: true })}`;
  await print(terminal, json ? runJson(summaryOf(view), recovery) : text());
  terminal.stderr.write(describeWrongAnswers(view));
  if (view.status === 'failed') terminal.stderr.write(`faultline: ${visible(view.reason)}\n`);
  // A process that was killed, or that an engine crashed: what it said last is all there is.
  if (view.status === 'interrupted') terminal.stderr.write(`faultline: ${log.slice(-lastWords).join('\n')}\n`);
  return exitCodeOfRun(view);
}

/** Until its end, which Ctrl+C brings about: what was measured until then is shown. */
async function follow(started: StartedRun, terminal: Terminal): Promise<void> {
  const live = new LiveStatus(terminal, started.folder);
  const stop = (): void => void started.stop();
  if (terminal.signal.aborted) stop();
  terminal.signal.addEventListener('abort', stop, { once: true });
  try {
    await started.ended;
  } finally {
    terminal.signal.removeEventListener('abort', stop);
    live.dispose();
  }
}

/** Also after Ctrl+C: the figures so far are what the person wants. A reader that has gone is no error. */
async function print({ stdout, signal }: Terminal, text: string): Promise<void> {
  if (signal.reason === 'outputClosed' || signal.reason === 'outputFailed') return;
  await new Promise<void>((resolve) => stdout.write(text, () => resolve()));
}
