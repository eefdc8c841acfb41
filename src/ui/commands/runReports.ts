/** A run, or two compared, as the text of a file. Loaded with the first export: the projections and the report are no small code. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { compareArms, compareRuns } from '../../analysis/compare.ts';
import type { Comparison } from '../../analysis/view.ts';
import { runFiles, type RunRecord } from '../../journal/runs.ts';
import { csvReport, recoveryCsv } from '../../report/csv.ts';
import { htmlReport, pageNameOf, type ReportedRun } from '../../report/html.ts';
import { jsonComparison, jsonReport } from '../../report/json.ts';
import { junitReport } from '../../report/junit.ts';
import { markdownComparison, markdownReport } from '../../report/markdown.ts';
import { projectRun, recoveryOfRun, type ProjectedRun } from '../../run/summaries.ts';

export type ReportFormat = 'html' | 'md' | 'junit' | 'json' | 'csv';

export interface ReportRequest {
  readonly a: RunRecord;
  /** What it is compared with. */
  readonly b?: RunRecord;
  readonly format: ReportFormat;
  /** `dist/webview`: an HTML report holds the page. */
  readonly pageFolder: string;
  readonly signal: AbortSignal;
}

/** Fails as `projectRun`. */
export async function runReport({ a, b, format, pageFolder, signal }: ReportRequest): Promise<string> {
  const ofA = await projectRun(a, signal);
  const ofB = b && (await projectRun(b, signal));
  const comparison = compared(ofA, ofB);
  const recovery = recoveryOfRun(ofA);
  switch (format) {
    case 'csv':
      return recovery === null ? csvReport(ofA.view) : recoveryCsv(recovery);
    case 'junit':
      return junitReport(ofA.view, recovery);
    case 'json':
      return ofB && comparison ? jsonComparison(comparison) : jsonReport(ofA.view, recovery);
    case 'md':
      return comparison ? `${markdownReport(ofA.view, recovery)}\n${markdownComparison(comparison)}` : markdownReport(ofA.view, recovery);
    case 'html': {
      const name = pageNameOf(ofA.view, b !== undefined);
      const page = {
        script: await readFile(join(pageFolder, `${name}.js`), 'utf8'),
        style: await readFile(join(pageFolder, `${name}.css`), 'utf8'),
      };
      const other = b && ofB && comparison ? { b: { ...(await reported(b, ofB)), comparison } } : {};
      return htmlReport({ a: await reported(a, ofA), ...other, page });
    }
  }
}

function compared(a: ProjectedRun, b: ProjectedRun | undefined): Comparison | undefined {
  if (b) return compareRuns(a.projection, b.projection);
  return a.view.plan.arms.length > 1 ? compareArms(a.projection) : undefined;
}

async function reported({ folder }: RunRecord, projected: ProjectedRun): Promise<ReportedRun> {
  return { view: projected.view, recovery: recoveryOfRun(projected), journal: await readFile(join(folder, runFiles.journal)) };
}
