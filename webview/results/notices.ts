/** Everything the body of a tab says when it has no rows to show: errors, ends without rows, waiting, nothing yet. */
import type { TabState } from '../../src/ui/panels/results/protocol.ts';
import { t } from '../../src/base/messages.ts';
import { formatDuration } from '../../src/base/units.ts';
import { h, type Child } from '../kit/dom.ts';
import { icon } from '../kit/icons.ts';
import { button } from '../kit/toolkit.ts';
import { placeOf, statementLines, type Place } from './statement.ts';
import { visible } from './grid/text.ts';
import { rowsInWords } from './words.ts';

export interface NoticeActions {
  readonly replaceError: (candidate: string) => void;
  readonly goToError: () => void;
  readonly copyText: (text: string) => void;
  readonly runAgain: () => void;
  readonly openLog: () => void;
}

const maxCandidates = 3;

export function errorNotice(tab: TabState, actions: NoticeActions): HTMLElement {
  const { facts, reason, firstLine } = tab.error ?? {
    facts: { what: t('The statement failed') },
    reason: 'internal' as const,
    firstLine: 0,
  };
  const { position } = facts;
  const place = position === undefined ? undefined : placeOf(tab.statement, position, firstLine);
  const candidates = position === undefined ? [] : (facts.candidates ?? []).slice(0, maxCandidates);
  const [nearest, ...others] = candidates;
  const act: Child[] = [];
  if (nearest !== undefined) act.push(button('primary', t('Replace with {0}', visible(nearest)), () => actions.replaceError(nearest)));
  else if (worthAnotherTry(reason)) act.push(button('primary', t('Run again'), () => actions.runAgain()));
  for (const other of others) act.push(button('secondary', t('Replace with {0}', visible(other)), () => actions.replaceError(other)));
  if (place !== undefined) act.push(button('secondary', t('Go to line {0}', place.line), () => actions.goToError()));
  act.push(button('secondary', t('Copy message'), () => actions.copyText(messageOf(tab))));
  return h(
    'div',
    { class: 'msg', role: 'alert' },
    h('h1', {}, icon('bad', 'c-bad', t('failed')), h('span', {}, visible(facts.what))),
    facts.meaning !== undefined && h('p', {}, ...withPlace(visible(facts.meaning), place)),
    position !== undefined ? statementLines(tab.statement, firstLine, position) : statementLines(tab.statement, firstLine),
    nearest !== undefined &&
      h('p', {}, h('b', {}, others.length > 0 ? t('Nearest names:') : t('Nearest name:')), ' ', ...listed(candidates)),
    facts.remedy !== undefined && h('p', {}, visible(facts.remedy)),
    h('div', { class: 'act' }, ...act),
    h('p', { class: 'dim sm code-line' }, [facts.code, reasonInWords(reason)].filter((part) => part !== undefined).join(', ')),
  );
}

/** "DuckDB on TPC-H 0.01 refused the statement at line 4, column 8.", counted as the editor does; the place is what the eye looks for. */
function withPlace(meaning: string, place: Place | undefined): Child[] {
  if (place === undefined) return [meaning];
  return [meaning.replace(/[.!]$/, ''), ' ', h('b', {}, t('at line {0}, column {1}', place.line, place.column)), '.'];
}

function listed(names: readonly string[]): Child[] {
  return names.flatMap((name, i) => [i > 0 ? ', ' : null, h('span', { class: 'mono' }, visible(name))]);
}

function messageOf({ error, statement }: TabState): string {
  if (error === undefined) return statement;
  const { what, meaning, remedy, code } = error.facts;
  return [what, meaning, remedy, code].filter((part) => part !== undefined).join('\n');
}

type Reason = NonNullable<TabState['error']>['reason'];

function worthAnotherTry(reason: Reason): boolean {
  return (
    reason === 'crashed' ||
    reason === 'timedOut' ||
    reason === 'unreachable' ||
    reason === 'cancelled' ||
    reason === 'internal' ||
    reason === 'storage'
  );
}

/** What the error's text does not say already. */
function reasonInWords(reason: Reason): string | undefined {
  switch (reason) {
    case 'engine':
    case 'invalid':
      return t("a mistake in the statement: running it again won't help.");
    case 'notFound':
      return t('something the statement needs is not there.');
    case 'crashed':
      return t('the engine ended: it starts anew with the next statement.');
    case 'unreachable':
    case 'timedOut':
      return t('the engine did not answer: running it again may help.');
    case 'unauthorised':
    case 'forbidden':
      return t('permission is missing.');
    case 'storage':
      return t('storage failed: free some space, then run it again.');
    case 'refusedByProtection':
      return t('a protection refused it.');
    case 'unsupported':
      return undefined;
    case 'cancelled':
      return t('it was stopped.');
    case 'internal':
      return t('a defect of Faultline: the log has the details.');
  }
}

/** Statements without a result set, and results without a row. */
export function doneNotice(tab: TabState): HTMLElement {
  const took = h('p', { class: 'dim' }, t('{0} on {1} took {2}.', tab.engine, tab.target, formatDuration(tab.durationMs)));
  const what =
    tab.changedRows === undefined ? t('Done') : tab.changedRows === 1 ? t('Changed 1 row') : t('Changed {0}', rowsInWords(tab.changedRows));
  const none = h('p', {}, t('The statement has no result set.'));
  return h('div', { class: 'msg' }, h('h1', {}, icon('ok', 'c-ok', t('done')), h('span', {}, what)), none, took);
}

export function goneNotice(tab: TabState, actions: NoticeActions): HTMLElement {
  return h(
    'div',
    { class: 'msg' },
    h('h1', {}, icon('partial', 'dim'), h('span', {}, t('The rows are no longer held'))),
    h('p', {}, t('Rows live as long as the window and its query host. The statement is still here and can be run again.')),
    statementLines(tab.statement, tab.error?.firstLine ?? 0),
    h(
      'div',
      { class: 'act' },
      button('primary', t('Run again'), () => actions.runAgain()),
    ),
  );
}

/** Nothing has arrived yet. Said only after a second: most statements are done by then. */
export function waitingNotice(tab: TabState): HTMLElement {
  return h('div', { class: 'msg waiting' }, h('p', {}, t('Waiting for the first rows of')), statementLines(tab.statement, 0));
}

export function cancelledNotice(tab: TabState, actions: NoticeActions): HTMLElement {
  return h(
    'div',
    { class: 'msg' },
    h('h1', {}, icon('partial', 'c-warn'), h('span', {}, t('Cancelled after {0}', formatDuration(tab.durationMs)))),
    h('p', {}, t('No row had arrived.')),
    statementLines(tab.statement, 0),
    h(
      'div',
      { class: 'act' },
      button('primary', t('Run again'), () => actions.runAgain()),
    ),
  );
}

export function welcomeNotice(): HTMLElement {
  const key = (name: string): HTMLElement => h('kbd', {}, name);
  return h(
    'div',
    { class: 'msg welcome' },
    h('h1', {}, icon('table', 'dim'), h('span', {}, t('No results yet'))),
    h(
      'p',
      {},
      t('Open a SQL file and press'),
      ' ',
      key('Ctrl'),
      ' ',
      key('Enter'),
      ' ',
      t('on a statement, or choose Run above it. Its rows appear here.'),
    ),
    h('p', { class: 'dim' }, t('The SQL Library in the side bar holds the queries of TPC-H, ready to run.')),
  );
}
