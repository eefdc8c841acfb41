/** `faultline compare`: two runs, or the two arms of one. What can be said is in the output, not in the exit code. */
import { compareArms, compareRuns, fewestSamples } from '../analysis/compare.ts';
import type { Comparison } from '../analysis/view.ts';
import { invalid } from '../base/errors.ts';
import { htmlReport } from '../report/html.ts';
import { jsonComparison } from '../report/json.ts';
import { comparisonTable } from '../report/table.ts';
import { projectRun } from '../run/summaries.ts';
import { breaksSomething, type RunRecord } from '../journal/runs.ts';
import { columnsText } from './columns.ts';
import { compareGroups, groupOf } from './compare-recoveries.ts';
import { visible } from './format/width.ts';
import { htmlOf, readJournalFile, writeReport, type ReportPaths } from './report.ts';
import { runStore } from './runs.ts';
import { exitCodes, write, type Terminal } from './terminal.ts';

export interface CompareOptions {
  readonly a: string;
  /** Absent: A has two arms, which are compared. */
  readonly b?: string;
  readonly json: boolean;
  /** A file for the HTML report. */
  readonly html?: string;
}

export async function runCompare({ a, b, json, html }: CompareOptions, terminal: Terminal, paths: ReportPaths): Promise<number> {
  const store = runStore(terminal);
  const groupA = await groupOf(a, store);
  const groupB = b === undefined ? undefined : await groupOf(b, store);
  const all = [...groupA, ...(groupB ?? [])];
  if (all.some(breaksSomething)) {
    if (groupB === undefined)
      throw invalid('A recovery has nothing to be compared with in itself', 'Name two runs, or two groups of runs.');
    if (html !== undefined) throw invalid('There is no HTML report of recoveries that are compared', 'Leave --html out, or use --json.');
    await compareGroups(groupA, groupB, json, terminal);
    return exitCodes.done;
  }
  const recordA = only(groupA, a);
  const recordB = groupB === undefined ? undefined : only(groupB, b ?? '');
  if (recordB !== undefined && recordB.run === recordA.run) {
    throw invalid(`Both names mean the run ${recordA.run}`, 'Name two runs; “faultline runs” lists them.');
  }
  const runA = await projectRun(recordA, terminal.signal);
  const runB = recordB === undefined ? undefined : await projectRun(recordB, terminal.signal);
  const comparison = runB === undefined ? compareArms(runA.projection) : compareRuns(runA.projection, runB.projection);
  if (html !== undefined) {
    const report = await htmlOf(recordA, runA, paths, true);
    const other =
      runB === undefined || recordB === undefined ? {} : { b: { view: runB.view, journal: await readJournalFile(recordB), comparison } };
    await writeReport(html, await htmlReport({ ...report, ...other }), terminal);
  }
  await write(terminal, json ? jsonComparison(comparison) : textOf(comparison, terminal));
  return exitCodes.done;
}

/** Of benchmarks two are compared: their samples are in them. */
function only([record, another]: readonly RunRecord[], named: string): RunRecord {
  if (record !== undefined && another === undefined) return record;
  throw invalid(`“${named}” names several benchmarks, of which one is compared with one`, 'Name one run on each side.');
}

function textOf(comparison: Comparison, terminal: Terminal): string {
  const { a, b, interleaved, differences } = comparison;
  const table = comparisonTable(comparison);
  const lines = [
    `A  ${visible(a.label)} (${a.run})`,
    `B  ${visible(b.label)} (${b.run})`,
    '',
    ...(table.rows.length === 0 ? [] : [columnsText(table, terminal)]),
    `${visible(comparison.text)}.`,
    `~ nothing can be said: fewer than ${fewestSamples} samples a side, or no difference that the rank test can tell.`,
    ...(interleaved ? [] : ['The runs were made one after the other: what the machine did meanwhile is in the difference too.']),
    ...(differences.length === 0 ? [] : ['', 'What else differed:', ...differences.map((difference) => `  ${visible(difference)}`)]),
  ];
  return `${lines.join('\n')}\n`;
}
