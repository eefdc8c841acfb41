/** Replicas as steps, and who leads: what is left when one more goes. */
import { t } from '../../../src/base/messages.ts';
import { sinceSeconds } from '../../../src/analysis/recovery/judge/metric-text.ts';
import type { HolderView, RedundancyView } from '../../../src/analysis/recovery/view.ts';
import { h } from '../../kit/dom.ts';
import { inView, type Frame } from '../frame.ts';
import { crisp, horizontal, path, px, words, type Shape } from '../svg.ts';
import { guideXs } from './axis.ts';
import { bar, faint, gapsOf, gapWord, hatched, plotOf, strong, type LaneSpec, type RowSpec, type Scene, type Table } from './lane.ts';
import { stepWords, type Box } from './step-words.ts';

const stepHeight = 36;
const barHeight = 23;
const controller = 'controller';

export function redundancyLane(scene: Scene): LaneSpec | null {
  const { view } = scene;
  const leaders = view.leaders.filter(({ of }) => of !== controller);
  const [first] = view.redundancy;
  if (first === undefined && leaders.length === 0) return null;
  return {
    ...{ id: 'redundancy', name: t('Redundancy'), unit: first === undefined ? '' : first.of },
    quiet:
      view.redundancy.every(({ lane }) => lane.end === 'none') &&
      leaders.every(({ changed }) => !changed) &&
      view.zeroAt !== null &&
      view.status !== 'running',
    summary: [
      ...view.redundancy.map(({ of, text }) => `${of} ${text}`),
      ...leaders.map(({ of, text }) => t('leader of {0}: {1}', of, text)),
    ].join('; '),
    rows: () => [
      ...view.redundancy.map((each, i) => steps(each, i, scene)),
      ...leaders.map((each, i) =>
        holderRow(
          each,
          { key: `leader-${i}`, title: leaders.length > 1 ? each.of : t('Leader'), isFirst: first === undefined && i === 0, of: ['kafka'] },
          scene,
        ),
      ),
    ],
    table: () => tableOf(view.redundancy, leaders, view.zeroAt),
  };
}

export function controllerLane(scene: Scene): LaneSpec | null {
  const { view } = scene;
  const found = view.leaders.find(({ of }) => of === controller);
  if (found === undefined) return null;
  return {
    ...{ id: controller, name: t('Controller'), unit: '', summary: found.text, quiet: !found.changed },
    rows: () => [holderRow(found, { key: controller, title: '', isFirst: true, of: ['kafka'] }, scene)],
    table: () => tableOf([], [found], view.zeroAt),
  };
}

function steps(redundancy: RedundancyView, index: number, scene: Scene): RowSpec {
  const { frame } = scene;
  const { of, want, least, steps: list, text } = redundancy;
  const counts = list.map(({ have }) => have);
  const low = Math.min(want, ...counts, ...(least === null ? [] : [least]));
  const high = Math.max(want, ...counts);
  const y = (count: number): number => (high === low ? 9 : 9 + ((high - count) / (high - low)) * 16);
  const marks = high === low ? [low] : [low, high];
  const lowest = Math.min(...counts, want);
  const limit = least === null ? null : limitWords(of, least, y(least), list, frame);
  const shapes: (Shape | null)[] = [
    ...marks.map((count) => words(frame.gutter - 6, y(count) + 4, String(count), 't-dim t-s', 'end')),
    least === null ? null : horizontal(crisp(y(least) + 6), frame.gutter, frame.width, 'g-limit'),
    path(stepPath(list, y, frame), 'step'),
    limit?.shape ?? null,
    ...stepWords(list, y, frame, { others: limit?.boxes ?? [], guides: guideXs(scene) }),
    ...hatched(frame, gapsOf(scene, ['kafka', 'trino', 'clickhouse']), 3, 28, gapWord()),
  ];
  return {
    ...{ key: `redundancy-${index}`, sub: index === 0 ? null : { title: of, stack: true } },
    plot: plotOf(frame, stepHeight, `${of}: ${text}`, shapes),
    read: (reading) => {
      const now = reading.redundancy[index];
      const held = now?.have ?? null;
      const words = held === null ? '–' : t('{0} of {1}', held, now?.want ?? want);
      const word =
        least === null
          ? ''
          : lowest < least
            ? held !== null && held < least
              ? t('writes refused')
              : t('was below {0}', least)
            : t('never below {0}', least);
      return [strong(of.startsWith('ISR') ? `ISR ${words}` : words), faint(word)];
    },
  };
}

/** Where the step does not stand at the limit: at the right, else at the left. `boxes`: with its line. */
function limitWords(
  of: string,
  least: number,
  y: number,
  list: RedundancyView['steps'],
  frame: Frame,
): { readonly shape: Shape | null; readonly boxes: readonly Box[] } {
  const text = of.startsWith('ISR') ? t('min ISR {0}', least) : t('at least {0}', least);
  const isAbove = (at: number): boolean => (list.findLast((step) => step.at <= at)?.have ?? 0) > least;
  const isLeft = !isAbove(frame.nowAt ?? frame.toAt) && isAbove(frame.fromAt);
  const x = isLeft ? frame.gutter + 4 : frame.width - 2;
  const width = frame.measure.width(text, 10);
  const from = isLeft ? x : x - width;
  return {
    shape: words(x, y + 2, text, 'f-limit t-s halo', isLeft ? 'start' : 'end'),
    boxes: [
      { from, to: from + width, top: y - 6, bottom: y + 4 },
      { from: 0, to: frame.width, top: y + 6, bottom: y + 6 },
    ],
  };
}

function stepPath(list: RedundancyView['steps'], y: (count: number) => number, { x, gutter, width, fromAt, toAt, nowAt }: Frame): string {
  const before = list.findLast(({ at }) => at <= fromAt) ?? list[0];
  const begin = Math.max(gutter, before === undefined ? gutter : x(Math.max(fromAt, before.at)));
  let d = `M${px(begin)} ${px(y(before?.have ?? 0))}`;
  for (const { at, have } of list) if (at > fromAt && at <= toAt) d += `H${px(x(at))}V${px(y(have))}`;
  return `${d}H${px(nowAt === null ? width : Math.min(width, x(nowAt)))}`;
}

export interface HolderRow {
  readonly key: string;
  readonly title: string;
  /** The lane's header stands in this row. */
  readonly isFirst: boolean;
  readonly of: Parameters<typeof gapsOf>[1];
}

/** Who held it when: bars with their names. */
export function holderRow(holder: HolderView, { key, title, isFirst, of }: HolderRow, scene: Scene): RowSpec {
  const { frame, view } = scene;
  const shapes = [
    ...holder.segments.flatMap((segment, i) => {
      const part = inView(frame, segment);
      if (part === null) return [];
      const [from, to] = [frame.x(part.fromAt), frame.x(part.toAt)];
      const name = segment.holder ?? t('none');
      const since =
        i > 0 && segment.fromAt >= frame.zeroAt && segment.holder !== null
          ? [t('{0} since {1}', name, sinceSeconds(segment.fromAt - frame.zeroAt))]
          : [];
      const text = frame.measure.fit([...since, name, name.split(' ').at(-1) ?? ''], to - from);
      return [...bar(from + 0.5, 2, to - from - 1, 16, segment.holder === null ? 'gone' : 'plain'), words(from + 6, 14, text)];
    }),
    ...hatched(frame, gapsOf(scene, of), 1, 18, gapWord()),
  ];
  return {
    ...{ key, sub: isFirst ? null : { title, dim: true } },
    plot: plotOf(frame, barHeight, `${title === '' ? holder.of : title}: ${holder.text}`, shapes),
    read: ({ at }) => {
      const now =
        holder.segments.find(({ fromAt, toAt }) => at >= fromAt && at < toAt) ??
        (at >= view.observed.toAt ? holder.segments.at(-1) : undefined);
      const epoch = now?.epoch === undefined ? null : faint(t('epoch {0}', now.epoch));
      return [h('span', {}, strong(now === undefined ? '–' : (now.holder ?? t('none'))), ' ', epoch)];
    },
  };
}

function tableOf(redundancy: readonly RedundancyView[], leaders: readonly HolderView[], zeroAt: number | null): Table {
  const since = (at: number): string => sinceSeconds(at - (zeroAt ?? 0));
  return {
    columns: [{ title: t('Of') }, { title: t('At, s'), isNumber: true }, { title: t('State') }],
    rows: [
      ...redundancy.flatMap(({ of, steps: list }) => list.map(({ at, have, want }) => [of, since(at), t('{0} of {1}', have, want)])),
      ...holderCells(leaders, since),
    ],
  };
}

export function holderCells(holders: readonly HolderView[], since: (at: number) => string): readonly (readonly string[])[] {
  return holders.flatMap(({ of, segments }) =>
    segments.map(({ fromAt, holder, epoch }) => [
      of,
      since(fromAt),
      `${holder ?? t('none')}${epoch === undefined ? '' : t(', epoch {0}', epoch)}`,
    ]),
  );
}
