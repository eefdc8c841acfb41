/** Reading figures. */
import assert from 'node:assert/strict';
import type { Figure } from '../../../../src/analysis/recovery/view.ts';

export function ms(figure: Figure): number {
  assert.equal(figure.kind, 'value');
  return figure.kind === 'value' ? figure.ms : Number.NaN;
}

export function near(actual: number, expected: number, within: number, what: string): void {
  assert.ok(Math.abs(actual - expected) <= within, `${what}: ${actual}, expected ${expected} ± ${within}`);
}
