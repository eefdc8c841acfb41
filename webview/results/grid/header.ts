/** Names, types, sort marks and funnels of the columns in sight. */
import type { Column, ResultView } from '../../../src/ui/panels/results/protocol.ts';
import { t } from '../../../src/base/messages.ts';
import { attr, fill, h, spoken } from '../../kit/dom.ts';
import { icon } from '../../kit/icons.ts';
import type { ColumnBox } from './columns.ts';
import { isNumber, visible } from './text.ts';

export const headerPx = 40;

export interface HeaderFrame {
  readonly boxes: readonly ColumnBox[];
  readonly columns: readonly Column[];
  readonly numbersPx: number;
  readonly view: ResultView;
  /** Active column, only while the header is active. */
  readonly activeColumn: number | null;
  /** Its filter is open. */
  readonly filtering: number | null;
}

export const headerId = (column: number): string => `head-${column}`;

export class Header {
  readonly element = h('div', { class: 'head', role: 'rowgroup' });
  readonly #row = h('div', { class: 'headrow', role: 'row', aria: { rowindex: 1 } });
  #key = '';
  #columns: readonly Column[] = [];

  constructor() {
    this.element.append(this.#row);
  }

  draw(frame: HeaderFrame): void {
    const { columns, ...rest } = frame;
    const key = JSON.stringify(rest);
    if (key === this.#key && columns === this.#columns) return;
    this.#key = key;
    this.#columns = columns;
    this.#draw(frame);
  }

  /** The element a filter hangs below; null while its column is out of sight. */
  cell(column: number): HTMLElement | null {
    return this.#row.querySelector<HTMLElement>(`[data-head="${column}"]`);
  }

  #draw(frame: HeaderFrame): void {
    const corner = h(
      'div',
      {
        class: 'th rn',
        role: 'columnheader',
        title: t('Select all (Ctrl+A)'),
        aria: { colindex: 1 },
        data: { corner: '' },
        style: { width: `${frame.numbersPx}px` },
      },
      spoken(t('row')),
    );
    fill(this.#row, corner, ...frame.boxes.map((box) => headerCell(box, frame)));
  }
}

function headerCell(box: ColumnBox, { columns, view, activeColumn, filtering }: HeaderFrame): HTMLElement | null {
  const column = columns[box.index];
  if (column === undefined) return null;
  const place = view.sort.findIndex((key) => key.column === box.index);
  const key = view.sort[place];
  const filtered = view.filters.some((filter) => filter.column === box.index);
  const name = visible(column.name);
  const classes = ['th', isNumber(column) && 'r', activeColumn === box.index && 'active', filtered && 'filtered'];
  const funnel = h(
    'span',
    {
      class: filtering === box.index ? 'f open' : 'f',
      title: filtered ? t('Filtered. Change the filter (Alt+Down)') : t('Filter (Alt+Down)'),
      data: { funnel: box.index },
    },
    icon(filtered ? 'filterOn' : 'filter', 's'),
  );
  const element = h(
    'div',
    {
      class: classes.filter((part) => part !== false).join(' '),
      role: 'columnheader',
      id: headerId(box.index),
      title: `${name}\n${visible(column.type)}`,
      aria: { colindex: box.index + 2 },
      data: { head: box.index },
      style: { left: `${box.start}px`, width: `${box.width}px` },
    },
    h(
      'span',
      { class: 'nm' },
      h('span', { class: 'name' }, name),
      key !== undefined &&
        h(
          'span',
          { class: 'sort', aria: { hidden: true } },
          (key.descending ? '▼' : '▲') + (view.sort.length > 1 ? String(place + 1) : ''),
        ),
      funnel,
    ),
    h('span', { class: 'ty' }, visible(column.type)),
    filtered && spoken(t('filtered')),
    h('span', { class: 'grip', data: { grip: box.index }, aria: { hidden: true } }),
  );
  attr(element, 'aria-sort', key === undefined ? 'none' : key.descending ? 'descending' : 'ascending');
  return element;
}
