/** What is broken now, as a list; stopping one of it, or all, and what came of that. */
import * as vscode from 'vscode';
import { t } from '../../../base/messages.ts';
import type { RunStore } from '../../../journal/store.ts';
import { isAllWell, type StopReport } from '../../../run/stop/report.ts';
import { stopAll } from '../../../run/stop/stop.ts';
import type { Log } from '../../log.ts';
import type { Notifier } from '../../notify.ts';
import { leftText, type FaultWatch, type WatchedFault } from '../../session/faultWatch.ts';
import { isUnsure } from '../../status/faults.ts';

export interface StopParts {
  readonly watch: FaultWatch;
  readonly store: RunStore;
  readonly notifier: Notifier;
  readonly log: Log;
  readonly wallMs: () => number;
  readonly openRun: (run: string) => Promise<void>;
}

interface FaultItem extends vscode.QuickPickItem {
  readonly fault?: WatchedFault;
}

export async function showFaults(parts: StopParts): Promise<void> {
  const { watch, notifier, wallMs, openRun } = parts;
  await watch.look();
  if (watch.faults.length === 0) {
    notifier.tell(t('Nothing is broken, as far as the runs of this machine tell.'));
    return;
  }
  const stop: vscode.QuickInputButton = { iconPath: new vscode.ThemeIcon('debug-stop'), tooltip: t('Stop') };
  const pick = vscode.window.createQuickPick<FaultItem>();
  pick.title = t('Broken now');
  pick.placeholder = t('Choose one to open its run');
  pick.matchOnDescription = true;
  pick.matchOnDetail = true;
  const fill = (): void => {
    const now = wallMs();
    const active = pick.activeItems[0]?.fault;
    const items: FaultItem[] = [
      {
        label: `$(debug-stop) ${t('Stop All')}`,
        description: t('heals each and ends its run; “Heal now” on a run’s page goes on watching'),
      },
      ...watch.faults.map((fault): FaultItem => {
        const isLoud = isUnsure(fault);
        return {
          label: `$(${isLoud ? 'warning' : 'zap'}) ${fault.title}`,
          description: isLoud ? t('its end was not seen') : t('{0} left', leftText(fault.deadlineMs, now)),
          detail: t('{0}, in {1}', fault.name, fault.context),
          buttons: [stop],
          fault,
        };
      }),
    ];
    pick.items = items;
    const again = items.filter(
      ({ fault }) => fault !== undefined && fault.run === active?.run && fault.fault === active.fault && fault.target === active.target,
    );
    if (again.length > 0) pick.activeItems = again;
  };
  fill();
  const chosen = await new Promise<(() => Promise<void>) | undefined>((resolve) => {
    const registrations = vscode.Disposable.from(
      watch.changed.listen(fill),
      pick.onDidAccept(() => {
        const [item] = pick.activeItems;
        resolve(item === undefined ? undefined : item.fault === undefined ? () => stopFaults(parts) : () => openRun(item.fault?.run ?? ''));
        pick.hide();
      }),
      pick.onDidTriggerItemButton(({ item }) => {
        resolve(() => stopFaults(parts, item.fault?.run));
        pick.hide();
      }),
      pick.onDidHide(() => {
        resolve(undefined);
        registrations.dispose();
        pick.dispose();
      }),
    );
    pick.show();
  });
  await chosen?.();
}

/** Of one run, or of all. Says of each fault what became of it; what nobody could verify is said until it is read. */
export async function stopFaults({ store, watch, notifier, log }: StopParts, run?: string): Promise<void> {
  const records = run === undefined ? undefined : [await store.record(run)];
  const options = { location: vscode.ProgressLocation.Notification, title: t('Stopping what is broken'), cancellable: false };
  const report = await vscode.window.withProgress(options, (progress) =>
    stopAll(
      { store, ...(records === undefined ? {} : { runs: records }), onStep: (message) => progress.report({ message }) },
      new AbortController().signal,
    ),
  );
  await watch.look();
  const lines = reportLines(report);
  for (const line of lines) log.info(`stop of faults: ${line}`);
  if (report.runs.length === 0) {
    notifier.tell(t('There was nothing to stop.'));
    return;
  }
  if (isAllWell(report)) {
    notifier.tell(lines.join(' '));
    return;
  }
  const commands = report.runs.flatMap(({ faults }) => faults.flatMap(({ command }) => command ?? []));
  const copy = t('Copy Commands');
  const show = t('Open Log');
  const detail = [...lines, ...(commands.length === 0 ? [] : ['', t('By hand:'), ...commands])].join('\n');
  const buttons = commands.length === 0 ? [show] : [copy, show];
  const answer = await vscode.window.showErrorMessage(t('Not everything was seen to be healed'), { modal: true, detail }, ...buttons);
  if (answer === copy) await vscode.env.clipboard.writeText(commands.join('\n'));
  if (answer === show) log.show();
}

/** A sentence each: runs that did not end, then every fault. */
export function reportLines({ runs, clusters }: StopReport): readonly string[] {
  return [
    ...runs.flatMap(({ name, process, text, faults }) => [
      ...(process === 'noAnswer' ? [t('{0}: its process did not end. {1}', name, text ?? '')] : []),
      ...(process === 'stopped' && faults.length === 0 ? [t('{0} was stopped; nothing was broken yet.', name)] : []),
      ...faults.map((fault) => `${fault.title}: ${endWord(fault.end)}. ${fault.text}`.trim()),
    ]),
    ...clusters.flatMap(({ context, problem }) => (problem === undefined ? [] : [`${context}: ${problem}`])),
  ];
}

function endWord(end: 'healed' | 'expired' | 'unconfirmed'): string {
  switch (end) {
    case 'healed':
      return t('healed');
    case 'expired':
      return t('expired by itself');
    case 'unconfirmed':
      return t('UNCONFIRMED');
  }
}
