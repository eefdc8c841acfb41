/** The status bar: what statements run on, and what is running with its elapsed time and a stop. */
import * as vscode from 'vscode';
import type { Clock } from '../../base/clock.ts';
import type { Disposable } from '../../base/disposables.ts';
import { t } from '../../base/messages.ts';
import { engineNames } from '../../base/target.ts';
import { formatRows } from '../../base/units.ts';
import type { CommandId } from '../../contributions.ts';
import type { EngineTarget } from '../../engine/engine.ts';
import { engineOf } from '../../engine/target.ts';
import type { ActiveRun, StatementRunner } from '../session/runner.ts';
import type { Session } from '../session/session.ts';
import { targetName } from '../session/targets.ts';

export interface StatusParts {
  readonly session: Session;
  readonly runner: StatementRunner;
  readonly clock: Clock;
  /** The engine's version once it is known. */
  readonly engineTitle: (target: EngineTarget) => string;
}

export function registerStatusBar({ session, runner, clock, engineTitle }: StatusParts): Disposable {
  const target = vscode.window.createStatusBarItem('faultline.target', vscode.StatusBarAlignment.Left, 50);
  const running = vscode.window.createStatusBarItem('faultline.running', vscode.StatusBarAlignment.Left, 49);
  target.name = t('Faultline: Engine');
  running.name = t('Faultline: Running Query');
  // By name, without arguments: VS Code makes a command of its own for each set of them, and a click on the one that the next
  // second has replaced finds nothing.
  target.command = 'faultline.selectEngine' satisfies CommandId;
  running.command = 'faultline.stopQuery' satisfies CommandId;
  let ticking: NodeJS.Timeout | undefined;

  const show = (): void => {
    const name = targetName(session.target);
    const engine = engineNames[engineOf(session.target)];
    target.text = `$(database) ${engine} · ${name}`;
    target.tooltip = t('SQL statements run on {0}, {1}. Click to choose another.', engineTitle(session.target), name);
    target.accessibilityInformation = { label: t('Engine: {0}, {1}', engine, name), role: 'button' };
    const hasSql = vscode.window.visibleTextEditors.some(({ document }) => document.languageId === 'sql');
    const { active } = runner;
    if (hasSql || active.length > 0) target.show();
    else target.hide();

    const newest = active.at(-1);
    if (!newest) {
      clearInterval(ticking);
      ticking = undefined;
      running.hide();
      return;
    }
    // Seconds must pass even when the engine says nothing.
    ticking ??= setInterval(show, 1_000);
    const text = runText(newest, clock.monotonicMs(), active.length);
    running.text = `$(loading~spin) ${text} $(debug-stop)`;
    running.tooltip =
      active.length > 1 ? t('{0} statements are running. Click to stop one.', active.length) : t('Stop {0}', newest.statement.title);
    // Read out once a statement: a label that changes every second would be read for ever.
    running.accessibilityInformation = { label: t('Running {0}. Press to stop.', newest.statement.title), role: 'button' };
    running.show();
  };

  show();
  return vscode.Disposable.from(
    target,
    running,
    { dispose: () => clearInterval(ticking) },
    session.changed.listen(show),
    runner.changed.listen(show),
    vscode.window.onDidChangeVisibleTextEditors(show),
    vscode.window.onDidChangeActiveTextEditor(show),
  );
}

/** "q21 · 0:07 · 12,000 rows" */
export function runText(run: ActiveRun, nowMs: number, count: number): string {
  const seconds = Math.max(0, Math.floor((nowMs - run.startedMs) / 1_000));
  const elapsed = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
  const parts = [count > 1 ? t('{0} statements', count) : run.statement.title, elapsed];
  if (run.phase === 'stopping') parts.push(t('stopping'));
  else if (run.phase === 'preparing' && run.preparing !== undefined) parts.push(run.preparing);
  else if (run.rowCount > 0) parts.push(formatRows(run.rowCount));
  else if (run.fraction !== undefined && run.fraction > 0) parts.push(`${Math.round(run.fraction * 100)} %`);
  return parts.join(' · ');
}
