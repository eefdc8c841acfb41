/** The mouse in the grid: selecting by dragging, sizing columns, headers, row numbers. Touch scrolls natively and taps. */
import { rowPx } from './rows.ts';
import { headerPx } from './header.ts';
import type { Position } from './selection.ts';
import type { Viewport } from './viewport.ts';

export interface PointerTarget {
  cellAt(x: number, y: number): Position;
  columnWidth(column: number): number;
  press(at: Position, extend: boolean): void;
  extendTo(at: Position): void;
  pressRow(row: number, extend: boolean): void;
  selectAll(): void;
  sort(column: number, add: boolean): void;
  pressColumn(column: number, extend: boolean): void;
  openFilter(column: number): void;
  openValue(at: Position): void;
  resize(column: number, widthPx: number): void;
  fit(column: number): void;
  focus(): void;
}

/** A press nearer than this to where it began is a click. */
const clickPx = 4;

export function listenToPointer(viewport: Viewport, target: PointerTarget): void {
  const { pane } = viewport;
  pane.addEventListener('pointerdown', (event) => {
    if (event.button !== 0) return;
    const hit = hitOf(event);
    target.focus();
    if (hit.kind === 'grip') {
      event.preventDefault();
      dragWidth(pane, event, hit.column, target);
    } else if (hit.kind === 'cell' && event.pointerType !== 'touch') {
      event.preventDefault();
      target.press(hit, event.shiftKey);
      dragSelection(viewport, event, target);
    } else if (hit.kind === 'number') {
      event.preventDefault();
      target.pressRow(hit.row, event.shiftKey);
    }
  });
  pane.addEventListener('click', (event) => {
    const hit = hitOf(event);
    if (hit.kind === 'corner') target.selectAll();
    else if (hit.kind === 'funnel') target.openFilter(hit.column);
    else if (hit.kind === 'more') target.openValue(hit);
    else if (hit.kind === 'cell' && event instanceof PointerEvent && event.pointerType === 'touch') target.press(hit, event.shiftKey);
    else if (hit.kind === 'head') {
      if (event.ctrlKey || event.metaKey || event.altKey) target.pressColumn(hit.column, event.shiftKey);
      else target.sort(hit.column, event.shiftKey);
    }
  });
  pane.addEventListener('dblclick', (event) => {
    const hit = hitOf(event);
    if (hit.kind === 'grip') target.fit(hit.column);
    else if (hit.kind === 'cell') target.openValue(hit);
  });
}

type Hit =
  | { readonly kind: 'none' }
  | { readonly kind: 'corner' }
  | { readonly kind: 'grip'; readonly column: number }
  | { readonly kind: 'funnel'; readonly column: number }
  | { readonly kind: 'head'; readonly column: number }
  | { readonly kind: 'number'; readonly row: number }
  | ({ readonly kind: 'cell' } & Position)
  | ({ readonly kind: 'more' } & Position);

function hitOf(event: MouseEvent): Hit {
  // While the pointer is captured every event names the pane: what is under it counts.
  const under = document.elementFromPoint(event.clientX, event.clientY);
  if (under === null) return { kind: 'none' };
  const element = under.closest<HTMLElement>('[data-grip],[data-funnel],[data-corner],[data-head],[data-row],[data-column]');
  const data = element?.dataset ?? {};
  if (data['grip'] !== undefined) return { kind: 'grip', column: Number(data['grip']) };
  if (data['funnel'] !== undefined) return { kind: 'funnel', column: Number(data['funnel']) };
  if (data['corner'] !== undefined) return { kind: 'corner' };
  if (data['head'] !== undefined) return { kind: 'head', column: Number(data['head']) };
  if (data['row'] !== undefined) return { kind: 'number', row: Number(data['row']) };
  if (data['column'] === undefined) return { kind: 'none' };
  const row = Number(element?.closest('[aria-rowindex]')?.getAttribute('aria-rowindex') ?? 2) - 2;
  return { kind: under.closest('.more') === null ? 'cell' : 'more', row, column: Number(data['column']) };
}

function dragSelection(viewport: Viewport, down: PointerEvent, target: PointerTarget): void {
  const { pane, element } = viewport;
  const dragging = new AbortController();
  const { signal } = dragging;
  let at = { x: down.clientX, y: down.clientY };
  let moved = false;
  let frame = 0;
  const follow = (): void => {
    const { x, y } = at;
    const box = element.getBoundingClientRect();
    const down = y - (box.top + viewport.height);
    const up = box.top + headerPx - y;
    const right = x - (box.left + viewport.width);
    const left = box.left - x;
    // The farther outside, the faster, but never slower than a row a frame.
    const speed = (outside: number): number => (outside > 0 ? Math.ceil(outside / 20) * rowPx : 0);
    const dy = speed(down) - speed(up);
    const dx = speed(right) - speed(left);
    if (dx !== 0 || dy !== 0) viewport.scrollTo(viewport.top + dy, viewport.left + dx);
    target.extendTo(target.cellAt(x, y));
    frame = dx !== 0 || dy !== 0 ? requestAnimationFrame(follow) : 0;
  };
  const stop = (): void => {
    cancelAnimationFrame(frame);
    dragging.abort();
  };
  pane.setPointerCapture(down.pointerId);
  pane.addEventListener(
    'pointermove',
    (event) => {
      at = { x: event.clientX, y: event.clientY };
      moved ||= Math.hypot(at.x - down.clientX, at.y - down.clientY) > clickPx;
      if (moved && frame === 0) frame = requestAnimationFrame(follow);
    },
    { signal },
  );
  pane.addEventListener('pointerup', stop, { signal });
  pane.addEventListener('pointercancel', stop, { signal });
}

function dragWidth(pane: HTMLElement, down: PointerEvent, column: number, target: PointerTarget): void {
  const dragging = new AbortController();
  const { signal } = dragging;
  const width = target.columnWidth(column);
  pane.setPointerCapture(down.pointerId);
  pane.addEventListener(
    'pointermove',
    (event) => {
      if (event.clientX !== down.clientX) target.resize(column, width + event.clientX - down.clientX);
    },
    { signal },
  );
  pane.addEventListener('pointerup', () => dragging.abort(), { signal });
  pane.addEventListener('pointercancel', () => dragging.abort(), { signal });
}
