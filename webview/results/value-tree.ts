/** Lists, structs and maps as a tree. Children are made when a node opens, and in portions. */
import type { Cell, NestedCell } from '../../src/ui/panels/results/protocol.ts';
import { t } from '../../src/base/messages.ts';
import { formatCount } from '../../src/base/units.ts';
import { fill, h, type Child } from '../kit/dom.ts';
import { icon } from '../kit/icons.ts';
import { emptyMark, nullMark, textNodes } from './grid/cells.ts';
import { nestedPreview, visible } from './grid/text.ts';

type Branch = Exclude<NestedCell, { readonly kind: 'long' }>;
/** Its label, and what is below it. */
type Entry = readonly [label: string, value: Cell];

const portion = 200;
const maxTextCharacters = 2000;

export function valueTree(value: Branch): HTMLElement {
  const tree = h('div', { class: 'value-tree mono', role: 'tree', aria: { label: t('Value') } });
  fill(tree, ...childrenOf(value, 1, 0));
  const first = tree.querySelector<HTMLElement>('[role=treeitem]');
  if (first !== null) first.tabIndex = 0;
  tree.addEventListener('keydown', (event) => onKey(tree, event));
  return tree;
}

function entriesOf(value: Branch): Entry[] {
  switch (value.kind) {
    case 'list':
      return value.values.map((item, index) => [String(index + 1), item]);
    case 'struct':
      return value.entries.map(([name, item]) => [visible(name), item]);
    case 'map':
      return value.entries.map(([key, item]) => [keyText(key), item]);
  }
}

function keyText(key: Cell): string {
  if (key === null) return 'NULL';
  if (typeof key === 'string') return key === '' ? "''" : visible(key.slice(0, 200));
  const { text, rest, end } = nestedPreview(key);
  return text + rest + end;
}

function childrenOf(value: Branch, level: number, from: number): HTMLElement[] {
  const entries = entriesOf(value);
  const shown = entries.slice(from, from + portion).map(([label, item]) => node(label, item, level));
  const left = entries.length - from - shown.length;
  const cut = 'length' in value ? value.length - entries.length : 0;
  if (left > 0) {
    const more = h(
      'div',
      { class: 'more-nodes', role: 'treeitem', tabindex: -1, aria: { level }, style: { '--level': String(level) } },
      t('{0} more', formatCount(left + cut)),
    );
    more.addEventListener('click', () => more.replaceWith(...childrenOf(value, level, from + portion)));
    shown.push(more);
  } else if (cut > 0) {
    shown.push(
      h(
        'div',
        { class: 'dim more-nodes', role: 'treeitem', tabindex: -1, aria: { level }, style: { '--level': String(level) } },
        t('{0} more: copy the value to have them', formatCount(cut)),
      ),
    );
  }
  return shown;
}

function node(label: string, value: Cell, level: number): HTMLElement {
  const branch = typeof value === 'object' && value !== null && value.kind !== 'long' ? value : null;
  const opens = branch !== null && entriesOf(branch).length > 0;
  const twisty = h('span', { class: 'twisty' }, opens && icon('right', 's'));
  const line = h(
    'div',
    { class: 'node-line' },
    twisty,
    h('span', { class: 'node-key' }, label),
    ' ',
    h('span', { class: 'node-value' }, ...contentOf(value)),
  );
  const element = h(
    'div',
    {
      role: 'treeitem',
      tabindex: -1,
      class: 'node',
      aria: { level, expanded: opens ? false : undefined },
      style: { '--level': String(level) },
    },
    line,
  );
  if (!opens) return element;
  line.addEventListener('click', () => toggle());
  const group = h('div', { role: 'group' });
  const toggle = (open = element.getAttribute('aria-expanded') !== 'true'): void => {
    element.setAttribute('aria-expanded', String(open));
    fill(twisty, icon(open ? 'down' : 'right', 's'));
    if (!open) group.remove();
    else {
      if (group.childElementCount === 0) fill(group, ...childrenOf(branch, level + 1, 0));
      element.append(group);
    }
  };
  element.addEventListener('toggle-node', () => toggle());
  return element;
}

function contentOf(value: Cell): Child[] {
  if (value === null) return [nullMark()];
  if (value === '') return [emptyMark()];
  if (typeof value === 'string')
    return value.length > maxTextCharacters ? [...textNodes(value.slice(0, maxTextCharacters)), '…'] : textNodes(value);
  if (value.kind === 'long')
    return [
      ...textNodes(value.text.slice(0, maxTextCharacters)),
      h('span', { class: 'dim' }, `… ${t('{0} characters', formatCount(value.length))}`),
    ];
  const { text, rest, end } = nestedPreview(value);
  return [h('span', { class: 'dim' }, text + rest + end)];
}

function onKey(tree: HTMLElement, event: KeyboardEvent): void {
  const items = [...tree.querySelectorAll<HTMLElement>('[role=treeitem]')];
  const at = items.indexOf(document.activeElement as HTMLElement);
  const current = items[at];
  if (current === undefined) return;
  const expanded = current.getAttribute('aria-expanded');
  const goTo = (item: HTMLElement | null | undefined): void => {
    if (item === null || item === undefined) return;
    current.tabIndex = -1;
    item.tabIndex = 0;
    item.focus();
  };
  switch (event.key) {
    case 'ArrowDown':
      goTo(items[at + 1]);
      break;
    case 'ArrowUp':
      goTo(items[at - 1]);
      break;
    case 'Home':
      goTo(items[0]);
      break;
    case 'End':
      goTo(items.at(-1));
      break;
    case 'ArrowRight':
      if (expanded === 'false') current.dispatchEvent(new Event('toggle-node'));
      else if (expanded === 'true') goTo(items[at + 1]);
      break;
    case 'ArrowLeft':
      if (expanded === 'true') current.dispatchEvent(new Event('toggle-node'));
      else goTo(current.parentElement?.closest<HTMLElement>('[role=treeitem]'));
      break;
    case 'Enter':
    case ' ':
      if (expanded !== null) current.dispatchEvent(new Event('toggle-node'));
      else current.click();
      break;
    default:
      return;
  }
  event.preventDefault();
  event.stopPropagation();
}
