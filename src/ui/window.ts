/** What holds for the whole window: context keys, history, and the query host's end. */
import * as vscode from 'vscode';
import type { Disposable } from '../base/disposables.ts';
import { invalid } from '../base/errors.ts';
import { t } from '../base/messages.ts';
import type { EngineTarget } from '../engine/engine.ts';
import type { HistoryEntry } from '../query/history.ts';
import { statementOf } from './panels/results/actions.ts';
import type { Services } from './services.ts';
import type { FinishedRun } from './session/runner.ts';
import { targetName } from './session/targets.ts';

export function registerWindow(services: Services): Disposable {
  const { contextKeys, history, log, notifier, query, runner, tabs } = services;
  // There always is a target: TPC-H 0.01 until something else is chosen.
  contextKeys.set('faultline.engineSelected', true);
  contextKeys.set('faultline.queryRunning', false);

  let renewWhenIdle = false;
  const renewQueryHost = async (): Promise<void> => {
    if (!renewWhenIdle || runner.active.length > 0) return;
    renewWhenIdle = false;
    await query.end();
  };

  return vscode.Disposable.from(
    runner.changed.listen(() => contextKeys.set('faultline.queryRunning', runner.active.length > 0)),
    query.progress.listen((event) => runner.progress(event)),
    query.ended.listen(({ expected }) => {
      tabs.loseRows();
      if (expected || runner.active.length > 0) return;
      notifier.warn(t('The query host ended unexpectedly. Its rows are lost; statements can be run again.'));
    }),
    runner.finished.listen((run) => {
      history.record(run);
      const { error, statement, target, outcome, durationMs, rowCount } = run;
      if (error) log.error(`${statement.title} on ${targetName(target)}`, error);
      else log.info(`${statement.title} on ${targetName(target)}: ${outcome}, ${rowCount} rows, ${Math.round(durationMs)} ms`);
      if (error?.reason === 'crashed') {
        notifier.report(error, 'query host', { title: t('Run Again'), run: () => runAgain(run, services) });
      }
      renewQueryHost().catch((failure: unknown) => log.error('the query host could not be ended', failure));
    }),
    vscode.workspace.onDidGrantWorkspaceTrust(() => {
      // The running query host was started without access to files, and keeps it so until its end.
      renewWhenIdle = query.pid !== undefined;
      renewQueryHost().catch((failure: unknown) => log.error('the query host could not be ended', failure));
    }),
  );
}

/** In its tab, where that is still there. Its place in the document is looked up: the text may have changed since. */
async function runAgain({ statement, target, tab }: FinishedRun, { runner, tabs }: Services): Promise<void> {
  const now = tabs.get(tab);
  if (now?.state.status === 'running') return;
  const { sql, title, opens } = statement;
  await (now ? runner.run(statementOf(now), now.target, tab) : runner.run({ sql, title, opens }, target));
}

/** Lets go of a target's files. Only the end of the query host does, and it takes all rows along. */
export async function releaseTarget(target: EngineTarget, { query, runner }: Services): Promise<void> {
  if (!query.hasOpen(target)) return;
  if (runner.active.length > 0)
    throw invalid(t('A statement is running on the embedded engine'), t('Stop it, or wait for its end, then do it again.'));
  await query.end();
}

/** What a statement of the history ran on, where that still exists; else what is selected. */
export async function historyTarget(entry: HistoryEntry, { dataSets, session }: Services): Promise<EngineTarget> {
  const { scale } = entry;
  if (scale !== undefined) {
    const set = (await dataSets.list()).find((candidate) => candidate.scale === scale);
    return set ? { kind: 'tpch', scale, path: set.path } : session.target;
  }
  const path = session.files.find((file) => targetName({ kind: 'file', path: file }) === entry.target);
  return path !== undefined && vscode.workspace.isTrusted ? { kind: 'file', path } : session.target;
}
