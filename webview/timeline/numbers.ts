/** Key numbers, each with its definition. */
import { t } from '../../src/base/messages.ts';
import { keyNumbers, type KeyNumber } from '../../src/analysis/recovery/show/words.ts';
import type { RecoveryView } from '../../src/analysis/recovery/view.ts';
import type { FaultPlan } from '../../src/journal/fault-plan.ts';
import { fill, h, whenChanged } from '../kit/dom.ts';
import type { Tips } from './tips.ts';

export class Numbers {
  readonly element = h('dl', { class: 'strip', aria: { label: t('Key numbers') } });
  readonly #cells = new Map<string, Cell>();
  readonly #tips: Tips;
  readonly #order: (ids: readonly string[]) => void;

  constructor(tips: Tips) {
    this.#tips = tips;
    this.#order = whenChanged((ids) => {
      fill(this.element, ...ids.map((id) => this.#cells.get(id)?.element));
      this.element.style.setProperty('--cells', String(ids.length));
    });
  }

  show(view: RecoveryView, plan: FaultPlan): void {
    const numbers = numbersOf(view, plan);
    for (const number of numbers) {
      const cell = this.#cells.get(number.id) ?? new Cell(number, this.#tips);
      this.#cells.set(number.id, cell);
      cell.show(number);
    }
    this.#order(numbers.map(({ id }) => id));
  }
}

/** What will be judged at the end has its place from the start: the page does not jump when it comes. */
function numbersOf(view: RecoveryView, plan: FaultPlan): readonly KeyNumber[] {
  const isRunning = view.status === 'running';
  // What is not there yet meets no limit.
  const numbers = keyNumbers(view).map((number) => (isRunning && !/\d/.test(number.value) ? { ...number, met: null } : number));
  if (plan.messages === undefined || view.messages !== null) return numbers;
  const definition = t('Read after an acknowledged sentinel on every partition, once all is healed.');
  const value = view.status === 'running' ? t('not yet judged') : t('not judged');
  return [...numbers, { id: 'messages', title: t('Messages'), value, error: '', below: plan.messages.topic, met: null, definition }];
}

class Cell {
  readonly element: HTMLElement;
  readonly #value = h('dd', { class: 'v' });
  readonly #below = h('dd', { class: 's' });
  readonly #draw: (number: KeyNumber) => void;
  #definition: string;

  constructor({ id, title, definition }: KeyNumber, tips: Tips) {
    this.#definition = definition;
    this.element = h(
      'div',
      { class: `num-cell ${id}${id === 'recovered' ? ' hero' : ''}` },
      h(
        'dt',
        {},
        title,
        tips.mark(title, () => this.#definition),
      ),
      this.#value,
      this.#below,
    );
    this.#draw = whenChanged(({ value, error, below, met }) => {
      this.#value.classList.toggle('word', value.length > 10 || (value !== '–' && !/\d/.test(value)));
      fill(this.#value, value, error === '' ? null : h('small', {}, ` ${error}`));
      const mark = met === null ? null : h('span', { class: met ? 'met' : 'broken' }, met ? '✓ ' : '✗ ');
      fill(
        this.#below,
        mark,
        met === null ? null : h('span', { class: 'vh' }, met ? t('met: ') : t('broken: ')),
        below === '' ? '\u00a0' : below,
      );
    });
  }

  show(number: KeyNumber): void {
    this.#definition = number.definition;
    this.#draw(number);
  }
}
