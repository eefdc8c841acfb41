/** The axis on top of all lanes: ticks, the moments that count with their names, and how long faults last. */
import { t } from '../../../src/base/messages.ts';
import { sinceSeconds } from '../../../src/analysis/recovery/judge/metric-text.ts';
import type { FaultView, Milestone } from '../../../src/analysis/recovery/view.ts';
import { inView, Taken, ticksOf, tickStepMs, tickText, type Frame } from '../frame.ts';
import { box, crisp, horizontal, path, picture, px, vertical, words, type Shape } from '../svg.ts';
import type { Scene } from './lane.ts';

export const axisHeight = 42;
/** Here lanes and guides begin. */
export const guidesFrom = 36;

interface Style {
  /** Of the guide through all lanes; null: a tick below the axis. */
  readonly line: string | null;
  readonly text: string;
  readonly mark?: 'fault' | 'recovered';
  readonly side: 'left' | 'right';
  /** The first ones have their words first. */
  readonly rank: number;
}

const styles: Readonly<Record<Milestone['of'], Style>> = {
  fault: { line: 'g-fault', text: 'f-fault t-b', mark: 'fault', side: 'left', rank: 0 },
  recovered: { line: 'g-rec', text: 'f-rec t-b', mark: 'recovered', side: 'right', rank: 1 },
  limit: { line: 'g-limit', text: 'f-limit', side: 'right', rank: 2 },
  ends: { line: 'g-base', text: 't-dim', side: 'left', rank: 3 },
  healed: { line: 'g-base', text: '', side: 'right', rank: 3 },
  baseline: { line: 'g-base', text: 't-dim', side: 'left', rank: 4 },
  firstGood: { line: null, text: 't-dim', side: 'left', rank: 5 },
  impact: { line: null, text: 't-dim', side: 'right', rank: 6 },
  applied: { line: null, text: 't-dim', side: 'right', rank: 7 },
};

/** What is drawn and spoken; the start of impact is the edge of the wash, and needs no words of its own. */
function shown({ view }: Scene): readonly Milestone[] {
  return view.milestones.filter(({ of }) => of !== 'impact' && of !== 'applied');
}

export function axisPlot(scene: Scene): SVGSVGElement {
  const { frame, view } = scene;
  const { gutter, width } = frame;
  const now = nowWords(frame);
  const shapes: (Shape | null)[] = [...ticks(frame, now), horizontal(20.5, gutter, width, 'ax'), ...faultBars(scene)];
  if (now !== null) shapes.push(...nowMark(now));
  shapes.push(...marks(scene));
  const label = view.zeroAt === null ? t('Time axis in seconds of the run') : t('Time axis in seconds since the fault');
  return picture(
    width,
    axisHeight,
    `${label}: ${shown(scene)
      .map(({ text }) => text)
      .join(', ')}`,
    shapes,
  );
}

function ticks(frame: Frame, now: NowWords | null): readonly (Shape | null)[] {
  const step = tickStepMs(frame, 46);
  const small = tickStepMs(frame, 12);
  const minor = ticksOf(frame, small).map((since) => vertical(crisp(frame.x(frame.zeroAt + since)), 17, 20, 'ax'));
  const labels = ticksOf(frame, step).flatMap((since) => {
    const x = frame.x(frame.zeroAt + since);
    const unit = since === step ? ' s' : '';
    const label = `${tickText(frame, since, step)}${unit}`;
    const half = frame.measure.width(label) / 2 + 2;
    const isTaken = now !== null && x + half > now.from && x - half < now.to;
    const text = isTaken ? null : words(x, 11, label, 't-dim tick', anchorAt(frame, x));
    return [vertical(crisp(x), 15, 20, 'ax'), text];
  });
  return [...minor, ...labels];
}

function anchorAt({ width, gutter }: Frame, x: number): 'start' | 'middle' | 'end' {
  return x > width - 14 ? 'end' : x < gutter + 4 ? 'start' : 'middle';
}

interface NowWords {
  readonly text: string;
  readonly isLeft: boolean;
  readonly from: number;
  readonly to: number;
}

/** Where it is now, in place of a tick's words. null: not in view. */
function nowWords(frame: Frame): NowWords | null {
  const { nowAt, zeroAt, gutter, width, fromAt, toAt } = frame;
  if (nowAt === null || nowAt < fromAt || nowAt > toAt) return null;
  const x = frame.x(nowAt);
  const text = t('now {0} s', tickText(frame, Math.round((nowAt - zeroAt) / 100) * 100, 100));
  const room = frame.measure.width(text, 11, 600) + 14;
  const isLeft = x + room > width && x - room > gutter;
  return { text, isLeft, from: isLeft ? x - room : x - 2, to: isLeft ? x + 2 : x + room };
}

function nowMark({ text, isLeft, from, to }: NowWords): readonly (Shape | null)[] {
  const x = isLeft ? to - 2 : from + 2;
  return [path(`M${px(x)} 12l6 4l-6 4z`, 'm-ok'), words(isLeft ? x - 6 : x + 10, 11, text, 't-b', isLeft ? 'end' : 'start')];
}

/** A fault that lasts, over the lanes; dashed where it lies ahead. */
function faultBars({ view, frame }: Scene): readonly Shape[] {
  return view.faults.flatMap((fault) => {
    const begin = fault.appliedAt ?? fault.goAt;
    if (!fault.lasts || begin === null) return [];
    const [done, ahead] = extentOf(fault, begin, frame);
    const bars = [
      { part: inView(frame, { fromAt: begin, toAt: done }), classes: 'band' },
      { part: inView(frame, { fromAt: done, toAt: ahead }), classes: 'band ahead' },
    ];
    return bars.flatMap(({ part, classes }) =>
      part === null ? [] : [box(frame.x(part.fromAt), 37, frame.x(part.toAt) - frame.x(part.fromAt), 4, classes)],
    );
  });
}

function extentOf({ healedAt, endsAt }: FaultView, begin: number, { nowAt }: Frame): readonly [done: number, ahead: number] {
  if (healedAt !== null) return [healedAt, healedAt];
  const end = endsAt ?? begin;
  return nowAt === null ? [end, end] : [nowAt, Math.max(nowAt, end)];
}

function marks(scene: Scene): readonly (Shape | null)[] {
  const { frame } = scene;
  const taken = new Taken();
  const visible = shown(scene).filter(({ at }) => at >= frame.fromAt && at <= frame.toAt);
  for (const { at, of } of visible) {
    const half = styles[of].mark === undefined ? 1 : 5;
    taken.take(frame.x(at) - half, frame.x(at) + half);
  }
  const inRank = visible.toSorted((a, b) => styles[a.of].rank - styles[b.of].rank || a.at - b.at);
  return inRank.flatMap((milestone) => {
    const { of, at } = milestone;
    const x = frame.x(at);
    const style = styles[of];
    return [
      style.mark === 'fault' ? path(`M${px(x - 4.5)} 23h9l-4.5 8z`, 'f-fault') : null,
      style.mark === 'recovered' ? path(`M${px(x - 4.5)} 31h9l-4.5 -8z`, 'f-rec') : null,
      style.line === null ? vertical(crisp(x), 21, 36, 'g-base') : null,
      label(milestone, style, frame, taken),
    ];
  });
}

function label({ text, at, of }: Milestone, { side, text: classes, mark }: Style, frame: Frame, taken: Taken): Shape | null {
  const x = frame.x(at);
  const away = mark === undefined ? 4 : 8;
  const weight = mark === undefined ? 400 : 600;
  const variants =
    of === 'fault'
      ? [text, ...[',', ' (', ':'].map((end) => text.split(end)[0] ?? text), t('fault')]
      : of === 'ends'
        ? [endsText(at, frame, text), text]
        : [text];
  for (const variant of variants) {
    const width = frame.measure.width(variant, 11, weight);
    for (const where of side === 'left' ? (['left', 'right'] as const) : (['right', 'left'] as const)) {
      const from = where === 'left' ? x - away - width : x + away;
      if (from < 0 || from + width > frame.width || !taken.isFree(from - 3, from + width + 3)) continue;
      taken.take(from - 3, from + width + 3);
      return words(where === 'left' ? x - away : x + away, 32, variant, classes, where === 'left' ? 'end' : 'start');
    }
  }
  return null;
}

function endsText(at: number, { zeroAt }: Frame, text: string): string {
  return t('{0} at {1}', text, sinceSeconds(at - zeroAt));
}

/** Where lines go through all lanes, and where the cursor stands at first. */
export function guideXs({ view, frame }: Scene): readonly number[] {
  return view.milestones.filter(({ of }) => styles[of].line !== null || of === 'impact').map(({ at }) => frame.x(at));
}

/** Behind all lanes. */
export function guides(scene: Scene, heightPx: number): SVGSVGElement {
  const { frame } = scene;
  const lines = shown(scene).flatMap(({ of, at }) => {
    const { line, mark } = styles[of];
    if (line === null || at < frame.fromAt || at > frame.toAt) return [];
    const x = frame.x(at);
    return [vertical(mark === undefined ? crisp(x) : x, mark === undefined ? guidesFrom : 31, heightPx, line)];
  });
  return picture(frame.width, heightPx, null, lines);
}
