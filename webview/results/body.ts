/** What stands between the line of facts and the footer: rows, plan, messages, or a text that says why there are none. */
import type { ResultView, TabState } from '../../src/ui/panels/results/protocol.ts';
import { t } from '../../src/base/messages.ts';
import { h, whenChanged } from '../kit/dom.ts';
import { button } from '../kit/toolkit.ts';
import type { Segment, TabArrangement } from './arranged.ts';
import type { Grid } from './grid/grid.ts';
import { MessagesView } from './messages-view.ts';
import { cancelledNotice, doneNotice, errorNotice, goneNotice, waitingNotice, welcomeNotice, type NoticeActions } from './notices.ts';
import { PlanView } from './plan.ts';

export interface BodyActions extends NoticeActions {
  readonly clearFilters: () => void;
  readonly asText: (text: boolean) => void;
}

export interface BodyShown {
  readonly tab: TabState;
  /** As asked for; the tab's own may still be the earlier one. */
  readonly view: ResultView;
  readonly segment: Segment;
  readonly arranged: TabArrangement;
}

type Notice = 'welcome' | 'error' | 'gone' | 'done' | 'cancelled' | 'waiting';

export class Body {
  readonly element = h('main', { class: 'body', id: 'view', role: 'tabpanel' });
  readonly #grid: Grid;
  readonly #actions: BodyActions;
  readonly #plan: PlanView;
  readonly #messages = new MessagesView();
  readonly #empty = h('div', { class: 'empty-rows', role: 'status' });
  readonly #drawEmpty = whenChanged<readonly [boolean, boolean, string | undefined]>(([filtered, , comparison]) =>
    this.#fillEmpty(filtered, comparison),
  );
  #notice: HTMLElement | null = null;
  #noticeKey = '';

  constructor(grid: Grid, actions: BodyActions) {
    this.#grid = grid;
    this.#actions = actions;
    this.#plan = new PlanView(actions);
  }

  /** Answers whether the grid is in sight. */
  show(shown: BodyShown | null): boolean {
    if (shown === null) {
      this.#say('welcome', null);
      this.#grid.clear();
      return false;
    }
    const { tab, segment, arranged } = shown;
    if (segment === 'messages' && tab.status !== 'gone') {
      this.#messages.show(tab.messages);
      this.#put(this.#messages.element);
      return false;
    }
    if (segment === 'plan' && tab.plan !== undefined) {
      this.#plan.show(`${tab.id} ${tab.startedAt}`, tab.plan, arranged.planAsText);
      this.#put(this.#plan.element);
      return false;
    }
    const notice = noticeFor(tab);
    if (notice !== null) {
      this.#say(notice, tab);
      this.#grid.clear();
      return false;
    }
    this.#showGrid(shown);
    return true;
  }

  focus(): void {
    if (this.#grid.element.isConnected) this.#grid.focus();
    else if (this.#plan.element.isConnected) this.#plan.focus();
    else if (this.#messages.element.isConnected) this.#messages.element.focus();
    else this.#notice?.querySelector<HTMLElement>('vscode-button')?.focus();
  }

  #showGrid({ tab, view, arranged }: BodyShown): void {
    this.#put(this.#grid.element, this.#empty);
    const none = tab.viewRowCount === 0 && tab.status !== 'running';
    this.#empty.hidden = !none;
    this.#drawEmpty([tab.view.filters.length > 0, none, tab.comparison]);
    // Rows are asked for in the view the host has; the header already shows the one that was asked for.
    this.#grid.show(
      { tab: tab.id, run: tab.startedAt, columns: tab.columns, rowCount: tab.viewRowCount, view: tab.view, shownView: view },
      arranged.grid,
    );
  }

  #fillEmpty(filtered: boolean, comparison: string | undefined): void {
    if (comparison !== undefined && !filtered) this.#empty.replaceChildren(h('b', {}, comparison));
    else if (filtered)
      this.#empty.replaceChildren(
        h('b', {}, t('0 rows')),
        ` ${t('pass the filter.')} `,
        button('secondary', t('Clear filter'), () => this.#actions.clearFilters()),
      );
    else this.#empty.replaceChildren(h('b', {}, t('0 rows')), `: ${t('the statement ran and nothing matched it.')}`);
  }

  #say(notice: Notice, tab: TabState | null): void {
    const key = JSON.stringify([notice, tab?.id, tab?.startedAt, tab?.error, tab?.changedRows, tab?.status]);
    if (key === this.#noticeKey && this.#notice?.isConnected === true) return;
    this.#noticeKey = key;
    this.#notice = h('div', { class: 'notice' }, tab === null ? welcomeNotice() : this.#noticeOf(notice, tab));
    this.#put(this.#notice);
  }

  #noticeOf(notice: Notice, tab: TabState): HTMLElement {
    switch (notice) {
      case 'error':
        return errorNotice(tab, this.#actions);
      case 'gone':
        return goneNotice(tab, this.#actions);
      case 'done':
        return doneNotice(tab);
      case 'cancelled':
        return cancelledNotice(tab, this.#actions);
      case 'waiting':
        return waitingNotice(tab);
      case 'welcome':
        return welcomeNotice();
    }
  }

  #put(...elements: HTMLElement[]): void {
    const same = elements.length === this.element.children.length && elements.every((element, i) => element === this.element.children[i]);
    if (!same) this.element.replaceChildren(...elements);
  }
}

function noticeFor(tab: TabState): Notice | null {
  if (tab.status === 'gone') return 'gone';
  if (tab.status === 'failed' && tab.rowCount === 0) return 'error';
  if (tab.columns.length > 0) return null;
  if (tab.status === 'running') return 'waiting';
  return tab.status === 'cancelled' ? 'cancelled' : 'done';
}
