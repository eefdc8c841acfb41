/**
 * Scrolling through more than an element can be high: Chromium clamps heights at 33.5 million px, ten million rows
 * of 22 px are 220 million. The scroll bar then stands for the whole by proportion, while every small movement
 * (wheel, keys, touch) moves by true pixels, so that each row can be reached. Arithmetic only; see Viewport for the DOM.
 */

/** Well below the clamp, and small enough that a pixel of a scroll bar's track is far more than a wheel's step. */
export const maxPhysicalPx = 8_000_000;

/** Largest movement of the physical offset that is taken as a movement by hand rather than a drag of the bar. */
const byHandPx = 1200;

export class ScrollScale {
  #contentPx = 0;
  #viewportPx = 0;
  #top = 0;
  #physicalTop = 0;

  /** True offset of the first visible pixel. */
  get top(): number {
    return this.#top;
  }

  get maxTop(): number {
    return Math.max(0, this.#contentPx - this.#viewportPx);
  }

  get scaled(): boolean {
    return this.#contentPx > maxPhysicalPx;
  }

  /** How high the scrolled element is to be. */
  get physicalPx(): number {
    return Math.min(this.#contentPx, maxPhysicalPx);
  }

  get #maxPhysicalTop(): number {
    return Math.max(0, this.physicalPx - this.#viewportPx);
  }

  /** Where the scroll bar has to stand for the true offset. */
  get physicalTop(): number {
    if (!this.scaled || this.maxTop === 0) return this.#top;
    return (this.#top / this.maxTop) * this.#maxPhysicalTop;
  }

  resize(contentPx: number, viewportPx: number): void {
    this.#contentPx = contentPx;
    this.#viewportPx = viewportPx;
    this.moveTo(this.#top);
  }

  moveTo(top: number): void {
    this.#top = Math.max(0, Math.min(Math.round(top), this.maxTop));
  }

  /** The physical offset that was written, so that its own event is not taken for a movement. */
  written(physicalTop: number): void {
    this.#physicalTop = physicalTop;
  }

  /**
   * The scrolled element says where it is. `dragging`: the bar is held.
   * Answers whether the true offset changed.
   */
  observed(physicalTop: number, dragging: boolean): boolean {
    const before = this.#top;
    const moved = physicalTop - this.#physicalTop;
    const jumped = dragging || Math.abs(moved) > byHandPx;
    // A pixel of a scaled bar stands for more than a row: an end that is reached by the bar is the very end,
    // even where the last movement was a fraction of a pixel.
    if (this.scaled && jumped && physicalTop >= this.#maxPhysicalTop - 1) this.moveTo(this.maxTop);
    else if (this.scaled && jumped && physicalTop <= 1) this.moveTo(0);
    // What the browser rounds off when an offset is written is no movement.
    else if (Math.abs(moved) < 1) return false;
    else if (!this.scaled) this.moveTo(physicalTop);
    else if (Math.abs(moved) <= byHandPx) this.moveTo(before + moved);
    else this.moveTo((physicalTop / this.#maxPhysicalTop) * this.maxTop);
    this.#physicalTop = physicalTop;
    return this.#top !== before;
  }
}
