/** A surface above the page: Esc or a press elsewhere closes it and gives the focus back. */

export interface Popover {
  readonly element: HTMLElement;
  close(): void;
}

export interface PopoverOptions {
  /** Where it hangs: below this rectangle, kept inside the page. */
  readonly anchor: DOMRect;
  /** Which edge of the anchor it follows. */
  readonly align: 'start' | 'end';
  /** Takes the focus after closing, unless the person has moved it elsewhere. */
  readonly returnTo: HTMLElement;
  readonly onClose?: () => void;
}

export function openPopover(element: HTMLElement, options: PopoverOptions): Popover {
  const listening = new AbortController();
  const { signal } = listening;
  const close = (): void => {
    if (signal.aborted) return;
    listening.abort();
    const hadFocus = element.contains(document.activeElement) || document.activeElement === document.body;
    element.remove();
    if (hadFocus) options.returnTo.focus();
    options.onClose?.();
  };
  document.body.append(element);
  place(element, options);
  const replace = new ResizeObserver(() => place(element, options));
  replace.observe(element);
  signal.addEventListener('abort', () => replace.disconnect());
  element.addEventListener(
    'keydown',
    (event) => {
      if (event.key !== 'Escape') return;
      event.stopPropagation();
      event.preventDefault();
      close();
    },
    { signal },
  );
  // The press that opened it must not close it: it has already been dispatched when this listener is added.
  document.addEventListener(
    'pointerdown',
    (event) => {
      if (!event.composedPath().includes(element)) close();
    },
    { signal, capture: true },
  );
  window.addEventListener('resize', close, { signal });
  return { element, close };
}

const margin = 8;

function place(element: HTMLElement, { anchor, align }: PopoverOptions): void {
  const { innerWidth, innerHeight } = window;
  element.style.maxHeight = `${innerHeight - 2 * margin}px`;
  const { offsetWidth: width, offsetHeight: height } = element;
  const left = align === 'start' ? anchor.left : anchor.right - width;
  const below = anchor.bottom;
  const top = below + height + margin <= innerHeight || anchor.top < height ? below : anchor.top - height;
  element.style.left = `${Math.max(margin, Math.min(left, innerWidth - width - margin))}px`;
  element.style.top = `${Math.max(margin, Math.min(top, innerHeight - height - margin))}px`;
}
