/** A run into a file: asks for the format and where, shows progress, leads to the file. */
import { writeFile } from 'node:fs/promises';
import * as vscode from 'vscode';
import type { Disposable } from '../../base/disposables.ts';
import { FaultlineError } from '../../base/errors.ts';
import { t } from '../../base/messages.ts';
import { formatBytes } from '../../base/units.ts';
import type { RunRecord } from '../../journal/runs.ts';
import type { Commands } from '../contribute.ts';
import type { Help, Notifier } from '../notify.ts';
import { runName } from '../session/runWords.ts';
import type { ReportFormat, ReportRequest } from './runReports.ts';
import { runOf } from './runs.ts';

export interface RunExportParts {
  readonly commands: Commands;
  readonly notifier: Notifier;
  readonly record: (run: string) => Promise<RunRecord>;
  /** Asks for a run. */
  readonly choose: (title: string) => Promise<string | undefined>;
  /** What the run's panel compares it with. */
  readonly otherOf: (run: string) => string | undefined;
  /** The text of the file. */
  readonly report: (request: Omit<ReportRequest, 'pageFolder'>) => Promise<string>;
}

const formats: {
  readonly [F in ReportFormat]: { readonly name: () => string; readonly detail: () => string; readonly extension?: string };
} = {
  html: { name: () => t('HTML report'), detail: () => t('One file with the same charts; opens offline, without Faultline') },
  md: { name: () => t('Markdown'), detail: () => t('Verdict, figures and the table by query as text') },
  junit: { name: () => t('JUnit'), detail: () => t('Verdict and expectations as test cases, for a build server'), extension: 'xml' },
  json: { name: () => t('JSON'), detail: () => t('Every figure, for programs') },
  csv: { name: () => t('CSV'), detail: () => t('The table by query') },
};

export class RunExports {
  readonly #parts: RunExportParts;

  constructor(parts: RunExportParts) {
    this.#parts = parts;
  }

  register(): Disposable {
    return this.#parts.commands.register('faultline.exportRun', async (argument) => {
      const run = runOf(argument) ?? (await this.#parts.choose(t('Export which run?')));
      const format = run === undefined ? undefined : await chooseFormat();
      if (run !== undefined && format) await this.write(run, format);
    });
  }

  /** Asks where, and writes. */
  async write(run: string, format: ReportFormat): Promise<void> {
    const { notifier, otherOf, record, report } = this.#parts;
    const a = await record(run);
    const other = format === 'csv' || format === 'junit' ? undefined : otherOf(run);
    const b = other === undefined ? undefined : await record(other);
    const { name, extension = format } = formats[format];
    const uri = await askWhere(b ? t('{0} against {1}', runName(a), runName(b)) : runName(a), name(), extension);
    if (!uri) return;
    const options = { location: vscode.ProgressLocation.Notification, title: t('Writing {0}', fileName(uri)), cancellable: true };
    const sizeBytes = await vscode.window.withProgress(options, async (_progress, token) => {
      const abort = new AbortController();
      const stopping = token.onCancellationRequested(() => abort.abort());
      try {
        const text = await report({ a, ...(b ? { b } : {}), format, signal: abort.signal });
        await writeFile(uri.fsPath, text);
        return Buffer.byteLength(text);
      } finally {
        stopping.dispose();
      }
    });
    notifier.tell(t('{0}: {1}', fileName(uri), formatBytes(sizeBytes)), ...ways(uri, format));
  }

  /** Asks where, and writes the picture of a run's page. */
  async writePicture(run: string, format: 'svg' | 'png', bytes: Uint8Array): Promise<void> {
    const record = await this.#parts.record(run);
    const uri = await askWhere(runName(record), format === 'svg' ? t('SVG picture') : t('PNG picture'), format);
    if (!uri) return;
    await writeFile(uri.fsPath, bytes);
    const open = { title: t('Open'), run: () => vscode.commands.executeCommand('vscode.open', uri) };
    this.#parts.notifier.tell(t('{0}: {1}', fileName(uri), formatBytes(bytes.byteLength)), open);
  }
}

/** Where to, for a file of this run. undefined: the person chose none. */
async function askWhere(title: string, kind: string, extension: string): Promise<vscode.Uri | undefined> {
  const name = title
    .replace(/[^\p{L}\p{N}._-]+/gu, '-')
    .replace(/^[-.]+|[-.]+$/g, '')
    .slice(0, 60);
  const folder = vscode.workspace.workspaceFolders?.find(({ uri }) => uri.scheme === 'file')?.uri;
  const chosen = await vscode.window.showSaveDialog({
    title: t('Write the run to'),
    filters: { [kind]: [extension] },
    ...(folder ? { defaultUri: vscode.Uri.joinPath(folder, `${name || 'run'}.${extension}`) } : {}),
  });
  if (!chosen || chosen.scheme === 'file') return chosen;
  throw new FaultlineError('unsupported', {
    what: t('A run can’t be written to {0}', chosen.toString(true)),
    meaning: t('It is not a folder of this machine'),
    remedy: t('Choose one that is.'),
  });
}

function ways(uri: vscode.Uri, format: ReportFormat): readonly Help[] {
  const isLocal = vscode.env.uiKind === vscode.UIKind.Desktop && vscode.env.remoteName === undefined;
  const show = { title: t('Open'), run: () => vscode.window.showTextDocument(uri) };
  // The browser of a person who works on a server has no path to its files.
  if (format === 'html') return isLocal ? [{ title: t('Open in Browser'), run: () => vscode.env.openExternal(uri) }] : [];
  return [show];
}

async function chooseFormat(): Promise<ReportFormat | undefined> {
  const items = Object.entries(formats).map(([format, { name, detail }]) => ({
    label: name(),
    detail: detail(),
    format: format as ReportFormat,
  }));
  return (await vscode.window.showQuickPick(items, { title: t('Export the run as') }))?.format;
}

function fileName(uri: vscode.Uri): string {
  return uri.path.split('/').pop() ?? uri.path;
}
