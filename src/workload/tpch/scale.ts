/** Scale factors of TPC-H, and what a data set of one costs. Browser-safe. */
import { invalid } from '../../base/errors.ts';
import { t } from '../../base/messages.ts';

export const smallestScale = 0.001;
export const largestScale = 1000;
/** Those whose answers the embedded engine brings. */
export const answeredScales: readonly number[] = [0.01, 0.1, 1];

/** Fails: `invalid`. */
export function checkScale(scale: number): number {
  if (!Number.isFinite(scale) || scale < smallestScale || scale > largestScale) {
    throw invalid(t('{0} is not a scale factor', String(scale)), scaleRemedy());
  }
  // Folder and title show the number as it is: one that needs more digits is a slip.
  if (String(scale).length > 8) throw invalid(t('{0} has too many digits for a scale factor', String(scale)), scaleRemedy());
  return scale;
}

/** From text: `0.01`, `1`, `10`, also `1.0` and `1e-2`. Fails: `invalid`. */
export function parseScale(text: string): number {
  if (!/^\d+(\.\d+)?(e[+-]?\d+)?$/i.test(text.trim())) throw invalid(t('“{0}” is not a scale factor', text), scaleRemedy());
  return checkScale(Number(text));
}

function scaleRemedy(): string {
  return t('Choose a number from {0} to {1}; 1 is about 290 MB on disk.', smallestScale, largestScale);
}

/** How many pieces dbgen makes the data in: a piece is written before the next one begins, so memory does not grow with the scale. */
export function stepsOf(scale: number): number {
  return Math.max(1, Math.min(2000, Math.ceil(scale * 10)));
}

/** Measured with DuckDB 1.5.5 on two cores at scale factors 0.01 (4.5 MB, 0.3 s), 0.1 (30 MB, 2.4 s) and 1 (286 MB, 16 s). */
export function costOf(scale: number): { readonly sizeBytes: number; readonly peakBytes: number; readonly durationMs: number } {
  const sizeBytes = Math.round(2e6 + 288e6 * scale);
  // Beside the file: one piece in the write-ahead log, and what does not fit into memory.
  const pieceBytes = (scale / stepsOf(scale)) * 1.1e9;
  return { sizeBytes, peakBytes: Math.round(sizeBytes * 1.1 + pieceBytes + 10e6), durationMs: Math.round(300 + 18_000 * scale) };
}
