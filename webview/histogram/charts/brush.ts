/** A stretch of time, picked by dragging over a chart, by its two handles, or by B at the readout. */
import { t } from '../../../src/base/messages.ts';
import type { Plot } from '../../kit/chart.ts';
import { stroke } from '../../kit/chart-box.ts';
import type { Span } from '../arranged.ts';
import { span } from '../words.ts';

export interface BrushParts {
  plot(): Plot | null;
  snap(ms: number): number;
  /** `done` false: the person is still dragging. */
  changed(brush: Span | null, done: boolean): void;
  say(text: string): void;
}

const handlePx = 6;

export class Brush {
  readonly #parts: BrushParts;
  readonly #element: HTMLElement;
  #brush: Span | null = null;
  /** The edge that stays while the other follows the pointer. */
  #anchor: { readonly ms: number; readonly x: number } | null = null;
  /** The span under the readout, and the one at which B was pressed first. */
  #at: Span | null = null;
  #from: Span | null = null;

  constructor(element: HTMLElement, parts: BrushParts) {
    this.#element = element;
    this.#parts = parts;
    element.addEventListener('pointerdown', (event) => this.#down(event));
    element.addEventListener('pointermove', (event) => this.#move(event));
    element.addEventListener('pointerup', (event) => this.#up(event));
    element.addEventListener('pointercancel', (event) => this.#up(event));
  }

  /** What is arranged; a drag under way keeps its own. */
  set(brush: Span | null): void {
    if (this.#anchor === null) this.#brush = brush;
  }

  keyAt(at: Span | null): void {
    this.#at = at;
    if (at === null) this.#from = null;
  }

  /** B at one step, then at another: all between them. */
  key(event: KeyboardEvent): boolean {
    if (event.key !== 'b' && event.key !== 'B') return false;
    const at = this.#at;
    if (at === null) {
      this.#parts.say(t('Move to a step with the arrow keys first'));
      return true;
    }
    const from = this.#from;
    if (from === null) {
      this.#from = at;
      this.#parts.say(t('Selection from {0}; press B again at its other end', span(at.fromMs, at.toMs)));
      return true;
    }
    this.#from = null;
    this.#brush = { fromMs: Math.min(from.fromMs, at.fromMs), toMs: Math.max(from.toMs, at.toMs) };
    this.#parts.changed(this.#brush, true);
    return true;
  }

  draw(plot: Plot): void {
    const { context, palette, top, bottom } = plot;
    if (this.#brush === null) return;
    const [left, right] = [plot.x(this.#brush.fromMs), plot.x(this.#brush.toMs)];
    context.globalAlpha = 0.06;
    context.fillStyle = palette.of('text');
    context.fillRect(left, top, right - left, bottom - top);
    context.globalAlpha = 1;
    stroke(plot, 'focus', [
      [left, top],
      [right, top],
      [right, bottom],
      [left, bottom],
      [left, top],
    ]);
    for (const x of [left, right]) {
      context.fillStyle = palette.of('surface');
      context.strokeStyle = palette.of('focus');
      context.lineWidth = 1;
      context.beginPath();
      context.roundRect(x - 2.5, (top + bottom) / 2 - 9, 5, 18, 2);
      context.fill();
      context.stroke();
    }
  }

  #down(event: PointerEvent): void {
    const plot = this.#parts.plot();
    if (plot === null || event.button !== 0 || event.offsetX < plot.left - handlePx || event.offsetX > plot.right + handlePx) return;
    if (event.offsetY > plot.bottom + 16) return;
    const brush = this.#brush;
    const x = event.offsetX;
    const near = (ms: number): boolean => Math.abs(plot.x(ms) - x) <= handlePx;
    const ms = brush !== null && near(brush.fromMs) ? brush.toMs : brush !== null && near(brush.toMs) ? brush.fromMs : plot.valueAt(x);
    this.#anchor = { ms, x };
    this.#element.setPointerCapture(event.pointerId);
  }

  #move(event: PointerEvent): void {
    const plot = this.#parts.plot();
    if (plot === null) return;
    if (this.#anchor === null) {
      const brush = this.#brush;
      const handle = brush !== null && [brush.fromMs, brush.toMs].some((ms) => Math.abs(plot.x(ms) - event.offsetX) <= handlePx);
      this.#element.classList.toggle('on-handle', handle);
      return;
    }
    const brush = this.#between(plot, event.offsetX);
    if (brush === null || (brush.fromMs === this.#brush?.fromMs && brush.toMs === this.#brush.toMs)) return;
    this.#brush = brush;
    this.#parts.changed(brush, false);
  }

  #up(event: PointerEvent): void {
    const anchor = this.#anchor;
    const plot = this.#parts.plot();
    this.#anchor = null;
    if (anchor === null || plot === null) return;
    // A click picks nothing: it clears.
    if (Math.abs(event.offsetX - anchor.x) < 3) this.#brush = null;
    this.#parts.changed(this.#brush, true);
  }

  #between(plot: Plot, x: number): Span | null {
    if (this.#anchor === null) return null;
    const one = this.#parts.snap(this.#anchor.ms);
    const other = this.#parts.snap(plot.valueAt(Math.max(plot.left, Math.min(plot.right, x))));
    return one === other ? null : { fromMs: Math.min(one, other), toMs: Math.max(one, other) };
  }
}
