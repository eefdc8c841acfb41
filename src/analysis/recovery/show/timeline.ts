/**
 * A recovery as a picture of letters, of any width: the lanes of the panel on one axis, each with its sum. For the terminal, which paints
 * its cells, and for Markdown. Browser-safe.
 */
import { t } from '../../../base/messages.ts';
import { secondsText, sinceSeconds } from '../judge/metric-text.ts';
import { partText } from '../lanes/lane.ts';
import type { Interval, Lane, PartKind, RecoveryView } from '../view.ts';

export type CellKind =
  | PartKind
  /** Nothing to say of it. */
  | 'empty'
  /** Of a vantage: answers, none of them bad. */
  | 'good'
  /** Bad ones and good ones. */
  | 'someBad'
  | 'notJudged'
  | 'fault'
  /** While it lasts. */
  | 'lasts'
  | 'healed'
  | 'predicted'
  /** Somewhere in it. */
  | 'range'
  /** It goes on: nobody saw its end. */
  | 'goesOn';

export interface TimelineRow {
  /** "kafka-1" */
  readonly label: string;
  /** One letter each. */
  readonly cells: readonly CellKind[];
  /** "8.45 s"; "" where it has none. */
  readonly total: string;
  /** "0.18 to the first bad probe + 2.17 no good answer + … = 8.45 s: back to baseline" */
  readonly sum: string;
}

export interface TextTimeline {
  /** As wide as the cells of a row: "0         5 s". */
  readonly axis: string;
  readonly rows: readonly TimelineRow[];
  /** Of what is in the rows, in words. */
  readonly legend: readonly { readonly kind: CellKind; readonly text: string }[];
}

/** null: nothing was begun, so there is no 0. `columns`: of the plot, at least 10. */
export function textTimeline(view: RecoveryView, columns: number): TextTimeline | null {
  const { zeroAt } = view;
  if (zeroAt === null) return null;
  const axis = axisOf(view, zeroAt, Math.max(10, Math.floor(columns)));
  const rows = [
    ...faultRows(view, zeroAt, axis),
    ...vantageRows(view, zeroAt, axis),
    ...laneRows(view, axis),
    ...predictedRows(view, axis),
  ];
  const used = new Set(rows.flatMap(({ cells }) => cells));
  return { axis: ticks(axis), rows, legend: legend().filter(({ kind }) => used.has(kind)) };
}

interface Axis {
  /** Since the fault. */
  readonly fromMs: number;
  readonly perCellMs: number;
  readonly columns: number;
}

/** To the last thing that is known of the recovery; what was observed after it says nothing more. */
function axisOf(view: RecoveryView, zeroAt: number, columns: number): Axis {
  const observedMs = view.observed.toAt - zeroAt;
  const ends = allLanes(view).map((lane) => (lane.end === 'unsure' ? unsureTo(view) : lane.tail === null ? lane.totalMs : observedMs));
  const bad = view.bad.map(({ toAt }) => toAt - zeroAt);
  const faults = view.faults.flatMap(({ appliedAt, healedAt, endsAt }) => [appliedAt, healedAt ?? endsAt]).flatMap((at) => at ?? []);
  const predicted = view.predictions.map(({ toMs }) => toMs);
  // Where nothing was felt all of it is what there is to see.
  if (ends.length === 0) ends.push(observedMs);
  const toMs = Math.max(1000, ...ends, ...bad, ...faults.map((at) => at - zeroAt), ...predicted) * 1.03;
  // Three cells of what was before, so that it can be seen that it was good.
  const perCellMs = toMs / (columns - 3);
  return { fromMs: -3 * perCellMs, perCellMs, columns };
}

function allLanes({ lanes: { client }, pods, redundancy }: RecoveryView): readonly Lane[] {
  return [client, ...pods.map(({ lane }) => lane), ...redundancy.map(({ lane }) => lane)].filter(
    ({ of, end }) => of !== '' && end !== 'none',
  );
}

/** A cell for each column: what `of` says of the time from `a` until before `b`. */
function cellsOf({ fromMs, perCellMs, columns }: Axis, of: (a: number, b: number) => CellKind): readonly CellKind[] {
  return Array.from({ length: columns }, (_, i) => of(fromMs + i * perCellMs, fromMs + (i + 1) * perCellMs));
}

function faultRows({ faults, observed }: RecoveryView, zeroAt: number, axis: Axis): readonly TimelineRow[] {
  const begun = faults.filter(({ appliedAt, goAt }) => appliedAt !== null || goAt !== null);
  return begun.map(({ index, title, appliedAt, goAt, healedAt, lasts, state, endsAt }) => {
    const from = (appliedAt ?? goAt ?? zeroAt) - zeroAt;
    const to = lasts ? (healedAt ?? Math.min(endsAt ?? observed.toAt, observed.toAt)) - zeroAt : from;
    const isOver = healedAt !== null;
    const cells = cellsOf(axis, (a, b) => {
      if (from >= a && from < b) return 'fault';
      if (!lasts || a < from || a > to) return 'empty';
      return to >= a && to < b ? (isOver ? 'healed' : 'goesOn') : 'lasts';
    });
    const end = !lasts
      ? ''
      : isOver
        ? t(', healed at {0} s', sinceSeconds(to))
        : state === 'active' || state === 'healing'
          ? t(', not healed yet')
          : t(', its end was not verified');
    const at = begun.length > 1 ? t('{0} at {1} s', title, sinceSeconds(from)) : title;
    return { label: faults.length > 1 ? t('fault {0}', index + 1) : t('fault'), cells, total: '', sum: `${at}${end}` };
  });
}

function vantageRows({ vantages, observed }: RecoveryView, zeroAt: number, axis: Axis): readonly TimelineRow[] {
  return vantages.map(({ title, bad, notJudged, story, perSecond }) => {
    const notGood = [...bad, ...notJudged].toSorted((a, b) => a.fromAt - b.fromAt);
    const intervalMs = perSecond === null ? 0 : 1000 / perSecond;
    return {
      label: title,
      cells: cellsOf(axis, (a, b) => {
        const [from, to] = [a + zeroAt, b + zeroAt];
        if (to <= observed.fromAt || from >= observed.toAt) return 'empty';
        if (overlaps(bad, from, to)) return hasGood(notGood, { fromAt: from, toAt: to }, observed, intervalMs) ? 'someBad' : 'bad';
        return overlaps(notJudged, from, to) ? 'notJudged' : 'good';
      }),
      total: '',
      sum: story.startsWith(`${title}: `) ? story.slice(title.length + 2) : story,
    };
  });
}

function overlaps(intervals: readonly Interval[], from: number, to: number): boolean {
  return intervals.some(({ fromAt, toAt }) => fromAt < to && toAt > from);
}

/**
 * Between what was not good: a stretch begins with a good answer; one that began before the cell, or is cut short by the end of what was
 * observed, has one in it where it is as long as a probe's interval.
 */
function hasGood(notGood: readonly Interval[], cell: Interval, observed: Interval, intervalMs: number): boolean {
  const fromAt = Math.max(cell.fromAt, observed.fromAt);
  const toAt = Math.min(cell.toAt, observed.toAt);
  let at = fromAt;
  for (const not of notGood) {
    if (not.toAt <= at) continue;
    if (not.fromAt >= toAt) break;
    if (not.fromAt > at && (at > fromAt || not.fromAt - at >= intervalMs)) return true;
    at = not.toAt;
  }
  return at < toAt && (toAt - at >= intervalMs || (at > fromAt && toAt < observed.toAt));
}

/** In one cell the worst is what shows. */
const worst: readonly PartKind[] = ['bad', 'gone', 'unstable', 'better', 'before'];

function laneRows(view: RecoveryView, axis: Axis): readonly TimelineRow[] {
  return allLanes(view).map((lane) => {
    const cells = cellsOf(axis, (a, b) => {
      const there = new Set(lane.parts.filter(({ fromMs, toMs }) => fromMs < b && toMs > a).map(({ kind }) => kind));
      const found = worst.find((kind) => there.has(kind));
      if (found !== undefined) return found;
      if (lane.tail === null || b <= lane.totalMs) return 'empty';
      return lane.end !== 'unsure' ? lane.tail : a < unsureTo(view) ? 'notJudged' : 'empty';
    });
    const shown = lane.tail === null || lane.end === 'unsure' ? cells : cells.with(-1, 'goesOn');
    return { label: lane.of, cells: shown, total: lane.end === 'complete' ? lane.total : '', sum: sumText(lane) };
  });
}

/** Up to there it may have recovered: when is not known. */
function unsureTo({ figures: { recovered } }: RecoveryView): number {
  return recovered.kind === 'between' ? recovered.toMs : 0;
}

function sumText({ parts, total, end, endText, tail, tailText }: Lane): string {
  const sum = parts.map((part) => `${part.seconds} ${partText(part)}`.trim()).join(' + ');
  if (end === 'complete') return `${parts.length > 1 ? `${sum} = ${total}` : sum}: ${endText}`;
  // What goes on has no number, so there is nothing that it all adds up to.
  return [[sum, ...(tail === null ? [] : [`… ${tailText}`.trim()])].filter((part) => part !== '').join(' + '), endText, total]
    .filter((part) => part !== '')
    .join(', ');
}

function predictedRows({ predictions }: RecoveryView, axis: Axis): readonly TimelineRow[] {
  return predictions.map(({ fromMs, toMs, by, text }) => ({
    label: t('predicted'),
    cells: cellsOf(axis, (a, b) => {
      if (b <= 0 || a >= toMs) return 'empty';
      return b > fromMs ? 'range' : 'predicted';
    }),
    total: fromMs === toMs ? `${secondsText(fromMs)} s` : '',
    sum: [t('{0} to {1} s by {2}', secondsText(fromMs), secondsText(toMs), by), text].filter((part) => part !== '').join(', '),
  }));
}

const steps = [1, 2, 5];

/** At whole seconds, or parts of one, so far apart that each number has room. */
function ticks({ fromMs, perCellMs, columns }: Axis): string {
  const least = perCellMs * 9;
  let step = 100;
  for (let i = 1; step < least; i++) step = (steps[i % 3] ?? 1) * 100 * 10 ** Math.floor(i / 3);
  const decimals = step < 1000 ? 1 : 0;
  const letters = Array.from({ length: columns }, () => ' ');
  let isFirst = true;
  for (let at = 0; ; at += step) {
    const column = Math.floor((at - fromMs) / perCellMs);
    const word = `${(at / 1000).toFixed(decimals)}${isFirst ? ' s' : ''}`;
    if (column + word.length > columns) return letters.join('').trimEnd();
    for (let i = 0; i < word.length; i++) letters[column + i] = word.charAt(i);
    isFirst = false;
  }
}

function legend(): TextTimeline['legend'] {
  return [
    { kind: 'good', text: t('good') },
    { kind: 'bad', text: t('bad') },
    { kind: 'someBad', text: t('some bad') },
    { kind: 'unstable', text: t('unstable') },
    { kind: 'gone', text: t('gone') },
    { kind: 'better', text: t('getting better') },
    { kind: 'notJudged', text: t('not judged') },
    { kind: 'fault', text: t('fault') },
    { kind: 'healed', text: t('healed') },
    { kind: 'predicted', text: t('predicted') },
    { kind: 'goesOn', text: t('goes on') },
  ];
}

/** A letter for each kind of cell. */
export type TimelineLetters = Readonly<Record<CellKind, string>>;

export const blocks: TimelineLetters = {
  ...{ empty: ' ', good: '·', bad: '█', someBad: '▄', notJudged: '?', before: '·', unstable: '▒', gone: '▓', better: '─' },
  ...{ fault: '▼', lasts: '━', healed: '▲', predicted: '╌', range: '░', goesOn: '▶' },
};

export interface TimelineStyle {
  /** Of a line. */
  readonly width: number;
  readonly letters: TimelineLetters;
  readonly paint: (text: string, kind: CellKind | 'label' | 'total') => string;
}

const totalWidth = 9;
const widestLabel = 20;

/** Whole lines: the axis, each row with its sum below it, and the legend. Empty where nothing was begun. */
export function timelineLines(view: RecoveryView, { width, letters, paint }: TimelineStyle): readonly string[] {
  const longest = Math.max(
    0,
    ...[...view.vantages.map(({ title }) => title), ...allLanes(view).map(({ of }) => of)].map(({ length }) => length),
  );
  const label = Math.min(Math.max(9, longest), widestLabel, Math.floor(width / 4));
  const timeline = textTimeline(view, width - label - 1 - totalWidth);
  if (timeline === null) return [];
  const indent = ' '.repeat(label + 1);
  return [
    `${indent}${paint(timeline.axis, 'label')}`,
    ...timeline.rows.flatMap((row) => [
      rowText(row, label, { letters, paint }),
      ...brokenAt(row.sum, width - label - 1).map((line) => `${indent}${paint(line, 'label')}`),
    ]),
    ...brokenAt(
      timeline.legend.map(({ kind, text }) => `${letters[kind]} ${text}`.replaceAll(' ', held)).join('   '),
      width - label - 1,
    ).map((line) => `${indent}${paint(line.replaceAll(held, ' '), 'label')}`),
  ];
}

function rowText(
  { label, cells, total }: TimelineRow,
  labelWidth: number,
  { letters, paint }: Pick<TimelineStyle, 'letters' | 'paint'>,
): string {
  // Blanks at the end of a line are nothing to look at, and to copy.
  const last = total === '' ? cells.findLastIndex((kind) => kind !== 'empty') + 1 : cells.length;
  const plot = runs(cells.slice(0, last)).map(({ kind, count }) => paint(letters[kind].repeat(count), kind));
  const end = total === '' ? '' : paint(total.padStart(totalWidth), 'total');
  return `${paint(cut(label, labelWidth).padEnd(labelWidth), 'label')} ${plot.join('')}${end}`;
}

function runs(cells: readonly CellKind[]): readonly { readonly kind: CellKind; readonly count: number }[] {
  const found: { kind: CellKind; count: number }[] = [];
  for (const kind of cells) {
    const last = found.at(-1);
    if (last?.kind === kind) last.count++;
    else found.push({ kind, count: 1 });
  }
  return found;
}

function cut(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1)}…`;
}

/** A sign and its word stay together. */
const held = '\u00a0';

/** At blanks. */
function brokenAt(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines.map((line) => line.trim()).filter((line) => line !== '');
}
