/** What can be done with a run that is there: open, stop, compare, delete, find its files. */
import * as vscode from 'vscode';
import type { Disposable } from '../../base/disposables.ts';
import { FaultlineError, invalid } from '../../base/errors.ts';
import { t } from '../../base/messages.ts';
import { breaksSomething, runFiles, type RunRecord } from '../../journal/runs.ts';
import type { Commands } from '../contribute.ts';
import type { Notifier } from '../notify.ts';
import type { LatencyPanels } from '../panels/histogram/panel.ts';
import type { RunList, RunRow } from '../session/runList.ts';
import type { WindowRuns } from '../session/runs.ts';
import { runFacts, runName } from '../session/runWords.ts';

export interface RunCommandParts {
  readonly commands: Commands;
  readonly notifier: Notifier;
  readonly list: RunList;
  readonly runs: WindowRuns;
  readonly panels: LatencyPanels;
  readonly store: {
    /** Fails with `notFound`. */
    record(run: string): Promise<RunRecord>;
    recorded(): Promise<readonly RunRecord[]>;
    /** Refuses a running one. */
    remove(run: string): Promise<void>;
  };
  readonly wallMs: () => number;
}

export function registerRunCommands(parts: RunCommandParts): Disposable {
  const { commands, list, runs, panels, store } = parts;
  const chosen = (argument: unknown, title: string, accepts: Accepts = isReadable): Promise<string | undefined> => {
    const named = runOf(argument);
    return named === undefined ? chooseRun(parts, title, accepts) : Promise.resolve(named);
  };
  return vscode.Disposable.from(
    commands.register('faultline.openRun', async (argument) => {
      const run = await chosen(argument, t('Open which run?'));
      if (run !== undefined) await panels.show(run, { takeFocus: true });
    }),
    commands.register('faultline.openRecordedRun', async () => {
      const [record] = await store.recorded();
      if (record === undefined) throw new FaultlineError('notFound', { what: t('No recorded run came with this build') });
      await panels.show(record.run, { takeFocus: true });
    }),
    commands.register('faultline.stopRun', async (argument) => {
      const run = runOf(argument) ?? (await chooseRunning(parts));
      if (run !== undefined) await stopRun(run, runs, parts.notifier);
    }),
    commands.register('faultline.compareRuns', async (argument, others) => {
      const named = runsOf(argument, others);
      const [a = await chooseRun(parts, t('Compare which run?'), isReadable)] = named;
      if (a === undefined) return;
      const record = await store.record(a);
      if (breaksSomething(record)) return compareWith(parts, named.length === 0 ? [a] : named);
      if (named.length > 2) throw invalid(t('{0} runs are selected; two can be compared', named.length), t('Select two of them.'));
      const b = named[1] ?? (await chooseRun(parts, t('Compare it with which run?'), isBenchmark, a));
      if (b !== undefined) await panels.show(a, { takeFocus: true, other: b });
    }),
    commands.register('faultline.deleteRun', async (argument, others) => {
      let named = runsOf(argument, others);
      if (named.length === 0) named = await chooseRuns(parts, t('Delete which runs?'), hasEnded);
      if (named.length > 0) await deleteRuns(named, parts);
    }),
    commands.register('faultline.revealRun', async (argument) => {
      const run = await chosen(argument, t('Show the files of which run?'), () => true);
      if (run !== undefined) await reveal(await store.record(run), parts.notifier);
    }),
    commands.register('faultline.copyRunId', async (argument) => {
      const run = await chosen(argument, t('Copy the id of which run?'), () => true);
      if (run === undefined) return;
      await vscode.env.clipboard.writeText(run);
      vscode.window.setStatusBarMessage(t('Copied {0}', run), 5_000);
    }),
    commands.register('faultline.showMoreRuns', () => list.showMore()),
  );
}

/** Two of them with each other; else all that are named with those that are chosen: the more on either side, the more can be said. */
async function compareWith(parts: RunCommandParts, named: readonly string[]): Promise<void> {
  const [a, b] = named;
  let sides: readonly [readonly string[], readonly string[]];
  if (named.length === 2 && a !== undefined && b !== undefined) sides = [[a], [b]];
  else {
    const title = named.length === 1 ? t('Compare this recovery with which?') : t('Compare these {0} recoveries with which?', named.length);
    sides = [named, await chooseRuns(parts, title, (row) => isRecovery(row) && !named.includes(row.record.run))];
  }
  if (sides[1].length === 0) return;
  const records = (side: readonly string[]): Promise<RunRecord[]> => Promise.all(side.map((run) => parts.store.record(run)));
  const { showRecoveries } = await import('./compareRecoveries.ts');
  await showRecoveries(await records(sides[0]), await records(sides[1]));
}

/** Says so when the engine takes its time. */
export async function stopRun(run: string, runs: WindowRuns, notifier: Notifier): Promise<void> {
  const slow = setTimeout(() => notifier.tell(t('The benchmark was told to stop and has not answered yet.')), 5_000);
  try {
    await runs.stop(run);
  } catch (error) {
    // It ended by itself while it was told to.
    if (!FaultlineError.is(error, 'notFound') && !FaultlineError.is(error, 'unreachable')) throw error;
    notifier.report(error, 'stop of a run');
  } finally {
    clearTimeout(slow);
  }
}

async function deleteRuns(named: readonly string[], { store, panels, notifier, list }: RunCommandParts): Promise<void> {
  const records = await Promise.all(named.map((run) => store.record(run)));
  const running = records.filter(({ state }) => state === 'running');
  const [first] = running;
  if (first) {
    const what = running.length === 1 ? t('{0} is running', runName(first)) : t('{0} of these runs are running', running.length);
    throw invalid(what, t('Stop it, or wait for its end, then delete it.'));
  }
  const one = records.length === 1 ? records[0] : undefined;
  const question = one ? t('Delete the run {0}?', runName(one)) : t('Delete {0} runs?', records.length);
  const detail = t('Its journal goes with all that was measured. This can’t be undone.');
  const yes = t('Delete');
  if ((await vscode.window.showWarningMessage(question, { modal: true, detail }, yes)) !== yes) return;
  for (const { run } of records) {
    panels.close(run);
    await store.remove(run).catch((error: unknown) => notifier.report(error, 'delete of a run'));
  }
  list.changed.fire();
}

/** On a server without a desktop there is no folder to show: its journal opens as text, and the path can be copied. */
async function reveal({ folder }: RunRecord, notifier: Notifier): Promise<void> {
  const journal = vscode.Uri.joinPath(vscode.Uri.file(folder), runFiles.journal);
  if (vscode.env.uiKind === vscode.UIKind.Desktop && vscode.env.remoteName === undefined) {
    await vscode.commands.executeCommand('revealFileInOS', journal);
    return;
  }
  const open = { title: t('Open Journal'), run: () => vscode.window.showTextDocument(journal, { preview: true }) };
  const copy = { title: t('Copy Path'), run: () => vscode.env.clipboard.writeText(folder) };
  notifier.tell(t('The run’s files are in {0}', folder), open, copy);
}

interface RunItem extends vscode.QuickPickItem {
  readonly run: string;
}

type Accepts = (row: RunRow) => boolean;

const hasEnded: Accepts = ({ record: { state } }) => state !== 'running';
const isRecovery: Accepts = (row) => isReadable(row) && hasEnded(row) && breaksSomething(row.record);
const isReadable: Accepts = ({ record: { state } }) => state !== 'newer' && state !== 'damaged';
export const isBenchmark: Accepts = (row) => isReadable(row) && !breaksSomething(row.record);

export async function chooseRun(
  parts: Pick<RunCommandParts, 'list' | 'wallMs'>,
  title: string,
  accepts: Accepts = isReadable,
  except?: string,
): Promise<string | undefined> {
  const items = await itemsOf(parts, (row) => accepts(row) && row.record.run !== except);
  return (await vscode.window.showQuickPick(items, { title, matchOnDescription: true, matchOnDetail: true }))?.run;
}

async function chooseRuns(parts: RunCommandParts, title: string, accepts: Accepts): Promise<readonly string[]> {
  const items = await itemsOf(parts, accepts);
  const options = { title, canPickMany: true, matchOnDescription: true, matchOnDetail: true } as const;
  return ((await vscode.window.showQuickPick(items, options)) ?? []).map(({ run }) => run);
}

async function chooseRunning(parts: RunCommandParts): Promise<string | undefined> {
  const items = await itemsOf(parts, ({ record }) => record.state === 'running', t('No benchmark is running'));
  if (items.length < 2) return items[0]?.run;
  return (await vscode.window.showQuickPick(items, { title: t('Stop which benchmark?'), matchOnDescription: true }))?.run;
}

async function itemsOf({ list, wallMs }: Pick<RunCommandParts, 'list' | 'wallMs'>, accepts: Accepts, none?: string): Promise<RunItem[]> {
  const { rows } = await list.read();
  const items = rows.filter(accepts).map(({ record, summary }) => ({
    label: runName(record),
    description: runFacts(record, summary, wallMs()),
    detail: `${record.header ? `${new Date(record.header.startedAt).toLocaleString()} · ` : ''}${record.run}`,
    run: record.run,
  }));
  if (items.length > 0) return items;
  throw invalid(none ?? t('There is no run to choose from'), t('Benchmark a statement or the TPC-H folder of the SQL library first.'));
}

/** From a tree item or an id. */
export function runOf(argument: unknown): string | undefined {
  if (typeof argument === 'string' && argument !== '') return argument;
  if (typeof argument !== 'object' || argument === null || !('run' in argument)) return undefined;
  return typeof argument.run === 'string' ? argument.run : undefined;
}

/** A menu passes the item that it stands on, then all that are selected. */
export function runsOf(argument: unknown, others: unknown): readonly string[] {
  const all = Array.isArray(others) && others.length > 0 ? others : Array.isArray(argument) ? argument : [argument];
  return [...new Set(all.map(runOf).filter((run) => run !== undefined))];
}

export function noSpec(run: string): FaultlineError {
  return new FaultlineError('notFound', {
    what: t('The run {0} has no benchmark file', run),
    meaning: t('It was started without one, or its file seemed to hold a secret'),
    remedy: t('Its statements can be opened from its panel.'),
  });
}
