/** How a comparison writes its figures. */
import { t } from '../../src/base/messages.ts';
import type { ComparedStatement } from '../../src/analysis/view.ts';

export const unsaid = '~';

/** −8.0 %, +4.7 %: A's median against B's. */
export function against(ratio: number, digits = 1): string {
  const percent = (ratio - 1) * 100;
  const size = Math.abs(percent);
  const shown = size >= 100 ? Math.round(size).toLocaleString('en-US') : size.toFixed(digits);
  return `${Number(shown) === 0 ? '' : percent < 0 ? '−' : '+'}${shown} %`;
}

/** −12.6 % to −3.5 % */
export function interval(ratio: ComparedStatement['ratio']): string {
  return ratio === null ? '–' : t('{0} to {1}', against(ratio.low), against(ratio.high));
}

export function found({ finding, ratio }: ComparedStatement, digits = 1): string {
  return finding === 'unsaid' || ratio === null ? unsaid : against(ratio.value, digits);
}

/** Digits after the point so that every median still says something. */
export function medians(statements: readonly ComparedStatement[]): (ms: number | undefined) => string {
  const least = Math.min(...statements.flatMap(({ a, b }) => [a?.median ?? Infinity, b?.median ?? Infinity]));
  const digits = !Number.isFinite(least) || least >= 50 ? 0 : least >= 5 ? 1 : 2;
  return (ms) => (ms === undefined ? '–' : ms.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits }));
}

export function effectInWords(effect: number | null): string {
  if (effect === null) return '–';
  return `${effect < 0 ? '−' : ''}${Math.abs(effect).toFixed(2)}`;
}

export function probability(p: number | null): string {
  if (p === null) return '–';
  return p < 0.001 ? '< 0.001' : p.toFixed(3);
}
