/** The tables of a report, as text cells: drawn by Markdown, HTML, CSV and the terminal alike. */
import { t } from '../base/messages.ts';
import { formatCount } from '../base/units.ts';
import type { ComparedStatement, Comparison, MedianInterval, RunView } from '../analysis/view.ts';
import { answerText, durationText, none } from './text.ts';

export interface TextTable {
  readonly columns: readonly { readonly title: string; readonly isNumber: boolean }[];
  readonly rows: readonly (readonly string[])[];
}

/** One row a statement, in the plan's order; response times. */
export function queryTable(view: RunView): TextTable {
  return {
    columns: [
      text(t('Query')),
      number(t('Planned')),
      number(t('Failed')),
      number(t('Dropped')),
      number('p50'),
      number('p95'),
      number('p99'),
      number(t('Max')),
      number(t('Rows')),
      text(t('Answer')),
    ],
    rows: view.statements.map(({ name, counts, response, rows, answer }) => [
      name,
      formatCount(counts.planned),
      formatCount(counts.failed),
      formatCount(counts.dropped),
      shortText(response.p50),
      shortText(response.p95),
      shortText(response.p99),
      shortText(response.max),
      rows === null ? none : formatCount(rows),
      answerText(answer),
    ]),
  };
}

/** One row a statement; "~" where nothing can be said. */
export function comparisonTable({ statements }: Comparison): TextTable {
  return {
    columns: [
      text(t('Query')),
      number(t('A median')),
      number('±'),
      number(t('B median')),
      number('±'),
      number('A / B'),
      number(t('95 % interval')),
      number('p'),
      number(t('Effect')),
      text(t('A is')),
    ],
    rows: statements.map((statement) => [
      statement.name,
      ...medianCells(statement.a),
      ...medianCells(statement.b),
      statement.ratio === null ? none : ratioText(statement.ratio.value),
      statement.ratio === null ? none : `${ratioText(statement.ratio.low)}–${ratioText(statement.ratio.high)}`,
      statement.p === null ? none : pText(statement.p),
      statement.effect === null ? none : statement.effect.toFixed(2).replace('-', '−'),
      findingText(statement.finding),
    ]),
  };
}

function findingText(finding: ComparedStatement['finding']): string {
  switch (finding) {
    case 'faster':
      return t('faster');
    case 'slower':
      return t('slower');
    case 'unsaid':
      return '~';
  }
}

function ratioText(ratio: number): string {
  return ratio >= 9.995 ? ratio.toFixed(1) : ratio.toFixed(3);
}

/** The half width of the interval in percent of the median, the larger side: as benchstat prints it. */
function medianCells(side: MedianInterval | null): readonly [median: string, spread: string] {
  if (side === null) return [none, none];
  // Too few samples for an interval: a spread of any size is no figure.
  if (side.low === null || side.high === null) return [shortText(side.median), none];
  const spread = Math.max(side.high - side.median, side.median - side.low) / side.median;
  return [shortText(side.median), `${(spread * 100).toFixed(0)} %`];
}

/** Three digits below 100 ms, where whole milliseconds would hide what is compared. */
function shortText(ms: number | null): string {
  return ms !== null && ms >= 1 && ms < 99.95 ? `${ms.toPrecision(3)} ms` : durationText(ms);
}

function pText(p: number): string {
  return p < 0.001 ? '<0.001' : p.toFixed(3);
}

function text(title: string): TextTable['columns'][number] {
  return { title, isNumber: false };
}

function number(title: string): TextTable['columns'][number] {
  return { title, isNumber: true };
}
