/** A line of a few points without axes, on its own logarithmic scale; a dot where it is highest. */
const namespace = 'http://www.w3.org/2000/svg';
const width = 78;
const height = 16;
/** Two points are no course. */
const fewest = 3;

export function sparkline(values: readonly (number | null)[]): SVGSVGElement {
  const root = make('svg', { class: 'sparkline', width, height, 'aria-hidden': 'true' });
  const known = values.filter((value): value is number => value !== null && value > 0);
  if (known.length < fewest) return root;
  const [low, high] = [Math.log(Math.min(...known)), Math.log(Math.max(...known))];
  const x = (i: number): number => 2 + (i * (width - 4)) / Math.max(1, values.length - 1);
  // A steady query is a flat line: noise of a few per cent is not blown up to the whole height.
  const range = Math.max(high - low, Math.log(1.5));
  const y = (value: number): number => 13 - ((Math.log(value) - low) / range) * 10;
  let path = '';
  let open = false;
  let top = { x: 0, y: height };
  for (const [i, value] of values.entries()) {
    if (value === null || value <= 0) {
      open = false;
      continue;
    }
    const [px, py] = [x(i), y(value)];
    // A lone point is a dash: else it would not be seen.
    path += open ? `L${px.toFixed(1)} ${py.toFixed(1)}` : `M${(px - 0.6).toFixed(1)} ${py.toFixed(1)}h.6`;
    open = true;
    if (py < top.y) top = { x: px, y: py };
  }
  root.append(
    make('path', { d: path, class: 'spark-line' }),
    make('circle', { cx: top.x.toFixed(1), cy: top.y.toFixed(1), r: 1.7, class: 'spark-top' }),
  );
  return root;
}

function make<K extends keyof SVGElementTagNameMap>(
  tag: K,
  attributes: Readonly<Record<string, string | number>>,
): SVGElementTagNameMap[K] {
  const element = document.createElementNS(namespace, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  return element;
}
