/** Results and statements into files: asks where, shows progress, can be stopped, leads to the file. */
import * as vscode from 'vscode';
import type { Disposable } from '../../base/disposables.ts';
import { FaultlineError, invalid } from '../../base/errors.ts';
import { t } from '../../base/messages.ts';
import { formatBytes, formatRows } from '../../base/units.ts';
import type { QueryHostApi } from '../../query/host/protocol.ts';
import type { ExportFormat } from '../../query/results.ts';
import type { Commands } from '../contribute.ts';
import type { Statements } from '../editor/statements.ts';
import type { Help, Notifier } from '../notify.ts';
import type { Tab } from '../panels/results/tabs.ts';
import type { RunnerParts } from '../session/runner.ts';
import type { Session } from '../session/session.ts';

export interface ExportParts {
  readonly commands: Commands;
  readonly notifier: Notifier;
  readonly statements: Statements;
  readonly session: Session;
  readonly host: Pick<QueryHostApi, 'exportResult' | 'exportStatement' | 'stop'>;
  readonly prepare: RunnerParts['prepare'];
  readonly newId: () => string;
}

interface Written {
  readonly rows: number;
  readonly sizeBytes: number;
}

const formats: { readonly [F in ExportFormat]: { readonly name: string; readonly extension: string } } = {
  csv: { name: 'CSV', extension: 'csv' },
  json: { name: 'JSON', extension: 'json' },
  ndjson: { name: 'NDJSON', extension: 'ndjson' },
  parquet: { name: 'Parquet', extension: 'parquet' },
};

export class Exports {
  readonly #parts: ExportParts;

  constructor(parts: ExportParts) {
    this.#parts = parts;
  }

  register(): Disposable {
    const { commands, statements, session, host, prepare } = this.#parts;
    return commands.register('faultline.exportStatement', async (argument) => {
      const { document, statements: meant } = await statements.meant(argument);
      const [first, ...more] = meant;
      if (!first) return;
      if (more.length > 0)
        throw invalid(
          t('{0} statements are selected; one can be written to a file', meant.length),
          t('Put the cursor into it, or select only it.'),
        );
      const { sql, title } = statements.toRun(document, first, 'rows');
      const { target } = session;
      const format = await chooseFormat();
      const path = format && (await choosePath(title, format));
      if (!format || path === undefined) return;
      await this.#write(path, format, async (runId, report, signal) => {
        await prepare(target, report, signal);
        return host.exportStatement({ runId, target, sql, format, path });
      });
    });
  }

  /** The current view of a result: sorted and filtered as it is shown. */
  async result(tab: Tab, format: ExportFormat): Promise<void> {
    const { result, state } = tab;
    if (result === undefined) return;
    const path = await choosePath(state.title, format);
    if (path === undefined) return;
    await this.#write(path, format, (runId) => this.#parts.host.exportResult({ runId, result, format, path }));
  }

  async #write(
    path: string,
    format: ExportFormat,
    work: (runId: string, report: (what: string) => void, signal: AbortSignal) => Promise<Written>,
  ): Promise<void> {
    const { host, newId, notifier } = this.#parts;
    const runId = newId();
    const name = path.split(/[\\/]/).pop() ?? path;
    const options = { location: vscode.ProgressLocation.Notification, title: t('Writing {0}', name), cancellable: true };
    const written = await vscode.window.withProgress(options, async (progress, token) => {
      const abort = new AbortController();
      const stopping = token.onCancellationRequested(() => {
        abort.abort();
        host.stop(runId).catch((error: unknown) => notifier.report(error, 'stop of an export'));
      });
      try {
        return await work(runId, (message) => progress.report({ message }), abort.signal);
      } catch (error) {
        if (abort.signal.aborted) throw new FaultlineError('cancelled', { what: t('Stopped') }, error);
        throw error;
      } finally {
        stopping.dispose();
      }
    });
    notifier.tell(t('{0}: {1}, {2}', name, formatRows(written.rows), formatBytes(written.sizeBytes)), ...ways(path, format, written));
  }
}

/** What can be done with a file: no editor opens Parquet or 50 MB of text. */
function ways(path: string, format: ExportFormat, { sizeBytes }: Written): readonly Help[] {
  const uri = vscode.Uri.file(path);
  const help: Help[] = [];
  if (format !== 'parquet' && sizeBytes < 50_000_000) help.push({ title: t('Open'), run: () => vscode.window.showTextDocument(uri) });
  const inWorkspace = vscode.workspace.getWorkspaceFolder(uri) !== undefined;
  if (vscode.env.uiKind === vscode.UIKind.Desktop && vscode.env.remoteName === undefined) {
    help.push({ title: t('Reveal'), run: () => vscode.commands.executeCommand('revealFileInOS', uri) });
  } else if (inWorkspace) {
    help.push({ title: t('Reveal'), run: () => vscode.commands.executeCommand('revealInExplorer', uri) });
  }
  return help;
}

async function chooseFormat(): Promise<ExportFormat | undefined> {
  const items = Object.entries(formats).map(([format, { name }]) => ({ label: name, format: format as ExportFormat }));
  return (await vscode.window.showQuickPick(items, { title: t('Write the rows as') }))?.format;
}

async function choosePath(title: string, format: ExportFormat): Promise<string | undefined> {
  const { name, extension } = formats[format];
  const file = `${
    title
      .replace(/[^\p{L}\p{N}._-]+/gu, '-')
      .replace(/^[-.]+|[-.]+$/g, '')
      .slice(0, 60) || 'result'
  }.${extension}`;
  const folder = vscode.workspace.workspaceFolders?.find(({ uri }) => uri.scheme === 'file')?.uri;
  const chosen = await vscode.window.showSaveDialog({
    title: t('Write the rows to'),
    filters: { [name]: [extension] },
    ...(folder ? { defaultUri: vscode.Uri.joinPath(folder, file) } : {}),
  });
  if (!chosen) return undefined;
  if (chosen.scheme === 'file') return chosen.fsPath;
  throw new FaultlineError('unsupported', {
    what: t('Rows can’t be written to {0}', chosen.toString(true)),
    meaning: t('It is not a folder of this machine'),
    remedy: t('Choose one that is.'),
  });
}
