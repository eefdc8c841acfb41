/** The bar at the bottom: what has to be typed, and the one button that begins it. */
import { t } from '../../src/base/messages.ts';
import type { Confirmation, ConfirmView, PageState } from '../../src/ui/panels/fault/protocol.ts';
import { attr, fill, h, whenChanged } from '../kit/dom.ts';
import { icon } from '../kit/icons.ts';
import { button } from '../kit/toolkit.ts';

export interface ConfirmEvents {
  confirm(confirmation: Confirmation): void;
  cancel(): void;
}

interface Typed {
  readonly wanted: string;
  /** Absent: the cluster's name. */
  readonly fault?: number;
  readonly input: HTMLInputElement;
  readonly mark: HTMLElement;
}

export class Confirm {
  readonly element = h('footer', { class: 'go', hidden: true });
  readonly #events: ConfirmEvents;
  readonly #asks = h('div', { class: 'asks' });
  readonly #why = h('span', { class: 'dim why', id: 'why' });
  readonly #buttons = h('div', { class: 'buttons' });
  #typed: readonly Typed[] = [];
  #primary: HTMLElement | undefined;
  #state: PageState | undefined;
  readonly #drawAsks = whenChanged((asks: Pick<ConfirmView, 'cluster' | 'losses'>) => this.#ask(asks));
  readonly #drawButtons = whenChanged((label: string) => this.#button(label));

  constructor(events: ConfirmEvents) {
    this.#events = events;
    fill(this.element, this.#asks, this.#why, this.#buttons);
  }

  show(state: PageState): void {
    this.#state = state;
    const { confirm, isStarting } = state;
    this.element.hidden = false;
    this.#drawAsks({ losses: confirm?.losses ?? [], ...(confirm?.cluster === undefined ? {} : { cluster: confirm.cluster }) });
    this.#drawButtons(isStarting ? t('Starting …') : (confirm?.label ?? t('Break')));
    this.#settle();
  }

  #ask({ cluster, losses }: Pick<ConfirmView, 'cluster' | 'losses'>): void {
    const before = new Map(this.#typed.map(({ wanted, fault, input }) => [`${fault ?? ''} ${wanted}`, input.value]));
    const typed: Typed[] = [];
    const line = (wanted: string, fault: number | undefined, head: string, notes: readonly string[]): HTMLElement => {
      const input = document.createElement('input');
      input.type = 'text';
      input.spellcheck = false;
      input.autocomplete = 'off';
      input.value = before.get(`${fault ?? ''} ${wanted}`) ?? '';
      const mark = h('span', { class: 'ok', role: 'status' });
      typed.push({ wanted, input, mark, ...(fault === undefined ? {} : { fault }) });
      input.addEventListener('input', () => this.#settle());
      input.addEventListener('keydown', (event) => {
        if (event.key === 'Enter') this.#press();
      });
      const sign = fault === undefined ? icon('shield') : icon('warn', 'c-warn');
      const label = h('label', {}, sign, h('span', {}, `${head} `, t('Type '), h('b', {}, wanted), ':'));
      const typing = h('span', { class: 'typing' }, input, mark);
      label.append(typing);
      return h('div', { class: 'ask' }, label, ...notes.map((note) => h('div', { class: 'dim sm note' }, note)));
    };
    fill(
      this.#asks,
      ...losses.map(({ fault, type, why }) => line(type, fault, t('This can’t be taken back.'), why)),
      cluster !== undefined && line(cluster.name, undefined, t('This cluster is protected.'), cluster.notes),
    );
    this.#typed = typed;
  }

  #button(label: string): void {
    const primary = button('primary', label, () => this.#press());
    primary.setAttribute('aria-describedby', 'why');
    const hadFocus = this.#primary?.contains(document.activeElement) === true;
    this.#primary = primary;
    fill(
      this.#buttons,
      button('secondary', t('Cancel'), () => this.#events.cancel()),
      primary,
    );
    if (hadFocus) primary.focus();
  }

  get #isReady(): boolean {
    const state = this.#state;
    if (state === undefined || state.preview === undefined || state.confirm === undefined || state.isStarting || state.isStale)
      return false;
    return state.confirm.blocked === undefined && this.#typed.every(({ wanted, input }) => input.value === wanted);
  }

  #settle(): void {
    for (const { wanted, input, mark } of this.#typed) {
      const isRight = input.value === wanted;
      if (isRight !== mark.childElementCount > 0) fill(mark, isRight && icon('tick', 'c-ok', t('matches')));
    }
    if (this.#primary !== undefined) attr(this.#primary, 'disabled', this.#isReady ? null : '');
    const { confirm, isStarting, isLooking, preview } = this.#state ?? {};
    const blocked = confirm?.blocked ?? (preview === undefined && isLooking === true ? t('Looking at the cluster …') : '');
    this.#why.textContent = isStarting === true ? t('It is looked at once more.') : blocked;
  }

  #press(): void {
    const { preview } = this.#state ?? {};
    if (!this.#isReady || preview === undefined) return;
    const cluster = this.#typed.find(({ fault }) => fault === undefined)?.input.value ?? '';
    const losses = this.#typed.flatMap(({ fault, input }) => (fault === undefined ? [] : [{ fault, typed: input.value }]));
    this.#events.confirm({ key: preview.key, cluster, losses });
  }
}
