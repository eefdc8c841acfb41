/** What came of a run, for a person and for a program. */
import { compareArms } from '../analysis/compare.ts';
import { closedLength, pathInWords } from '../analysis/text.ts';
import { recoveryJson } from '../analysis/recovery/show/json.ts';
import type { RecoveryView } from '../analysis/recovery/view.ts';
import type { RunProjection } from '../analysis/run.ts';
import type { RunSummary, RunView, StatementView } from '../analysis/view.ts';
import { formatBytes, formatCount, formatDuration } from '../base/units.ts';
import type { RunPlan } from '../journal/plan.ts';
import { columnsText, type Columns } from './columns.ts';
import { visible } from './format/width.ts';
import { exitCodes, type Terminal } from './terminal.ts';

/** 0 passed, 1 failed, 3 could not be carried out (its process was killed, too), 4 inconclusive. */
export function exitCodeOfRun({ status, verdict }: Pick<RunView, 'status' | 'verdict'>): number {
  if (verdict === 'failed') return exitCodes.verdictFailed;
  if (status === 'failed' || status === 'interrupted') return exitCodes.failed;
  return verdict === 'passed' ? exitCodes.done : exitCodes.inconclusive;
}

/** One object, exactly as the README says. `recovery`: of a run that breaks something. */
export function runJson(summary: RunSummary, recovery: RecoveryView | null = null): string {
  const { run, verdict, reason, engineKind, scale, planned, ok, failed, dropped, driver } = summary;
  const object = {
    run,
    verdict,
    reason,
    engine: engineKind,
    scale,
    planned,
    ok,
    failed,
    dropped,
    driver: { lagP99Ms: driver.lagP99Ms, valid: driver.valid },
    queries: summary.queries.map(({ query, rows, answer, count, latencyMs: { p50, p95, p99, max } }) => ({
      query,
      rows,
      answer,
      count,
      latencyMs: { p50, p95, p99, max },
    })),
    ...(recovery === null ? {} : { recovery: recoveryJson(recovery) }),
  };
  return `${JSON.stringify(object, null, 2)}\n`;
}

export function describeRun(view: RunView, projection: RunProjection, terminal: Terminal): string {
  const lines = loadLines(view, projection, terminal);
  for (const { expectation, outcome, text } of view.expectations) {
    if (expectation.implied !== true)
      lines.push(`${outcome === 'met' ? 'met    ' : outcome === 'broken' ? 'broken ' : 'unknown'} ${expectation.text}: ${text}`);
  }
  lines.push(...view.notes.map((note) => `note: ${note}`));
  lines.push('', `${verdictOf(view)}: ${view.reason}`);
  lines.push(`Run ${view.run}; “faultline report ${view.run} --format html” makes a page of it, and the editor shows it under Runs.`);
  return `${lines.map(visible).join('\n')}\n`;
}

/** Of a run that broke something: what its own load measured, where it had one. Ends with a line feed, or is empty. */
export function describeLoad(view: RunView, projection: RunProjection, terminal: Terminal): string {
  return view.plan.load.kind === 'none' ? '' : `${loadLines(view, projection, terminal).map(visible).join('\n')}\n\n`;
}

function loadLines(view: RunView, projection: RunProjection, terminal: Terminal): string[] {
  const figures = view.counts.planned > 0 ? ['', ...columnsText(tableOf(view.statements), terminal).trimEnd().split('\n'), ''] : [];
  const lines = [titleOf(view), ...figures, countsOf(view)];
  for (const { text, count } of view.counts.errorsByReason) lines.push(`  ${formatCount(count)} × ${text}`);
  // Of a run that never began there is nothing to trust or not.
  if (view.counts.planned > 0) lines.push(driverOf(view));
  if (view.tpchPower !== null) lines.push(`power ${formatCount(Math.round(view.tpchPower.value))} (${view.tpchPower.label})`);
  if (view.arms.length > 1) lines.push(compareArms(projection).text);
  return lines;
}

/** Row by row, as the answer check of clause 2.1.3.5 found it. Empty where every answer was right. */
export function describeWrongAnswers(view: Pick<RunView, 'statements'>): string {
  const lines = view.statements.flatMap(({ name, difference }) => {
    if (difference === undefined) return [];
    const { rowsExpected, rowsGot, differences } = difference;
    return [
      `${name} answered wrong: ${formatCount(rowsExpected)} ${rowsExpected === 1 ? 'row' : 'rows'} expected, ${formatCount(rowsGot)} came`,
      ...differences.map(
        ({ row, column, rule, expected, got }) => `  row ${row}, ${column} (${rule}): expected ${expected ?? 'NULL'}, got ${got ?? 'NULL'}`,
      ),
    ];
  });
  return lines.length === 0 ? '' : `${lines.map(visible).join('\n')}\n`;
}

/** As its exit code says: what could not be carried out has no verdict to look for. */
export function verdictOf({ status, verdict }: Pick<RunView, 'status' | 'verdict'>): string {
  if (verdict !== 'failed' && status === 'failed') return 'NOT CARRIED OUT';
  return (verdict ?? 'inconclusive').toUpperCase();
}

function titleOf(view: RunView): string {
  const arms = view.arms.map(({ label, title, target, threads, memoryLimitBytes, path }) => {
    const name = `${view.arms.length > 1 ? `${label}: ` : ''}${title} on ${target}`;
    // An engine that was never opened has neither, nor has a server here.
    return threads === 0
      ? [name, ...(path === undefined ? [] : [pathInWords(path)])].join(', ')
      : `${name}, ${threads} ${threads === 1 ? 'thread' : 'threads'}, memory limit ${formatBytes(memoryLimitBytes)}`;
  });
  return [...(arms.length === 0 ? [view.name] : arms), loadOf(view.plan), formatDuration(view.durationMs)].join(' · ');
}

function loadOf({ load }: RunPlan): string {
  if (load.kind === 'none') return 'no load';
  if (load.kind === 'open') return `${formatCount(load.ratePerSecond)}/s for ${formatDuration(load.durationMs)}`;
  return `${load.clients} ${load.clients === 1 ? 'client' : 'clients'} × ${closedLength(load)}`;
}

function tableOf(statements: readonly StatementView[]): Columns {
  const duration = (ms: number | null): string => (ms === null ? '–' : formatDuration(ms));
  const number = (title: string): Columns['columns'][number] => ({ title, isNumber: true });
  // With arrivals a query's count is not all that was sent: who reads its figures must see that.
  const anyDropped = statements.some(({ counts }) => counts.dropped > 0);
  return {
    columns: [
      { title: 'Query', isNumber: false },
      ...['Count', 'Failed', ...(anyDropped ? ['Dropped'] : []), 'p50', 'p95', 'p99', 'max', 'Rows'].map(number),
      { title: 'Answer', isNumber: false },
    ],
    rows: statements.map(({ name, counts, response, rows, answer }) => [
      name,
      formatCount(counts.planned),
      formatCount(counts.failed),
      ...(anyDropped ? [formatCount(counts.dropped)] : []),
      duration(response.p50),
      duration(response.p95),
      duration(response.p99),
      duration(response.max),
      rows === null ? '–' : formatCount(rows),
      answer ?? '–',
    ]),
  };
}

function countsOf({ counts }: RunView): string {
  const { planned, ok, failed, dropped, underway } = counts;
  const rest = underway > 0 ? ` + not ended ${formatCount(underway)}` : '';
  return `planned ${formatCount(planned)} = ok ${formatCount(ok)} + failed ${formatCount(failed)} + dropped ${formatCount(dropped)}${rest}`;
}

function driverOf({ driver }: RunView): string {
  const lag =
    driver.lagP99Ms === null
      ? 'too few operations for the p99 of its lag'
      : `lag p99 ${formatDuration(driver.lagP99Ms)}, limit ${formatDuration(driver.lagLimitMs)}`;
  return `driver ${driver.valid ? 'valid' : 'INVALID'}: ${driver.reason ?? lag}`;
}
