/** The pointer over the plots: hover moves the cursor, a press pins, a drag pans, the wheel with Ctrl zooms and with Shift pans. */
import type { Frame } from './frame.ts';

export interface PointerParts {
  frame(): Frame | null;
  /** Of the plots, px of the page. */
  left(): number;
  hover(at: number | null): void;
  pan(byMs: number): void;
  zoom(around: number, factor: number): void;
  pin(at: number): void;
}

const dragPx = 4;

export function onPlots(element: HTMLElement, { frame, left, hover, pan, zoom, pin }: PointerParts): void {
  const momentOf = (event: MouseEvent): number | null => {
    const now = frame();
    if (now === null || !(event.target instanceof Element) || event.target.closest('.row:not(.ov) .plot') === null) return null;
    if (event.target.closest('.legend, .folded, .caption') !== null) return null;
    const at = now.at(event.clientX - left());
    return at >= now.fromAt && at <= now.toAt ? at : null;
  };
  let drag: { readonly startX: number; lastX: number; moved: boolean } | null = null;
  element.addEventListener('pointermove', (event) => {
    const now = frame();
    if (drag !== null && now !== null) {
      if (Math.abs(event.clientX - drag.startX) > dragPx) drag.moved = true;
      if (!drag.moved) return;
      pan(now.at(now.gutter) - now.at(now.gutter + event.clientX - drag.lastX));
      drag.lastX = event.clientX;
      return;
    }
    hover(momentOf(event));
  });
  element.addEventListener('pointerleave', () => {
    if (drag === null) hover(null);
  });
  element.addEventListener('pointerdown', (event) => {
    if (event.button !== 0 || momentOf(event) === null) return;
    drag = { startX: event.clientX, lastX: event.clientX, moved: false };
    element.setPointerCapture(event.pointerId);
  });
  element.addEventListener('pointerup', (event) => {
    const ended = drag;
    drag = null;
    const now = frame();
    if (ended === null || ended.moved || now === null) return;
    pin(now.at(event.clientX - left()));
  });
  element.addEventListener('pointercancel', () => (drag = null));
  element.addEventListener(
    'wheel',
    (event) => {
      const now = frame();
      const at = momentOf(event);
      if (now === null || at === null) return;
      if (event.ctrlKey || event.metaKey) zoom(at, Math.exp(Math.max(-200, Math.min(200, event.deltaY)) / 300));
      else if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
        const by = event.deltaX === 0 ? event.deltaY : event.deltaX;
        pan(now.at(now.gutter + by) - now.fromAt);
      } else return;
      event.preventDefault();
    },
    { passive: false },
  );
}
