/** RFC 4180 with line feeds: NULL is an empty field, an empty text is `""`. */
import { cellText } from '../../engine/text.ts';
import type { RowsFormat } from './rows.ts';

export function csvFormat(): RowsFormat {
  return {
    begin: (columns) => `${columns.map(({ name }) => field(name)).join(',')}\n`,
    rows: (rows) => rows.map((row) => `${row.map((cell) => field(cellText(cell))).join(',')}\n`).join(''),
    end: () => '',
  };
}

function field(text: string | null): string {
  if (text === null) return '';
  return text === '' || /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
