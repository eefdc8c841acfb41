/** The lanes of recovery as brackets: each adds up to its own total, and is never clamped. */
import { t } from '../../../src/base/messages.ts';
import { partText } from '../../../src/analysis/recovery/lanes/lane.ts';
import { figureText, unstableDefinition, unstableText } from '../../../src/analysis/recovery/show/words.ts';
import { secondsText } from '../../../src/analysis/recovery/judge/metric-text.ts';
import type { Interval, Lane, LanePart, PartKind, PredictionView, RecoveryView } from '../../../src/analysis/recovery/view.ts';
import { h } from '../../kit/dom.ts';
import { inView, Taken, type Frame } from '../frame.ts';
import { box, clearWords, group, horizontal, path, px, shape, vertical, words, type Shape } from '../svg.ts';
import { faint, plotOf, type LaneSpec, type RowSpec, type Scene, type Table } from './lane.ts';

const height = 25;
const y = 17;
/** Of words above a bar: nearer to it than to the bar above. */
const above = 11;

const strokes: Readonly<Record<PartKind, string>> = {
  ...{ before: 'br-thin', bad: 'br-bad', unstable: 'br-warn', gone: 'br-down', better: 'br-thin' },
};

export function recoveryLane(scene: Scene): LaneSpec {
  const { view } = scene;
  return {
    ...{ id: 'recovery', name: t('Recovery'), unit: 's', inline: true, quiet: false },
    summary: shownLanes(view)
      .map(({ lane, title }) => `${title.toLowerCase()} ${lane.total === '' ? lane.endText : lane.total}`)
      .join(' · '),
    rows: () => rowsOf(scene),
    table: () => tableOf(view),
  };
}

function shownLanes({ lanes }: RecoveryView): readonly { readonly lane: Lane; readonly title: string }[] {
  const all = [
    { lane: lanes.client, title: t('Client') },
    { lane: lanes.pod, title: t('Pod') },
    { lane: lanes.redundancy, title: t('Redundancy') },
  ];
  return all.flatMap(({ lane, title }) => (lane === null || lane.of === '' ? [] : [{ lane, title }]));
}

function rowsOf(scene: Scene): readonly RowSpec[] {
  const { view, frame } = scene;
  const rows: RowSpec[] = [
    {
      key: 'recovery',
      sub: null,
      classes: 'caption-row',
      plot: h('div', { class: 'caption' }, h('span', {}, t('each lane adds up to its own total'))),
    },
  ];
  const lanes = shownLanes(view);
  const several = view.pods.length > 1;
  if (view.zeroAt === null) {
    const text = t('the fault has not begun');
    rows.push({
      key: 'recovery-client',
      sub: { title: t('Client') },
      classes: 'bracket last',
      plot: plotOf(frame, height, text, [words(frame.gutter, y + 4, text, 't-dim halo')]),
    });
  }
  for (const [i, { lane, title }] of lanes.entries()) {
    const sub = { title, ...(lane.name === 'pod' && several ? { note: lane.of } : {}), ...definitionOf(lane) };
    rows.push({
      ...{ key: `recovery-${lane.name}`, sub, classes: `bracket${i === lanes.length - 1 ? ' last' : ''}` },
      plot: plotOf(frame, height, storyOf(title, lane), bracket(scene, lane)),
      read: () => [faint(lane.sum)],
    });
    if (lane.name === 'client') rows.push(...view.predictions.map((prediction, index) => predicted(prediction, index, scene)));
  }
  return rows;
}

/** Of the users' lane, where something in it is unstable. */
function definitionOf(lane: Lane): { readonly definition?: string } {
  const text = unstableText(lane);
  return text === '' ? {} : { definition: `${t('From the first good answer on: {0}.', text)} ${unstableDefinition()}` };
}

function storyOf(title: string, lane: Lane): string {
  const { sum, total } = lane;
  const endText = [lane.endText, unstableText(lane)].filter((text) => text !== '').join(', ');
  if (total === '') return t('{0} lane: {1}', title, endText);
  return sum === '' ? t('{0} lane: {1}, {2}', title, total, endText) : t('{0} lane: {1} = {2}, {3}', title, sum, total, endText);
}

function bracket(scene: Scene, lane: Lane): readonly (Shape | null)[] {
  const { frame } = scene;
  const { zeroAt, gutter } = frame;
  const at = (ms: number): number => frame.x(zeroAt + ms);
  if (lane.end === 'none') return [words(Math.max(gutter, at(0)) + 8, y + 4, lane.endText, 't-dim halo')];
  const edges = [0, ...lane.parts.map(({ toMs }) => toMs)];
  const lines = lane.parts.flatMap((part) => partLine(part, scene));
  const ends = edges.map((ms, i) => {
    const outer = i === 0 || i === edges.length - 1;
    return isIn(frame, zeroAt + ms) ? vertical(at(ms), y - (outer ? 6 : 4), y + (outer ? 4 : 3), 'br') : null;
  });
  const tail = tailOf(scene, lane);
  const inside = group('plot-clip', ...lines, ...tail.shapes);
  const end = endWords(scene, lane, tail.toX);
  return [inside, ...ends, ...partWords(scene, lane, end.fromX, tail), ...end.shapes];
}

function partLine({ kind, fromMs, toMs, unsure }: LanePart, { frame, view }: Scene): readonly Shape[] {
  const part = inView(frame, { fromAt: frame.zeroAt + Math.min(fromMs, toMs), toAt: frame.zeroAt + Math.max(fromMs, toMs) });
  if (part === null) return [];
  const [from, to] = [frame.x(part.fromAt), frame.x(part.toAt)];
  if (unsure) return [box(from, y - 4, to - from, 8, 'f-clear'), box(from, y - 4, to - from, 8, 'hatched')];
  return [horizontal(y, from, to, strokes[kind]), ...(kind === 'unstable' ? badWithin(view.bad, frame, from, to) : [])];
}

interface Tail {
  readonly shapes: readonly Shape[];
  readonly toX: number;
}

/** What goes on after the last moment that was reached: an arrow, open while it runs, filled where it is censored. */
function tailOf({ frame, view }: Scene, { end, tail, totalMs }: Lane): Tail {
  const from = frame.x(frame.zeroAt + totalMs);
  if (end === 'unsure') {
    const { recovered } = view.figures;
    const to = recovered.kind === 'between' ? frame.x(frame.zeroAt + recovered.toMs) : from;
    return { shapes: [box(from, y - 4, to - from, 8, 'f-clear'), box(from, y - 4, to - from, 8, 'hatched')], toX: to };
  }
  if (tail === null || (end !== 'open' && end !== 'never')) return { shapes: [], toX: from };
  const to = Math.min(frame.width - 1, frame.x(frame.nowAt ?? view.observed.toAt));
  const relapses = tail === 'unstable' ? badWithin(view.bad, frame, from, to - 7) : [];
  if (end === 'open')
    return { shapes: [horizontal(y, from, to, strokes[tail]), ...relapses, path(`M${px(to - 5)} ${y - 4}l5 4l-5 4`, 'br')], toX: to };
  return {
    shapes: [horizontal(y, from, to - 7, strokes[tail]), ...relapses, path(`M${px(to - 9)} ${y - 6}l9 6l-9 6z`, 'f-fault')],
    toX: to,
  };
}

/** What is unstable has stretches in which a vantage had no good answer. */
function badWithin(bad: readonly Interval[], frame: Frame, from: number, to: number): readonly Shape[] {
  return bad.flatMap((interval) => {
    const [a, b] = [Math.max(from, frame.x(interval.fromAt)), Math.min(to, frame.x(interval.toAt))];
    return b > a ? [horizontal(y, a, b, 'br-clear'), horizontal(y, a, b, 'br-bad')] : [];
  });
}

/** The total in bold where the lane ends, or what stands in its place. `fromX`: its left edge. */
function endWords(
  { frame, view }: Scene,
  { end, total, endText }: Lane,
  toX: number,
): { readonly shapes: readonly (Shape | null)[]; readonly fromX: number } {
  const { measure, width } = frame;
  const bold = end === 'open' ? '' : total;
  const boldWidth = bold === '' ? 0 : measure.width(bold, 11, 600) + 4;
  if (toX < frame.gutter || toX > width + 1) return { shapes: [], fromX: Infinity };
  if (end === 'never') {
    const x = Math.min(toX, width) - 14;
    return { shapes: [words(x, above, bold, 't-b halo', 'end')], fromX: x - boldWidth };
  }
  const room = width - toX - 8;
  if (end === 'unsure') {
    const text = measure.fit([endText, ...unsureText(view)], room + 4);
    const over = text === '' ? measure.fit([endText, ...unsureText(view)], width - frame.gutter) : '';
    return {
      shapes: [words(toX + 8, y + 4, text, 't-dim halo'), words(Math.min(width, toX), above, over, 't-dim halo', 'end')],
      fromX: text === '' ? toX - measure.width(over) : toX + 8,
    };
  }
  if (room < boldWidth + 2) return { shapes: [words(Math.min(width, toX) - 2, above, bold, 't-b halo', 'end')], fromX: toX - boldWidth };
  const rest = measure.fit([endText], room - boldWidth + 6);
  const text = shape(
    'text',
    { x: px(toX + 8), y: y + 4, class: 'halo' },
    ...(bold === '' ? [] : [shape('tspan', { class: 't-b' }, bold), ' ']),
    shape('tspan', { class: 't-dim' }, rest),
  );
  return { shapes: [text], fromX: toX + 8 };
}

function unsureText({ figures: { recovered } }: RecoveryView): readonly string[] {
  return recovered.kind === 'between' ? [figureText(recovered)] : [];
}

/** In the middle of a part where it fits, the figure alone where that fits, else in the sum only. What is gone may stand out up to the next guide. */
function partWords(scene: Scene, { parts, tailText, totalMs }: Lane, endX: number, tail: Tail): readonly (Shape | null)[] {
  const { frame, view } = scene;
  const { measure, zeroAt } = frame;
  const taken = new Taken(Number.isFinite(endX) ? [[endX, frame.width]] : []);
  const guides = view.milestones.map(({ at }) => frame.x(at));
  const found: (Shape | null)[] = [];
  const small: { readonly part: LanePart; readonly from: number; readonly to: number }[] = [];
  const centred = ({ kind }: LanePart, text: string, from: number, to: number): void => {
    const [x, half] = [(from + to) / 2, measure.width(text, 11, weightOf(kind)) / 2];
    if (taken.take(x - half - 4, x + half + 4)) found.push(words(x, above, text, kind === 'bad' ? 't-b halo' : 'halo', 'middle'));
  };
  for (const part of parts) {
    if (part.label === '' || part.kind === 'before') continue;
    const seen = inView(frame, { fromAt: zeroAt + part.fromMs, toAt: zeroAt + part.toMs });
    if (seen === null) continue;
    const [from, to] = [frame.x(seen.fromAt), frame.x(seen.toAt)];
    const text = measure.fit(wordings(part), to - from + 6, 11, weightOf(part.kind));
    if (text === '') small.push({ part, from, to });
    else centred(part, text, from, to);
  }
  for (const { part, from, to } of small) {
    const width = measure.width(wordsOf(part));
    const guide = Math.min(frame.width, ...guides.filter((x) => x > from + 2));
    if (part.kind === 'gone' && from + width + 4 <= guide && taken.take(from - 2, from + width + 4))
      found.push(words(from, above, wordsOf(part), 'halo'));
    else {
      const text = measure.fit([part.seconds], to - from + 6, 11, weightOf(part.kind));
      if (text !== '') centred(part, text, from, to);
    }
  }
  const from = Math.max(frame.gutter, frame.x(zeroAt + totalMs));
  const to = Math.min(frame.width, tail.toX, endX);
  const goesOn = measure.fit(tailText === '' ? [] : [tailText, t('unstable')], to - from);
  if (goesOn !== '' && taken.take(from, to)) found.push(words((from + to) / 2, above, goesOn, 'halo', 'middle'));
  return found;
}

function wordsOf(part: LanePart): string {
  return `${partText(part)} ${part.seconds}`;
}

function wordings(part: LanePart): readonly string[] {
  return part.badMs === undefined ? [wordsOf(part)] : [wordsOf(part), `${part.label} ${part.seconds}`];
}

function weightOf(kind: PartKind): number {
  return kind === 'bad' ? 600 : 400;
}

/** A ghost after the solid part that was measured: to be compared with *recovered*, not with the bracket above. */
function predicted(prediction: PredictionView, index: number, { frame, view }: Scene): RowSpec {
  const { fromMs, toMs, measuredMs, by, formula, text } = prediction;
  const fault = view.faults[prediction.fault];
  const zero = fault?.appliedAt ?? fault?.goAt ?? frame.zeroAt;
  const at = (ms: number): number => frame.x(zero + ms);
  const gy = 8;
  const solid = measuredMs ?? 0;
  const range = fromMs === toMs ? `${secondsShort(fromMs)} s` : `${secondsShort(fromMs)}–${secondsShort(toMs)} s`;
  const variants = [t('predicted to recover in {0}: {1}', range, by), t('predicted {0}', range), range];
  const shapes: (Shape | null)[] = [
    solid < fromMs ? horizontal(gy, at(solid), at(fromMs), 'ghost') : null,
    measuredMs === null ? null : horizontal(gy, at(0), at(measuredMs), 'br-rec'),
    ...[0, ...(measuredMs === null ? [] : [measuredMs])].map((ms) => vertical(at(ms), gy - 5, gy + 4, 'br')),
    fromMs === toMs ? vertical(at(fromMs), gy - 5, gy + 5, 'ghost') : box(at(fromMs), gy - 4, at(toMs) - at(fromMs), 8, 'hatched'),
  ];
  const [from, to] = [Math.max(frame.gutter, at(Math.min(solid, fromMs))), Math.min(frame.width, at(fromMs))];
  const inside = frame.measure.fit(variants, to - from - 12);
  const end = Math.max(at(toMs), at(solid));
  const after = frame.measure.fit(variants, frame.width - end - 4);
  // A range that has all the room to the right has its words upon it.
  const [rangeFrom, rangeTo] = [Math.max(frame.gutter, at(Math.max(fromMs, solid))), Math.min(frame.width, at(toMs))];
  const upon = frame.measure.fit(variants, rangeTo - rangeFrom);
  const middle = (x: number, text: string): readonly (Shape | null)[] =>
    clearWords(x, gy + 4, text, frame.measure.width(text), 't-dim halo', 'middle');
  const label =
    inside !== ''
      ? middle((from + to) / 2, inside)
      : after !== ''
        ? [words(end + 8, gy + 4, after, 't-dim halo')]
        : middle((rangeFrom + rangeTo) / 2, upon);
  const story =
    measuredMs === null
      ? t('Predicted {0}: {1}', range, formula)
      : t('Recovered after {0} s; predicted {1}: {2}', secondsText(measuredMs), range, formula);
  return {
    ...{
      key: `predicted-${index}`,
      classes: 'bracket pred',
      sub: { title: t('Predicted'), dim: true, definition: t('Of the cluster’s own settings, before the fault: {0}.', formula) },
    },
    plot: plotOf(frame, 18, story, [group('plot-clip', ...shapes), ...label]),
    read: () => [faint(text)],
  };
}

/** Whole seconds where they are whole: "9–10 s". */
function secondsShort(ms: number): string {
  return ms % 1000 === 0 ? String(ms / 1000) : secondsText(ms);
}

function isIn({ fromAt, toAt }: Frame, at: number): boolean {
  return at >= fromAt && at <= toAt;
}

function tableOf({ lanes: { client }, pods, redundancy, predictions }: RecoveryView): Table | null {
  const all = [client, ...pods.map(({ lane }) => lane), ...redundancy.map(({ lane }) => lane)].filter(({ of }) => of !== '');
  const names = { client: t('Client'), pod: t('Pod'), redundancy: t('Redundancy') };
  const rows = all.flatMap((lane) => [
    ...lane.parts.map((part) => [
      ...[names[lane.name], lane.of, part.label === '' ? t('nothing missing yet') : partText(part)],
      ...[since(part.fromMs), since(part.toMs), part.seconds, part.unsure ? t('a watch gap lies in it') : ''],
    ]),
    ...(lane.tailText === '' ? [] : [[names[lane.name], lane.of, lane.tailText, since(lane.totalMs), '', '–', '']]),
    [names[lane.name], lane.of, t('total'), '', '', lane.total === '' ? '–' : lane.total, lane.endText],
  ]);
  const foretold = predictions.map(({ fromMs, toMs, by, formula, text }) => [
    t('Predicted'),
    by,
    formula,
    since(fromMs),
    since(toMs),
    '',
    text,
  ]);
  return {
    columns: [
      ...[{ title: t('Lane') }, { title: t('Of') }, { title: t('Part') }],
      ...[t('From, s'), t('To, s'), t('Took, s')].map((title) => ({ title, isNumber: true })),
      { title: t('Note') },
    ],
    rows: [...rows, ...foretold],
  };
}

function since(ms: number): string {
  const text = secondsText(ms);
  return text.startsWith('−') ? text : `+${text}`;
}
