/** Marks statements while they run: a bar and a faint ground on their lines. */
import * as vscode from 'vscode';
import type { Disposable } from '../../base/disposables.ts';
import type { StatementRunner } from '../session/runner.ts';
import type { SpanTracker, TrackedSpan } from './tracking.ts';

export function registerRunningMarks(runner: StatementRunner, tracker: SpanTracker): Disposable {
  const mark = vscode.window.createTextEditorDecorationType({
    isWholeLine: true,
    backgroundColor: new vscode.ThemeColor('editor.rangeHighlightBackground'),
    borderColor: new vscode.ThemeColor('progressBar.background'),
    borderStyle: 'solid',
    borderWidth: '0 0 0 3px',
    overviewRulerColor: new vscode.ThemeColor('progressBar.background'),
    overviewRulerLane: vscode.OverviewRulerLane.Left,
  });
  const marked = new Map<string, TrackedSpan>();

  const draw = (uri?: string): void => {
    for (const editor of vscode.window.visibleTextEditors) {
      const { document } = editor;
      const here = document.uri.toString();
      if (uri !== undefined && uri !== here) continue;
      const ranges = [...marked.values()]
        .filter((tracked) => tracked.uri === here)
        .map(({ span }) => new vscode.Range(document.positionAt(span.start), document.positionAt(span.end)));
      editor.setDecorations(mark, ranges);
    }
  };

  return vscode.Disposable.from(
    mark,
    runner.started.listen(({ runId, statement }) => {
      if (!statement.source) return;
      marked.set(runId, tracker.track(statement.source.uri, statement.source));
      draw(statement.source.uri);
    }),
    runner.changed.listen(() => {
      const active = new Set(runner.active.map(({ runId }) => runId));
      for (const [runId, tracked] of marked) {
        if (active.has(runId)) continue;
        tracked.dispose();
        marked.delete(runId);
        draw(tracked.uri);
      }
    }),
    vscode.window.onDidChangeVisibleTextEditors(() => {
      if (marked.size > 0) draw();
    }),
  );
}
