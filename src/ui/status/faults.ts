/** The status bar while something is broken: what, for how long still, and a click to stop it. */
import * as vscode from 'vscode';
import type { Disposable } from '../../base/disposables.ts';
import { t } from '../../base/messages.ts';
import type { CommandId } from '../../contributions.ts';
import { leftText, type FaultWatch, type WatchedFault } from '../session/faultWatch.ts';

export function showFaultStatus(watch: FaultWatch, wallMs: () => number): Disposable & { text(): string | undefined } {
  const item = vscode.window.createStatusBarItem('faultline.faults', vscode.StatusBarAlignment.Left, 51);
  item.name = t('Faultline: Active Faults');
  item.command = 'faultline.showFaults' satisfies CommandId;
  let ticking: NodeJS.Timeout | undefined;
  let shown: string | undefined;
  const show = (): void => {
    const { faults } = watch;
    shown = faults.length === 0 ? undefined : faultsText(faults, wallMs());
    if (shown === undefined) {
      clearInterval(ticking);
      ticking = undefined;
      item.hide();
      return;
    }
    ticking ??= setInterval(show, 1_000);
    const isLoud = faults.some((fault) => isUnsure(fault));
    item.text = `$(${isLoud ? 'warning' : 'zap'}) ${shown}`;
    item.backgroundColor = new vscode.ThemeColor(isLoud ? 'statusBarItem.errorBackground' : 'statusBarItem.warningBackground');
    item.tooltip = [...faults.map(({ title, context }) => `${title} · ${context}`), t('Click to stop.')].join('\n');
    // Seconds that pass are not read out again and again.
    item.accessibilityInformation = {
      label: t('Broken now: {0}. Press to stop.', faults.map(({ title }) => title).join(', ')),
      role: 'button',
    };
    item.show();
  };
  show();
  const registrations = vscode.Disposable.from(item, { dispose: () => clearInterval(ticking) }, watch.changed.listen(show));
  return { text: () => shown, dispose: () => void registrations.dispose() };
}

/** "Cut Network: kafka-1 · 0:42", "2 faults · 1:10" */
export function faultsText(faults: readonly WatchedFault[], nowMs: number): string {
  const [first, another] = faults;
  if (first === undefined) return '';
  const unsure = faults.filter((fault) => isUnsure(fault)).length;
  const what = another === undefined ? (first.title.split(',')[0] ?? '') : t('{0} faults', faults.length);
  if (unsure > 0) return unsure === faults.length ? t('{0} · end not seen', what) : t('{0} · {1} not seen to end', what, unsure);
  return `${what} · ${leftText(Math.max(...faults.map(({ deadlineMs }) => deadlineMs)), nowMs)}`;
}

/** Nobody carries it on, or nobody could verify its end: it may be broken still. */
export function isUnsure({ state, isUnconfirmed }: WatchedFault): boolean {
  return isUnconfirmed || state !== 'running';
}
