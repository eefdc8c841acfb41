/** What fields of events are checked for; by hand, because every line of a journal is. Browser-safe. */

/** Milliseconds, a share, cores: nothing that can be negative. */
export function isLength(value: unknown): boolean {
  return typeof value === 'number' && value >= 0 && value < Infinity;
}

export function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/** The first bytes of each histogram, as base64; to look into it would take longer than all the rest. */
export function isCurve(value: unknown): boolean {
  return typeof value === 'string' && value.startsWith('HISTF');
}

export function isFlag(value: unknown): boolean {
  return value === undefined || value === true;
}

export function isError(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const { reason, text, code }: { readonly reason?: unknown; readonly text?: unknown; readonly code?: unknown } = value;
  return typeof reason === 'string' && typeof text === 'string' && (code === undefined || typeof code === 'string');
}

export function isText(value: unknown): boolean {
  return typeof value === 'string';
}

/** Absent, or a text. */
export function mayBeText(value: unknown): boolean {
  return value === undefined || typeof value === 'string';
}
