/** Numbers as a person reads them: always with a unit, three significant digits. Browser-safe. */
import { t } from './messages.ts';

/** 420 µs, 3 ms, 766 ms, 3.15 s, 1:05 min, 2:00:13 h. */
export function formatDuration(durationMs: number): string {
  if (durationMs <= 0) return '0 ms';
  if (durationMs < 0.9995) return `${Math.max(1, Math.round(durationMs * 1000))} µs`;
  if (durationMs < 999.5) return `${Math.round(durationMs)} ms`;
  const seconds = durationMs / 1000;
  if (seconds < 59.95) return `${seconds < 9.995 ? seconds.toFixed(2) : seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  const two = (n: number): string => String(n).padStart(2, '0');
  if (whole < 3600) return `${Math.floor(whole / 60)}:${two(whole % 60)} min`;
  return `${Math.floor(whole / 3600)}:${two(Math.floor((whole % 3600) / 60))}:${two(whole % 60)} h`;
}

/** Decimal bytes: 2.1 kB, 61.0 MB, 1.42 GB. */
export function formatBytes(sizeBytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];
  let value = sizeBytes;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${unit === 0 ? String(Math.round(value)) : threeDigits(value)} ${units[unit] ?? ''}`;
}

/** 37,967 */
export function formatCount(count: number | bigint): string {
  return count.toLocaleString('en-US');
}

/** 1 row, 37,967 rows. */
export function formatRows(count: number): string {
  return count === 1 ? t('1 row') : t('{0} rows', formatCount(count));
}

function threeDigits(value: number): string {
  if (value >= 99.95) return value.toFixed(0);
  return value >= 9.995 ? value.toFixed(1) : value.toFixed(2);
}
