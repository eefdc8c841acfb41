/** Whether plain data is the same: at a fraction of what `isDeepStrictEqual` costs, which asks for prototypes, symbols and cycles too. */

/** Of what JSON can hold. An absent field is another than one that is undefined. */
export function isSameJson(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (Array.isArray(a)) return Array.isArray(b) && isSameArray(a, b);
  return isObject(a) && isObject(b) && !Array.isArray(b) && isSameRecord(a, b);
}

function isSameArray(a: readonly unknown[], b: readonly unknown[]): boolean {
  if (a.length !== b.length) return false;
  for (let at = 0; at < a.length; at++) if (!isSameJson(a[at], b[at])) return false;
  return true;
}

function isSameRecord(a: Readonly<Record<string, unknown>>, b: Readonly<Record<string, unknown>>): boolean {
  let more = 0;
  for (const key in a) {
    const one = a[key];
    const other = b[key];
    if (one !== other && !isSameJson(one, other)) return false;
    if (other === undefined && !(key in b)) return false;
    more++;
  }
  for (const _ in b) more--;
  return more === 0;
}

export function isSameList(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a === b || (a.length === b.length && a.every((one, at) => one === b[at]));
}

/** `now`, with those of `before` that have the same id and say the same in place of their own. */
export function withSame<T extends { readonly id: string }>(before: readonly T[], now: readonly T[]): readonly T[] {
  const known = new Map(before.map((one) => [one.id, one]));
  return now.map((one) => {
    const same = known.get(one.id);
    return same !== undefined && isSameJson(same, one) ? same : one;
  });
}

/** Where two lists of one length hold other objects. Of long lists that hardly differ: nothing is done for what is the same. */
export function differences(a: readonly unknown[], b: readonly unknown[]): readonly number[] {
  const found: number[] = [];
  for (let at = 0; at < a.length; at++) if (a[at] !== b[at]) found.push(at);
  return found;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
