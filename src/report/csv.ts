/** A run by query as CSV (RFC 4180 with line feeds): milliseconds as they are, nothing rounded; an empty field where too few samples allow a figure.
 * A name that a spreadsheet would take for a formula has an apostrophe before it, and nothing that a terminal would take for an order. */
import type { RunView } from '../analysis/view.ts';

const head = ['query', 'planned', 'ok', 'failed', 'dropped', 'p50Ms', 'p90Ms', 'p95Ms', 'p99Ms', 'maxMs', 'rows', 'answer'];

/** Ends with a line feed. */
export function csvReport(view: RunView): string {
  const rows = view.statements.map(({ name, counts, response, rows: count, answer }) => [
    name,
    counts.planned,
    counts.ok,
    counts.failed,
    counts.dropped,
    response.p50,
    response.p90,
    response.p95,
    response.p99,
    response.max,
    count,
    answer,
  ]);
  return [head, ...rows].map((row) => `${row.map(field).join(',')}\n`).join('');
}

function field(value: string | number | null): string {
  if (value === null) return '';
  if (typeof value === 'number') return String(value);
  const shown = value.replaceAll(/(?![\t\r\n])\p{Cc}/gu, '\ufffd');
  const text = /^[=+\-@\t\r\n]/.test(shown) ? `'${shown}` : shown;
  return text === '' || /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
