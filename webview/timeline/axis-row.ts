/** The row of the axis, and what all pictures of the lanes share. */
import { t } from '../../src/base/messages.ts';
import type { Reading } from '../../src/analysis/recovery/show/reading.ts';
import { fill, h } from '../kit/dom.ts';
import { clocks } from './cursor.ts';
import { axisPlot } from './lanes/axis.ts';
import type { Scene } from './lanes/lane.ts';
import { picture, shape } from './svg.ts';

/** Hatches, and what keeps a zoomed lane inside its plot. */
export function defs(clip: SVGElement): SVGSVGElement {
  const known = clip.closest('svg');
  if (known !== null) return known;
  const pattern = (id: string, size: number, classes: string): SVGElement =>
    shape(
      'pattern',
      { id, width: size, height: size, patternUnits: 'userSpaceOnUse', patternTransform: 'rotate(45)' },
      shape('line', { class: classes, x1: 0, y1: 0, x2: 0, y2: size }),
    );
  const svg = picture(0, 0, null, [
    shape('defs', {}, pattern('fl-hatch', 6, 'hatch-l'), pattern('fl-diag', 4, 'diag-l'), shape('clipPath', { id: 'fl-plot' }, clip)),
  ]);
  svg.classList.add('defs');
  return svg;
}

export class AxisRow {
  readonly #head = h('div', { class: 'lh sub' });
  readonly #plot = h('div', { class: 'plot' });
  readonly #read = h('div', { class: 'rd' });
  readonly element = h('div', { class: 'row axis' }, this.#head, this.#plot, this.#read);

  show(scene: Scene): void {
    const { zeroAt, startedAt } = scene.view;
    const at = new Date(startedAt + (zeroAt ?? 0));
    const wall = `${at.toLocaleTimeString('en-GB')}.${String(Math.floor(at.getMilliseconds() / 10)).padStart(2, '0')}`;
    const title = zeroAt === null ? t('Seconds of the run') : t('Seconds since fault');
    fill(this.#head, h('span', { class: 'dim' }, title), h('span', { class: 'dim' }, `0 = ${wall}`));
    this.#plot.replaceChildren(axisPlot(scene));
  }

  read(reading: Reading, pinAt: number | null, isNow: boolean): void {
    fill(this.#read, ...clocks(reading, pinAt, isNow));
  }
}
