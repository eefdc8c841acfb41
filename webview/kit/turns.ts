/**
 * When the page is drawn: at most four times a second, and a twentieth of the time, as long as three seconds are enough for that: what is
 * measured may run on the same machine.
 */
const atMostEveryMs = 250;
const share = 20;
const atLeastEveryMs = 3000;

export class Turns {
  readonly #draw: () => void;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #nextMs = 0;

  constructor(draw: () => void) {
    this.#draw = draw;
  }

  soon(): void {
    if (this.#timer !== undefined) return;
    this.#timer = setTimeout(() => this.#now(), Math.max(0, this.#nextMs - performance.now()));
  }

  #now(): void {
    this.#timer = undefined;
    const began = performance.now();
    this.#draw();
    const ended = performance.now();
    this.#nextMs = began + Math.max(atMostEveryMs, Math.min(atLeastEveryMs, share * (ended - began)));
  }
}
