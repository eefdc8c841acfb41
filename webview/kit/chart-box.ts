/**
 * A chart as a person meets it: one tab stop that is an image with a sentence, a readout that follows the pointer and the arrow keys,
 * drawn again when its room, the screen's pixels or the theme change.
 */
import { ChartCanvas, type Picture, type Plot } from './chart.ts';
import { attr, h } from './dom.ts';
import type { Palette } from './palette.ts';

export interface ChartBoxParts {
  readonly palette: Palette;
  readonly heightPx: number;
  /** Said in place of a picture. */
  readonly nothing: string;
  /** What is to be seen in this width; null: nothing yet. */
  picture(widthPx: number): Picture | null;
  /** Places of the readout, in order, as values of the x axis. */
  places(): readonly number[];
  /** The readout went there: say it. `spoken`: by the keyboard. */
  readout?(index: number | null, spoken: boolean): void;
  /** A key that is not the readout's; true: it was used. */
  key?(event: KeyboardEvent): boolean;
}

export class ChartBox {
  readonly element: HTMLElement;
  readonly #canvas: ChartCanvas;
  readonly #parts: ChartBoxParts;
  readonly #nothing: HTMLElement;
  readonly #sizes: ResizeObserver;
  #widthPx = 0;
  #index: number | null = null;

  constructor(parts: ChartBoxParts) {
    this.#parts = parts;
    this.#canvas = new ChartCanvas(parts.palette);
    this.#nothing = h('span', { class: 'nothing', hidden: true }, parts.nothing);
    this.element = h(
      'div',
      {
        class: 'chart',
        role: 'img',
        tabindex: 0,
        style: { height: `${parts.heightPx}px` },
        on: {
          keydown: (event) => this.#onKey(event),
          pointermove: (event) => this.#onPointer(event),
          pointerleave: () => this.#move(null, false),
          blur: () => this.#move(null, false),
        },
      },
      this.#canvas.element,
      this.#nothing,
    );
    this.#sizes = new ResizeObserver(() => this.#resized());
    this.#sizes.observe(this.element);
    window.addEventListener('resize', () => this.#resized());
    parts.palette.onChange(() => this.draw());
  }

  /** The finding, for who does not see it. */
  set label(sentence: string) {
    attr(this.element, 'aria-label', sentence);
  }

  get plot(): Plot | null {
    return this.#canvas.plot;
  }

  get index(): number | null {
    return this.#index;
  }

  draw(): void {
    if (this.#widthPx === 0) return;
    const picture = this.#parts.picture(this.#widthPx);
    this.#canvas.element.hidden = picture === null;
    this.#nothing.hidden = picture !== null;
    if (picture === null) return;
    const over = picture.over;
    this.#canvas.draw({
      ...picture,
      over: (plot) => {
        over?.(plot);
        this.#drawReadout(plot);
      },
    });
  }

  refresh(): void {
    this.#canvas.refresh();
  }

  #resized(): void {
    const width = Math.floor(this.element.clientWidth);
    if (width === 0) return;
    this.#widthPx = width;
    this.#canvas.resize(width, this.#parts.heightPx);
    this.draw();
  }

  #drawReadout(plot: Plot): void {
    const { context, top, bottom, palette } = plot;
    const at = this.#index === null ? undefined : this.#parts.places()[this.#index];
    if (at === undefined) return;
    const px = Math.round(plot.x(at)) + 0.5;
    context.strokeStyle = palette.of('focus');
    context.lineWidth = 1;
    context.beginPath();
    context.moveTo(px, top);
    context.lineTo(px, bottom);
    context.stroke();
  }

  #onPointer(event: PointerEvent): void {
    const { plot } = this;
    if (plot === null) return;
    const places = this.#parts.places();
    if (event.offsetX < plot.left - 4 || event.offsetX > plot.right + 4 || places.length === 0) {
      this.#move(null, false);
      return;
    }
    const value = plot.valueAt(event.offsetX);
    let best = 0;
    for (let i = 1; i < places.length; i++) if (Math.abs((places[i] ?? 0) - value) < Math.abs((places[best] ?? 0) - value)) best = i;
    this.#move(best, false);
  }

  #onKey(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const last = this.#parts.places().length - 1;
    const step = event.shiftKey ? 10 : 1;
    const from = this.#index;
    const moves: Readonly<Record<string, number>> = {
      ArrowLeft: from === null ? last : from - step,
      ArrowRight: from === null ? 0 : from + step,
      Home: 0,
      End: last,
    };
    const to = moves[event.key];
    if (to !== undefined && last >= 0) {
      event.preventDefault();
      this.#move(Math.max(0, Math.min(last, to)), true);
    } else if (this.#parts.key?.(event) === true) event.preventDefault();
  }

  #move(index: number | null, spoken: boolean): void {
    if (index === this.#index) return;
    this.#index = index;
    this.#parts.readout?.(index, spoken);
    this.refresh();
  }
}

/** Text with an edge in the surface's colour: readable over bars and lines. `x` and `y` are its baseline's. */
export function label(
  { context, palette }: Plot,
  text: string,
  x: number,
  y: number,
  how: { readonly align?: CanvasTextAlign; readonly strong?: boolean; readonly dim?: boolean } = {},
): void {
  context.font = palette.font(11, how.strong === true ? 600 : 400);
  context.textAlign = how.align ?? 'left';
  context.textBaseline = 'alphabetic';
  context.lineJoin = 'round';
  context.setLineDash([]);
  context.lineWidth = 3;
  context.strokeStyle = palette.of('surface');
  context.strokeText(text, x, y);
  context.fillStyle = palette.of(how.dim === true ? 'dim' : 'text');
  context.fillText(text, x, y);
}

export function stroke(
  { context, palette }: Plot,
  ink: Parameters<Palette['of']>[0],
  path: readonly (readonly [number, number])[],
  how: { readonly widthPx?: number; readonly dash?: readonly number[]; readonly opacity?: number } = {},
): void {
  context.save();
  context.globalAlpha = how.opacity ?? 1;
  context.strokeStyle = palette.of(ink);
  context.lineWidth = how.widthPx ?? 1;
  context.setLineDash([...(how.dash ?? [])]);
  context.beginPath();
  for (const [i, [x, y]] of path.entries())
    if (i === 0) context.moveTo(x, y);
    else context.lineTo(x, y);
  context.stroke();
  context.restore();
}
