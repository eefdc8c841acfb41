/** A value whole: text with its unseen characters, lists, structs and maps as a tree that opens as far as one looks. */
import type { Cell, Column } from '../../src/ui/panels/results/protocol.ts';
import { t } from '../../src/base/messages.ts';
import { formatCount } from '../../src/base/units.ts';
import { fill, h } from '../kit/dom.ts';
import { openPopover, type Popover } from '../kit/popover.ts';
import { button } from '../kit/toolkit.ts';
import { emptyMark, nullMark, textNodes } from './grid/cells.ts';
import { visible } from './grid/text.ts';
import { valueTree } from './value-tree.ts';

export interface InspectorOptions {
  readonly column: Column;
  readonly row: number;
  readonly preview: Cell;
  readonly anchor: DOMRect;
  readonly returnTo: HTMLElement;
  /** The value whole. */
  load(): Promise<Cell>;
  copy(): void;
}

/** A megabyte laid out at once would hold the page up. */
const chunkCharacters = 20_000;

export function openInspector(options: InspectorOptions): Popover {
  const { column, row, preview } = options;
  const name = visible(column.name);
  const size = h('span', { class: 'dim sm num' });
  const body = h('div', { class: 'value-body', tabindex: 0, role: 'group', aria: { label: t('Value') } });
  const element = h(
    'div',
    { class: 'pop inspector', role: 'dialog', aria: { label: t('Value of {0}, row {1}', name, formatCount(row + 1)) } },
    h(
      'div',
      { class: 'title' },
      h('b', {}, name),
      h('span', { class: 'dim sm num' }, t('{0}, row {1}', visible(column.type), formatCount(row + 1))),
      h('span', { class: 'grow' }),
      size,
    ),
    body,
    h(
      'div',
      { class: 'fbtn' },
      button('secondary', t('Copy value'), () => options.copy()),
    ),
  );
  const show = (value: Cell): void => {
    size.textContent = sizeOf(value);
    body.classList.toggle('tree', isTree(value));
    draw(body, value);
  };
  element.addEventListener('keydown', (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'c' && document.getSelection()?.toString() === '') options.copy();
  });
  show(preview);
  let open = true;
  const popover = openPopover(element, {
    anchor: options.anchor,
    align: 'start',
    returnTo: options.returnTo,
    onClose: () => (open = false),
  });
  const focus = (): void => (body.querySelector<HTMLElement>('[role=treeitem]') ?? body).focus();
  focus();
  if (mayBeCut(preview)) {
    body.setAttribute('aria-busy', 'true');
    options.load().then(
      (value) => {
        if (!open) return;
        body.removeAttribute('aria-busy');
        show(value);
        focus();
      },
      (error: unknown) => {
        body.removeAttribute('aria-busy');
        size.textContent = error instanceof Error ? error.message : String(error);
      },
    );
  }
  return popover;
}

function mayBeCut(value: Cell): boolean {
  return typeof value === 'object' && value !== null;
}

function isTree(value: Cell): boolean {
  return typeof value === 'object' && value !== null && value.kind !== 'long';
}

function sizeOf(value: Cell): string {
  if (value === null) return '';
  if (typeof value === 'string') return characters(value.length);
  switch (value.kind) {
    case 'long':
      return characters(value.length);
    case 'list':
      return value.length === 1 ? t('1 value') : t('{0} values', formatCount(value.length));
    case 'map':
      return value.length === 1 ? t('1 entry') : t('{0} entries', formatCount(value.length));
    case 'struct':
      return value.entries.length === 1 ? t('1 field') : t('{0} fields', formatCount(value.entries.length));
  }
}

function characters(count: number): string {
  return count === 1 ? t('1 character') : t('{0} characters', formatCount(count));
}

function draw(body: HTMLElement, value: Cell): void {
  if (value === null) fill(body, nullMark());
  else if (value === '') fill(body, emptyMark());
  else if (typeof value === 'string') drawText(body, value, value.length);
  else if (value.kind === 'long') drawText(body, value.text, value.length);
  else fill(body, valueTree(value));
}

function drawText(body: HTMLElement, text: string, length: number): void {
  const holder = h('div', { class: 'value-text' });
  fill(body, holder);
  let at = 0;
  const more = h('button', { class: 'quiet more-text' });
  const next = (): void => {
    const end = Math.min(text.length, at + chunkCharacters);
    // Line breaks are shown and also taken: a text reads as it was written.
    for (const line of text.slice(at, end).split(/(?<=\n)/))
      holder.append(h('span', {}, ...textNodes(line)), line.endsWith('\n') ? h('br') : '');
    at = end;
    const left = length - at;
    more.hidden = left <= 0;
    more.textContent =
      at < text.length
        ? t('Show more ({0} characters left)', formatCount(left))
        : t('{0} more characters: copy the value to have them', formatCount(left));
    more.disabled = at >= text.length;
  };
  more.addEventListener('click', next);
  next();
  body.append(more);
}
