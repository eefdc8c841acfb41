import { equal } from 'node:assert/strict';
import { formatBytes, formatDuration } from '../../../src/base/units.ts';

describe('units', () => {
  for (const [durationMs, text] of [
    [0, '0 ms'],
    [0.0001, '1 µs'],
    [0.42, '420 µs'],
    [0.9996, '1 ms'],
    [766.4, '766 ms'],
    [999.6, '1.00 s'],
    [3150, '3.15 s'],
    [12_400, '12.4 s'],
    [59_960, '1:00 min'],
    [65_000, '1:05 min'],
    [7_213_000, '2:00:13 h'],
  ] as const) {
    it(`${durationMs} ms reads ${text}`, () => equal(formatDuration(durationMs), text));
  }
  for (const [sizeBytes, text] of [
    [0, '0 B'],
    [999, '999 B'],
    [2100, '2.10 kB'],
    [61_000_000, '61.0 MB'],
    [999_600_000, '1.00 GB'],
  ] as const) {
    it(`${sizeBytes} bytes read ${text}`, () => equal(formatBytes(sizeBytes), text));
  }
});
