/** One value into one cell. Only text nodes and our own spans: a value can't become markup. */
import type { Cell, Column } from '../../../src/ui/panels/results/protocol.ts';
import { t } from '../../../src/base/messages.ts';
import { append, fill, h, type Child } from '../../kit/dom.ts';
import { hasUnseen, isNumber, nestedPreview, numberParts, pieces, shorten } from './text.ts';

export function nullMark(): HTMLElement {
  return h('span', { class: 'null', aria: { label: t('null') }, role: 'img' }, 'NULL');
}

export function emptyMark(): HTMLElement {
  return h('span', { class: 'empty', title: t('empty text, 0 characters') }, "''");
}

/** Text with its leading spaces and unseen characters made visible. */
export function textNodes(text: string): Child[] {
  const lead = /^ +/.exec(text)?.[0].length ?? 0;
  const nodes: Child[] = lead > 0 ? [h('span', { class: 'empty', aria: { hidden: true } }, '·'.repeat(lead))] : [];
  const rest = lead > 0 ? text.slice(lead) : text;
  if (!hasUnseen(rest)) nodes.push(rest);
  else for (const piece of pieces(rest)) nodes.push(piece.escaped ? h('span', { class: 'esc' }, piece.text) : piece.text);
  return nodes;
}

export function paintCell(element: HTMLElement, cell: Cell, column: Column): void {
  if (cell === null) fill(element, nullMark());
  else if (typeof cell === 'string') paintText(element, cell, column);
  else {
    const { text, rest, end } = nestedPreview(cell);
    fill(element, h('span', { class: 'more', aria: { hidden: true } }), text, rest !== '' && h('span', { class: 'dim' }, rest), end);
  }
}

function paintText(element: HTMLElement, text: string, column: Column): void {
  if (text === '') {
    fill(element, emptyMark());
    return;
  }
  if (isNumber(column)) {
    const parts = column.kind === 'integer' ? null : numberParts(text);
    if (parts === null) element.textContent = text;
    else {
      element.textContent = parts.whole;
      if (parts.fraction !== '') element.append(h('span', { class: 'frac' }, parts.fraction));
    }
    return;
  }
  const shown = shorten(text);
  if (shown.charCodeAt(0) !== 0x20 && !hasUnseen(shown)) element.textContent = shown;
  else {
    element.replaceChildren();
    append(element, textNodes(shown));
  }
}
