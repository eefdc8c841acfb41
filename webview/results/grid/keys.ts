/** What a key means in the grid. */
import type { Move } from './selection.ts';

export type GridAction =
  | { readonly kind: 'move'; readonly to: Move; readonly extend: boolean }
  | { readonly kind: 'selectAll' }
  | { readonly kind: 'selectColumn' }
  | { readonly kind: 'selectRow' }
  | { readonly kind: 'copy'; readonly headers: boolean }
  | { readonly kind: 'filter' }
  | { readonly kind: 'fit'; readonly by: number }
  /** Enter: sorts on a header, opens the value on a cell. */
  | { readonly kind: 'open'; readonly shift: boolean };

const plain: Readonly<Record<string, Move>> = {
  ArrowUp: 'up',
  ArrowDown: 'down',
  ArrowLeft: 'left',
  ArrowRight: 'right',
  PageUp: 'pageUp',
  PageDown: 'pageDown',
  Home: 'rowStart',
  End: 'rowEnd',
};

const withControl: Readonly<Record<string, Move>> = {
  ArrowUp: 'top',
  ArrowDown: 'bottom',
  ArrowLeft: 'rowStart',
  ArrowRight: 'rowEnd',
  Home: 'start',
  End: 'end',
};

type Key = Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'metaKey' | 'shiftKey' | 'altKey'>;

export function actionFor(event: Key): GridAction | undefined {
  const control = event.ctrlKey || event.metaKey;
  if (event.altKey) {
    if (event.key === 'ArrowDown') return { kind: 'filter' };
    if (event.shiftKey && event.key === 'ArrowLeft') return { kind: 'fit', by: -16 };
    if (event.shiftKey && event.key === 'ArrowRight') return { kind: 'fit', by: 16 };
    return undefined;
  }
  const to = (control ? withControl : plain)[event.key];
  if (to !== undefined) return { kind: 'move', to, extend: event.shiftKey };
  if (control && event.key.toLowerCase() === 'c') return { kind: 'copy', headers: event.shiftKey };
  if (control && event.key.toLowerCase() === 'a' && !event.shiftKey) return { kind: 'selectAll' };
  if (event.key === ' ' && control) return { kind: 'selectColumn' };
  if (event.key === ' ' && event.shiftKey) return { kind: 'selectRow' };
  if (event.key === 'Enter' && !control) return { kind: 'open', shift: event.shiftKey };
  return undefined;
}
