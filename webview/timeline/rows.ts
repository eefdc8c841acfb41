/** Rows of lanes as elements that stay while their contents change: focus is never lost to a new sample. */
import { t } from '../../src/base/messages.ts';
import type { Reading } from '../../src/analysis/recovery/show/reading.ts';
import { attr, fill, h, whenChanged } from '../kit/dom.ts';
import type { LaneSpec, RowSpec, SubHead, Table } from './lanes/lane.ts';
import { chevron, tableIcon, type Tips } from './tips.ts';

export interface RowParts {
  readonly tips: Tips;
  readonly fold: (lane: string) => void;
  readonly table: (lane: string) => void;
}

/** How a lane's header stands now. */
export interface LaneState {
  readonly isFolded: boolean;
  readonly hasTable: boolean;
  readonly isTableOpen: boolean;
  readonly isCurrent: boolean;
}

export class Row {
  readonly element: HTMLElement;
  readonly lane: string;
  readonly #head: Head | Sub;
  readonly #plot = h('div', { class: 'plot' });
  readonly #read = h('div', { class: 'rd' });
  #spec: RowSpec | null = null;

  constructor(lane: LaneSpec, spec: RowSpec, parts: RowParts) {
    this.lane = lane.id;
    this.#head = spec.sub === null ? new Head(lane.id, parts) : new Sub(spec.sub, parts.tips);
    this.element = h('div', { data: { key: spec.key, lane: lane.id } }, this.#head.element, this.#plot, this.#read);
  }

  show(lane: LaneSpec, spec: RowSpec, state: LaneState): void {
    this.#spec = spec;
    const top = this.#head instanceof Head ? ' top' : '';
    attr(this.element, 'class', `row${top}${spec.classes === undefined ? '' : ` ${spec.classes}`}${state.isCurrent ? ' current' : ''}`);
    if (this.#head instanceof Head) this.#head.show(lane, state);
    else if (spec.sub !== null) this.#head.show(spec.sub);
    this.#plot.replaceChildren(spec.plot);
  }

  read(reading: Reading | null): void {
    fill(this.#read, ...(reading === null ? [] : (this.#spec?.read?.(reading) ?? [])));
  }
}

class Head {
  readonly element: HTMLElement;
  readonly #chevron = h('button', { class: 'chev' });
  readonly #name = h('span', { class: 'name' });
  readonly #unit = h('span', { class: 'unit' });
  readonly #table: HTMLButtonElement;
  readonly #draw: (state: readonly [string, string, boolean, LaneState]) => void;

  constructor(lane: string, { fold, table }: RowParts) {
    this.#chevron.type = 'button';
    this.#chevron.addEventListener('click', () => fold(lane));
    this.#table = h('button', { class: 'tbl', on: { click: () => table(lane) } }, tableIcon());
    this.#table.type = 'button';
    const name = h('span', { class: 'name-line' }, this.#name, this.#unit);
    this.element = h('div', { class: 'lh' }, this.#chevron, name, this.#table);
    this.#draw = whenChanged(([title, unit, inline, { isFolded, hasTable, isTableOpen }]) => {
      fill(this.#chevron, chevron(!isFolded));
      attr(this.#chevron, 'aria-expanded', !isFolded);
      attr(this.#chevron, 'aria-label', title);
      this.#name.textContent = title;
      this.#unit.textContent = isFolded ? '' : unit;
      this.#unit.title = unit;
      this.element.classList.toggle('inline', inline);
      this.#table.hidden = isFolded || !hasTable;
      this.#table.title = t('Table');
      attr(this.#table, 'aria-label', t('{0} as a table', title));
      attr(this.#table, 'aria-pressed', isTableOpen);
    });
  }

  show({ name, unit, inline = false }: LaneSpec, state: LaneState): void {
    this.#draw([name, unit, inline, state]);
  }
}

class Sub {
  readonly element: HTMLElement;
  readonly #title = h('span');
  readonly #note = h('span', { class: 'dim' });
  #definition = '';
  readonly #draw: (sub: SubHead) => void;

  constructor(sub: SubHead, tips: Tips) {
    const mark = sub.definition === undefined ? null : tips.mark(sub.title, () => this.#definition);
    this.element = h(
      'div',
      { class: `lh sub${sub.stack === true ? ' stack' : ''}` },
      h('span', { class: 'sub-title' }, this.#title, mark),
      this.#note,
    );
    this.#draw = whenChanged(({ title, note = '', dim = false, stack = false }) => {
      this.#title.textContent = title;
      this.#title.title = stack ? title : '';
      this.#title.classList.toggle('dim', dim);
      this.#note.textContent = note;
      this.#note.title = note;
      this.#note.hidden = note === '';
    });
  }

  show(sub: SubHead): void {
    this.#definition = sub.definition ?? '';
    this.#draw({ ...sub, definition: '' });
  }
}

export class TableRow {
  readonly element = h('div', { class: 'tablewrap' });
  readonly #draw: (table: readonly [string, Table]) => void;

  constructor(lane: string) {
    this.element.dataset['tableOf'] = lane;
    this.#draw = whenChanged(([name, table]) => fill(this.element, drawTable(t('{0} as a table', name), table)));
  }

  show(name: string, table: Table): void {
    this.#draw([name, table]);
  }
}

export function drawTable(label: string, { columns, rows, hasSum = false }: Table): HTMLElement {
  const numeric = (i: number): string | undefined => (columns[i]?.isNumber === true ? 'n' : undefined);
  const head = columns.map(({ title }, i) => {
    const cell = h('th', { class: numeric(i) }, title);
    cell.scope = 'col';
    return cell;
  });
  const body = rows.map((row, r) =>
    h('tr', { class: hasSum && r === rows.length - 1 ? 'sum' : undefined }, ...row.map((text, i) => h('td', { class: numeric(i) }, text))),
  );
  return h(
    'div',
    { class: 'table-scroll', tabindex: 0, role: 'region', aria: { label } },
    h('table', { aria: { label } }, h('thead', {}, h('tr', {}, ...head)), h('tbody', {}, ...body)),
  );
}
