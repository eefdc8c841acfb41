/** Words beside the steps of a line, where neither the line nor other words cross them. */
import { t } from '../../../src/base/messages.ts';
import { sinceSeconds } from '../../../src/analysis/recovery/judge/metric-text.ts';
import type { RedundancyView } from '../../../src/analysis/recovery/view.ts';
import type { Frame } from '../frame.ts';
import { words, type Shape } from '../svg.ts';

type Steps = RedundancyView['steps'];

export interface Box {
  readonly from: number;
  readonly to: number;
  readonly top: number;
  readonly bottom: number;
}

/** Steps one way that follow each other so closely that each would hide the other's words. */
interface Change {
  readonly fromAt: number;
  readonly toAt: number;
  readonly before: number;
  readonly have: number;
}

function changesOf(list: Steps, frame: Frame): readonly Change[] {
  const found: Change[] = [];
  for (const [i, { at, have }] of list.entries()) {
    const before = list[i - 1]?.have;
    if (before === undefined || before === have) continue;
    const last = found.at(-1);
    const one = last === undefined ? null : { ...last, toAt: at, have };
    const isOneWay = last !== undefined && have < before === last.have < last.before;
    const isNear = one !== null && frame.x(at) - frame.x(one.fromAt) < frame.measure.width(wordings(one, frame)[0] ?? '') + away;
    if (one !== null && isOneWay && isNear) found[found.length - 1] = one;
    else found.push({ fromAt: at, toAt: at, before, have });
  }
  return found;
}

/** "3 → 2 at +0.30", "72 → 48, +7.56 to +7.57" */
function wordings({ fromAt, toAt, before, have }: Change, { zeroAt }: Frame): readonly string[] {
  const [from, to] = [fromAt, toAt].map((at) => sinceSeconds(at - zeroAt));
  const steps = t('{0} → {1}', before, have);
  return [from === to ? t('{0} at {1}', steps, from ?? '') : t('{0}, {1} to {2}', steps, from ?? '', to ?? ''), steps];
}

const away = 6;

interface Said {
  readonly text: string;
  readonly x: number;
  readonly y: number;
  readonly isLeft: boolean;
}

export interface Around {
  /** What else is drawn there. */
  readonly others: readonly Box[];
  /** Lines through all lanes, px: words stand on one only where there is no other place. */
  readonly guides: readonly number[];
}

/**
 * Inside the dip if there is room: right of a fall, left of a rise. Else outside of it, at its foot; a fall that has no room there is told
 * with the rise after it.
 */
export function stepWords(list: Steps, y: (count: number) => number, frame: Frame, { others, guides }: Around): readonly (Shape | null)[] {
  const drawn = [...linesOf(list, y, frame), ...others];
  const lines = guides.map((x): Box => ({ from: x, to: x, top: -Infinity, bottom: Infinity }));
  const changes = changesOf(list, frame).filter(({ fromAt, toAt }) => toAt >= frame.fromAt && fromAt <= frame.toAt);
  const said: (Said | null)[] = changes.map(() => null);
  const told = new Set<number>();
  const put = (index: number, found: Said, isClean: boolean): boolean => {
    const box = boxOf(found, frame);
    const own = said.flatMap((each, i) => (each === null || i === index ? [] : [boxOf(each, frame)]));
    const taken = [...drawn, ...own, ...(isClean ? lines : [])];
    if (box.from < frame.gutter || box.to > frame.width || taken.some((other) => overlap(other, box))) return false;
    said[index] = found;
    return true;
  };
  const tryEach = (variant: number, isClean: boolean): void => {
    for (const [i, change] of changes.entries()) {
      if (said[i] !== null || told.has(i)) continue;
      const text = wordings(change, frame)[variant] ?? '';
      placesOf(change, y, frame).some((place) => put(i, { ...place, text }, isClean));
    }
  };
  tryEach(0, true);
  for (const [i, change] of changes.entries()) {
    const next = said[i + 1];
    if (said[i] !== null || next === undefined || next === null || next.isLeft) continue;
    if (put(i + 1, { ...next, text: `${wordings(change, frame)[0] ?? ''}, ${next.text}` }, true)) told.add(i);
  }
  const open = (): boolean => changes.some((_, i) => said[i] === null && !told.has(i));
  for (const [variant, isClean] of [
    [1, true],
    [0, false],
    [1, false],
  ] as const)
    if (open()) tryEach(variant, isClean);
  return said.map((each) => (each === null ? null : words(each.x, each.y, each.text, 'halo', each.isLeft ? 'end' : 'start')));
}

function placesOf({ fromAt, toAt, before, have }: Change, y: (count: number) => number, frame: Frame): readonly Omit<Said, 'text'>[] {
  const [left, right] = [frame.x(fromAt) - away, frame.x(toAt) + away];
  const isFall = have < before;
  return [
    { x: isFall ? right : left, isLeft: !isFall, y: y(Math.max(before, have)) + 5 },
    { x: isFall ? left : right, isLeft: isFall, y: y(Math.min(before, have)) + 3 },
  ];
}

function boxOf({ text, x, y, isLeft }: Said, { measure }: Frame): Box {
  const width = measure.width(text);
  return { from: isLeft ? x - width : x, to: isLeft ? x : x + width, top: y - 9, bottom: y + 2 };
}

/** Of the steps themselves: lines are boxes as well. */
function linesOf(list: Steps, y: (count: number) => number, { x, width }: Frame): readonly Box[] {
  return list.flatMap(({ at, have }, i): readonly Box[] => {
    const next = list[i + 1];
    const level = y(have);
    const line = { from: i === 0 ? 0 : x(at), to: next === undefined ? width : x(next.at), top: level, bottom: level };
    if (next === undefined) return [line];
    const levels = [level, y(next.have)];
    return [line, { from: line.to, to: line.to, top: Math.min(...levels), bottom: Math.max(...levels) }];
  });
}

function overlap(a: Box, b: Box): boolean {
  return a.from <= b.to && a.to >= b.from && a.top <= b.bottom && a.bottom >= b.top;
}
