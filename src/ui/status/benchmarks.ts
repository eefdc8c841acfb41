/** The status bar while a benchmark of this window runs: what it is, since when, and a stop. */
import * as vscode from 'vscode';
import type { Disposable } from '../../base/disposables.ts';
import { t } from '../../base/messages.ts';
import type { CommandId } from '../../contributions.ts';
import type { ActiveBenchmark, WindowRuns } from '../session/runs.ts';
import { elapsedText } from '../session/runWords.ts';

export interface BenchmarkStatusParts {
  readonly runs: WindowRuns;
  /** Milliseconds since the epoch. */
  readonly wallMs: () => number;
}

export function registerBenchmarkStatus({ runs, wallMs }: BenchmarkStatusParts): Disposable {
  const item = vscode.window.createStatusBarItem('faultline.benchmark', vscode.StatusBarAlignment.Left, 48);
  item.name = t('Faultline: Running Benchmark');
  item.command = 'faultline.stopRun' satisfies CommandId;
  let ticking: NodeJS.Timeout | undefined;
  const show = (): void => {
    const { active } = runs;
    const newest = active.at(-1);
    if (!newest) {
      clearInterval(ticking);
      ticking = undefined;
      item.hide();
      return;
    }
    ticking ??= setInterval(show, 1_000);
    item.text = `$(loading~spin) ${benchmarkText(newest, active.length, wallMs())} $(debug-stop)`;
    item.tooltip =
      active.length > 1 ? t('{0} benchmarks are running. Click to stop one.', active.length) : t('Stop the benchmark {0}', newest.name);
    // A label that changes every second would be read for ever.
    item.accessibilityInformation = { label: t('Benchmark {0} is running. Press to stop.', newest.name), role: 'button' };
    item.show();
  };
  show();
  return vscode.Disposable.from(item, { dispose: () => clearInterval(ticking) }, runs.changed.listen(show));
}

/** "TPC-H 0.01 · 0:07" */
export function benchmarkText(newest: ActiveBenchmark, count: number, nowMs: number): string {
  const parts = [count > 1 ? t('{0} benchmarks', count) : newest.name, elapsedText(nowMs - newest.startedAt)];
  if (newest.stopping) parts.push(t('stopping'));
  return parts.join(' · ');
}
