/** The run by query: sorted by any column, one can be picked, and everything follows. */
import { t } from '../../src/base/messages.ts';
import { formatCount } from '../../src/base/units.ts';
import { answerWord } from '../../src/analysis/text.ts';
import type { StatementView } from '../../src/analysis/view.ts';
import { attr, fill, h, whenChanged, type Child } from '../kit/dom.ts';
import { icon } from '../kit/icons.ts';
import { quietButton } from '../kit/toolkit.ts';
import type { Column, Sort } from './arranged.ts';
import { sparkline } from './sparkline.ts';
import type { Trend } from './trend.ts';
import { digitsFor, inMs, none } from './words.ts';

export interface QueryTableParts {
  pick(index: number | null): void;
  sort(column: Column): void;
  /** null: the page has no editor to open it in. */
  readonly open: ((index: number) => void) | null;
}

interface Row {
  readonly view: StatementView;
  readonly trend: Trend;
  readonly cells: Readonly<Record<'p50' | 'p95' | 'p99' | 'max', string>>;
}

const heads: readonly { readonly column: Column; readonly label: string; readonly left?: boolean }[] = [
  { column: 'name', label: 'query' },
  { column: 'count', label: 'count' },
  { column: 'errors', label: 'errors' },
  { column: 'answer', label: 'answer', left: true },
  { column: 'p50', label: 'p50' },
  { column: 'p95', label: 'p95' },
  { column: 'p99', label: 'p99' },
  { column: 'max', label: 'max' },
];

const nothing: Trend = { values: [], words: '', isP90: true };

/** Most telling first. */
const answers = ['wrong', 'unchecked', 'repeatable', 'ok'] as const;

export class QueryTable {
  readonly #parts: QueryTableParts;
  readonly #sub = h('span', { class: 'dim sm' }, t('response time in ms; – = too few samples beyond the percentile'));
  readonly #picked = h('span', { class: 'r sm' });
  readonly #head = h('tr');
  readonly #body = h('tbody', { on: { keydown: (event) => this.#onKey(event) } });
  readonly element = h(
    'section',
    { class: 'queries' },
    h('div', { class: 'st' }, h('h2', {}, t('By query')), this.#sub, this.#picked),
    h('div', { class: 'wide-table' }, h('table', { class: 'by-query' }, h('thead', {}, this.#head), this.#body)),
  );
  readonly #drawn = new Map<number, HTMLTableRowElement>();
  readonly #drawRow = new Map<number, (row: readonly [Row, boolean]) => void>();
  readonly #drawHead = whenChanged(([sort, isP90]: readonly [Sort, boolean]) => this.#showHead(sort, isP90));
  readonly #drawPicked: (state: readonly [number, string] | null) => void;
  #order: readonly number[] = [];
  /** The row that had the focus last; null: the first is the tab stop. */
  #tabStop: number | null = null;

  constructor(parts: QueryTableParts) {
    this.#parts = parts;
    this.#drawPicked = whenChanged((state) => {
      this.#sub.hidden = state !== null;
      if (state === null) {
        fill(this.#picked);
        return;
      }
      const [index, name] = state;
      const { open } = parts;
      fill(
        this.#picked,
        t('only {0}', name),
        open === null ? null : quietButton({ on: { click: () => open(index) } }, t('Open the query')),
        quietButton({ on: { click: () => parts.pick(null) } }, t('Show all')),
      );
    });
  }

  show(
    statements: readonly StatementView[],
    { sort, picked }: { readonly sort: Sort; readonly picked: number | null },
    trendOf: (view: StatementView) => Trend,
  ): void {
    const trends = new Map(statements.map((view) => [view.index, trendOf(view)]));
    this.#drawHead([sort, [...trends.values()].every(({ isP90 }) => isP90)]);
    const digits = digitsFor(statements.map(({ response }) => response.p50));
    const sorted = [...statements].sort(by(sort));
    const order = sorted.map(({ index }) => index);
    for (const view of sorted) {
      const { p50, p95, p99, max } = view.response;
      const cells = { p50: inMs(p50, digits), p95: inMs(p95, digits), p99: inMs(p99, digits), max: inMs(max, digits) };
      const trend = trends.get(view.index) ?? nothing;
      this.#rowOf(view.index)([{ view, cells, trend }, picked === view.index]);
    }
    if (JSON.stringify(order) !== JSON.stringify(this.#order)) {
      // Moving a row takes its focus away.
      const focused = document.activeElement;
      this.#order = order;
      this.#body.replaceChildren(...order.flatMap((index) => this.#drawn.get(index) ?? []));
      if (focused instanceof HTMLElement && this.#body.contains(focused)) focused.focus();
    }
    const stop = this.#tabStop ?? picked ?? order[0];
    for (const [index, row] of this.#drawn) attr(row, 'tabindex', index === stop ? 0 : -1);
    const name = statements.find(({ index }) => index === picked)?.name;
    this.#drawPicked(picked === null || name === undefined ? null : [picked, name]);
  }

  #showHead({ column: sorted, descending }: Sort, isP90: boolean): void {
    const hadFocus = this.#head.contains(document.activeElement);
    fill(
      this.#head,
      ...heads.map(({ column, label, left }) => {
        const on = column === sorted;
        const words = on ? `${t(label)} ${descending ? '▼' : '▲'}` : t(label);
        const press = h('button', { class: 'sort', data: { column }, on: { click: () => this.#parts.sort(column) } }, words);
        press.type = 'button';
        const cell = h('th', { class: left === true ? 'l' : '' }, press);
        if (on) cell.setAttribute('aria-sort', descending ? 'descending' : 'ascending');
        return cell;
      }),
      h('th', { class: 'spark' }, isP90 ? t('p90 over time') : t('over time')),
    );
    for (const cell of this.#head.querySelectorAll('th')) cell.scope = 'col';
    if (hadFocus) this.#head.querySelector<HTMLElement>(`[data-column="${sorted}"]`)?.focus();
  }

  /** A row is drawn anew only when its own figures changed: pointer and reader keep their place. */
  #rowOf(index: number): (row: readonly [Row, boolean]) => void {
    const known = this.#drawRow.get(index);
    if (known !== undefined) return known;
    const element = h('tr', {
      tabindex: -1,
      data: { statement: index },
      on: { click: () => this.#pick(index), focus: () => this.#stopAt(index) },
    });
    const draw = whenChanged<readonly [Row, boolean]>(([row, picked]) => {
      element.classList.toggle('sel', picked);
      attr(element, 'aria-selected', picked);
      fill(element, ...cellsOf(row));
    });
    this.#drawn.set(index, element);
    this.#drawRow.set(index, draw);
    return draw;
  }

  #stopAt(index: number): void {
    this.#tabStop = index;
    for (const [each, row] of this.#drawn) attr(row, 'tabindex', each === index ? 0 : -1);
  }

  #pick(index: number): void {
    const row = this.#drawn.get(index);
    this.#parts.pick(row?.classList.contains('sel') === true ? null : index);
  }

  #onKey(event: KeyboardEvent): void {
    const row = (event.target as HTMLElement).closest('tr');
    const at = this.#order.indexOf(Number(row?.dataset['statement']));
    if (at < 0) return;
    const last = this.#order.length - 1;
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: last }[event.key];
    const { open } = this.#parts;
    if (to !== undefined) this.#drawn.get(this.#order[Math.max(0, Math.min(last, to))] ?? -1)?.focus();
    else if (event.key === 'Enter' || event.key === ' ') this.#pick(this.#order[at] ?? 0);
    else if (event.key === 'o' && open !== null) open(this.#order[at] ?? 0);
    else return;
    event.preventDefault();
  }
}

function cellsOf({ view, cells, trend }: Row): Child[] {
  const { counts } = view;
  const heading = h('th', { class: 'name' }, view.name);
  heading.scope = 'row';
  const figure = (text: string): HTMLElement =>
    h('td', { class: text === none ? 'none' : '', title: text === none ? t('too few samples') : undefined }, text);
  return [
    heading,
    h('td', {}, formatCount(counts.planned)),
    counts.errors === 0
      ? h('td', { class: 'none' }, '0')
      : h('td', { title: counts.errorsByReason[0]?.text }, h('b', {}, formatCount(counts.errors))),
    h('td', { class: 'l' }, answerOf(view)),
    figure(cells.p50),
    figure(cells.p95),
    figure(cells.p99),
    figure(cells.max),
    h('td', { class: 'spark', title: trend.words }, sparkline(trend.values)),
  ];
}

function answerOf({ answer, counts }: StatementView): Child {
  const mark = (shape: Parameters<typeof icon>[0], colour: string, word: Child, title?: string): HTMLElement =>
    h('span', { class: 'ans', title }, icon(shape, `${colour} s`), word);
  if (counts.wrong > 0) return mark('bad', 'c-bad', h('b', {}, t('{0} wrong', formatCount(counts.wrong))));
  switch (answer) {
    case 'ok':
      return mark('ok', 'c-ok', h('span', { class: 'dim' }, answerWord(answer)));
    case 'repeatable':
      return mark('same', 'c-unk', answerWord(answer), t('Repeats itself; no independent answer to compare with'));
    case 'unchecked':
      return mark('partial', 'c-unk', answerWord(answer), t('Nothing to compare with'));
    case 'wrong':
      return mark('bad', 'c-bad', h('b', {}, answerWord(answer)));
    case null:
      return h('span', { class: 'dim' }, none);
  }
}

/** Slowest first, by the highest percentile that at least half of the queries have. */
export function usualSort(statements: readonly StatementView[]): Sort {
  const known = (column: 'p99' | 'p95'): number => statements.filter(({ response }) => response[column] !== null).length;
  const column = (['p99', 'p95'] as const).find((each) => known(each) * 2 >= statements.length) ?? 'p50';
  return { column, descending: true };
}

/** What has no figure comes last, either way. */
function by({ column, descending }: Sort): (a: StatementView, b: StatementView) => number {
  const way = descending ? -1 : 1;
  return (a, b) => {
    if (column === 'name') return way * a.name.localeCompare(b.name, 'en', { numeric: true });
    const [one, other] = [figureOf(a, column), figureOf(b, column)];
    if (one === null || other === null) {
      if (one !== other) return one === null ? 1 : -1;
    } else if (one !== other) return way * (one - other);
    return (b.response.p50 ?? -1) - (a.response.p50 ?? -1) || a.index - b.index;
  };
}

function figureOf(view: StatementView, column: Exclude<Column, 'name'>): number | null {
  switch (column) {
    case 'count':
      return view.counts.planned;
    case 'errors':
      return view.counts.errors;
    case 'answer':
      return view.answer === null ? null : answers.length - answers.indexOf(view.answer) + view.counts.wrong;
    case 'p50':
    case 'p95':
    case 'p99':
    case 'max':
      return view.response[column];
  }
}
