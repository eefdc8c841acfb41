/** Below the charts: wrong answers row by row, then expectations, the environment and notes, folded. */
import { t } from '../../src/base/messages.ts';
import { formatBytes, formatCount, formatRows } from '../../src/base/units.ts';
import type { RunView, StatementView } from '../../src/analysis/view.ts';
import { fill, h, whenChanged, type Child } from '../kit/dom.ts';
import { icon } from '../kit/icons.ts';
import { expectationMark, reasonInWords } from './words.ts';

export class Details {
  readonly #wrong = h('section', { class: 'wide wrong', hidden: true });
  readonly #about = h('section', { class: 'wide about', hidden: true });
  readonly elements = [this.#wrong, this.#about] as const;
  readonly #drawWrong = whenChanged((wrong: readonly StatementView[]) => this.#showWrong(wrong));
  readonly #drawAbout = whenChanged((view: AboutView) => this.#showAbout(view));

  show(view: RunView): void {
    this.#drawWrong(view.statements.filter(({ difference }) => difference !== undefined));
    const { run, expectations, environment, notes, skippedLines, counts, arms, plan } = view;
    this.#drawAbout({ run, expectations, environment, notes, skippedLines, errors: counts.errorsByReason, arms, seed: plan.seed });
  }

  #showWrong(statements: readonly StatementView[]): void {
    this.#wrong.hidden = statements.length === 0;
    fill(
      this.#wrong,
      h('div', { class: 'st' }, h('h2', {}, t('Wrong answers')), h('span', { class: 'dim sm' }, t('the first of each query, row by row'))),
      ...statements.map(differenceOf),
    );
  }

  #showAbout(view: AboutView): void {
    this.#about.hidden = false;
    const folded = [...this.#about.querySelectorAll('details')].map(({ open }) => open);
    fill(
      this.#about,
      fold(
        expectationsTitle(view),
        expectationList(view),
        folded[0] ?? view.expectations.some(({ outcome, expectation }) => outcome !== 'met' && expectation.implied !== true),
      ),
      view.errors.length === 0 ? null : fold(t('Errors'), errorTable(view), true),
      fold(t('Environment'), environmentTable(view), false),
      view.notes.length === 0 && view.skippedLines === 0 ? null : fold(t('Notes'), noteList(view), true),
    );
  }
}

interface AboutView extends Pick<RunView, 'run' | 'expectations' | 'environment' | 'notes' | 'skippedLines' | 'arms'> {
  readonly errors: RunView['counts']['errorsByReason'];
  readonly seed: number;
}

function differenceOf({ name, counts, difference }: StatementView): HTMLElement | null {
  if (difference === undefined) return null;
  const { differences, rowsExpected, rowsGot } = difference;
  const rows = rowsExpected === rowsGot ? formatRows(rowsGot) : t('{0}, {1} expected', formatRows(rowsGot), formatCount(rowsExpected));
  const times = counts.wrong === 1 ? t('wrong once') : t('wrong {0} times', formatCount(counts.wrong));
  const summary = h('summary', {}, icon('bad', 'c-bad s'), ' ', h('b', {}, name), ' ', h('span', { class: 'dim' }, `${times}; ${rows}`));
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

function fold(title: Child, body: HTMLElement, open: boolean): HTMLElement {
  const element = h('details', {}, h('summary', {}, title), body);
  element.open = open;
  return element;
}

function expectationsTitle({ expectations }: AboutView): HTMLElement {
  const count = (outcome: string): number => expectations.filter((each) => each.outcome === outcome).length;
  const parts = [
    [count('broken'), t('{0} broken', count('broken'))],
    [count('unknown'), t('{0} unknown', count('unknown'))],
    [count('met'), t('{0} met', count('met'))],
  ] as const;
  const words = parts.flatMap(([n, text]) => (n > 0 ? [text] : [])).join(', ');
  return h('span', {}, t('Expectations'), ' ', h('span', { class: 'dim sm' }, words));
}

function expectationList({ expectations }: AboutView): HTMLElement {
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

function errorTable({ errors }: AboutView): HTMLElement {
  const rows = errors.map(({ reason, text, count }) =>
    h('tr', {}, h('td', { class: 'num' }, formatCount(count)), h('td', {}, reasonInWords(reason)), h('td', { class: 'dim' }, text)),
  );
  return h('table', { class: 'facts-table' }, h('tbody', {}, ...rows));
}

function environmentTable({ run, environment, arms, seed }: AboutView): HTMLElement {
  const facts: readonly (readonly [string, string])[] = [
    [t('run'), run],
    ...arms.map(
      (arm) =>
        [
          arms.length > 1 ? t('engine {0}', arm.label) : t('engine'),
          t('{0}, {1}, {2} threads, {3} of memory', arm.title, arm.target, arm.threads, formatBytes(arm.memoryLimitBytes)),
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

function noteList({ notes, skippedLines }: AboutView): HTMLElement {
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
