/** Shapes of a picture, as elements: no markup is ever made of text. Coordinates are pixels. */
const ns = 'http://www.w3.org/2000/svg';

export type Shape = SVGElement;
type Attributes = Readonly<Record<string, string | number | undefined>>;

export function shape(tag: string, attributes: Attributes, ...children: readonly (Node | string)[]): SVGElement {
  const element = document.createElementNS(ns, tag);
  for (const [name, value] of Object.entries(attributes))
    if (value !== undefined && value !== '') element.setAttribute(name, String(value));
  element.append(...children);
  return element;
}

/** Tenths of a pixel are as fine as a screen shows. */
export function px(value: number): number {
  return Math.round(value * 10) / 10;
}

/** A hairline that fills one row of pixels. */
export function crisp(value: number): number {
  return Math.round(value) + 0.5;
}

export function line(x1: number, y1: number, x2: number, y2: number, classes: string): Shape {
  return shape('line', { x1: px(x1), y1: px(y1), x2: px(x2), y2: px(y2), class: classes });
}

export function vertical(x: number, y1: number, y2: number, classes: string): Shape {
  return line(x, y1, x, y2, classes);
}

export function horizontal(y: number, x1: number, x2: number, classes: string): Shape {
  return line(x1, y, x2, y, classes);
}

export function box(x: number, y: number, width: number, height: number, classes: string, radius = 0): Shape {
  return shape('rect', {
    ...{ x: px(x), y: px(y), width: px(Math.max(0, width)), height: px(height), class: classes },
    rx: radius === 0 ? undefined : radius,
  });
}

export function path(d: string, classes: string): Shape {
  return shape('path', { d, class: classes });
}

export type Anchor = 'start' | 'middle' | 'end';

export function words(x: number, y: number, text: string, classes = '', anchor: Anchor = 'start'): Shape | null {
  return text === '' ? null : shape('text', { x: px(x), y, class: classes, 'text-anchor': anchor === 'start' ? undefined : anchor }, text);
}

/** Words with nothing of what they stand on between their letters. */
export function clearWords(x: number, y: number, text: string, width: number, classes: string, anchor: Anchor): readonly (Shape | null)[] {
  if (text === '') return [];
  const from = anchor === 'start' ? x : anchor === 'end' ? x - width : x - width / 2;
  return [box(from - 2, y - 9, width + 4, 11, 'f-clear'), words(x, y, text, classes, anchor)];
}

export function group(classes: string, ...children: readonly (Shape | null)[]): Shape {
  return shape('g', { class: classes }, ...present(children));
}

export function present(shapes: readonly (Shape | null)[]): readonly Shape[] {
  return shapes.filter((each) => each !== null);
}

/** With a label it is an image with that story; without it is decoration. */
export function picture(width: number, height: number, label: string | null, shapes: readonly (Shape | null)[]): SVGSVGElement {
  const root = shape('svg', {
    ...{ width: px(width), height },
    ...(label === null ? { 'aria-hidden': 'true' } : { role: 'img', 'aria-label': label }),
  });
  root.append(...present(shapes));
  return root as SVGSVGElement;
}

/** How wide words are, before they are drawn. */
export class Measure {
  readonly #context = document.createElement('canvas').getContext('2d');
  readonly #known = new Map<string, number>();
  #family = '';

  width(text: string, sizePx = 11, weight = 400): number {
    const key = `${weight} ${sizePx} ${text}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    if (this.#context === null) return text.length * sizePx * 0.56;
    if (this.#family === '') this.#family = getComputedStyle(document.body).fontFamily;
    this.#context.font = `${weight} ${sizePx}px ${this.#family}`;
    const { width } = this.#context.measureText(text);
    if (this.#known.size > 5000) this.#known.clear();
    this.#known.set(key, width);
    return width;
  }

  /** The longest wording that fits, else none. */
  fit(variants: readonly string[], room: number, sizePx = 11, weight = 400): string {
    return variants.find((text) => this.width(text, sizePx, weight) + 8 <= room) ?? '';
  }
}
