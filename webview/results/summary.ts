/** The footer: exact figures of what is selected. The host counts them, over rows that the page has never seen. */
import type { CellRange, Column, ColumnSummary, TabId, TabState } from '../../src/ui/panels/results/protocol.ts';
import { t } from '../../src/base/messages.ts';
import { formatCount } from '../../src/base/units.ts';
import { fill, h, type Child } from '../kit/dom.ts';
import { countCells } from './grid/selection.ts';
import { grouped, isNumber, visible } from './grid/text.ts';
import { cut, isPartial, rowsInWords } from './words.ts';

const askAfterMs = 120;
/** More columns than this are not summed: nobody reads them in one line. */
const maxColumns = 4;

export interface SummaryHost {
  summary(tab: TabId, range: CellRange): Promise<readonly ColumnSummary[]>;
}

export class Summary {
  readonly element = h('footer', { class: 'num sm', role: 'status', aria: { label: t('Summary of the selection') } });
  readonly #host: SummaryHost;
  #key = '';
  #timer: ReturnType<typeof setTimeout> | undefined;
  #ticket = 0;

  constructor(host: SummaryHost) {
    this.#host = host;
  }

  show(tab: TabState, range: CellRange | null): void {
    const cells = range === null ? 0 : countCells(range);
    // A growing result only appends: the figures of rows that are there stay as they are.
    const ordered = tab.view.sort.length > 0 || tab.view.filters.length > 0;
    const key = JSON.stringify([tab.id, tab.startedAt, tab.status, tab.view, range, ordered ? tab.viewRowCount : 0]);
    if (key === this.#key) return;
    this.#key = key;
    clearTimeout(this.#timer);
    const ticket = ++this.#ticket;
    if (range === null || cells <= 1) {
      this.#draw(tab, range, null);
      return;
    }
    // Figures of the last selection would be wrong under this one's count.
    this.#draw(tab, range, []);
    this.#timer = setTimeout(() => void this.#ask(tab, range, ticket), askAfterMs);
  }

  async #ask(tab: TabState, range: CellRange, ticket: number): Promise<void> {
    try {
      const asked = { ...range, toColumn: Math.min(range.toColumn, range.fromColumn + maxColumns) };
      const figures = await this.#host.summary(tab.id, asked);
      if (ticket === this.#ticket) this.#draw(tab, range, figures);
    } catch (error) {
      if (ticket === this.#ticket) this.#draw(tab, range, [], error instanceof Error ? error.message : String(error));
    }
  }

  /** `figures` empty: on their way. */
  #draw(tab: TabState, range: CellRange | null, figures: readonly ColumnSummary[] | null, failure?: string): void {
    const partial = isPartial(tab);
    const parts: Child[] = [];
    if (range === null || figures === null) {
      if (partial) parts.push(h('span', {}, t('{0}, not all', rowsInWords(tab.rowCount))));
      parts.push(h('span', { class: 'k' }, range === null ? t('Nothing selected') : placeOf(tab, range)));
    } else {
      const rows = range.toRow - range.fromRow;
      const columns = range.toColumn - range.fromColumn;
      parts.push(
        h(
          'span',
          {},
          h('b', {}, t('{0} cells', formatCount(rows * columns))),
          ' ',
          h('span', { class: 'k' }, `${rowsInWords(rows)} × ${formatCount(columns)}`),
        ),
      );
      if (failure !== undefined) parts.push(h('span', {}, failure));
      for (const [i, figure] of figures.entries()) parts.push(...figuresOf(figure, tab.columns[figure.column], i > 0));
      const more = columns - figures.length;
      if (figures.length > 0 && more > 0)
        parts.push(h('span', { class: 'k opt' }, more === 1 ? t('1 more column') : t('{0} more columns', formatCount(more))));
      if (partial) parts.push(h('span', { class: 'dim end' }, t('of the rows that had arrived')));
      else if (figures.some((figure) => figure.sum !== null)) parts.push(h('span', { class: 'dim opt end' }, t('sums are exact')));
    }
    fill(this.element, ...parts);
  }
}

function placeOf(tab: TabState, { fromRow, fromColumn }: CellRange): string {
  return t('row {0}, {1}', formatCount(fromRow + 1), visible(tab.columns[fromColumn]?.name ?? ''));
}

function figuresOf(figure: ColumnSummary, column: Column | undefined, optional: boolean): Child[] {
  if (column === undefined) return [];
  const opt = optional ? ' opt' : '';
  const shown = (text: string): string => (isNumber(column) && column.kind !== 'integer' ? grouped(text) : cut(visible(text), 32));
  const entry = (key: string, value: Child): HTMLElement => h('span', { class: opt.trim() }, h('span', { class: 'k' }, key), ' ', value);
  return [
    h('span', { class: `gl${opt}` }, h('b', {}, cut(visible(column.name), 32))),
    figure.sum !== null && entry(t('sum'), h('b', {}, grouped(figure.sum))),
    figure.min !== null && entry(t('min'), shown(figure.min)),
    figure.max !== null && entry(t('max'), shown(figure.max)),
    entry(t('distinct'), formatCount(figure.distinct)),
    entry(t('nulls'), formatCount(figure.nulls)),
  ];
}
