/** A result set as text, a batch of rows at a time. */
import type { Cell, Column } from '../../engine/engine.ts';
import { csvFormat } from './csv.ts';
import { jsonFormat, ndjsonFormat } from './json.ts';
import { tableFormat } from './table.ts';

export interface RowsFormat {
  begin(columns: readonly Column[]): string;
  rows(rows: readonly (readonly Cell[])[]): string;
  end(): string;
}

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
