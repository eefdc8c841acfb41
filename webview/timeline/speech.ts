/** What a screen reader hears: the cursor's reading at most twice a second, of a run under way only what changed, the verdict at once. */
import { t } from '../../src/base/messages.ts';
import type { RecoveryView } from '../../src/analysis/recovery/view.ts';
import { h } from '../kit/dom.ts';
import { verdictMark } from '../histogram/words.ts';

const quietMs = 500;

export class Speech {
  readonly #reading = h('div', { class: 'vh said', role: 'status', aria: { live: 'polite' } });
  readonly #run = h('div', { class: 'vh', role: 'status', aria: { live: 'polite' } });
  #timer: ReturnType<typeof setTimeout> | undefined;
  #next = '';
  #lastMs = -Infinity;
  #verdict = '';
  #known: ReadonlySet<string> | null = null;

  get elements(): readonly HTMLElement[] {
    return [this.#reading, this.#run];
  }

  /** Of many in half a second the last is heard. */
  reading(text: string): void {
    this.#next = text;
    this.#timer ??= setTimeout(
      () => {
        this.#timer = undefined;
        this.#lastMs = performance.now();
        this.#reading.textContent = this.#next;
      },
      Math.max(0, this.#lastMs + quietMs - performance.now()),
    );
  }

  verdict({ verdict, status, reason }: RecoveryView): void {
    const words = `${verdictMark(verdict, status).word}. ${reason}`;
    if (words === this.#verdict) return;
    this.#verdict = words;
    this.#run.textContent = words;
  }

  /** Moments that were reached since the last look. */
  changes({ milestones, faults }: RecoveryView): void {
    this.#verdict = '';
    const reached = [
      ...milestones.filter(({ of }) => of !== 'limit' && of !== 'ends').map(({ text }) => text),
      ...faults
        .filter(({ state }) => state === 'unconfirmed' || state === 'refused')
        .map(({ title, state }) => (state === 'refused' ? t('{0}: refused', title) : t('{0}: end not confirmed', title))),
    ];
    const added = this.#known === null ? [] : reached.filter((text) => this.#known?.has(text) !== true);
    this.#known = new Set(reached);
    if (added.length > 0) this.#run.textContent = added.join(', ');
  }
}
