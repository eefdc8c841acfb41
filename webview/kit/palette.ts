/** The theme's colours for canvases, read when the page opens and again when the theme changes. The roles are in palette.css. */
import './palette.css';
import { h } from './dom.ts';

const roles = [
  'text',
  'dim',
  'unknown',
  'surface',
  'grid',
  'axis',
  'focus',
  'response',
  'service',
  'wait',
  'limit',
  'dropped',
  'bad',
] as const;

export type Ink = (typeof roles)[number];

export class Palette {
  readonly #probes: ReadonlyMap<Ink, HTMLElement>;
  readonly #listeners = new Set<() => void>();
  #colours: Readonly<Record<Ink, string>>;
  #family = '';

  constructor(root: HTMLElement) {
    const probes = roles.map((role) => [role, h('i', { class: `ink-${role}` })] as const);
    this.#probes = new Map(probes);
    root.append(h('div', { hidden: true, aria: { hidden: true } }, ...probes.map(([, probe]) => probe)));
    this.#colours = this.#read();
    const watch = new MutationObserver(() => this.#changed());
    // The workbench sets the variables as the document's style and the kind of theme as a class of the body.
    watch.observe(document.documentElement, { attributes: true });
    watch.observe(document.body, { attributes: true, attributeFilter: ['class', 'style', 'data-vscode-theme-id'] });
  }

  of(ink: Ink): string {
    return this.#colours[ink];
  }

  font(sizePx = 11, weight = 400): string {
    return `${weight} ${sizePx}px ${this.#family}`;
  }

  get family(): string {
    return this.#family;
  }

  onChange(listener: () => void): void {
    this.#listeners.add(listener);
  }

  #changed(): void {
    const before = JSON.stringify([this.#colours, this.#family]);
    this.#colours = this.#read();
    if (JSON.stringify([this.#colours, this.#family]) !== before) for (const listener of this.#listeners) listener();
  }

  #read(): Readonly<Record<Ink, string>> {
    this.#family = getComputedStyle(document.body).fontFamily;
    const colour = (role: Ink): string => {
      const probe = this.#probes.get(role);
      return probe === undefined ? '' : getComputedStyle(probe).color;
    };
    return Object.fromEntries(roles.map((role) => [role, colour(role)])) as Record<Ink, string>;
  }
}
