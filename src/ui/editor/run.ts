/** The commands that run statements: at the cursor, a selection, a whole file; Explain; Stop. */
import * as vscode from 'vscode';
import type { Disposable } from '../../base/disposables.ts';
import { t } from '../../base/messages.ts';
import type { Commands } from '../contribute.ts';
import type { Notifier } from '../notify.ts';
import type { FinishedRun, StatementRunner } from '../session/runner.ts';
import type { Session } from '../session/session.ts';
import type { StatementToRun } from '../session/statement.ts';
import { targetName } from '../session/targets.ts';
import { formatDuration } from '../../base/units.ts';
import type { Statements } from './statements.ts';

export interface RunParts {
  readonly commands: Commands;
  readonly notifier: Notifier;
  readonly statements: Statements;
  readonly runner: StatementRunner;
  readonly session: Session;
}

export function registerRunCommands({ commands, notifier, statements, runner, session }: RunParts): Disposable {
  return vscode.Disposable.from(
    commands.register('faultline.runStatement', async (argument) => {
      const { document, statements: meant } = await statements.meant(argument);
      await runInOrder(
        meant.map((statement) => statements.toRun(document, statement, 'rows')),
        runner,
        session,
      );
    }),
    commands.register('faultline.runFile', async (argument) => {
      const { document, statements: all } = await statements.all(argument);
      const toRun = all.map((statement) => statements.toRun(document, statement, 'rows'));
      const ended = await runInOrder(toRun, runner, session);
      const left = toRun.length - ended.length;
      if (left > 0)
        notifier.tell(
          t('{0} of {1} statements were run; the rest was left out after the last one ended early.', ended.length, toRun.length),
        );
    }),
    commands.register('faultline.explainStatement', async (argument) => {
      const { document, statements: meant } = await statements.meant(argument);
      await runInOrder(
        meant.map((statement) => statements.toRun(document, statement, 'plan')),
        runner,
        session,
      );
    }),
    commands.register('faultline.stopQuery', async (argument) => {
      const runId = typeof argument === 'string' ? argument : await chooseRun(runner);
      if (runId !== undefined) await stopRun(runId, runner, notifier);
    }),
  );
}

/** Later statements often stand on earlier ones: the first that does not end well is the last. */
async function runInOrder(all: readonly StatementToRun[], runner: StatementRunner, session: Session): Promise<readonly FinishedRun[]> {
  const { target } = session;
  const ended: FinishedRun[] = [];
  for (const statement of all) {
    const run = await runner.run(statement, target);
    ended.push(run);
    if (run.outcome === 'failed' || run.outcome === 'cancelled') break;
  }
  return ended;
}

export async function stopRun(runId: string, runner: StatementRunner, notifier: Notifier): Promise<void> {
  const since = performance.now();
  const slow = setTimeout(() => notifier.tell(t('The engine was told to stop and has not answered yet.')), 5_000);
  try {
    const stopped = await runner.stop(runId);
    if (stopped) vscode.window.setStatusBarMessage(t('Stopped after {0}', formatDuration(performance.now() - since)), 5_000);
  } finally {
    clearTimeout(slow);
  }
}

async function chooseRun(runner: StatementRunner): Promise<string | undefined> {
  const { active } = runner;
  if (active.length < 2) return active[0]?.runId;
  const items = active.map((run) => ({ label: run.statement.title, description: targetName(run.target), runId: run.runId }));
  const chosen = await vscode.window.showQuickPick(items, { title: t('Stop which statement?'), matchOnDescription: true });
  return chosen?.runId;
}
