/** A run by query as CSV (RFC 4180 with line feeds): milliseconds as they are, nothing rounded; an empty field where too few samples allow a figure.
 * A name that a spreadsheet would take for a formula has an apostrophe before it, and nothing that a terminal would take for an order. */
import { recoveryJson, type RecoveryJson } from '../analysis/recovery/show/json.ts';
import type { RecoveryView } from '../analysis/recovery/view.ts';
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

const recoveryHead = ['kind', 'of', 'name', 'atMs', 'tookMs', 'count'];

/**
 * A recovery: a line a figure, a stage, an outcome of probes and messages. `atMs`: since the fault; `never` for what did not come within
 * the observation, empty for what is not known. Ends with a line feed.
 */
export function recoveryCsv(view: RecoveryView): string {
  const json = recoveryJson(view);
  const rows: readonly (readonly (string | number | null)[])[] = [
    ...figures(json).map(([name, atMs]) => ['figure', 'users', name, atMs, null, null]),
    [
      'figure',
      'users',
      json.unavailableGoesOn === true ? 'unavailable at least' : 'unavailable',
      null,
      json.unavailableMs,
      json.impact?.badIntervals ?? 0,
    ],
    ...json.stages.map(({ of, stage, atMs, tookMs }) => ['stage', of, stage, atMs, tookMs, null]),
    ...view.vantages.flatMap(({ title, counts: { notJudgedBy: _by, ...counts } }) =>
      Object.entries(counts).map(([name, count]) => ['probes', title, name, null, null, count]),
    ),
    ...messages(json).map(([name, count]) => ['messages', view.messages?.topic ?? '', name, null, null, count]),
  ];
  return [recoveryHead, ...rows].map((row) => `${row.map(field).join(',')}\n`).join('');
}

function figures({
  impact,
  recoveredMs,
  baselineMs,
  failoverMs,
  rejoinMs,
}: RecoveryJson): readonly (readonly [string, number | 'never' | null])[] {
  return [
    ['detected', impact?.startMs ?? null],
    ['firstGood', impact?.firstGoodMs ?? null],
    ['recovered', recoveredMs],
    ['baseline', baselineMs],
    ['failover', failoverMs],
    ['rejoin', rejoinMs],
  ];
}

function messages({ messages: found }: RecoveryJson): readonly (readonly [string, number])[] {
  if (found === null) return [];
  const { acknowledged, lost, duplicated, redelivered, reordered, rewritten, unknown, unknownPresent } = found;
  return Object.entries({ acknowledged, lost, duplicated, redelivered, reordered, rewritten, unknown, unknownPresent });
}

function field(value: string | number | null): string {
  if (value === null) return '';
  if (typeof value === 'number') return String(value);
  const shown = value.replaceAll(/(?![\t\r\n])\p{Cc}/gu, '\ufffd');
  const text = /^[=+\-@\t\r\n]/.test(shown) ? `'${shown}` : shown;
  return text === '' || /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
