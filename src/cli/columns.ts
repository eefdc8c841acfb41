/** Short tables for a person: numbers right, names left, two spaces between. */
import { fit, visible, widthOf } from './format/width.ts';
import type { Terminal } from './terminal.ts';

export interface Columns {
  readonly columns: readonly { readonly title: string; readonly isNumber: boolean }[];
  readonly rows: readonly (readonly string[])[];
  /** Titles of those that a narrow terminal does without, the first one first. */
  readonly spare?: readonly string[];
}

/** What the last column has at least. */
const leastRoom = 20;

/** Ends with a line feed. On a terminal the last column takes what room is left, and is cut there. */
export function columnsText(table: Columns, terminal: { readonly stdout: Pick<Terminal['stdout'], 'isTTY' | 'columns'> }): string {
  const [spare, ...others] = table.spare ?? [];
  const { columns, rows } = table;
  const lines = [columns.map(({ title }) => title.toUpperCase()), ...rows].map((row) => row.map(visible));
  const widths = columns.map((_, index) => Math.max(...lines.map((line) => widthOf(line[index] ?? ''))));
  const before = widths.slice(0, -1).reduce((sum, width) => sum + width + 2, 0);
  const left = terminal.stdout.isTTY === true ? (terminal.stdout.columns ?? 80) - before : Infinity;
  if (left < leastRoom && spare !== undefined) return columnsText({ ...without(table, spare), spare: others }, terminal);
  const room = Math.max(leastRoom, left);
  const text = lines.map((line) =>
    line
      .map((cell, index) => {
        const shown = index === columns.length - 1 ? fit(cell, room) : cell;
        const rest = ' '.repeat(Math.max(0, (widths[index] ?? 0) - widthOf(shown)));
        return columns[index]?.isNumber === true ? rest + shown : shown + rest;
      })
      .join('  ')
      .trimEnd(),
  );
  return `${text.join('\n')}\n`;
}

function without({ columns, rows }: Columns, title: string): Columns {
  const keep = (_: unknown, index: number): boolean => columns[index]?.title !== title;
  return { columns: columns.filter(keep), rows: rows.map((row) => row.filter(keep)) };
}

/** "2026-11-21 14:05", in the zone of the person. */
export function minute(ms: number): string {
  const date = new Date(ms);
  const two = (n: number): string => String(n).padStart(2, '0');
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${two(date.getHours())}:${two(date.getMinutes())}`;
}
