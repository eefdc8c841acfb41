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

/** A ratio to a peer that was measured in the same run. */
export function ratio(name: string, ours: number, peer: number, limit: number, unit: string, peerName: string): Finding {
  const value = ours / peer;
  return {
    name,
    measured: `${value.toFixed(2)} × (${number(ours)} ${unit})`,
    against: `${peerName}: ${number(peer)} ${unit}`,
    limit: `≤ ${limit} ×`,
    ok: value <= limit,
  };
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

export function printTable(findings: readonly Finding[]): void {
  const head: Record<keyof Finding, string> = { name: 'what', measured: 'measured', against: 'against', limit: 'limit', ok: '' };
  const rows = [head, ...findings.map((f) => ({ ...f, ok: f.ok ? 'ok' : 'OVER' }))];
  const keys = ['name', 'measured', 'against', 'limit', 'ok'] as const;
  const widths = keys.map((key) => Math.max(...rows.map((row) => row[key].length)));
  for (const row of rows)
    console.log(
      keys
        .map((key, i) => row[key].padEnd(widths[i] ?? 0))
        .join('  ')
        .trimEnd(),
    );
}

function number(value: number): string {
  if (value >= 100) return value.toFixed(0);
  return value >= 10 ? value.toFixed(1) : value.toFixed(2);
}
