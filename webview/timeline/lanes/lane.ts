/** What a lane is made of: rows of header, plot and reading, a sentence for when it is folded, and a table behind it. */
import type { Reading } from '../../../src/analysis/recovery/show/reading.ts';
import type { RecoveryView, VantageSamples } from '../../../src/analysis/recovery/view.ts';
import type { FaultPlan } from '../../../src/journal/fault-plan.ts';
import { t } from '../../../src/base/messages.ts';
import { h, type Child } from '../../kit/dom.ts';
import { inView, type Frame } from '../frame.ts';
import { box, picture, vertical, words, type Shape } from '../svg.ts';

export interface Scene {
  readonly view: RecoveryView;
  readonly plan: FaultPlan;
  readonly samples: readonly VantageSamples[];
  readonly frame: Frame;
}

export interface SubHead {
  readonly title: string;
  readonly dim?: boolean;
  /** Small words beside or below. */
  readonly note?: string;
  /** One below the other, in the middle of the row. */
  readonly stack?: boolean;
  /** Behind an ⓘ. */
  readonly definition?: string;
}

export interface RowSpec {
  readonly key: string;
  readonly classes?: string;
  /** null: the lane's own header stands in this row. */
  readonly sub: SubHead | null;
  readonly plot: Element;
  /** The reading's column: of the moment at the cursor. */
  read?(reading: Reading): readonly Child[];
}

export interface Table {
  readonly columns: readonly { readonly title: string; readonly isNumber?: boolean }[];
  readonly rows: readonly (readonly string[])[];
  /** The last row is the sum of those above. */
  readonly hasSum?: boolean;
}

export interface LaneSpec {
  readonly id: string;
  readonly name: string;
  readonly unit: string;
  /** The unit stands beside the name. */
  readonly inline?: boolean;
  /** Of the folded lane. */
  readonly summary: string;
  /** Nothing changed: it is folded until the person opens it. */
  readonly quiet: boolean;
  rows(): readonly RowSpec[];
  table(): Table | null;
}

/** Of several readings in one column. */
export function strong(text: string): Child {
  return h('b', {}, text);
}

export function faint(text: string): Child {
  return text === '' ? null : h('span', { class: 'k' }, text);
}

/** A plot whose story a screen reader hears; what lies ahead of a run under way is grey. */
export function plotOf(frame: Frame, heightPx: number, label: string, shapes: readonly (Shape | null)[], ahead = ''): SVGSVGElement {
  return picture(frame.width, heightPx, label, [...shapes, ...unseen(frame, heightPx, ahead)]);
}

function unseen(frame: Frame, heightPx: number, text: string): readonly (Shape | null)[] {
  const { nowAt, toAt } = frame;
  const part = nowAt === null ? null : inView(frame, { fromAt: nowAt, toAt });
  if (part === null) return [];
  const [from, to] = [frame.x(part.fromAt), frame.x(part.toAt)];
  return [
    box(from, 0, to - from, heightPx, 'wash-ahead'),
    vertical(from, 0, heightPx, 'edge'),
    words((from + to) / 2, heightPx / 2 + 4, frame.measure.fit([text], to - from), 't-dim halo', 'middle'),
  ];
}

/** An opaque bar: guides pass behind it. */
export function bar(x: number, y: number, width: number, heightPx: number, classes: string): readonly Shape[] {
  return [box(x, y, width, heightPx, 'f-clear'), box(x, y, width, heightPx, `seg ${classes}`)];
}

/** Stretches of which nothing is known. */
export function hatched(
  frame: Frame,
  intervals: readonly { readonly fromAt: number; readonly toAt: number }[],
  y: number,
  heightPx: number,
  text: string,
): readonly (Shape | null)[] {
  return intervals.flatMap((interval) => {
    const part = inView(frame, interval);
    if (part === null) return [];
    const [from, to] = [frame.x(part.fromAt), frame.x(part.toAt)];
    return [
      box(from, y, to - from, heightPx, 'f-clear'),
      box(from, y, to - from, heightPx, 'hatched'),
      words((from + to) / 2, y + heightPx / 2 + 4, frame.measure.fit([text], to - from), 'halo', 'middle'),
    ];
  });
}

/** What of a watch is missing in the window. */
export function gapsOf(
  { view }: Scene,
  of: readonly RecoveryView['gaps'][number]['of'][],
): readonly { readonly fromAt: number; readonly toAt: number }[] {
  return view.gaps.filter((gap) => of.includes(gap.of));
}

export function gapWord(): string {
  return t('watch gap');
}
