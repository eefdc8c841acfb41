/** Marks of probes: each outcome has a shape of its own. Closer than 1.5 px they share one, the worst outcome's. */
import { outcomeCode, sampleOutcomes, type SampleOutcome } from '../../src/analysis/recovery/client/samples.ts';
import { indexAt } from '../../src/analysis/recovery/client/stream.ts';
import type { VantageSamples } from '../../src/analysis/recovery/view.ts';
import type { Frame } from './frame.ts';
import { path, picture, px, type Shape } from './svg.ts';

export type Mark = Exclude<SampleOutcome, 'dropped'>;

const draw: Readonly<Record<Mark, (x: number, y: number, r?: number) => string>> = {
  ok: (x, y, r = 1.5) => disc(x, y, r),
  slow: (x, y, r = 3.2) => `M${px(x)} ${px(y - r)}l${r} ${r * 1.75}h${-2 * r}z`,
  failed: (x, y, r = 2.3) => `M${px(x - r)} ${px(y - r)}l${2 * r} ${2 * r}m0 ${-2 * r}l${-2 * r} ${2 * r}`,
  unknown: (x, y, r = 3.1) => `M${px(x)} ${px(y - r)}l${r} ${r}l${-r} ${r}l${-r} ${-r}z`,
  wrong: (x, y, r = 2.6) => `M${px(x - r)} ${px(y - r)}h${2 * r}v${2 * r}h${-2 * r}z`,
  notJudged: (x, y, r = 2.3) => disc(x, y, r),
};

function disc(x: number, y: number, r: number): string {
  return `M${px(x - r)} ${px(y)}a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0`;
}

export const markClass: Readonly<Record<Mark, string>> = {
  ...{ ok: 'm-ok', slow: 'm-slow', failed: 'm-failed', unknown: 'm-unknown', wrong: 'm-wrong', notJudged: 'm-notjudged' },
};

/** Beside words. */
export function keyMark(mark: Mark): SVGSVGElement {
  const radius = mark === 'ok' ? 2.2 : mark === 'failed' ? 3 : undefined;
  const svg = picture(10, 10, null, [path(draw[mark](5, mark === 'slow' ? 4.6 : 5, radius), markClass[mark])]);
  svg.classList.add('key');
  return svg;
}

/** Of two in one place the first of these is shown. */
const worst: readonly SampleOutcome[] = ['wrong', 'failed', 'unknown', 'slow', 'notJudged', 'ok', 'dropped'];
const rank = sampleOutcomes.map((outcome) => worst.indexOf(outcome));
const closestPx = 1.5;

export interface Placing {
  /** Of a response, px. */
  y(ms: number): number;
  /** Rows of the rail of those without an answer, px. */
  readonly rail: readonly number[];
}

/** Whether samples lie so close that one mark stands for several. */
export function areBinned({ at }: VantageSamples, frame: Frame): boolean {
  const [from, to] = rangeOf(at, frame);
  return to - from > 1 && (frame.width - frame.gutter) / (to - from) < closestPx;
}

export function marksOf(samples: VantageSamples, frame: Frame, { y, rail }: Placing): readonly Shape[] {
  const { at, outcome, responseMs } = samples;
  const [from, to] = rangeOf(at, frame);
  const data: Record<Mark, string[]> = { ok: [], slow: [], failed: [], unknown: [], wrong: [], notJudged: [] };
  let silent = 0;
  const put = (i: number, x: number): void => {
    const mark = sampleOutcomes[outcome[i] ?? 0] ?? 'ok';
    if (mark === 'dropped') return;
    const ms = responseMs[i] ?? Number.NaN;
    const row = Number.isNaN(ms) ? (rail[silent++ % rail.length] ?? 0) : y(ms);
    data[mark].push(draw[mark](x, row, frame.narrow && mark !== 'ok' && mark !== 'slow' ? 2 : undefined));
  };
  if (areBinned(samples, frame)) for (const [i, x] of worstOfBins(samples, frame, from, to)) put(i, x);
  else for (let i = from; i < to; i++) put(i, frame.x(at[i] ?? 0));
  const order: readonly Mark[] = ['ok', 'notJudged', 'slow', 'wrong', 'failed', 'unknown'];
  return order.flatMap((mark) => (data[mark].length === 0 ? [] : [path(data[mark].join(''), markClass[mark])]));
}

/** Of each bin the worst sample, and of equals the slowest; and the middle of the bin. */
function worstOfBins(
  { at, outcome, responseMs }: VantageSamples,
  { x }: Frame,
  from: number,
  to: number,
): readonly (readonly [index: number, x: number])[] {
  const found: (readonly [number, number])[] = [];
  let bin = Number.NaN;
  let chosen = -1;
  for (let i = from; i <= to; i++) {
    const its = i < to ? Math.floor(x(at[i] ?? 0) / closestPx) : Number.NaN;
    if (its !== bin) {
      if (chosen >= 0) found.push([chosen, (bin + 0.5) * closestPx]);
      [bin, chosen] = [its, i];
      continue;
    }
    const [mine, best] = [rank[outcome[i] ?? 0] ?? 9, rank[outcome[chosen] ?? 0] ?? 9];
    if (mine < best || (mine === best && (responseMs[i] ?? 0) > (responseMs[chosen] ?? 0))) chosen = i;
  }
  return found;
}

/** Indices of what is in view. */
function rangeOf(at: Float64Array, { fromAt, toAt }: Frame): readonly [number, number] {
  return [indexAt(at, fromAt), indexAt(at, toAt)];
}

/** "7 here: 5 ok, 2 failed": what one mark stands for. null: of one sample. */
export function countsHere(
  { at, outcome }: VantageSamples,
  { x, fromAt, toAt }: Frame,
  moment: number,
): readonly [SampleOutcome, number][] | null {
  const bin = Math.floor(x(moment) / closestPx);
  const perPx = (toAt - fromAt) / Math.max(1, x(toAt) - x(fromAt));
  const from = moment - 2 * closestPx * perPx;
  const counts = new Map<SampleOutcome, number>();
  for (let i = indexAt(at, from); i < at.length && (at[i] ?? 0) < moment + 2 * closestPx * perPx; i++) {
    if (Math.floor(x(at[i] ?? 0) / closestPx) !== bin) continue;
    const name = sampleOutcomes[outcome[i] ?? outcomeCode.ok] ?? 'ok';
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return counts.size === 0 ? null : [...counts];
}
