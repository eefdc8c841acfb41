/** A against B: who is faster and by how much, per statement and over all, and ~ where nothing can be said. */
import { t } from '../../src/base/messages.ts';
import type { ComparedStatement, Comparison } from '../../src/analysis/view.ts';
import { fill, h, whenChanged, type Child } from '../kit/dom.ts';
import type { Palette } from '../kit/palette.ts';
import { quietButton } from '../kit/toolkit.ts';
import { CompareChart } from './chart.ts';
import { effectInWords, found, interval, medians, probability, unsaid } from './words.ts';

export type CompareState =
  | { readonly kind: 'none' }
  /** "Reading B, 42 %"; "shown when both have 10 rounds (now 5)". */
  | { readonly kind: 'waiting'; readonly text: string }
  | { readonly kind: 'failed'; readonly text: string }
  | { readonly kind: 'shown'; readonly comparison: Comparison; readonly nameA: string; readonly nameB: string };

export interface CompareParts {
  readonly palette: Palette;
  /** null: B can't be taken away (arms of one run, a report). */
  end(): void;
  say(text: string): void;
  key(event: KeyboardEvent): boolean;
}

export class CompareSection {
  readonly #names = h('span', { class: 'sm names' });
  readonly #readout = h('span', { class: 'r sm num readout', hidden: true });
  readonly #finding = h('span', { class: 'r sm rest' });
  readonly #note = h('p', { class: 'sm dim differences' });
  readonly #table = h('div', { class: 'compare-tables' });
  readonly #chart: CompareChart;
  readonly element: HTMLElement;
  readonly #drawTitle: (state: readonly [CompareState, boolean]) => void;
  readonly #drawTable = whenChanged((statements: readonly ComparedStatement[]) => fill(this.#table, ...tables(statements)));

  constructor(parts: CompareParts) {
    this.#chart = new CompareChart({
      palette: parts.palette,
      readout: (text, spoken) => {
        this.#readout.textContent = text;
        this.#readout.hidden = text === '';
        this.#finding.hidden = text !== '';
        if (spoken) parts.say(text);
      },
      key: (event) => parts.key(event),
    });
    this.element = h(
      'section',
      { class: 'wide compare', hidden: true },
      h('div', { class: 'st' }, h('h2', {}, t('A against B')), this.#names, this.#readout, this.#finding),
      this.#note,
      this.#chart.element,
      this.#table,
    );
    this.#drawTitle = whenChanged(([state, canEnd]) => this.#showTitle(state, canEnd ? () => parts.end() : null));
  }

  show(state: CompareState, shows: 'chart' | 'table', canEnd: boolean): void {
    this.element.hidden = state.kind === 'none';
    this.#drawTitle([state, canEnd]);
    const comparison = state.kind === 'shown' ? state.comparison : null;
    this.#chart.element.hidden = comparison === null || shows === 'table';
    this.#table.hidden = comparison === null || shows === 'chart';
    if (comparison === null) return;
    this.#chart.show(comparison);
    this.#drawTable(comparison.statements);
  }

  #showTitle(state: CompareState, end: (() => void) | null): void {
    const close = end === null ? null : quietButton({ on: { click: end } }, t('End comparison'));
    if (state.kind !== 'shown') {
      fill(
        this.#names,
        ...(state.kind === 'none' ? [] : [h('span', { class: 'dim', role: state.kind === 'failed' ? 'alert' : undefined }, state.text)]),
      );
      this.#note.hidden = true;
      fill(this.#finding, close);
      return;
    }
    const { comparison, nameA, nameB } = state;
    fill(this.#names, h('span', { class: 'nw' }, mark('a'), ` ${nameA}`), ' ', h('span', { class: 'nw' }, mark('b'), ` ${nameB}`));
    const silent = comparison.statements.filter(({ finding }) => finding === 'unsaid').length;
    const [claim = '', rest = ''] = comparison.text.split(/ (?=\()/);
    fill(
      this.#finding,
      h('b', {}, claim),
      h(
        'span',
        { class: 'dim num' },
        ` ${rest}${silent > 0 ? `${rest === '' ? '' : '; '}${t('~ nothing can be said: {0} of {1}', silent, comparison.statements.length)}` : ''}`,
      ),
      close,
    );
    const also = comparison.differences.length === 0 ? '' : t('; also different: {0}', comparison.differences.join('; '));
    this.#note.hidden = false;
    this.#note.textContent = howInWords(comparison) + also;
  }
}

function howInWords({ interleaved, roundsA, roundsB }: Comparison): string {
  const how = interleaved ? t('interleaved') : t('one after the other');
  return roundsA === roundsB
    ? t('median response, 95 % interval, rank test; {0} rounds a side, {1}', roundsA, how)
    : t('median response, 95 % interval, rank test; {0} and {1} rounds, {2}', roundsA, roundsB, how);
}

/** In two tables side by side where there is room. */
function tables(statements: readonly ComparedStatement[]): Child[] {
  const half = Math.ceil(statements.length / 2);
  const parts = statements.length > 8 ? [statements.slice(0, half), statements.slice(half)] : [statements];
  const ms = medians(statements);
  return parts.map((part) => {
    const heads = [t('query'), t('A median, ms'), t('B median, ms'), t('A against B'), t('95 % interval'), 'p', t('effect')];
    const table = h(
      'table',
      {},
      h('thead', {}, h('tr', {}, ...heads.map((text) => h('th', {}, text)))),
      h('tbody', {}, ...part.map((statement) => rowOf(statement, ms))),
    );
    for (const heading of table.querySelectorAll('thead th')) heading.setAttribute('scope', 'col');
    return h('div', { class: 'wide-table' }, table);
  });
}

function rowOf(statement: ComparedStatement, ms: (value: number | undefined) => string): HTMLElement {
  const { name, a, b, ratio, p, effect } = statement;
  const said = found(statement);
  const heading = h('th', { class: 'name' }, name);
  heading.scope = 'row';
  return h(
    'tr',
    {},
    heading,
    h('td', {}, ms(a?.median)),
    h('td', {}, ms(b?.median)),
    said === unsaid ? h('td', { class: 'none', title: t('Nothing can be said') }, unsaid) : h('td', {}, h('b', {}, said)),
    h('td', {}, interval(ratio)),
    h('td', { class: 'none' }, probability(p)),
    h('td', { class: 'none' }, effectInWords(effect)),
  );
}

const namespace = 'http://www.w3.org/2000/svg';

/** The sign of a side: a disc on a line, a hollow diamond on a line. */
function mark(side: 'a' | 'b'): SVGSVGElement {
  const root = document.createElementNS(namespace, 'svg');
  const shapes = side === 'a' ? ['M0 5h22', 'M11 1.6a3.4 3.4 0 1 0 .01 0z'] : ['M0 5h22', 'M11 1l4 4-4 4-4-4z'];
  root.setAttribute('class', `mark-${side}`);
  root.setAttribute('width', '22');
  root.setAttribute('height', '10');
  root.setAttribute('aria-hidden', 'true');
  for (const d of shapes) {
    const path = document.createElementNS(namespace, 'path');
    path.setAttribute('d', d);
    root.append(path);
  }
  return root;
}
