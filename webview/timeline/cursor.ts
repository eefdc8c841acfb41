/** The shared cursor before all lanes, and the moment that was pinned to compare with. */
import { t } from '../../src/base/messages.ts';
import { sinceSeconds } from '../../src/analysis/recovery/judge/metric-text.ts';
import type { Reading } from '../../src/analysis/recovery/show/reading.ts';
import { h, type Child } from '../kit/dom.ts';
import type { Frame } from './frame.ts';
import { axisHeight } from './lanes/axis.ts';
import { faint, strong } from './lanes/lane.ts';
import { box, crisp, path, picture, px, vertical, words } from './svg.ts';

const labelHeight = 16;

export class Cursor {
  readonly element = h('div', { class: 'over front' });

  show(frame: Frame, at: number | null, pinAt: number | null, heightPx: number, ticks: Iterable<SVGTextElement>): void {
    const shapes = [];
    const inView = (moment: number | null): moment is number => moment !== null && moment >= frame.fromAt && moment <= frame.toAt;
    if (inView(pinAt)) {
      const x = crisp(frame.x(pinAt));
      shapes.push(vertical(x, 20, heightPx, 'g-pin'), path(`M${px(x - 4)} 14h8l-4 6z`, 'f-pin'));
    }
    let label: readonly [number, number] | null = null;
    if (inView(at)) {
      const x = crisp(frame.x(at));
      const delta = pinAt === null ? '' : ` · Δ ${sinceSeconds(at - pinAt)}`;
      const text = `${momentText(frame, at)} s${delta}`;
      const width = frame.measure.width(text, 11, 600) + 10;
      const left = Math.max(0, Math.min(x - width / 2, frame.width - width));
      label = [left - 4, left + width + 4];
      shapes.push(
        box(left - 4, 0, width + 8, 15, 'f-clear'),
        vertical(x, labelHeight, 21, 'g-cur'),
        vertical(x, axisHeight, heightPx, 'g-cur'),
        box(left - 0.5, -0.5, width, labelHeight, 'f-cur', 2),
        words(left + width / 2, 11.5, text, 't-b', 'middle'),
      );
    }
    for (const tick of ticks) {
      // Asked for its box each would be laid out anew.
      const width = frame.measure.width(tick.textContent);
      const share = { middle: 0.5, end: 1 }[tick.getAttribute('text-anchor') ?? ''] ?? 0;
      const x = Number(tick.getAttribute('x')) - share * width;
      tick.style.visibility = label !== null && x < label[1] && x + width > label[0] ? 'hidden' : 'visible';
    }
    this.element.replaceChildren(picture(frame.width, heightPx, null, shapes));
  }
}

function momentText({ signed, zeroAt }: Frame, at: number): string {
  return signed ? sinceSeconds(at - zeroAt) : (at / 1000).toFixed(2);
}

/** Three clocks: since the fault, the person's, the run's; and how far it is from what was pinned. */
export function clocks({ at, sinceMs, wallMs }: Reading, pinAt: number | null, isNow: boolean): readonly Child[] {
  const first = sinceMs === null ? t('{0} s', (at / 1000).toFixed(2)) : t('{0} s', sinceSeconds(sinceMs));
  const wall = new Date(wallMs);
  const second = `${wall.toLocaleTimeString('en-GB')}.${String(Math.floor(wall.getMilliseconds() / 10)).padStart(2, '0')}`;
  const run = t('run {0} s', (at / 1000).toFixed(2));
  return [
    h(
      'span',
      {},
      strong(first),
      ' ',
      pinAt === null ? faint(isNow ? t('now') : t('at the cursor')) : faint(t('Δ {0} s from the pin', sinceSeconds(at - pinAt))),
    ),
    faint(`${second} · ${run}`),
  ];
}
