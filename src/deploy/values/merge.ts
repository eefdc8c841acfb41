/** Values as Helm merges them: maps deeply, everything else replaced, null takes a default away. Pure. */

export type Values = Readonly<Record<string, unknown>>;

export function isMap(value: unknown): value is Values {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Several files of a person's: a null stays, since it may yet take a default of the chart away. */
export function overlay(below: Values, above: Values): Values {
  const merged: Record<string, unknown> = { ...below };
  for (const [key, value] of Object.entries(above)) {
    const under = merged[key];
    put(merged, key, isMap(under) && isMap(value) ? overlay(under, value) : value);
  }
  return merged;
}

/** What the chart's templates see: the defaults under a person's values. */
export function effective(defaults: Values, given: Values): Values {
  const merged: Record<string, unknown> = { ...defaults };
  for (const [key, value] of Object.entries(given)) {
    const under = merged[key];
    if (value === null) delete merged[key];
    else put(merged, key, isMap(value) ? effective(isMap(under) ? under : {}, value) : value);
  }
  return merged;
}

/** A key `__proto__` of a file is a key like any other. */
function put(map: Record<string, unknown>, key: string, value: unknown): void {
  Object.defineProperty(map, key, { value, enumerable: true, configurable: true, writable: true });
}
