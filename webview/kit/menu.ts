/** A menu of commands, driven by arrows, Home, End, Enter and the first letter. */
import { h } from './dom.ts';
import { openPopover, type Popover } from './popover.ts';

export type MenuItem =
  | { readonly kind: 'item'; readonly label: string; readonly note?: string; readonly disabled?: boolean; run(): void }
  | { readonly kind: 'line' };

export function openMenu(items: readonly MenuItem[], label: string, opener: HTMLElement): Popover {
  const element = h('div', { class: 'pop menu num', role: 'menu', aria: { label } });
  const entries: HTMLElement[] = [];
  for (const item of items) {
    if (item.kind === 'line') {
      element.append(h('hr'));
      continue;
    }
    const press = (): void => {
      if (item.disabled === true) return;
      popover.close();
      item.run();
    };
    const entry = h(
      'div',
      { role: 'menuitem', tabindex: -1, aria: { disabled: item.disabled === true ? true : undefined } },
      h('span', {}, item.label),
      item.note !== undefined && h('span', { class: 'dim' }, item.note),
    );
    entry.addEventListener('click', press);
    entry.addEventListener('pointerenter', () => entry.focus());
    entry.addEventListener('keydown', (event) => {
      if (event.key !== 'Enter' && event.key !== ' ') return;
      event.preventDefault();
      press();
    });
    entries.push(entry);
    element.append(entry);
  }
  element.addEventListener('keydown', (event) => {
    // The focus goes on from the opener: an open menu that has lost it could only be closed with the mouse.
    if (event.key === 'Tab') popover.close();
    const at = entries.indexOf(document.activeElement as HTMLElement);
    const next = step(event, at, entries);
    if (next === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    entries[next]?.focus();
  });
  opener.setAttribute('aria-expanded', 'true');
  const popover = openPopover(element, {
    anchor: opener.getBoundingClientRect(),
    align: 'end',
    returnTo: opener,
    onClose: () => opener.setAttribute('aria-expanded', 'false'),
  });
  entries[0]?.focus();
  return popover;
}

function step(event: KeyboardEvent, at: number, entries: readonly HTMLElement[]): number | undefined {
  const count = entries.length;
  switch (event.key) {
    case 'ArrowDown':
      return (at + 1) % count;
    case 'ArrowUp':
      return (at + count - 1) % count;
    case 'Home':
      return 0;
    case 'End':
      return count - 1;
    default: {
      if (event.key.length !== 1 || event.key === ' ' || event.ctrlKey || event.metaKey) return undefined;
      const letter = event.key.toLowerCase();
      const found = [...entries.keys()]
        .map((i) => (at + 1 + i) % count)
        .find((i) => entries[i]?.textContent.toLowerCase().startsWith(letter));
      return found;
    }
  }
}
