/** Amounts as Kubernetes writes them. Pure. */
const FACTORS: Readonly<Record<string, number>> = {
  '': 1,
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
};

/** Bytes, cores or pieces; undefined for what is no quantity. */
export function amountOf(quantity: unknown): number | undefined {
  const [, digits, exponent = '', unit = ''] = /^([+-]?\d+(?:\.\d*)?)(e[+-]?\d+)?([A-Za-z]*)$/.exec(String(quantity)) ?? [];
  const factor = FACTORS[unit];
  return digits === undefined || factor === undefined ? undefined : Number(`${digits}${exponent}`) * factor;
}

/** `3.2Gi` of memory, `1.5` cores. */
export function quantityText(resource: string, amount: number): string {
  if (!/memory|storage/.test(resource)) return String(Math.round(amount * 1000) / 1000);
  const units = ['Ki', 'Mi', 'Gi', 'Ti'];
  let [value, unit] = [amount / 1024, 0];
  while (value >= 1024 && unit < units.length - 1) [value, unit] = [value / 1024, unit + 1];
  return `${Math.round(value * 10) / 10}${units[unit] ?? ''}`;
}
