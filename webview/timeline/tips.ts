/** Definitions behind an ⓘ: shown on hover, focus or press, kept inside the page; Esc closes. */
import { t } from '../../src/base/messages.ts';
import { attr, h } from '../kit/dom.ts';
import { path, picture, shape } from './svg.ts';

const margin = 8;
const widthPx = 284;

export class Tips {
  readonly #tip = h('div', { class: 'tip', role: 'tooltip', id: 'tip', hidden: true });
  #of: HTMLElement | null = null;

  constructor(root: HTMLElement) {
    root.append(this.#tip);
    window.addEventListener('scroll', () => this.#hide(), { passive: true });
    window.addEventListener('resize', () => this.#hide());
  }

  get isOpen(): boolean {
    return this.#of !== null;
  }

  close(): void {
    this.#hide();
  }

  /** `name`: what is defined. The definition can change while the mark stays. */
  mark(name: string, definition: () => string): HTMLElement {
    const button = h('button', {
      class: 'def',
      aria: { label: t('Definition of {0}', name) },
      on: {
        pointerenter: () => this.#show(button, definition()),
        pointerleave: () => this.#hide(),
        focus: () => this.#show(button, definition()),
        blur: () => this.#hide(),
        click: () => this.#show(button, definition()),
        keydown: (event) => {
          if (event.key !== 'Escape' || this.#of === null) return;
          event.stopPropagation();
          this.#hide();
        },
      },
    });
    button.type = 'button';
    button.append(
      picture(14, 14, null, [
        shape('circle', { cx: 7, cy: 7, r: 5, fill: 'none', stroke: 'currentColor' }),
        shape('path', { d: 'M7 6.4v3.2M7 4.2v1.1', stroke: 'currentColor', 'stroke-width': 1.2 }),
      ]),
    );
    return button;
  }

  #show(button: HTMLElement, text: string): void {
    this.#of?.removeAttribute('aria-describedby');
    this.#of = button;
    this.#tip.textContent = text;
    this.#tip.hidden = false;
    attr(button, 'aria-describedby', 'tip');
    const anchor = button.getBoundingClientRect();
    const width = Math.min(widthPx, window.innerWidth - 2 * margin);
    this.#tip.style.width = `${width}px`;
    const height = this.#tip.offsetHeight;
    const below = anchor.bottom + 6;
    const top = below + height + margin <= window.innerHeight || anchor.top < height + margin ? below : anchor.top - height - 6;
    this.#tip.style.left = `${Math.max(margin, Math.min(anchor.left - 8, window.innerWidth - width - margin))}px`;
    this.#tip.style.top = `${top}px`;
  }

  #hide(): void {
    this.#of?.removeAttribute('aria-describedby');
    this.#of = null;
    this.#tip.hidden = true;
  }
}

/** Folded or open. */
export function chevron(open: boolean): SVGSVGElement {
  const d = open ? 'M4.5 6.5L8 10l3.5-3.5' : 'M6.5 4.5L10 8l-3.5 3.5';
  const svg = picture(16, 16, null, [path(d, 'chev-line')]);
  return svg;
}

export function tableIcon(): SVGSVGElement {
  return picture(12, 10, null, [path('M.5 .5h11v9H.5zM.5 3.5h11M.5 6.5h11M4.5 3.5v6', 'chev-line')]);
}
