/** Reading into an object of which every field may be missing or another than expected. */

export type Json = Readonly<Record<string, unknown>>;

export function record(value: unknown): Json {
  // What is no array and no null among objects is a record: the only narrowing that JSON needs.
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {};
}

export function at(value: unknown, ...path: readonly string[]): unknown {
  return path.reduce<unknown>((inner, name) => record(inner)[name], value);
}

export function list(value: unknown, ...path: readonly string[]): readonly Json[] {
  const found = at(value, ...path);
  return Array.isArray(found) ? found.map(record) : [];
}

/** Numbers and booleans as text too; empty for what is not there or is no scalar. */
export function text(value: unknown, ...path: readonly string[]): string {
  const found = at(value, ...path);
  return typeof found === 'string' || typeof found === 'number' || typeof found === 'boolean' ? String(found) : '';
}

export function words(value: unknown, ...path: readonly string[]): readonly string[] {
  const found = at(value, ...path);
  return Array.isArray(found) ? found.map(String) : [];
}
