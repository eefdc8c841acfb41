/** The stages of one pod's place, from the fault to its next pod in the EndpointSlice. Browser-safe. */
import { t } from '../../../base/messages.ts';
import type { PodEvent } from '../../../journal/fault-events.ts';
import type { Interval, PartKind, PodStageName, PodStageView, PodView } from '../view.ts';
import { sinceSeconds } from '../judge/metric-text.ts';
import { laneOf, type Moment } from './lane.ts';
import type { Pair, PodHistory } from './pods.ts';
import { segmentsOf } from './segments.ts';

/** The kubelet tells the API about a container up to about one second late. */
export const kubeletLateMs = 1000;

export interface PlaceFacts {
  readonly zeroAt: number;
  /** First and last moment of the run. */
  readonly span: Interval;
  readonly running: boolean;
  readonly gaps: readonly Interval[];
}

interface Found {
  readonly stage: PodStageName;
  readonly at: number;
  readonly pod: string;
  readonly source: PodStageView['source'];
  readonly kubelet: boolean;
  readonly note: string;
}

export function podView(pair: Pair, facts: PlaceFacts): PodView {
  const { victim, replacement, inPlace } = pair;
  const { pod, target } = victim;
  const found = stagesOf(pair).toSorted((a, b) => a.at - b.at);
  const needs = neededOf(pair);
  const back = found.find(({ stage }) => stage === needs);
  const counted = back === undefined ? found : found.filter(({ at }) => at <= back.at);
  const restarts = pod.events.filter(({ stage, t: at }) => stage === 'stopped' && at >= victim.goAt).length;
  const late = found.filter(({ at }) => back !== undefined && at > back.at);
  const notes = [
    ...late.map(({ stage, at }) => t('{0} at {1} s, after the pod was back', titleOf(stage), sinceSeconds(at - facts.zeroAt))),
    ...(inPlace && restarts > 1 ? [t('its container was restarted {0} times', restarts)] : []),
  ];
  return {
    ...{ namespace: pod.namespace, name: pod.name, uid: pod.uid, node: pod.node ?? target.node ?? null, as: target.as ?? null },
    replacement:
      replacement === null ? null : { name: replacement.name, uid: replacement.uid, node: replacement.node, pairedBy: pair.pairedBy },
    inPlace,
    stages: rowsOf(counted, victim.goAt, facts),
    lane: podLane(pod.name, counted, back !== undefined, facts, needs),
    segments: segmentsOf(pair, facts.span),
    notes,
  };
}

function stagesOf({ victim, replacement, inPlace }: Pair): readonly Found[] {
  const { pod, goAt, goneAt, goneText } = victim;
  const after = pod.events.filter(({ t: at }) => at >= goAt);
  const found: Found[] = [];
  const gone = after.find(({ stage }) => stage === 'stopped' || stage === 'gone');
  if (goneAt !== null && goneAt <= (gone?.t ?? Infinity)) {
    found.push({ stage: 'victimGone', at: goneAt, pod: pod.name, source: 'helper', kubelet: false, note: goneText });
  } else if (gone !== undefined) {
    const kubelet = gone.stage === 'stopped';
    const note = kubelet ? t('old container id gone; {0}', late()) : t('the object is gone');
    found.push({ stage: 'victimGone', at: gone.t, pod: pod.name, source: 'watch', kubelet, note });
  } else {
    const out = after.find(({ stage }) => stage === 'notReady' || stage === 'notServing');
    if (out !== undefined) {
      const kubelet = out.stage === 'notReady';
      found.push({ stage: 'outOfService', at: out.t, pod: pod.name, source: 'watch', kubelet, note: kubelet ? late() : '' });
    }
  }
  const left = found[0];
  if (replacement !== null) found.push(...arrival(replacement, replacement.events, t('made for {0}', pod.name)));
  else if (left !== undefined) {
    const note = inPlace ? t('same pod: no replacement to pair') : '';
    const restarted = after.filter(({ t: at }) => at >= left.at);
    found.push(...arrival(pod, restarted, note).filter(({ stage }) => inPlace || stage === 'ready' || stage === 'serving'));
  }
  return found;
}

/** The last of each stage that still holds at the end: a pod that flaps is not there yet. */
function arrival(pod: PodHistory, events: readonly PodEvent[], why: string): readonly Found[] {
  const at = new Map<PodStageName, number>();
  for (const { stage, t: when } of events) {
    switch (stage) {
      case 'created':
      case 'scheduled':
      case 'started':
        at.set(stage, when);
        break;
      case 'ready':
      case 'serving':
        if (!at.has(stage)) at.set(stage, when);
        break;
      case 'gone':
        at.clear();
        break;
      case 'stopped':
        for (const lost of ['started', 'ready', 'serving'] as const) at.delete(lost);
        break;
      case 'notReady':
        at.delete('ready');
        break;
      case 'notServing':
        at.delete('serving');
        break;
      case 'seen':
      case 'terminating':
        break;
    }
  }
  const order: readonly PodStageName[] = ['created', 'scheduled', 'started', 'ready', 'serving'];
  return order.flatMap((stage): readonly Found[] => {
    const when = at.get(stage);
    if (when === undefined) return [];
    const kubelet = stage === 'started' || stage === 'ready';
    const note = kubelet ? late() : stage === 'serving' || stage === 'created' ? why : '';
    return [{ stage, at: when, pod: pod.name, source: 'watch', kubelet, note }];
  });
}

/** The stage with which it is back. A Trino worker may be in no EndpointSlice; a quick restart may never show in its readiness. */
function neededOf({ victim, replacement, inPlace }: Pair): 'started' | 'ready' | 'serving' {
  const { events } = victim.pod;
  const changed = events.some(({ stage, t: at }) => at >= victim.goAt && (stage === 'notReady' || stage === 'notServing'));
  if (inPlace && !changed) return 'started';
  const all = [...events, ...(replacement?.events ?? [])];
  return all.some(({ stage, isServing }) => stage === 'serving' || stage === 'notServing' || isServing === true) ? 'serving' : 'ready';
}

function rowsOf(found: readonly Found[], goAt: number, { zeroAt, gaps }: PlaceFacts): readonly PodStageView[] {
  let before = 0;
  return found.map(({ stage, at, pod, source, kubelet, note }): PodStageView => {
    const atMs = Math.round(at - zeroAt);
    const gap = gaps.find(({ fromAt, toAt }) => at > fromAt && at <= toAt + 100);
    // What the helper saw it saw when it looked: it was so at some time since it began.
    const unseen = source === 'helper' ? Math.round(at - goAt) : kubelet ? kubeletLateMs : 0;
    const earlierMs = Math.max(unseen, gap === undefined ? 0 : Math.round(at - gap.fromAt));
    const tookMs = atMs - before;
    before = atMs;
    const notes = [note, ...(gap === undefined ? [] : [t('told after a gap of the watch')])].filter((each) => each !== '');
    return { stage, title: titleOf(stage), pod, atMs, earlierMs, tookMs, source, note: notes.join('; ') };
  });
}

function podLane(
  name: string,
  found: readonly Found[],
  isBack: boolean,
  { zeroAt, running, gaps, span }: PlaceFacts,
  needs: 'started' | 'ready' | 'serving',
): PodView['lane'] {
  const since = (at: number): number => at - zeroAt;
  const moments = found.map(({ stage, at }): Moment => ({ at: since(at), ...partOf(stage, found) }));
  const end = found.length === 0 ? 'none' : isBack ? 'complete' : running ? 'open' : 'never';
  const within = ((span.toAt - zeroAt) / 1000).toFixed(0);
  const endText = {
    ...{ none: t('stayed as it was'), complete: { serving: t('in EndpointSlice'), ready: t('ready'), started: t('restarted') }[needs] },
    ...{ open: t('not back yet'), never: t('not back within {0} s', within), unsure: '' },
  }[end];
  const last = found.at(-1)?.stage;
  return laneOf({
    ...{
      name: 'pod',
      of: name,
      moments,
      end,
      endText,
      gaps: gaps.map(({ fromAt, toAt }) => ({ fromAt: since(fromAt), toAt: since(toAt) })),
    },
    tail: last === 'started' || last === 'ready' ? 'better' : 'gone',
    ...(end === 'never' ? { total: t('longer than {0} s: no number', within) } : {}),
    ...(end === 'open' || end === 'none' ? { total: '' } : {}),
  });
}

function partOf(stage: PodStageName, found: readonly Found[]): { readonly kind: PartKind; readonly label: string } {
  const out = found.some((each) => each.stage === 'outOfService');
  const order = found.map((each) => each.stage);
  // A replacement may be made while its victim still has its grace period.
  const gone = order.includes('victimGone') && order.indexOf('victimGone') < order.indexOf(stage);
  switch (stage) {
    case 'victimGone':
    case 'outOfService':
      return { kind: 'before', label: '' };
    case 'created':
      return gone ? { kind: 'gone', label: t('gone') } : { kind: 'before', label: '' };
    case 'scheduled':
      return { kind: gone ? 'gone' : 'before', label: t('scheduling') };
    case 'started':
      return { kind: 'gone', label: found.some((each) => each.stage === 'scheduled') ? t('to its start') : t('gone') };
    case 'ready':
      return out ? { kind: 'gone', label: t('not ready') } : { kind: 'better', label: t('starting') };
    case 'serving':
      return { kind: 'better', label: t('to the EndpointSlice') };
  }
}

function titleOf(stage: PodStageName): string {
  const titles: Readonly<Record<PodStageName, string>> = {
    ...{ victimGone: t('Victim gone'), outOfService: t('Out of service'), created: t('Created'), scheduled: t('Scheduled') },
    ...{ started: t('Started'), ready: t('Ready'), serving: t('In EndpointSlice') },
  };
  return titles[stage];
}

function late(): string {
  return t('the kubelet reports up to 1 s late');
}
