/**
 * Elements without markup: text only ever becomes a text node, so that a value can't turn into an element.
 * There is no way in here to pass HTML.
 */
export type Child = Node | string | null | undefined | false;

type Handlers = { readonly [E in keyof HTMLElementEventMap]?: (event: HTMLElementEventMap[E]) => void };

export interface Props {
  readonly class?: string | undefined;
  readonly title?: string | undefined;
  readonly role?: string | undefined;
  readonly id?: string | undefined;
  readonly tabindex?: number | undefined;
  readonly hidden?: boolean | undefined;
  readonly disabled?: boolean | undefined;
  /** `label` becomes `aria-label`. */
  readonly aria?: Readonly<Record<string, string | number | boolean | undefined>>;
  /** `row` becomes `data-row`. */
  readonly data?: Readonly<Record<string, string | number | undefined>>;
  /** CSS properties and custom properties. */
  readonly style?: Readonly<Record<string, string>>;
  readonly on?: Handlers;
}

export function h<K extends keyof HTMLElementTagNameMap>(tag: K, props: Props = {}, ...children: Child[]): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  apply(element, props);
  append(element, children);
  return element;
}

export function apply(element: HTMLElement, props: Props): void {
  if (props.class !== undefined) element.className = props.class;
  if (props.title !== undefined) element.title = props.title;
  if (props.role !== undefined) element.setAttribute('role', props.role);
  if (props.id !== undefined) element.id = props.id;
  if (props.tabindex !== undefined) element.tabIndex = props.tabindex;
  if (props.hidden !== undefined) element.hidden = props.hidden;
  if (props.disabled === true) element.setAttribute('disabled', '');
  for (const [name, value] of Object.entries(props.aria ?? {}))
    if (value !== undefined) element.setAttribute(`aria-${name}`, String(value));
  for (const [name, value] of Object.entries(props.data ?? {})) if (value !== undefined) element.dataset[name] = String(value);
  for (const [name, value] of Object.entries(props.style ?? {})) element.style.setProperty(name, value);
  for (const [name, handler] of Object.entries(props.on ?? {})) element.addEventListener(name, handler as EventListener);
}

export function append(element: Element, children: readonly Child[]): void {
  for (const child of children) if (child !== null && child !== undefined && child !== false) element.append(child);
}

export function fill(element: Element, ...children: Child[]): void {
  element.replaceChildren();
  append(element, children);
}

/** Writes an attribute only where it changes: a screen reader hears each write. */
export function attr(element: Element, name: string, value: string | number | boolean | null): void {
  const text = value === null ? null : String(value);
  if (element.getAttribute(name) === text) return;
  if (text === null) element.removeAttribute(name);
  else element.setAttribute(name, text);
}

/** Text that is read but not seen. */
export function spoken(text: string): HTMLElement {
  return h('span', { class: 'vh' }, text);
}

/** Runs `draw` only when what it draws has changed. */
export function whenChanged<T>(draw: (value: T) => void): (value: T) => void {
  let last: string | undefined;
  return (value) => {
    const key = JSON.stringify(value);
    if (key === last) return;
    last = key;
    draw(value);
  };
}
