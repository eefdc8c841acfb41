/** Replicas, leaders, nodes and autoscalers over time. Browser-safe. */
import { t } from '../../../base/messages.ts';
import type { AutoscalerEvent, LeaderEvent, NodeEvent, RedundancyEvent } from '../../../journal/fault-events.ts';
import type { AutoscalerView, HolderView, Interval, RedundancyView } from '../view.ts';
import { secondsText, sinceSeconds } from '../judge/metric-text.ts';
import { laneOf, type Moment } from './lane.ts';

export interface TimeFacts {
  /** null: no fault yet. */
  readonly zeroAt: number | null;
  readonly goAt: number | null;
  readonly span: Interval;
  readonly running: boolean;
  readonly gaps: readonly Interval[];
}

export function redundancyOf(
  events: readonly RedundancyEvent[],
  leaders: readonly LeaderEvent[],
  facts: TimeFacts,
): readonly RedundancyView[] {
  return [...grouped(events, ({ of }) => of)].map(([of, list]): RedundancyView => {
    const last = list.at(-1);
    const steps = list.map(({ t: at, have, want, since }) => ({ at, have, want, ...(since === undefined ? {} : { since }) }));
    const itsLeaders = leaders.filter((leader) => of === leader.of || of.endsWith(` ${leader.of}`));
    return {
      ...{ of, want: last?.want ?? 0, least: list.findLast(({ least }) => least !== undefined)?.least ?? null, steps },
      lane: redundancyLane(of, steps, itsLeaders, facts),
      text: stepsText(steps, facts.zeroAt),
    };
  });
}

function redundancyLane(
  of: string,
  steps: RedundancyView['steps'],
  leaders: readonly LeaderEvent[],
  facts: TimeFacts,
): RedundancyView['lane'] {
  const { zeroAt, goAt, span, running, gaps } = facts;
  const none = { name: 'redundancy', of, moments: [], end: 'none', endText: t('unchanged'), total: '' } as const;
  if (zeroAt === null || goAt === null) return laneOf(none);
  const { lackAt, fullAt, errorMs } = lackOf(steps, goAt);
  const before = leaders.findLast(({ t: at }) => at < goAt)?.leader ?? null;
  const moved = leaders.find(({ t: at, leader }) => at >= goAt && leader !== null && leader !== before)?.t ?? null;
  if (lackAt === null && moved === null) return laneOf(none);
  const moments: Moment[] = [];
  if (moved !== null)
    moments.push({ at: moved - zeroAt, kind: lackAt === null || moved < lackAt ? 'before' : 'gone', label: t('to the new leader') });
  if (lackAt !== null) moments.push({ at: lackAt - zeroAt, kind: 'before', label: '' });
  if (fullAt !== null) moments.push({ at: fullAt - zeroAt, kind: 'better', label: shortText(steps, goAt) });
  const end = lackAt !== null && fullAt === null ? (running ? 'open' : 'never') : 'complete';
  const within = ((span.toAt - zeroAt) / 1000).toFixed(0);
  return laneOf({
    ...{ name: 'redundancy', of, moments, end, tail: 'better' },
    gaps: gaps.map(({ fromAt, toAt }) => ({ fromAt: fromAt - zeroAt, toAt: toAt - zeroAt })),
    endText:
      end === 'open'
        ? t('not full yet')
        : end === 'never'
          ? t('not full within {0} s', within)
          : lackAt === null
            ? t('new leader')
            : errorMs >= leastErrorMs
              ? t('full again (up to {0} s earlier)', secondsText(errorMs))
              : t('full again'),
    ...(end === 'never' ? { total: t('longer than {0} s: no number', within) } : end === 'open' ? { total: '' } : {}),
  });
}

/** Less is nothing beside what the watch of a pod may be late. */
const leastErrorMs = 100;

/**
 * From *go* on: when it first had less than it should, and when it had all again and kept it, as far as it was the only fault. `errorMs`:
 * how much earlier that may have been.
 */
export function lackOf(
  steps: RedundancyView['steps'],
  goAt: number,
  untilAt = Infinity,
): { readonly lackAt: number | null; readonly fullAt: number | null; readonly errorMs: number } {
  let lackAt: number | null = null;
  let fullAt: number | null = null;
  let errorMs = 0;
  for (const { at, have, want, since } of steps) {
    if (at < goAt || at >= untilAt) continue;
    if (have < want) {
      lackAt ??= at;
      fullAt = null;
    } else if (lackAt !== null && fullAt === null) {
      fullAt = at;
      errorMs = at - Math.max(since ?? at, lackAt);
    }
  }
  return { lackAt, fullAt, errorMs };
}

function shortText(steps: RedundancyView['steps'], goAt: number): string {
  const most = Math.max(0, ...steps.filter(({ at }) => at >= goAt).map(({ have, want }) => want - have));
  return most === 1 ? t('one replica short') : t('up to {0} short', most);
}

function stepsText(steps: RedundancyView['steps'], zeroAt: number | null): string {
  const changes = steps.flatMap(({ at, have }, i) => {
    const before = steps[i - 1]?.have;
    return before === undefined || before === have ? [] : [t('{0} → {1} at {2}', before, have, sinceText(at, zeroAt))];
  });
  const last = steps.at(-1);
  return changes.length === 0 ? t('{0} of {1}, unchanged', last?.have ?? 0, last?.want ?? 0) : changes.join(', ');
}

export function sinceText(at: number, zeroAt: number | null): string {
  if (zeroAt === null) return t('{0} s of the run', secondsText(at));
  return `${sinceSeconds(at - zeroAt)} s`;
}

export function leadersOf(events: readonly LeaderEvent[], { span, zeroAt, goAt }: TimeFacts): readonly HolderView[] {
  return [...grouped(events, ({ of }) => of)].map(([of, list]): HolderView => {
    const segments = heldBy(
      list.map(({ t: at, leader, epoch }) => ({ at, holder: leader, ...(epoch === undefined ? {} : { epoch }) })),
      span,
    );
    const since = goAt ?? -Infinity;
    const changed = segments.some(({ fromAt }, i) => i > 0 && fromAt >= since);
    const last = segments.at(-1);
    const epoch = last?.epoch === undefined ? '' : t('epoch {0}', last.epoch);
    const where = last?.holder ?? t('none');
    const text = changed
      ? t('{0} since {1}', where, sinceText(last?.fromAt ?? 0, zeroAt))
      : epoch === ''
        ? t('{0}, unchanged', where)
        : t('{0} on {1}, unchanged', epoch, where);
    return { of, segments, text, changed };
  });
}

export function nodesOf(events: readonly NodeEvent[], { span, goAt, zeroAt }: TimeFacts): readonly HolderView[] {
  return [...grouped(events, ({ name }) => name)].map(([of, list]): HolderView => {
    const word = ({ ready, schedulable }: NodeEvent): string => {
      const state = ready === 'yes' ? t('ready') : ready === 'no' ? t('not ready') : t('not heard of');
      return schedulable ? state : t('{0}, cordoned', state);
    };
    const segments = heldBy(
      list.map((event) => ({ at: event.t, holder: word(event) })),
      span,
    );
    const changed = segments.some(({ fromAt }, i) => i > 0 && fromAt >= (goAt ?? -Infinity));
    const last = segments.at(-1);
    const text = changed
      ? t('{0} since {1}', last?.holder ?? '', sinceText(last?.fromAt ?? 0, zeroAt))
      : t('{0}, unchanged', last?.holder ?? '');
    return { of, segments, text, changed };
  });
}

function heldBy(
  list: readonly { readonly at: number; readonly holder: string | null; readonly epoch?: number }[],
  span: Interval,
): HolderView['segments'] {
  const segments: { fromAt: number; toAt: number; holder: string | null; epoch?: number }[] = [];
  for (const { at, ...held } of list) {
    const last = segments.at(-1);
    if (last !== undefined && last.holder === held.holder && last.epoch === held.epoch) continue;
    if (last !== undefined) last.toAt = at;
    segments.push({ fromAt: at, toAt: Math.max(at, span.toAt), ...held });
  }
  return segments;
}

export function autoscalersOf(events: readonly AutoscalerEvent[], { goAt, zeroAt }: TimeFacts): readonly AutoscalerView[] {
  return [...grouped(events, ({ namespace, name }) => `${namespace}/${name}`).values()].map((list): AutoscalerView => {
    const steps = list.map(({ t: at, current, desired, blocked }) => ({
      at,
      current,
      desired,
      ...(blocked === undefined ? {} : { blocked }),
    }));
    const [first, last] = [list[0], list.at(-1)];
    const changed = steps.some(({ at, current, desired }, i) => {
      const before = steps[i - 1];
      return before !== undefined && at >= (goAt ?? -Infinity) && (before.current !== current || before.desired !== desired);
    });
    const text = changed
      ? t('{0} / {1} since {2}', last?.current ?? 0, last?.desired ?? 0, sinceText(last?.t ?? 0, zeroAt))
      : t('{0} / {1}, unchanged', last?.current ?? 0, last?.desired ?? 0);
    return { namespace: first?.namespace ?? '', name: first?.name ?? '', steps, changed, text };
  });
}

/** In order of time; groups in the order of their names. */
function grouped<E extends { readonly t: number }>(events: readonly E[], key: (event: E) => string): ReadonlyMap<string, readonly E[]> {
  const groups = new Map<string, E[]>();
  for (const event of events.toSorted((a, b) => a.t - b.t)) {
    const list = groups.get(key(event));
    if (list === undefined) groups.set(key(event), [event]);
    else list.push(event);
  }
  return new Map([...groups].sort(([a], [b]) => a.localeCompare(b)));
}
