/** `faultline report`: one run as a file for others. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { FaultlineError, invalid } from '../base/errors.ts';
import { runFiles, type RunRecord } from '../journal/runs.ts';
import { csvReport, recoveryCsv } from '../report/csv.ts';
import { htmlReport, pageNameOf, type HtmlReport } from '../report/html.ts';
import { jsonReport } from '../report/json.ts';
import { junitReport } from '../report/junit.ts';
import { markdownReport } from '../report/markdown.ts';
import { projectRun, recoveryOfRun, type ProjectedRun } from '../run/summaries.ts';
import { runStore } from './runs.ts';
import { exitCodes, StatusLine, write, type Terminal } from './terminal.ts';

export const reportFormats = ['html', 'md', 'junit', 'json', 'csv'] as const;
export type ReportFormat = (typeof reportFormats)[number];

export interface ReportOptions {
  readonly run: string;
  readonly format: ReportFormat;
  /** A file; absent: stdout. */
  readonly output?: string;
}

/** What reports need of the package: see `packagePaths`. */
export interface ReportPaths {
  /** Holds the bundles of the pages. */
  readonly webview: string;
}

export async function runReport({ run, format, output }: ReportOptions, terminal: Terminal, paths: ReportPaths): Promise<number> {
  if (format === 'html' && output === undefined && terminal.stdout.isTTY === true) {
    throw invalid('An HTML report is not for a terminal', 'Name a file with --output, or send it into one.');
  }
  const record = await runStore(terminal).find(run);
  const projected = await projectRun(record, terminal.signal);
  const text = format === 'html' ? await htmlReport(await htmlOf(record, projected, paths)) : textOf(projected, format);
  if (output === undefined) await write(terminal, text);
  else await writeReport(output, text, terminal);
  return exitCodes.done;
}

/** The parts of an HTML report of one run, or of the first of two. */
export async function htmlOf(record: RunRecord, projected: ProjectedRun, paths: ReportPaths, isCompared = false): Promise<HtmlReport> {
  const { view } = projected;
  const [journal, page] = await Promise.all([readJournalFile(record), readPage(paths, pageNameOf(view, isCompared))]);
  return { a: { view, recovery: recoveryOfRun(projected), journal }, page };
}

export function readJournalFile({ folder }: RunRecord): Promise<Buffer> {
  return readFile(join(folder, runFiles.journal));
}

async function readPage({ webview }: ReportPaths, name: string): Promise<HtmlReport['page']> {
  try {
    const [script, style] = await Promise.all(['js', 'css'].map((end) => readFile(join(webview, `${name}.${end}`), 'utf8')));
    return { script: script ?? '', style: style ?? '' };
  } catch (error) {
    throw new FaultlineError(
      'storage',
      {
        what: 'The page of an HTML report can’t be read',
        meaning: error instanceof Error ? error.message : String(error),
        remedy: 'Install Faultline again (in its repository: npm run build).',
      },
      error,
    );
  }
}

function textOf(projected: ProjectedRun, format: Exclude<ReportFormat, 'html'>): string {
  const { view } = projected;
  const recovery = recoveryOfRun(projected);
  switch (format) {
    case 'md':
      return markdownReport(view, recovery);
    case 'junit':
      return junitReport(view, recovery);
    case 'json':
      return jsonReport(view, recovery);
    case 'csv':
      // What was broken has no query; the figures of a load beside it are in the JSON.
      return recovery === null ? csvReport(view) : recoveryCsv(recovery);
  }
}

export async function writeReport(file: string, text: string, terminal: Terminal): Promise<void> {
  try {
    await writeFile(file, text);
  } catch (error) {
    throw new FaultlineError(
      'storage',
      {
        what: `The report could not be written to ${file}`,
        meaning: error instanceof Error ? error.message : String(error),
        remedy: 'Name another file.',
      },
      error,
    );
  }
  new StatusLine(terminal).note(`Written to ${file}`);
}
