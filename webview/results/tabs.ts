/** Result sets as tabs: arrows move, Delete or a middle click closes, P pins. */
import type { TabId, TabState } from '../../src/ui/panels/results/protocol.ts';
import { t } from '../../src/base/messages.ts';
import { fill, h, spoken, whenChanged } from '../kit/dom.ts';
import { icon } from '../kit/icons.ts';
import { differencesInWords, isPartial, rowsInWords, stateMark } from './words.ts';
import { visible } from './grid/text.ts';

export interface TabsActions {
  readonly activate: (tab: TabId) => void;
  readonly close: (tab: TabId) => void;
  readonly pin: (tab: TabId, pinned: boolean) => void;
}

interface Shown {
  readonly id: TabId;
  readonly title: string;
  readonly pinned: boolean;
  readonly status: TabState['status'];
  readonly active: boolean;
}

export class Tabs {
  readonly element = h('div', { class: 'tabs', role: 'tablist', aria: { label: t('Result sets') } });
  readonly #actions: TabsActions;
  readonly #redraw = whenChanged<readonly Shown[]>((tabs) => this.#draw(tabs));

  constructor(actions: TabsActions) {
    this.#actions = actions;
    this.element.addEventListener(
      'wheel',
      (event) => {
        this.element.scrollLeft += event.deltaX + event.deltaY;
      },
      { passive: true },
    );
  }

  show(tabs: readonly TabState[], active: TabId | null): void {
    this.element.hidden = tabs.length === 0;
    this.#redraw(
      tabs.map((tab) => ({
        id: tab.id,
        title: tab.title,
        pinned: tab.pinned,
        status: tab.status,
        active: tab.id === active,
      })),
    );
    // In place: a tab that is made anew with each snapshot of a growing result would be gone between press and release.
    for (const tab of tabs) this.#count(tab.id, countOf(tab));
  }

  #count(id: TabId, text: string): void {
    const element = this.#byId(id)?.querySelector('.n') ?? null;
    if (element !== null && element.textContent !== text) element.textContent = text;
  }

  #draw(tabs: readonly Shown[]): void {
    const focused = this.element.contains(document.activeElement) ? document.activeElement?.id : undefined;
    fill(this.element, ...tabs.map((tab, index) => this.#tab(tab, index, tabs)));
    const active = tabs.find((tab) => tab.active);
    if (focused !== undefined) (document.getElementById(focused) ?? this.#byId(active?.id))?.focus();
    this.#byId(active?.id)?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  }

  #byId(id: TabId | undefined): HTMLElement | null {
    return id === undefined ? null : document.getElementById(tabElementId(id));
  }

  #tab(tab: Shown, index: number, tabs: readonly Shown[]): HTMLElement {
    const { activate, close, pin } = this.#actions;
    const mark = stateMark(tab.status);
    const title = visible(tab.title);
    const element = h(
      'div',
      {
        class: 'tab',
        role: 'tab',
        id: tabElementId(tab.id),
        tabindex: tab.active ? 0 : -1,
        title,
        aria: { selected: tab.active, controls: 'view' },
      },
      tab.status !== 'done' && icon(mark.icon, `${mark.tint} s`, mark.word),
      tab.pinned && (tab.active ? spoken(t('pinned')) : icon('pin', 's', t('pinned'))),
      h('span', { class: 'title' }, title),
      h('span', { class: 'n num' }),
    );
    // Activating makes the element anew, so that it would never see a `dblclick`; the count of clicks goes on.
    element.addEventListener('click', (event) => {
      if (event.detail === 2) pin(tab.id, !tab.pinned);
      else activate(tab.id);
    });
    element.addEventListener('keydown', (event) => {
      const other = { ArrowRight: tabs[(index + 1) % tabs.length], ArrowLeft: tabs.at(index - 1), Home: tabs[0], End: tabs.at(-1) }[
        event.key
      ];
      if (other !== undefined) {
        activate(other.id);
        this.#byId(other.id)?.focus();
      } else if (event.key === 'Delete') close(tab.id);
      else if (event.key === 'p' || event.key === 'P') pin(tab.id, !tab.pinned);
      else return;
      event.preventDefault();
    });
    const act = (name: 'close' | 'pin' | 'pinOff', label: string, run: () => void): HTMLElement => {
      // Keyboard and screen reader have Delete and P: inside a tab list nothing but tabs may be reached.
      const part = h(
        'button',
        { class: `act ${name === 'close' ? 'close' : 'pin'}`, title: label, tabindex: -1, aria: { hidden: true } },
        icon(name, 's'),
      );
      part.addEventListener('click', run);
      return part;
    };
    const holder = h(
      'div',
      { class: tab.active ? 'tabbox on' : 'tabbox', role: 'presentation' },
      element,
      act(tab.pinned ? 'pin' : 'pinOff', tab.pinned ? t('Unpin (P)') : t('Keep this result: pin (P)'), () => pin(tab.id, !tab.pinned)),
      act('close', t('Close (Delete)'), () => close(tab.id)),
    );
    holder.addEventListener('auxclick', (event) => {
      if (event.button !== 1) return;
      event.preventDefault();
      close(tab.id);
    });
    // Without this a middle press starts the browser's own scrolling.
    holder.addEventListener('mousedown', (event) => {
      if (event.button === 1) event.preventDefault();
    });
    if (isPartial(tab)) element.append(spoken(t('not all rows')));
    return holder;
  }
}

export const tabElementId = (tab: TabId): string => `tab-${tab}`;

function countOf(tab: TabState): string {
  if (tab.status === 'failed' && tab.rowCount === 0) return '';
  if (tab.status === 'gone') return '';
  if (tab.columns.length === 0) return '';
  return tab.comparison === undefined ? rowsInWords(tab.rowCount) : differencesInWords(tab.rowCount);
}
