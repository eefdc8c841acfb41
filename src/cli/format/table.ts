/**
 * An aligned table. The first rows decide the widths, so that rows can be written as they come. On a terminal a long value is cut;
 * in a file or a pipe every value is whole, and a row that needs more room takes it.
 */
import type { Cell, Column } from '../../engine/engine.ts';
import { cellText } from '../../engine/text.ts';
import type { RowsFormat } from './rows.ts';
import { fit, visible, widthOf } from './width.ts';

const sampleRows = 1000;
const terminalWidth = 60;

export function tableFormat(isTerminal: boolean): RowsFormat {
  const cap = isTerminal ? terminalWidth : Infinity;
  let columns: readonly Column[] = [];
  let widths: readonly number[] | undefined;
  let waiting: string[][] = [];

  const text = (cell: Cell): string => fit(visible(cellText(cell) ?? 'NULL'), cap);
  const line = (cells: readonly string[], at: readonly number[]): string =>
    cells
      .map((cell, index) => {
        const room = ' '.repeat(Math.max(0, (at[index] ?? 0) - widthOf(cell)));
        return isNumber(columns[index]) ? room + cell : cell + room;
      })
      .join('  ')
      .trimEnd();
  const flush = (): string => {
    const names = columns.map(({ name }) => fit(visible(name), cap));
    const at = names.map((name, index) => waiting.reduce((most, row) => Math.max(most, widthOf(row[index] ?? '')), widthOf(name)));
    const lines = [line(names, at), at.map((width) => '─'.repeat(width)).join('  '), ...waiting.map((row) => line(row, at))];
    widths = at;
    waiting = [];
    return `${lines.join('\n')}\n`;
  };

  return {
    begin: (given) => {
      columns = given;
      widths = undefined;
      waiting = [];
      return '';
    },
    rows: (rows) => {
      const texts = rows.map((row) => row.map(text));
      const at = widths;
      if (at !== undefined) return texts.map((row) => `${line(row, at)}\n`).join('');
      waiting.push(...texts);
      return waiting.length >= sampleRows ? flush() : '';
    },
    end: () => (widths === undefined ? flush() : ''),
  };
}

function isNumber(column: Column | undefined): boolean {
  return column?.kind === 'integer' || column?.kind === 'decimal' || column?.kind === 'float';
}
