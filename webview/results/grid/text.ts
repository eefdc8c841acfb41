/** How values read in a cell, as text. Exact texts are never rounded; only their look changes. */
import type { Cell, Column, NestedCell } from '../../../src/ui/panels/results/protocol.ts';

/** No cell is wider than this many characters; the whole value is one Enter away. */
const maxCharacters = 400;
const nestedBudget = 90;

/**
 * Characters that can't be seen, or that change how others are seen (C0, C1, zero width, direction, separators,
 * lone surrogates).
 */
const unseen =
  // oxlint-disable-next-line no-control-regex -- these are exactly the ones that are looked for
  /[\u0000-\u001f\u007f-\u009f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u2028-\u202f\u205f-\u206f\u3164\ufeff\uffa0\ufff0-\ufffc\u{e0000}-\u{e0fff}]|\p{Surrogate}/gu;

/** The visible form of one such character: ␀ ␊ ␡, else its escape. */
export function escapeOf(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x20) return String.fromCodePoint(0x2400 + code);
  if (code === 0x7f) return '\u2421';
  const hex = code.toString(16);
  return code > 0xffff ? `\\u{${hex}}` : `\\u${hex.padStart(4, '0')}`;
}

/** Text in pieces; `escaped` pieces stand for characters that can't be seen. */
export function pieces(text: string): { readonly text: string; readonly escaped: boolean }[] {
  const found: { text: string; escaped: boolean }[] = [];
  let at = 0;
  for (const match of text.matchAll(unseen)) {
    if (match.index > at) found.push({ text: text.slice(at, match.index), escaped: false });
    found.push({ text: escapeOf(match[0]), escaped: true });
    at = match.index + match[0].length;
  }
  if (at < text.length) found.push({ text: text.slice(at), escaped: false });
  return found;
}

export function visible(text: string): string {
  return text.replace(unseen, escapeOf);
}

export function hasUnseen(text: string): boolean {
  return text.search(unseen) >= 0;
}

/** Starts of long texts; a pair of surrogates is never cut in two. */
export function shorten(text: string): string {
  if (text.length <= maxCharacters) return text;
  const last = text.charCodeAt(maxCharacters - 1);
  return text.slice(0, last >= 0xd800 && last < 0xdc00 ? maxCharacters - 1 : maxCharacters) + '…';
}

/** `-1234567.8900` as `−`-less exact parts: `-1,234,567` and `.8900`. Null where it is no plain number (`inf`, `1e+20`). */
export function numberParts(text: string): { readonly whole: string; readonly fraction: string } | null {
  const match = /^(-?)(\d+)(\.\d+)?$/.exec(text);
  if (match === null) return null;
  const [, sign = '', digits = '', fraction = ''] = match;
  return { whole: sign + digits.replace(/\B(?=(\d{3})+$)/g, ','), fraction };
}

export function grouped(text: string): string {
  const parts = numberParts(text);
  return parts === null ? text : parts.whole + parts.fraction;
}

export const isNumber = (column: Column): boolean => column.kind === 'integer' || column.kind === 'decimal' || column.kind === 'float';

/** `[5532881, 1301121, +4]`: the dim part says what was left out. */
export function nestedPreview(cell: NestedCell): { readonly text: string; readonly rest: string; readonly end: string } {
  switch (cell.kind) {
    case 'long':
      return { text: shorten(visible(cell.text.slice(0, maxCharacters))), rest: '', end: '' };
    case 'list': {
      const { shown, text } = take(
        cell.values.map((value) => () => inner(value)),
        2,
      );
      const left = cell.length - shown;
      return { text: `[${text}`, rest: left > 0 ? `${shown > 0 ? ', ' : ''}+${left}` : '', end: ']' };
    }
    case 'struct': {
      const { shown, text } = take(
        cell.entries.map(
          ([name, value]) =>
            () =>
              `${visible(name)}: ${inner(value)}`,
        ),
        3,
      );
      return { text: `{${text}`, rest: shown < cell.entries.length ? `${shown > 0 ? ', ' : ''}…` : '', end: '}' };
    }
    case 'map': {
      const { shown, text } = take(
        cell.entries.map(
          ([key, value]) =>
            () =>
              `${inner(key)} → ${inner(value)}`,
        ),
        2,
      );
      const left = cell.length - shown;
      return { text: `{${text}`, rest: left > 0 ? `${shown > 0 ? ', ' : ''}+${left}` : '', end: '}' };
    }
  }
}

function take(items: readonly (() => string)[], atMost: number): { shown: number; text: string } {
  let text = '';
  let shown = 0;
  for (const item of items.slice(0, atMost)) {
    const next = item();
    if (shown > 0 && text.length + next.length > nestedBudget) break;
    text += (shown > 0 ? ', ' : '') + next;
    shown++;
  }
  return { shown, text };
}

function inner(cell: Cell): string {
  if (cell === null) return 'NULL';
  if (typeof cell === 'string') return cell === '' ? "''" : visible(cell.length > 60 ? `${cell.slice(0, 60)}…` : cell);
  switch (cell.kind) {
    case 'long':
      return visible(cell.text.slice(0, 60)) + '…';
    case 'list':
      return cell.length === 0 ? '[]' : `[+${cell.length}]`;
    case 'struct':
      return '{…}';
    case 'map':
      return cell.length === 0 ? '{}' : `{+${cell.length}}`;
  }
}

/** The whole look of a cell as text: for widths and for the screen reader's summary. */
export function cellText(cell: Cell, column: Column): string {
  if (cell === null) return 'NULL ';
  if (typeof cell === 'string') {
    if (cell === '') return "''";
    return column.kind === 'decimal' || column.kind === 'float' ? grouped(cell) : shorten(visible(cell.slice(0, maxCharacters + 1)));
  }
  const { text, rest, end } = nestedPreview(cell);
  return text + rest + end;
}
