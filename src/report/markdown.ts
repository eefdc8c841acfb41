/** A run as Markdown: for an issue, a pull request, a wiki. */
import { t } from '../base/messages.ts';
import type { AnswerEvent } from '../journal/events.ts';
import type { Comparison, RunView } from '../analysis/view.ts';
import { formatCount } from '../base/units.ts';
import { comparisonTable, queryTable, type TextTable } from './table.ts';
import { countsText, factsOf, figureNotes, none, verdictText } from './text.ts';

/** Ends with a line feed. */
export function markdownReport(view: RunView): string {
  const parts = [
    `# ${escape(view.name)}: ${verdictText(view)}`,
    escape(view.reason),
    escape(countsText(view.counts)),
    ...errors(view),
    markdownTable(queryTable(view)),
    ...figureNotes(view).map(escape),
    ...view.statements.flatMap(({ name, difference }) => (difference === undefined ? [] : differenceText(name, difference))),
    ...list(
      t('Expectations'),
      view.expectations.map(({ expectation, text }) => `${expectation.text}: ${text}`),
    ),
    `## ${t('Environment')}\n\n${factsOf(view)
      .map(([name, value]) => `- ${escape(name)}: ${escape(value)}`)
      .join('\n')}`,
    ...list(t('Notes'), view.notes),
    ...(view.skippedLines > 0 ? [escape(t('{0} lines of the journal could not be read.', formatCount(view.skippedLines)))] : []),
  ];
  return `${parts.join('\n\n')}\n`;
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
