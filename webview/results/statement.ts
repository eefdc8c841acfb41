/** The statement with the editor's line numbers, and the place an error points at. */
import type { StatementPosition } from '../../src/base/errors.ts';
import { t } from '../../src/base/messages.ts';
import { formatCount } from '../../src/base/units.ts';
import { h } from '../kit/dom.ts';
import { textNodes } from './grid/cells.ts';

export interface Place {
  /** Both from 1, as the editor counts. */
  readonly line: number;
  readonly column: number;
}

const around = 2;
const maxLines = 12;
const maxLineCharacters = 400;

/** Where a position is in its document. */
export function placeOf(statement: string, position: StatementPosition, firstLine: number): Place {
  const before = statement.slice(0, position.start);
  const line = before.split('\n').length - 1;
  return { line: firstLine + line + 1, column: position.start - (before.lastIndexOf('\n') + 1) + 1 };
}

/** With a position: two lines on either side of it. Without: the first lines. */
export function statementLines(statement: string, firstLine: number, position?: StatementPosition): HTMLElement {
  const lines = statement.split('\n');
  const marked = position === undefined ? -1 : statement.slice(0, position.start).split('\n').length - 1;
  const from = marked < 0 ? 0 : Math.max(0, marked - around);
  const end = marked < 0 ? Math.min(lines.length, maxLines) : Math.min(lines.length, marked + around + 1);
  const element = h('div', {
    class: 'code',
    role: 'group',
    aria: { label: position === undefined ? t('The statement') : t('The statement, with the error marked') },
  });
  let start = lines.slice(0, from).reduce((sum, line) => sum + line.length + 1, 0);
  for (let i = from; i < end; i++) {
    const line = lines[i] ?? '';
    const number = h('span', { class: 'ln' }, String(firstLine + i + 1));
    element.append(h('div', { class: i === marked ? 'at' : '' }, number, ...content(line, start, i === marked ? position : undefined)));
    start += line.length + 1;
  }
  if (marked < 0 && end < lines.length)
    element.append(h('div', { class: 'dim' }, h('span', { class: 'ln' }), t('{0} more lines', formatCount(lines.length - end))));
  return element;
}

function content(line: string, start: number, position: StatementPosition | undefined): HTMLElement[] {
  const text = (part: string): HTMLElement => h('span', {}, ...nodesOf(part));
  if (position === undefined) return [text(line.slice(0, maxLineCharacters) + (line.length > maxLineCharacters ? '…' : ''))];
  const from = position.start - start;
  // A position without a width still marks one character, even past the line's end.
  const to = Math.max(from + 1, Math.min(position.end - start, line.length));
  const lead = from > maxLineCharacters ? `…${line.slice(from - maxLineCharacters / 2, from)}` : line.slice(0, from);
  const at = line.slice(from, to);
  return [text(lead), h('span', { class: 'sq' }, ...nodesOf(at === '' ? ' ' : at)), text(line.slice(to, to + maxLineCharacters))];
}

/** Leading spaces of code are indentation, not data: they stay blank. */
function nodesOf(text: string): ReturnType<typeof textNodes> {
  const indent = /^\s*/.exec(text)?.[0] ?? '';
  return [indent.replaceAll('\r', ''), ...textNodes(text.slice(indent.length).replace(/\r$/, ''))];
}
