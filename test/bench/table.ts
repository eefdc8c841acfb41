import { availableParallelism, loadavg } from 'node:os';

/** What a benchmark found: one row of the table that `npm run bench` prints. */
export interface Finding {
  readonly name: string;
  /** The figure with its unit: "1.21 ×", "0.4 ms". */
  readonly measured: string;
  /** What it was held against, measured in the same run. */
  readonly against: string;
  readonly limit: string;
  readonly ok: boolean;
}

/** A figure with a fixed limit. */
export function atMost(name: string, value: number, limit: number, unit: string, against: string): Finding {
  return { name, measured: `${number(value)} ${unit}`, against, limit: `≤ ${number(limit)} ${unit}`, ok: value <= limit };
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? upper)) / 2;
}

/** Nearest rank. */
export function percentile(values: readonly number[], p: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(p * sorted.length) - 1))] ?? Number.NaN;
}

/** The table, a word when this machine is busy, and the count, whose line ends with `rest`. Gives the number that are over. */
export function printFindings(findings: readonly Finding[], rest = ''): number {
  console.log('');
  printTable(findings);
  const [load = 0] = loadavg();
  if (load > availableParallelism() + 1)
    console.log(`\nThis machine is busy (load ${load.toFixed(1)} on ${availableParallelism()} processors): times say little.`);
  const over = findings.filter(({ ok }) => !ok).length;
  console.log(`\n${findings.length - over} within limits, ${over} over${rest}`);
  return over;
}

/** One line a finding, and below it what it was held against: that is too long for a column. */
function printTable(findings: readonly Finding[]): void {
  const head = { name: 'what', measured: 'measured', limit: 'limit', verdict: '' };
  const rows = findings.map(({ name, measured, limit, ok }) => ({ name, measured, limit, verdict: ok ? 'ok' : 'OVER' }));
  const keys = ['name', 'measured', 'limit', 'verdict'] as const;
  const widths = keys.map((key) => Math.max(...[head, ...rows].map((row) => row[key].length)));
  const line = (row: typeof head): string =>
    keys
      .map((key, i) => row[key].padEnd(widths[i] ?? 0))
      .join('  ')
      .trimEnd();
  console.log(line(head));
  for (const [i, row] of rows.entries()) console.log(`${line(row)}\n    ${findings[i]?.against ?? ''}`);
}

function number(value: number): string {
  if (value >= 100) return value.toFixed(0);
  return value >= 10 ? value.toFixed(1) : value.toFixed(2);
}
