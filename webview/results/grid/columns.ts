/**
 * Widths of the columns and which of them are in sight. @tanstack/virtual-core does the latter: column widths differ,
 * and it knows how to search them. Rows are all of one height, there a division does; and it keeps a measurement
 * for each item, which for ten million rows would be 160 MB.
 */
import { Virtualizer, type Rect } from '@tanstack/virtual-core';

export interface ColumnBox {
  readonly index: number;
  /** From the left edge of the content; row numbers come first. */
  readonly start: number;
  readonly width: number;
}

export const minWidthPx = 44;
export const maxWidthPx = 1600;

export class Columns {
  readonly #virtualizer: Virtualizer<HTMLElement, HTMLElement>;
  #widths: number[] = [];
  #numbersPx: number;
  #feedOffset: (offset: number, scrolling: boolean) => void = () => {};
  #feedRect: (rect: Rect) => void = () => {};

  constructor(scroller: HTMLElement, numbersPx: number) {
    this.#numbersPx = numbersPx;
    this.#virtualizer = new Virtualizer(this.#options(scroller));
    this.#virtualizer._didMount();
    this.#virtualizer._willUpdate();
  }

  get count(): number {
    return this.#widths.length;
  }

  get numbersPx(): number {
    return this.#numbersPx;
  }

  get totalPx(): number {
    return this.#numbersPx + this.#widths.reduce((sum, width) => sum + width, 0);
  }

  setWidths(widths: readonly number[], numbersPx: number): void {
    this.#widths = widths.map((width) => Math.max(minWidthPx, Math.min(Math.round(width), maxWidthPx)));
    this.#numbersPx = numbersPx;
    const { scrollElement } = this.#virtualizer;
    if (scrollElement !== null) this.#virtualizer.setOptions(this.#options(scrollElement));
    this.#virtualizer.measure();
  }

  width(index: number): number {
    return this.#widths[index] ?? 0;
  }

  box(index: number): ColumnBox {
    let start = this.#numbersPx;
    for (let i = 0; i < index; i++) start += this.width(i);
    return { index, start, width: this.width(index) };
  }

  visible(left: number, width: number): readonly ColumnBox[] {
    this.#feedRect({ width, height: 1 });
    this.#feedOffset(left, false);
    return this.#virtualizer.getVirtualItems().map((item) => ({ index: item.index, start: item.start, width: item.size }));
  }

  #options(scroller: HTMLElement): ConstructorParameters<typeof Virtualizer<HTMLElement, HTMLElement>>[0] {
    return {
      count: this.#widths.length,
      horizontal: true,
      overscan: 2,
      paddingStart: this.#numbersPx,
      estimateSize: (index) => this.#widths[index] ?? 0,
      getScrollElement: () => scroller,
      // The grid scrolls and listens itself, and tells what it sees: both directions are drawn in one go.
      scrollToFn: () => {},
      observeElementRect: (_, feed) => {
        this.#feedRect = feed;
      },
      observeElementOffset: (_, feed) => {
        this.#feedOffset = feed;
      },
    };
  }
}
