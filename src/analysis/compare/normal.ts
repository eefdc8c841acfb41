/** The normal distribution, as far as rank tests need it. Browser-safe. */

/** Two-sided 95 %: the 0.975 quantile. */
export const z95 = 1.959963984540054;

/**
 * P(Z > z) of a standard normal Z. The Taylor series about 0 of G. Marsaglia, "Evaluating the Normal Distribution", Journal of
 * Statistical Software 11(4), 2004 (absolute error below 1e-15); beyond 6 the asymptotic series, Abramowitz and Stegun 26.2.12.
 */
export function upperTail(z: number): number {
  if (z < 0) return 1 - upperTail(-z);
  const density = Math.exp(-0.5 * z * z) / Math.sqrt(2 * Math.PI);
  const square = z * z;
  if (z > 6) return (density / z) * (1 - 1 / square + 3 / square ** 2 - 15 / square ** 3);
  let sum = z;
  let term = z;
  for (let odd = 3; term > 1e-17 * sum; odd += 2) {
    term *= square / odd;
    sum += term;
  }
  return Math.max(0, 0.5 - sum * density);
}
