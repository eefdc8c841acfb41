/** Lines that are kept from one model to the next. */
import { differences } from '../same.ts';
import type { Line } from './model.ts';

/** What there was, and a line for each of it. */
export interface Before<T> {
  readonly items: readonly T[];
  readonly lines: readonly Line[];
}

/**
 * A line for each. Those of items that are still the same object in the same place are not even looked at: ten thousand lines lie
 * all over the memory. For another item `lineOf` gets the line that had its id before, to keep of it what it can.
 */
export function linesFor<T>(items: readonly T[], before: Before<T> | undefined, lineOf: (item: T, before?: Line) => Line): readonly Line[] {
  if (before === undefined || before.lines.length !== before.items.length) return items.map((item) => lineOf(item));
  const { lines } = before;
  const known = new Map<string, Line>();
  const again = (item: T, at: number): Line => {
    const here = lines[at];
    const line = lineOf(item, here);
    if (line.id === here?.id) return line;
    if (known.size === 0) for (const one of lines) known.set(one.id, one);
    return known.has(line.id) ? lineOf(item, known.get(line.id)) : line;
  };
  if (items.length !== lines.length)
    return items.map((item, at) => (item === before.items[at] ? (lines[at] ?? again(item, at)) : again(item, at)));
  const next = [...lines];
  for (const at of differences(before.items, items)) {
    const item = items[at];
    if (item !== undefined) next[at] = again(item, at);
  }
  return next;
}
