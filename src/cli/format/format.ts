/** The formats of rows by their names. */
import { csvFormat } from './csv.ts';
import { jsonFormat, ndjsonFormat } from './json.ts';
import type { RowsFormat } from './rows.ts';
import { tableFormat } from './table.ts';

export const formats = ['table', 'csv', 'json', 'ndjson'] as const;
export type FormatName = (typeof formats)[number];

/** `isTerminal`: a person reads it as it comes. */
export function createFormat(name: FormatName, isTerminal: boolean): RowsFormat {
  switch (name) {
    case 'table':
      return tableFormat(isTerminal);
    case 'csv':
      return csvFormat();
    case 'json':
      return jsonFormat();
    case 'ndjson':
      return ndjsonFormat();
  }
}
