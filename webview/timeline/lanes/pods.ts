/** Pods by stage: one bar a place, with what may have happened up to a second earlier. */
import { t } from '../../../src/base/messages.ts';
import { secondsText, sinceSeconds } from '../../../src/analysis/recovery/judge/metric-text.ts';
import type { PodState, PodView } from '../../../src/analysis/recovery/view.ts';
import { inView } from '../frame.ts';
import { path, picture, px, words, type Shape } from '../svg.ts';
import { bar, faint, gapsOf, gapWord, hatched, plotOf, strong, type LaneSpec, type RowSpec, type Scene, type Table } from './lane.ts';

const height = 36;
const watches = ['pods', 'endpoints'] as const;

const classes: Readonly<Record<PodState, string>> = {
  ...{ serving: 'serve', gone: 'gone', notReady: 'wait', ready: 'half', unknown: 'unknown' },
};

/** null: what is broken has no pods, and none is watched. */
export function podLane(scene: Scene): LaneSpec | null {
  const { view, plan, frame } = scene;
  const { pods } = view;
  const meant = plan.faults.flatMap(({ targets }) => targets).filter(({ kind }) => kind === 'pod');
  if (pods.length === 0 && meant.length === 0) return null;
  const [only] = pods;
  const names = pods.length === 0 ? meant.map(({ name }) => name) : pods.map(({ name }) => name);
  return {
    ...{ id: 'pods', name: pods.length > 1 ? t('Pods') : t('Pod'), quiet: false },
    unit: names.length === 1 ? t('{0} · stage', names[0] ?? '') : t('{0} of them, by stage', names.length),
    summary:
      pods.length === 0 ? t('nothing was told of {0}', names.join(', ')) : pods.map((pod) => `${pod.name}: ${laneText(pod)}`).join('; '),
    rows: () => {
      if (pods.length === 0) return [nothing(scene, names)];
      return pods.map((pod, i) => row(pod, i, only === pod && pods.length === 1, scene));
    },
    table: () => (pods.length === 0 ? null : tableOf(pods)),
  };

  function nothing({ view: { status, zeroAt } }: Scene, missing: readonly string[]): RowSpec {
    const text =
      status === 'running' && zeroAt === null
        ? t('{0}: its stages are shown once the fault has begun', missing.join(', '))
        : t('No stages: the watch told nothing of {0}. All other lanes are complete.', missing.join(', '));
    const shown = frame.measure.fit([text, t('nothing was told')], frame.width - frame.gutter);
    return { key: 'pods', sub: null, plot: plotOf(frame, height, text, [words(frame.gutter, 19, shown, 't-dim halo')]) };
  }
}

function laneText({ lane }: PodView): string {
  return lane.total === '' || lane.end === 'never' ? lane.endText : `${lane.endText}, ${lane.total}`;
}

function row(pod: PodView, index: number, isOnly: boolean, scene: Scene): RowSpec {
  const { frame } = scene;
  const late = pod.segments.some(({ upToMs, fromAt }) => upToMs > 0 && fromAt >= frame.fromAt && fromAt <= frame.toAt);
  const story = pod.stages.map(({ title, atMs }) => `${title} ${sinceSeconds(atMs)} s`).join(', ');
  const shapes = [
    ...pod.segments.flatMap((segment) => segmentShapes(segment, scene)),
    ...hatched(frame, gapsOf(scene, watches), 4, 22, gapWord()),
  ];
  return {
    ...{ key: `pods-${index}`, sub: isOnly || index === 0 ? null : { title: pod.name, stack: true } },
    plot: plotOf(frame, height, t('Pod {0}: {1}', pod.name, story === '' ? laneText(pod) : story), shapes),
    read: (reading) => {
      const now = reading.pods[index];
      return [
        isOnly ? strong(now?.text ?? '') : strong(`${pod.name} ${now?.text ?? ''}`),
        late && index === 0 ? lateKey() : faint(isOnly ? '' : replacedBy(pod)),
      ];
    },
  };
}

function replacedBy({ replacement }: PodView): string {
  return replacement === null ? '' : t('replaced by {0}', replacement.name);
}

function segmentShapes({ fromAt, toAt, state, upToMs }: PodView['segments'][number], scene: Scene): readonly (Shape | null)[] {
  const { frame, view } = scene;
  const part = inView(frame, { fromAt, toAt });
  if (part === null) return [];
  const gap = gapsOf(scene, watches).find((each) => each.fromAt > part.fromAt && each.fromAt < part.toAt);
  const [from, to] = [frame.x(part.fromAt), frame.x(part.toAt)];
  const text = frame.measure.fit(
    wordsOf(state, view.zeroAt === null || fromAt < view.zeroAt),
    (gap === undefined ? to : frame.x(gap.fromAt)) - from,
  );
  const shapes: (Shape | null)[] = [...bar(from + 0.5, 6, to - from - 1, 18, classes[state]), words(from + 6, 19, text)];
  if (upToMs > 0 && fromAt >= frame.fromAt) {
    const earlier = frame.x(Math.max(frame.fromAt, fromAt - upToMs));
    shapes.push(path(`M${px(earlier)} 27v5m0 -2.5H${px(from)}m0 -2.5v5`, 'whisk'));
  }
  return shapes;
}

function wordsOf(state: PodState, before: boolean): readonly string[] {
  switch (state) {
    case 'serving':
      return before ? [t('serving')] : [t('in EndpointSlice'), t('serving')];
    case 'gone':
      return [t('container gone'), t('gone')];
    case 'notReady':
      return [t('started, not ready'), t('not ready')];
    case 'ready':
      return [t('ready')];
    case 'unknown':
      return [t('not known')];
  }
}

function lateKey(): HTMLElement {
  const element = document.createElement('span');
  element.className = 'k late';
  element.append(picture(16, 7, null, [path('M.5 1v5m0 -2.5h15m0 -2.5v5', 'whisk')]), t('may be 1 s late'));
  return element;
}

function tableOf(pods: readonly PodView[]): Table {
  const several = pods.length > 1;
  const numbers = [t('At, s'), t('Error, s'), t('Stage took, s')];
  const rows = pods.flatMap(({ name, stages, lane, notes }) => {
    let before = 0;
    const list = stages.map(({ title, atMs, earlierMs, source, note, pod }) => {
      const shown = Math.round(atMs / 10) * 10;
      const took = secondsText(shown - before);
      before = shown;
      const cells = [
        title,
        sinceSeconds(atMs),
        earlierMs === 0 ? '' : `−${secondsText(earlierMs)}`,
        took,
        source === 'helper' ? t('helper') : t('watch'),
        note,
      ];
      return several ? [pod, ...cells] : cells;
    });
    const sum = [t('Sum'), '', '', lane.total === '' ? '–' : lane.total.replace(/ s$/, ''), '', [lane.endText, ...notes].join('; ')];
    return [...list, several ? [name, ...sum] : sum];
  });
  return {
    columns: [
      ...(several ? [{ title: t('Pod') }] : []),
      { title: t('Stage') },
      ...numbers.map((title) => ({ title, isNumber: true })),
      ...[{ title: t('Source') }, { title: t('Note') }],
    ],
    rows,
    hasSum: !several,
  };
}
