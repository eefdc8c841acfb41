/** The timeline as a picture: verdict, numbers and lanes as they stand on the page, as SVG, or drawn from it as PNG. */
import { shape } from './svg.ts';

const ns = 'http://www.w3.org/2000/svg';
const styled = [
  'fill',
  'fill-opacity',
  'stroke',
  'stroke-width',
  'stroke-dasharray',
  'stroke-linejoin',
  'paint-order',
  'opacity',
  'font-size',
  'font-weight',
  'clip-path',
  'shape-rendering',
  'visibility',
] as const;
const defaults: Readonly<Record<string, readonly string[]>> = {
  'stroke-dasharray': ['none'],
  'stroke-linejoin': ['miter'],
  'paint-order': ['normal'],
  'clip-path': ['none'],
  'shape-rendering': ['auto'],
  ...{ opacity: ['1'], 'fill-opacity': ['1'], visibility: ['visible'], stroke: ['none'] },
};
const padding = 16;

export interface Picture {
  readonly svg: string;
  readonly width: number;
  readonly height: number;
}

/** Of these parts of the page, one below the other; what is not shown is left out. */
export function pictureOf(parts: readonly HTMLElement[]): Picture {
  const boxes = parts.filter((part) => part.offsetParent !== null).map((part) => part.getBoundingClientRect());
  const left = Math.min(...boxes.map((each) => each.left)) - padding;
  const top = Math.min(...boxes.map((each) => each.top)) - padding;
  const width = Math.ceil(Math.max(...boxes.map((each) => each.right)) + padding - left);
  const height = Math.ceil(Math.max(...boxes.map((each) => each.bottom)) + padding - top);
  const { backgroundColor, fontFamily } = getComputedStyle(document.body);
  const root = shape('svg', { xmlns: ns, width, height, viewBox: `0 0 ${width} ${height}`, 'font-family': fontFamily });
  root.append(shape('rect', { width, height, fill: backgroundColor }));
  for (const part of parts) if (part.offsetParent !== null) walk(part, root, { left, top });
  return { svg: new XMLSerializer().serializeToString(root), width, height };
}

interface Origin {
  readonly left: number;
  readonly top: number;
}

function walk(element: Element, to: SVGElement, origin: Origin): void {
  const style = getComputedStyle(element);
  if (style.display === 'none' || style.visibility === 'hidden' || element.classList.contains('vh')) return;
  if (element.matches('button, vscode-button, .tools, .windows')) return;
  if (element instanceof SVGSVGElement) {
    to.append(...copied(element, origin));
    return;
  }
  surface(element, style, to, origin);
  // What lies before the lanes is drawn after them.
  const layer = (node: Node): number => (node instanceof HTMLElement ? Number(getComputedStyle(node).zIndex) || 0 : 0);
  for (const node of [...element.childNodes].toSorted((a, b) => layer(a) - layer(b))) {
    if (node instanceof Element) walk(node, to, origin);
    else if (node instanceof Text) to.append(...lines(node, style, origin));
  }
}

/** A ground that hides what is behind, and hairlines. */
function surface(element: Element, style: CSSStyleDeclaration, to: SVGElement, { left, top }: Origin): void {
  const rect = element.getBoundingClientRect();
  const place = { x: rect.left - left, y: rect.top - top, width: rect.width };
  if (!/^(?:transparent|rgba\(.*, 0\))$/.test(style.backgroundColor))
    to.append(shape('rect', { ...place, height: rect.height, fill: style.backgroundColor }));
  const edge = (side: 'Top' | 'Bottom' | 'Left', x1: number, y1: number, x2: number, y2: number): void => {
    if (style[`border${side}Style`] === 'none' || Number.parseFloat(style[`border${side}Width`]) === 0) return;
    to.append(shape('line', { x1, y1, x2, y2, stroke: style[`border${side}Color`], 'shape-rendering': 'crispEdges' }));
  };
  edge('Top', place.x, place.y + 0.5, place.x + place.width, place.y + 0.5);
  edge('Bottom', place.x, place.y + rect.height - 0.5, place.x + place.width, place.y + rect.height - 0.5);
  edge('Left', place.x + 0.5, place.y, place.x + 0.5, place.y + rect.height);
}

/** One line of text each: a browser breaks them, a picture can't. */
function lines(node: Text, style: CSSStyleDeclaration, { left, top }: Origin): readonly SVGElement[] {
  const found: { text: string; x: number; y: number; bottom: number }[] = [];
  const range = document.createRange();
  for (const match of node.data.matchAll(/\S+\s*/g)) {
    range.setStart(node, match.index);
    range.setEnd(node, match.index + match[0].trimEnd().length);
    const rect = range.getBoundingClientRect();
    if (rect.width === 0) continue;
    const last = found.at(-1);
    if (last !== undefined && Math.abs(last.y - rect.top) < 2) last.text += match[0];
    else found.push({ text: match[0], x: rect.left, y: rect.top, bottom: rect.bottom });
  }
  const size = Number.parseFloat(style.fontSize);
  return found.map(({ text, x, y, bottom }) =>
    shape(
      'text',
      {
        x: x - left,
        y: (y + bottom) / 2 - top + size * 0.36,
        fill: style.color,
        'font-size': style.fontSize,
        'font-weight': style.fontWeight,
        'xml:space': 'preserve',
      },
      text.trimEnd(),
    ),
  );
}

function copied(svg: SVGSVGElement, { left, top }: Origin): readonly SVGElement[] {
  const rect = svg.getBoundingClientRect();
  const copy = svg.cloneNode(true) as SVGSVGElement;
  inline(svg, copy);
  const group = shape('g', { transform: `translate(${rect.left - left} ${rect.top - top})` });
  const viewBox = svg.getAttribute('viewBox')?.split(' ').map(Number);
  const scale = viewBox === undefined ? 1 : rect.width / (viewBox[2] ?? rect.width);
  const inner = shape('g', scale === 1 ? {} : { transform: `scale(${scale})` });
  inner.append(...copy.childNodes);
  group.append(inner);
  return [group];
}

/** The theme's colours as they are now: the file has no theme. */
function inline(from: Element, to: Element): void {
  const style = getComputedStyle(from);
  if (from instanceof SVGElement && !(from instanceof SVGSVGElement)) {
    for (const name of styled) {
      const value = style.getPropertyValue(name);
      if (value !== '' && defaults[name]?.includes(value) !== true) to.setAttribute(name, value.replaceAll('"', ''));
    }
    for (const name of ['fill', 'stroke']) if (to.getAttribute(name) === 'currentColor') to.setAttribute(name, style.color);
  }
  to.removeAttribute('class');
  to.removeAttribute('style');
  for (let i = 0; i < from.children.length; i++) {
    const [a, b] = [from.children[i], to.children[i]];
    if (a !== undefined && b !== undefined) inline(a, b);
  }
}

/** Twice as fine as the page. base64. */
export async function pngOf({ svg, width, height }: Picture): Promise<string> {
  const image = new Image(width, height);
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`;
  await image.decode();
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [width * 2, height * 2];
  const context = canvas.getContext('2d');
  if (context === null) throw new Error('this page can draw no picture');
  context.scale(2, 2);
  context.drawImage(image, 0, 0, width, height);
  return canvas.toDataURL('image/png').split(',')[1] ?? '';
}
