/** A run as Markdown: for an issue, a pull request, a wiki. */
import { t } from '../base/messages.ts';
import type { AnswerEvent } from '../journal/events.ts';
import type { Group, RecoveryComparison } from '../analysis/recovery/compare.ts';
import type { RecoveryTable } from '../analysis/recovery/show/tables.ts';
import type { RecoveryView } from '../analysis/recovery/view.ts';
import type { Comparison, RunView } from '../analysis/view.ts';
import { formatCount } from '../base/units.ts';
import { recoveriesNotes, recoveriesTable, recoveryRunsTable } from './recoveries.ts';
import { recoveryParts } from './recovery.ts';
import { comparisonTable, queryTable, type TextTable } from './table.ts';
import { countsText, factsOf, figureNotes, none, verdictText } from './text.ts';

/** Ends with a line feed. `recovery`: of a run that breaks something. */
export function markdownReport(view: RunView, recovery: RecoveryView | null = null): string {
  const parts = [
    `# ${escape(view.name)}: ${verdictText(view)}`,
    escape(view.reason),
    ...(recovery === null ? [] : recoveryMarkdown(recovery)),
    ...(recovery !== null && view.statements.length === 0 ? [] : loadParts(view)),
    ...list(
      t('Expectations'),
      view.expectations.map(({ expectation, text }) => `${expectation.text}: ${text}`),
    ),
    ...(recovery === null ? [] : definitions(recovery)),
    `## ${t('Environment')}\n\n${factsOf(view)
      .map(([name, value]) => `- ${escape(name)}: ${escape(value)}`)
      .join('\n')}`,
    ...list(t('Notes'), [...new Set([...view.notes, ...(recovery?.notes ?? [])])]),
    ...(view.skippedLines > 0 ? [escape(t('{0} lines of the journal could not be read.', formatCount(view.skippedLines)))] : []),
  ];
  return `${parts.join('\n\n')}\n`;
}

function loadParts(view: RunView): readonly string[] {
  return [
    escape(countsText(view.counts)),
    ...errors(view),
    markdownTable(queryTable(view)),
    ...figureNotes(view).map(escape),
    ...view.statements.flatMap(({ name, difference }) => (difference === undefined ? [] : differenceText(name, difference))),
  ];
}

function recoveryMarkdown(recovery: RecoveryView): readonly string[] {
  const { title, timeline, tables, unhealed } = recoveryParts(recovery);
  const [numbers, ...others] = tables;
  return [
    escape(t('Fault: {0}', title)),
    ...list(t('Not healed, as far as is known'), unhealed),
    ...(numbers === undefined ? [] : [titled(numbers)]),
    ...(timeline.length === 0 ? [] : [`## ${t('Timeline, seconds since the fault')}\n\n${fenced(timeline)}`]),
    ...others.map(titled),
  ];
}

function titled(table: RecoveryTable): string {
  return `## ${escape(table.title)}\n\n${markdownTable(table)}`;
}

function definitions(recovery: RecoveryView): readonly string[] {
  return list(
    t('Definitions'),
    recoveryParts(recovery).definitions.map(([name, definition]) => `${name}: ${definition}`),
  );
}

/** Names are in it: a fence is longer than any row of backticks that they bring. */
function fenced(lines: readonly string[]): string {
  const shown = lines.map((line) => line.replaceAll(/\p{Cc}/gu, '\ufffd'));
  const longest = Math.max(2, ...shown.flatMap((line) => line.match(/`+/g) ?? []).map(({ length }) => length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}text\n${shown.join('\n')}\n${fence}`;
}

/** Ends with a line feed. */
export function markdownComparison(comparison: Comparison): string {
  const { a, b } = comparison;
  const parts = [
    `# ${escape(comparison.text)}`,
    `A: ${escape(sideText(a))}  \nB: ${escape(sideText(b))}`,
    markdownTable(comparisonTable(comparison)),
    ...list(t('What else differed'), comparison.differences),
  ];
  return `${parts.join('\n\n')}\n`;
}

/** Ends with a line feed. */
export function markdownRecoveries(comparison: RecoveryComparison, a: Group, b: Group): string {
  const [found = '', ...notes] = recoveriesNotes(comparison, a, b);
  const parts = [
    `# ${t('Recoveries compared')}`,
    escape(found),
    markdownTable(recoveriesTable(comparison, a, b)),
    ...list(t('How it is read'), notes),
    `## ${t('Runs')}\n\n${markdownTable(recoveryRunsTable(a, b))}`,
  ];
  return `${parts.join('\n\n')}\n`;
}

function sideText({ run, label }: Comparison['a']): string {
  return `${label} (${run})`;
}

function errors({ counts }: RunView): readonly string[] {
  return counts.errorsByReason.length === 0
    ? []
    : [counts.errorsByReason.map(({ reason, text, count }) => `- ${formatCount(count)} × ${escape(reason)}: ${escape(text)}`).join('\n')];
}

function differenceText(name: string, { rowsExpected, rowsGot, differences }: AnswerEvent): readonly string[] {
  const table: TextTable = {
    columns: [
      { title: t('Row'), isNumber: true },
      { title: t('Column'), isNumber: false },
      { title: t('Expected'), isNumber: false },
      { title: t('Got'), isNumber: false },
      { title: t('Rule'), isNumber: false },
    ],
    rows: differences.map(({ row, column, expected, got, rule }) => [formatCount(row), column, expected ?? 'NULL', got ?? 'NULL', rule]),
  };
  const rows =
    rowsExpected === 1
      ? t('1 row expected, {0} came', formatCount(rowsGot))
      : t('{0} rows expected, {1} came', formatCount(rowsExpected), formatCount(rowsGot));
  return [`## ${escape(t('Wrong answer of {0}', name))}`, escape(rows), ...(differences.length === 0 ? [] : [markdownTable(table)])];
}

function list(title: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : [`## ${title}\n\n${lines.map((line) => `- ${escape(line)}`).join('\n')}`];
}

function markdownTable({ columns, rows }: TextTable): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [
    line(columns.map(({ title }) => escape(title))),
    line(columns.map(({ isNumber }) => (isNumber ? '---:' : '---'))),
    ...rows.map((row) => line(row.map((cell) => escape(cell === '' ? none : cell)))),
  ].join('\n');
}

/** Names and error texts are anything: none of them may become a heading, a list, a link, a formula, a tag or a column. */
function escape(text: string): string {
  return text
    .replaceAll(/[\s\p{Cc}]+/gu, ' ')
    .trim()
    .replaceAll(/[\\`*_[\]<>|#~&$]/g, (character) => `\\${character}`)
    .replaceAll('://', String.raw`:\//`)
    .replaceAll(/\bwww\./gi, (start) => `${start.slice(0, 3)}\\.`)
    .replace(/^(\d{1,9}(?=[.)](?: |$))|(?=[-+](?: |$)|--))/, '$1\\');
}
