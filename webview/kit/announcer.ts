/** Speaks to a screen reader: verdicts at once, running figures at most every five seconds. */
import { h } from './dom.ts';

const quietMs = 5000;

export class Announcer {
  readonly element = h('div', { class: 'vh', role: 'status', aria: { live: 'polite' } });
  #lastFigureAt = -Infinity;

  /** Something ended or was done. */
  say(text: string): void {
    this.element.textContent = text;
  }

  /** A figure that keeps changing. */
  figure(text: string): void {
    const now = performance.now();
    if (now - this.#lastFigureAt < quietMs) return;
    this.#lastFigureAt = now;
    this.element.textContent = text;
  }
}
