/** One shape per state, so that colour is never the only sign. Drawn on 16 × 16. */
type Part =
  | { readonly d: string; readonly fill?: true; readonly stroke?: number; readonly cut?: true; readonly dash?: string }
  | { readonly circle: readonly [number, number, number]; readonly fill?: true; readonly stroke?: number; readonly dash?: string }
  | { readonly rect: readonly [number, number, number, number, number]; readonly fill?: true };

const shapes = {
  ok: [
    { circle: [8, 8, 6.2], fill: true },
    { d: 'M5 8.3l2.1 2.1L11.2 6', stroke: 1.7, cut: true },
  ],
  warn: [
    { d: 'M8 1.6 15 14H1z', fill: true },
    { d: 'M8 6v4.2M8 11.4v1.4', stroke: 1.6, cut: true },
  ],
  bad: [
    { rect: [2, 2, 12, 12, 1.5], fill: true },
    { d: 'M5.3 5.3l5.4 5.4M10.7 5.3l-5.4 5.4', stroke: 1.7, cut: true },
  ],
  partial: [{ circle: [8, 8, 5.6], stroke: 1.5, dash: '2.6 2.2' }],
  running: [
    { circle: [8, 8, 5.6], stroke: 1.5 },
    { d: 'M8 2.4a5.6 5.6 0 0 1 0 11.2z', fill: true },
  ],
  /** Nothing can be said for sure. */
  unsure: [
    { d: 'M8 1.2 14.8 8 8 14.8 1.2 8z', stroke: 1.5 },
    { d: 'M6.3 6.6c.1-2.1 3.5-2 3.4.1 0 1.3-1.7 1.3-1.7 2.6M8 10.6v1.3', stroke: 1.3 },
  ],
  /** As it was before. */
  same: [
    { circle: [8, 8, 5.6], stroke: 1.5 },
    { d: 'M5 6.8h6M5 9.4h6', stroke: 1.4 },
  ],
  tick: [{ d: 'M3.2 8.4l3.2 3.2 6.4-7', stroke: 1.6 }],
  dot: [{ circle: [8, 8, 4.4], fill: true }],
  cross: [{ d: 'M3 3l10 10M13 3L3 13', stroke: 2.6 }],
  stop: [{ rect: [3.5, 3.5, 9, 9, 1], fill: true }],
  filter: [{ d: 'M2.5 3.5h11L9.4 8.6v4L6.6 11V8.6z', stroke: 1.2 }],
  filterOn: [{ d: 'M2.5 3.5h11L9.4 8.6v4L6.6 11V8.6z', fill: true, stroke: 1.2 }],
  close: [{ d: 'M4 4l8 8M12 4l-8 8', stroke: 1.3 }],
  dash: [{ d: 'M4 8h8', stroke: 1.4 }],
  pin: [{ d: 'M6 2h4l-.5 4.2L12 8.6v1H8.6V14h-1.2V9.6H4v-1l2.5-2.4z', fill: true }],
  pinOff: [{ d: 'M6 2h4l-.5 4.2L12 8.6v1H8.6V14h-1.2V9.6H4v-1l2.5-2.4z', stroke: 1.1 }],
  down: [{ d: 'M4 6l4 4 4-4', stroke: 1.3 }],
  right: [{ d: 'M6 4l4 4-4 4', stroke: 1.3 }],
  copy: [{ d: 'M5.5 5.5h7v8h-7zM3.5 10.5v-8h7', stroke: 1.1 }],
  /** A fault. */
  bolt: [{ d: 'M9.4 1.2 3.2 9.2h4.2l-.9 5.6 6.3-8.1H8.6z', fill: true }],
  /** A cluster that is protected. */
  shield: [{ d: 'M8 1.6l5.4 1.9v4c0 3.4-2.3 5.6-5.4 7-3.1-1.4-5.4-3.6-5.4-7v-4z', stroke: 1.3 }],
  table: [{ d: 'M2.5 3.5h11v9h-11zM2.5 6.5h11M6.5 6.5v6', stroke: 1.1 }],
} as const satisfies Record<string, readonly Part[]>;

export type IconName = keyof typeof shapes;

const svg = 'http://www.w3.org/2000/svg';

/** With a label it is an image with that name, without it is decoration. `s` is 12 px, else 16. */
export function icon(name: IconName, classes = '', label?: string): SVGSVGElement {
  const root = document.createElementNS(svg, 'svg');
  root.setAttribute('class', `ic ${classes}`.trim());
  root.setAttribute('viewBox', '0 0 16 16');
  if (label === undefined) root.setAttribute('aria-hidden', 'true');
  else {
    root.setAttribute('role', 'img');
    root.setAttribute('aria-label', label);
  }
  for (const part of shapes[name]) root.append(draw(part));
  return root;
}

function draw(part: Part): SVGElement {
  const element = outline(part);
  const ink = 'cut' in part ? 'var(--ic-cut)' : 'currentColor';
  element.setAttribute('fill', part.fill === true ? ink : 'none');
  if ('stroke' in part && part.stroke !== undefined) {
    element.setAttribute('stroke', ink);
    element.setAttribute('stroke-width', String(part.stroke));
  }
  if ('dash' in part && part.dash !== undefined) element.setAttribute('stroke-dasharray', part.dash);
  return element;
}

function outline(part: Part): SVGElement {
  const make = (tag: string, attributes: Readonly<Record<string, string | number>>): SVGElement => {
    const element = document.createElementNS(svg, tag);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
    return element;
  };
  if ('d' in part) return make('path', { d: part.d });
  if ('circle' in part) return make('circle', { cx: part.circle[0], cy: part.circle[1], r: part.circle[2] });
  const [x, y, width, height, rx] = part.rect;
  return make('rect', { x, y, width, height, rx });
}
