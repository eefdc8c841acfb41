/** Which lines of a tree a person looks for. */
import type { Line } from './model.ts';

export interface FilteredLines {
  readonly lines: readonly Line[];
  /** Lines without children that match, and how many such lines there are: "12 of 840". */
  readonly shown: number;
  readonly total: number;
}

/** What was found of lines that are still there: of ten thousand only those that changed are read again. */
export interface FilterMemory {
  readonly kept: WeakMap<Line, { readonly words: string; readonly lines: readonly Line[] }>;
  readonly leaves: WeakMap<Line, number>;
}

export function newFilterMemory(): FilterMemory {
  return { kept: new WeakMap(), leaves: new WeakMap() };
}

/**
 * Lines that hold every word of the text, in any order and case, in themselves or in what stands above them; with all above and below
 * them. Words may be `ns:analytics`, or a health's state.
 */
export function filterLines(lines: readonly Line[], text: string, memory: FilterMemory = newFilterMemory()): FilteredLines {
  const words = text
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '');
  const total = countLeaves(lines, memory);
  if (words.length === 0) return { lines, shown: total, total };
  const kept = lines.flatMap((line) => keep(line, words, memory));
  return { lines: kept, shown: countLeaves(kept, memory), total };
}

function keep(line: Line, words: readonly string[], memory: FilterMemory): readonly Line[] {
  const key = words.join(' ');
  const known = memory.kept.get(line);
  if (known?.words === key) return known.lines;
  const own = textOf(line);
  const missing = words.filter((word) => !own.includes(word));
  const children = missing.length === 0 ? [] : line.children.flatMap((child) => keep(child, missing, memory));
  const lines = missing.length === 0 ? [line] : children.length === 0 ? [] : [{ ...line, children }];
  memory.kept.set(line, { words: key, lines });
  return lines;
}

function textOf({ label, description, health, subject }: Line): string {
  const extra = subject.kind === 'engine' ? ` ${subject.instance.engine} ns:${subject.instance.namespace}` : '';
  return `${label} ${description} ${health?.state ?? ''} ${health?.word ?? ''}${extra}`.toLowerCase();
}

function countLeaves(lines: readonly Line[], { leaves }: Pick<FilterMemory, 'leaves'>): number {
  return lines.reduce((sum, line) => {
    const count = leaves.get(line) ?? (line.children.length === 0 ? 1 : countLeaves(line.children, { leaves }));
    if (line.children.length > 0) leaves.set(line, count);
    return sum + count;
  }, 0);
}
