/** The popover below a header: the column's values with their counts, and a box for a condition. */
import type { Column, DistinctValues, Filter } from '../../src/ui/panels/results/protocol.ts';
import { t } from '../../src/base/messages.ts';
import { formatCount } from '../../src/base/units.ts';
import { fill, h } from '../kit/dom.ts';
import { openPopover, type Popover } from '../kit/popover.ts';
import { button, checkBox, textBox, type TextBox } from '../kit/toolkit.ts';
import { parseFilter, searchOf, typedOf } from './filter-text.ts';
import { emptyMark, nullMark, textNodes } from './grid/cells.ts';
import { rowsInWords, valueInWords } from './words.ts';
import { shorten, visible } from './grid/text.ts';

export interface FilterOptions {
  readonly column: Column;
  readonly index: number;
  readonly current: Filter | undefined;
  readonly anchor: DOMRect;
  readonly returnTo: HTMLElement;
  distinct(search: string): Promise<DistinctValues>;
  /** null removes the column's filter. */
  apply(filter: Filter | null): void;
  closed(): void;
}

const shownValues = 50;
const askAfterMs = 150;
const barPx = 68;

export function openFilter(options: FilterOptions): Popover {
  return new FilterPopover(options).popover;
}

class FilterPopover {
  readonly popover: Popover;
  readonly #options: FilterOptions;
  readonly #facts = h('span', { class: 'dim sm num' });
  readonly #list = h('ul', { role: 'group' });
  readonly #note = h('div', { class: 'dim sm num', role: 'status' });
  readonly #box: TextBox;
  /** What is ticked, with its rows where they are known. It survives a search. */
  readonly #ticked = new Map<string | null, number>();
  #values: DistinctValues | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #asked = 0;

  constructor(options: FilterOptions) {
    this.#options = options;
    const { current, column } = options;
    if (current?.op === 'in') for (const value of current.values) this.#ticked.set(value, 0);
    this.#box = textBox(t('Condition on {0}', visible(column.name)), t('contains, or = > < %'), () => this.#typed());
    this.#box.value = typedOf(current);
    this.#list.setAttribute('aria-label', t('Values'));
    const name = visible(column.name);
    const element = h(
      'div',
      { class: 'pop filter', role: 'dialog', aria: { label: t('Filter {0}', name) } },
      h('div', { class: 'title' }, h('b', {}, name), this.#facts),
      this.#box.element,
      this.#list,
      this.#note,
      h(
        'div',
        { class: 'fbtn' },
        button('secondary', t('Clear'), () => this.#finish(null)),
        button('primary', t('Apply'), () => this.#apply()),
      ),
    );
    element.addEventListener('keydown', (event) => this.#key(event));
    this.popover = openPopover(element, {
      anchor: options.anchor,
      align: 'start',
      returnTo: options.returnTo,
      onClose: () => {
        clearTimeout(this.#timer);
        this.#asked = -1;
        options.closed();
      },
    });
    this.#box.focus();
    void this.#ask();
  }

  #typed(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#ask(), askAfterMs);
  }

  async #ask(): Promise<void> {
    const ticket = ++this.#asked;
    try {
      const values = await this.#options.distinct(searchOf(this.#box.value));
      if (ticket !== this.#asked) return;
      this.#values = values;
      for (const { value, count } of values.values) if (this.#ticked.has(value)) this.#ticked.set(value, count);
      this.#draw();
    } catch (error) {
      if (ticket === this.#asked) this.#note.textContent = error instanceof Error ? error.message : String(error);
    }
  }

  #draw(): void {
    if (this.#values === null) return;
    const { values, distinct, nulls } = this.#values;
    this.#facts.textContent = `${distinct === 1 ? t('1 value') : t('{0} values', formatCount(distinct))}, ${formatCount(nulls)} NULL`;
    const most = Math.max(1, ...values.map(({ count }) => count));
    fill(this.#list, ...values.slice(0, shownValues).map((entry) => this.#line(entry.value, entry.count, most)));
    this.#drawNote();
  }

  #line(value: string | null, count: number, most: number): HTMLElement {
    const words = valueInWords(value);
    const shown = value === null ? [nullMark()] : value === '' ? [emptyMark()] : textNodes(shorten(value));
    const label = h('span', { class: 'value' }, ...shown);
    if (value !== null) label.title = visible(value.slice(0, 1000));
    const tick = checkBox(
      `${words}, ${rowsInWords(count)}`,
      this.#ticked.has(value),
      (checked) => {
        if (checked) this.#ticked.set(value, count);
        else this.#ticked.delete(value);
        this.#drawNote();
      },
      h(
        'span',
        { class: 'line' },
        label,
        h('i', { class: 'hb', style: { width: `${Math.max(1, (count / most) * barPx).toFixed(0)}px` } }),
        h('span', { class: 'sm num dim count' }, formatCount(count)),
      ),
    );
    return h('li', {}, tick);
  }

  #drawNote(): void {
    if (this.#values === null) return;
    const { values, distinct, nulls } = this.#values;
    const listed = Math.min(values.length, shownValues);
    const more = searchOf(this.#box.value) === '' ? distinct + (nulls > 0 ? 1 : 0) - listed : values.length - listed;
    const rows = [...this.#ticked.values()].reduce((sum, count) => sum + count, 0);
    const parts = [
      listed === 0 && t('No value contains this text.'),
      more > 0 && t('{0} more', formatCount(more)),
      this.#ticked.size > 0 && t('{0} ticked = {1}', formatCount(this.#ticked.size), rowsInWords(rows)),
    ];
    this.#note.textContent = parts.filter((part) => part !== false).join(' · ');
  }

  #apply(): void {
    const { index } = this.#options;
    const typed = parseFilter(index, this.#box.value);
    // A plain text only searched for the values that are ticked; "> 5" is meant as it stands.
    const isCondition = typed !== null && typed.op !== 'contains';
    if (this.#ticked.size > 0 && !isCondition) this.#finish({ column: index, op: 'in', values: [...this.#ticked.keys()] });
    else this.#finish(typed);
  }

  #finish(filter: Filter | null): void {
    this.popover.close();
    this.#options.apply(filter);
  }

  #key(event: KeyboardEvent): void {
    const boxes = [...this.#list.querySelectorAll<HTMLElement>('vscode-checkbox')];
    const at = boxes.indexOf(document.activeElement as HTMLElement);
    if (event.key === 'Enter') {
      if (document.activeElement?.localName === 'vscode-button') return;
      event.preventDefault();
      this.#apply();
    } else if (event.key === 'ArrowDown') {
      event.preventDefault();
      boxes[at + 1]?.focus();
    } else if (event.key === 'ArrowUp') {
      event.preventDefault();
      if (at > 0) boxes[at - 1]?.focus();
      else if (at === 0) this.#box.focus();
    } else if (event.key === 'Tab') this.#keepInside(event);
  }

  /** Tab goes round inside the popover. */
  #keepInside(event: KeyboardEvent): void {
    const stops = [...this.popover.element.querySelectorAll<HTMLElement>('vscode-text-field, vscode-checkbox, vscode-button')];
    const at = stops.indexOf(document.activeElement as HTMLElement);
    if (event.shiftKey ? at > 0 : at < stops.length - 1) return;
    event.preventDefault();
    stops.at(event.shiftKey ? -1 : 0)?.focus();
  }
}
