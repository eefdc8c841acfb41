/**
 * The scrolled surface. A sticky pane of the window's own height holds what is drawn, so that nothing drawn is ever
 * moved by the compositor before it has been redrawn: no blank flashes, no matter how far a drag jumps.
 * Sideways the pane is as wide as its content and scrolls natively.
 */
import { h } from '../../kit/dom.ts';
import { ScrollScale } from './scroll.ts';

export interface ViewportListener {
  /** Offset or size has changed: draw. Called in the frame's own event, not later. */
  moved(): void;
}

const lineModePx = 22;

export class Viewport {
  readonly element: HTMLElement;
  readonly pane: HTMLElement;
  readonly #space: HTMLElement;
  readonly #scale = new ScrollScale();
  readonly #listener: ViewportListener;
  readonly #watch: ResizeObserver;
  #dragging = false;
  #contentPx = 0;
  /** Ours to remember: an element that is taken out of the page forgets it. */
  #left = 0;
  #width = 0;
  #height = 0;

  constructor(listener: ViewportListener) {
    this.#listener = listener;
    this.pane = h('div', { class: 'pane', role: 'presentation' });
    this.#space = h('div', { class: 'space', role: 'presentation' }, this.pane);
    this.element = h('div', { class: 'scroller', role: 'presentation', tabindex: -1 }, this.#space);
    this.element.addEventListener('scroll', () => this.#scrolled(), { passive: true });
    this.element.addEventListener('scrollend', () => this.#write());
    this.element.addEventListener('wheel', (event) => this.#wheel(event), { passive: false });
    this.element.addEventListener('pointerdown', (event) => {
      this.#dragging = event.target === this.element;
    });
    window.addEventListener('pointerup', () => {
      this.#dragging = false;
    });
    this.#watch = new ResizeObserver(() => this.#measure());
    this.#watch.observe(this.element);
  }

  get top(): number {
    return this.#scale.top;
  }

  get left(): number {
    return this.#left;
  }

  get width(): number {
    return this.#width;
  }

  get height(): number {
    return this.#height;
  }

  setContent(widthPx: number, heightPx: number): void {
    this.#space.style.width = `${widthPx}px`;
    this.#contentPx = heightPx;
    this.#resize();
  }

  scrollTo(top: number, left = this.left): void {
    this.#scale.moveTo(top);
    this.#write();
    if (left !== this.#left) this.#writeLeft(left);
    this.#listener.moved();
  }

  dispose(): void {
    this.#watch.disconnect();
  }

  #measure(): void {
    const { clientWidth, clientHeight } = this.element;
    if (clientWidth === this.#width && clientHeight === this.#height) return;
    const shownAgain = this.#height === 0 && clientHeight > 0;
    this.#width = clientWidth;
    this.#height = clientHeight;
    this.pane.style.height = `${clientHeight}px`;
    this.#resize();
    if (shownAgain) this.#writeLeft(this.#left);
    this.#listener.moved();
  }

  #resize(): void {
    this.#scale.resize(this.#contentPx, this.#height);
    this.#space.style.height = `${this.#scale.physicalPx}px`;
    // A side bar that came or went changes the room that is left.
    const { clientWidth, clientHeight } = this.element;
    if (clientWidth !== this.#width || clientHeight !== this.#height) this.#measure();
    this.#write();
  }

  #write(): void {
    this.element.scrollTop = this.#scale.physicalTop;
    this.#scale.written(this.element.scrollTop);
  }

  #writeLeft(left: number): void {
    this.element.scrollLeft = left;
    this.#left = this.#height > 0 ? this.element.scrollLeft : left;
  }

  #scrolled(): void {
    if (!this.element.isConnected || this.#height === 0) return;
    this.#left = this.element.scrollLeft;
    this.#scale.observed(this.element.scrollTop, this.#dragging);
    this.#listener.moved();
  }

  /** Where the bar is scaled the wheel is ours: natively one step would jump over hundreds of rows. */
  #wheel(event: WheelEvent): void {
    if (!this.#scale.scaled || event.ctrlKey || event.deltaY === 0) return;
    event.preventDefault();
    this.#dragging = false;
    const unit =
      event.deltaMode === WheelEvent.DOM_DELTA_LINE ? lineModePx : event.deltaMode === WheelEvent.DOM_DELTA_PAGE ? this.#height : 1;
    const sideways = event.shiftKey && event.deltaX === 0;
    if (sideways) this.#writeLeft(this.#left + event.deltaY * unit);
    else {
      if (event.deltaX !== 0) this.#writeLeft(this.#left + event.deltaX * unit);
      this.scrollTo(this.top + event.deltaY * unit);
    }
  }
}
