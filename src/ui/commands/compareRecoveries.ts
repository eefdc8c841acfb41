/** Two groups of recoveries, as a page of text. Loaded with the first: the projection and the report are no small code. */
import * as vscode from 'vscode';
import { compareRecoveries } from '../../analysis/recovery/compare.ts';
import { t } from '../../base/messages.ts';
import type { RunRecord } from '../../journal/runs.ts';
import { markdownRecoveries } from '../../report/markdown.ts';
import { recoveriesOf } from '../../run/recoveries.ts';
import { textUri } from '../texts.ts';

/** Fails as `recoveriesOf`. */
export async function showRecoveries(a: readonly RunRecord[], b: readonly RunRecord[]): Promise<void> {
  const options = { location: vscode.ProgressLocation.Notification, title: t('Reading {0} runs', a.length + b.length), cancellable: true };
  const text = await vscode.window.withProgress(options, async (_progress, token) => {
    const stopped = new AbortController();
    const stopping = token.onCancellationRequested(() => stopped.abort());
    try {
      const [one, two] = await recoveriesOf(a, b, { signal: stopped.signal });
      return markdownRecoveries(compareRecoveries(one, two), one, two);
    } catch (error) {
      if (stopped.signal.aborted) return undefined;
      throw error;
    } finally {
      stopping.dispose();
    }
  });
  if (text !== undefined) await vscode.commands.executeCommand('markdown.showPreview', textUri(t('Recoveries compared.md'), text));
}
