/** Part of a result as tab-separated text for the clipboard. */
import type { DuckDBConnection } from '@duckdb/node-api';
import { invalid } from '../../base/errors.ts';
import { t } from '../../base/messages.ts';
import { formatBytes } from '../../base/units.ts';
import type { Column } from '../../engine/engine.ts';
import type { CellRange } from '../results.ts';
import type { Source } from './source.ts';

const maxBytes = 64e6;

/** NULL is empty. A value with a tab, a line break or a quote stands in quotes, as spreadsheets read it. Fails: invalid. */
export async function copyText(
  connection: DuckDBConnection,
  source: Source,
  columns: readonly Column[],
  range: CellRange,
  headers: boolean,
): Promise<string> {
  const chosen = columns.slice(range.fromColumn, range.toColumn);
  if (chosen.length === 0) return '';
  const names = chosen.map((_, index) => `CAST(c${range.fromColumn + index} AS VARCHAR)`);
  const rows = `rowid >= ${range.fromRow} AND rowid < ${range.toRow}`;
  const result = await connection.stream(`SELECT ${names.join(', ')} FROM ${source.table.sql} WHERE ${rows}`);
  const pieces: string[] = headers ? [chosen.map((column) => field(column.name)).join('\t')] : [];
  let sizeBytes = 0;
  for (;;) {
    const chunk = await result.fetchChunk();
    if (chunk === null || chunk.rowCount === 0) return pieces.join('\n');
    const lines = chunk.getRows().map((row) => row.map((value) => (value === null ? '' : field(String(value)))).join('\t'));
    const piece = lines.join('\n');
    sizeBytes += Buffer.byteLength(piece) + 1;
    if (sizeBytes > maxBytes) {
      throw invalid(
        t('The selection is larger than {0}, too large for the clipboard', formatBytes(maxBytes)),
        t('Export the result to a file instead, or select fewer rows.'),
      );
    }
    pieces.push(piece);
  }
}

function field(text: string): string {
  return /[\t\r\n"]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
