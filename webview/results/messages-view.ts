/** What was said about a statement, oldest first. */
import type { TabState } from '../../src/ui/panels/results/protocol.ts';
import { t } from '../../src/base/messages.ts';
import { fill, h, whenChanged } from '../kit/dom.ts';
import { visible } from './grid/text.ts';
import { clock } from './words.ts';

export class MessagesView {
  readonly element = h('div', { class: 'messages num', role: 'log', tabindex: 0, aria: { label: t('Messages') } });
  readonly #redraw = whenChanged<TabState['messages']>((messages) => this.#draw(messages));

  show(messages: TabState['messages']): void {
    this.#redraw(messages);
  }

  #draw(messages: TabState['messages']): void {
    const atEnd = this.element.scrollTop + this.element.clientHeight >= this.element.scrollHeight - 4;
    if (messages.length === 0)
      fill(this.element, h('p', { class: 'dim' }, t('No messages. Notes of the engine and of the run appear here.')));
    else
      fill(
        this.element,
        ...messages.map(({ at, text }) =>
          h(
            'div',
            { class: 'message' },
            h('span', { class: 'dim sm' }, clock(at)),
            h('span', { class: 'mono' }, visible(text).replaceAll('\u240a', '\n')),
          ),
        ),
      );
    if (atEnd) this.element.scrollTop = this.element.scrollHeight;
  }
}
