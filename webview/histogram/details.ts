/** Below the charts: wrong answers row by row, then expectations, the environment and notes, folded. */
import { t } from '../../src/base/messages.ts';
import { formatBytes, formatCount, formatRows } from '../../src/base/units.ts';
import type { RunView } from '../../src/analysis/view.ts';
import type { AnswerEvent } from '../../src/journal/events.ts';
import { fill, h, whenChanged, type Child } from '../kit/dom.ts';
import { icon } from '../kit/icons.ts';
import { armInWords, reasonInWords } from './words.ts';
import { expectationMark } from '../kit/verdict.ts';

export class Details {
  readonly #wrongList = h('div');
  readonly #wrong = h(
    'section',
    { class: 'wide wrong', hidden: true },
    h('div', { class: 'st' }, h('h2', {}, t('Wrong answers')), h('span', { class: 'dim sm' }, t('the first of each query, row by row'))),
    this.#wrongList,
  );
  readonly #expectations = new Fold(t('Expectations'));
  readonly #errors = new Fold(t('Errors'));
  readonly #environment = new Fold(t('Environment'));
  readonly #notes = new Fold(t('Notes'));
  readonly #about = h(
    'section',
    { class: 'wide about', hidden: true },
    ...[this.#expectations, this.#errors, this.#environment, this.#notes].map(({ element }) => element),
  );
  readonly elements = [this.#wrong, this.#about] as const;
  readonly #drawWrong = whenChanged((wrong: readonly WrongView[]) => {
    this.#wrong.hidden = wrong.length === 0;
    fill(this.#wrongList, ...wrong.map(differenceOf));
  });

  show(view: RunView): void {
    const wrong = view.statements.flatMap(({ name, counts, difference }) =>
      difference === undefined ? [] : [{ name, times: counts.wrong, difference }],
    );
    this.#drawWrong(wrong);
    this.#about.hidden = false;
    const { expectations, counts, notes, skippedLines } = view;
    // Before a run has ended most of it is unknown: that is no news.
    const telling =
      view.verdict !== null && expectations.some(({ outcome, expectation }) => outcome !== 'met' && expectation.implied !== true);
    this.#expectations.show(expectations, expectationList, telling, expectationsInWords(expectations));
    this.#errors.show(counts.errorsByReason, errorTable, true);
    this.#errors.element.hidden = counts.errorsByReason.length === 0;
    const { run, environment, arms, plan } = view;
    this.#environment.show({ run, environment, arms, seed: plan.seed }, environmentTable, false);
    this.#notes.show({ notes, skippedLines }, noteList, true);
    this.#notes.element.hidden = notes.length === 0 && skippedLines === 0;
  }
}

interface WrongView {
  readonly name: string;
  readonly times: number;
  readonly difference: AnswerEvent;
}

/** Open or folded as the person left it; before they touched it, as it is worth. */
class Fold {
  readonly #words = h('span', { class: 'dim sm' });
  readonly #body = h('div');
  readonly element: HTMLDetailsElement;
  #last = '';
  #touched = false;

  constructor(title: string) {
    this.element = h('details', {}, h('summary', { on: { click: () => (this.#touched = true) } }, title, ' ', this.#words), this.#body);
  }

  show<T>(value: T, draw: (value: T) => HTMLElement, open: boolean, words = ''): void {
    if (!this.#touched && this.element.open !== open) this.element.open = open;
    const key = JSON.stringify(value);
    if (key === this.#last) return;
    this.#last = key;
    this.#words.textContent = words;
    fill(this.#body, draw(value));
  }
}

function differenceOf({ name, times, difference }: WrongView): HTMLElement {
  const { differences, rowsExpected, rowsGot } = difference;
  const rows = rowsExpected === rowsGot ? formatRows(rowsGot) : t('{0}, {1} expected', formatRows(rowsGot), formatCount(rowsExpected));
  const often = times === 1 ? t('wrong once') : t('wrong {0} times', formatCount(times));
  const summary = h('summary', {}, icon('bad', 'c-bad s'), ' ', h('b', {}, name), ' ', h('span', { class: 'dim' }, `${often}; ${rows}`));
  const value = (text: string | null): Child => (text === null ? h('i', { class: 'chip null' }, 'NULL') : text === '' ? "''" : text);
  const table = h(
    'table',
    { class: 'difference' },
    h('thead', {}, h('tr', {}, ...[t('row'), t('column'), t('expected'), t('got'), t('rule')].map((text) => h('th', {}, text)))),
    h(
      'tbody',
      {},
      ...differences.map(({ row, column, rule, expected, got }) =>
        h(
          'tr',
          {},
          h('td', { class: 'num' }, formatCount(row)),
          h('td', { class: 'mono' }, column),
          h('td', { class: 'mono' }, value(expected)),
          h('td', { class: 'mono got' }, value(got)),
          h('td', { class: 'dim' }, rule),
        ),
      ),
    ),
  );
  for (const heading of table.querySelectorAll('th')) heading.scope = 'col';
  const details = h('details', {}, summary, differences.length === 0 ? null : h('div', { class: 'wide-table' }, table));
  details.open = true;
  return details;
}

function expectationsInWords(expectations: RunView['expectations']): string {
  const count = (outcome: string): number => expectations.filter((each) => each.outcome === outcome).length;
  const parts = [
    [count('broken'), t('{0} broken', count('broken'))],
    [count('unknown'), t('{0} unknown', count('unknown'))],
    [count('met'), t('{0} met', count('met'))],
  ] as const;
  return parts.flatMap(([n, text]) => (n > 0 ? [text] : [])).join(', ');
}

function expectationList(expectations: RunView['expectations']): HTMLElement {
  return h(
    'ul',
    { class: 'expectations' },
    ...expectations.map((view) => {
      const { icon: shape, colour, word } = expectationMark(view);
      const text = h('span', { class: 'mono' }, view.expectation.text);
      const implied = view.expectation.implied === true ? h('span', { class: 'dim sm' }, t('always expected')) : null;
      return h('li', {}, icon(shape, `${colour} s`, word), text, h('span', {}, view.text), implied);
    }),
  );
}

function errorTable(errors: RunView['counts']['errorsByReason']): HTMLElement {
  const rows = errors.map(({ reason, text, count }) =>
    h('tr', {}, h('td', { class: 'num' }, formatCount(count)), h('td', {}, reasonInWords(reason)), h('td', { class: 'dim' }, text)),
  );
  return h('table', { class: 'facts-table' }, h('tbody', {}, ...rows));
}

function environmentTable({ run, environment, arms, seed }: Pick<RunView, 'run' | 'environment' | 'arms'> & { seed: number }): HTMLElement {
  const facts: readonly (readonly [string, string])[] = [
    [t('run'), run],
    ...arms.map(
      (arm) =>
        [
          arms.length > 1 ? t('engine {0}', arm.label) : t('engine'),
          arm.threads === 0
            ? armInWords(arm, false)
            : t('{0}, {1}, {2} threads, {3} of memory', arm.title, arm.target, arm.threads, formatBytes(arm.memoryLimitBytes)),
        ] as const,
    ),
    [t('machine'), `${environment.processor}, ${t('{0} processors', environment.processors)}, ${formatBytes(environment.memoryBytes)}`],
    [t('system'), environment.system],
    ['Faultline', `${environment.faultline}, Node ${environment.node}`],
    ...(environment.gitRevision === undefined ? [] : [[t('git revision'), environment.gitRevision] as const]),
    [t('seed'), String(seed)],
  ];
  const rows = facts.map(([name, value]) => {
    const heading = h('th', {}, name);
    heading.scope = 'row';
    return h('tr', {}, heading, h('td', {}, value));
  });
  return h('table', { class: 'facts-table' }, h('tbody', {}, ...rows));
}

function noteList({ notes, skippedLines }: Pick<RunView, 'notes' | 'skippedLines'>): HTMLElement {
  const skipped =
    skippedLines === 0
      ? []
      : [
          skippedLines === 1
            ? t('1 line of the journal could not be read.')
            : t('{0} lines of the journal could not be read.', formatCount(skippedLines)),
        ];
  return h('ul', { class: 'notes' }, ...[...notes, ...skipped].map((note) => h('li', {}, note)));
}
