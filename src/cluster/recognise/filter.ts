/** Which lines of a tree a person looks for. */
import type { FilteredLines, Line } from './model.ts';

/**
 * Lines that hold every word of the text, in any order and case, in themselves or in what stands above them; with all above and below
 * them. Words may be `ns:analytics`, or a health's state.
 */
export function filterLines(lines: readonly Line[], text: string): FilteredLines {
  const words = text
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '');
  const total = countLeaves(lines);
  if (words.length === 0) return { lines, shown: total, total };
  const kept = lines.flatMap((line) => keep(line, words));
  return { lines: kept, shown: countLeaves(kept), total };
}

function keep(line: Line, words: readonly string[]): readonly Line[] {
  const own = textOf(line);
  const missing = words.filter((word) => !own.includes(word));
  if (missing.length === 0) return [line];
  const children = line.children.flatMap((child) => keep(child, missing));
  return children.length === 0 ? [] : [{ ...line, children }];
}

function textOf({ label, description, health, subject }: Line): string {
  const extra = subject.kind === 'engine' ? ` ${subject.instance.engine} ns:${subject.instance.namespace}` : '';
  return `${label} ${description} ${health?.state ?? ''} ${health?.word ?? ''}${extra}`.toLowerCase();
}

function countLeaves(lines: readonly Line[]): number {
  return lines.reduce((sum, { children }) => sum + (children.length === 0 ? 1 : countLeaves(children)), 0);
}
