/** Nodes and autoscalers: folded to a sentence where nothing changed. */
import { t } from '../../../src/base/messages.ts';
import { sinceSeconds } from '../../../src/analysis/recovery/judge/metric-text.ts';
import type { AutoscalerView } from '../../../src/analysis/recovery/view.ts';
import { path, px, words, type Shape } from '../svg.ts';
import { faint, gapsOf, gapWord, hatched, plotOf, strong, type LaneSpec, type RowSpec, type Scene } from './lane.ts';
import { holderCells, holderRow } from './redundancy.ts';
import type { Frame } from '../frame.ts';

export function nodesLane(scene: Scene): LaneSpec | null {
  const { nodes, zeroAt } = scene.view;
  if (nodes.length === 0) return null;
  const changed = nodes.filter((node) => node.changed);
  const shown = changed.length > 0 ? changed : nodes;
  const rest = nodes.length - changed.length;
  const summary =
    changed.length === 0
      ? nodes.length === 1
        ? `${nodes[0]?.of} ${nodes[0]?.text}`
        : t('{0} nodes, unchanged', nodes.length)
      : [...changed.map(({ of, text }) => `${of} ${text}`), ...(rest > 0 ? [t('{0} unchanged', rest)] : [])].join('; ');
  return {
    ...{ id: 'nodes', name: t('Nodes'), unit: shown.length === 1 ? (shown[0]?.of ?? '') : '', summary, quiet: changed.length === 0 },
    rows: () => shown.map((node, i) => holderRow(node, { key: `node-${i}`, title: node.of, isFirst: i === 0, of: ['nodes'] }, scene)),
    table: () => ({
      columns: [{ title: t('Node') }, { title: t('At, s'), isNumber: true }, { title: t('State') }],
      rows: holderCells(nodes, (at) => sinceSeconds(at - (zeroAt ?? 0))),
    }),
  };
}

export function autoscalingLane(scene: Scene): LaneSpec | null {
  const { autoscalers, zeroAt } = scene.view;
  if (autoscalers.length === 0) return null;
  const [only] = autoscalers;
  return {
    ...{ id: 'autoscaling', name: t('Autoscaling'), unit: autoscalers.length === 1 ? (only?.name ?? '') : '' },
    quiet: autoscalers.every(({ changed }) => !changed),
    summary: autoscalers.map(({ name, text }) => `${name} ${text}`).join('; '),
    rows: () => autoscalers.map((each, i) => row(each, i, scene)),
    table: () => ({
      columns: [
        { title: t('Of') },
        { title: t('At, s'), isNumber: true },
        { title: t('Replicas'), isNumber: true },
        { title: t('Wanted'), isNumber: true },
        { title: t('Blocked') },
      ],
      rows: autoscalers.flatMap(({ name, steps }) =>
        steps.map(({ at, current, desired, blocked }) => [
          name,
          sinceSeconds(at - (zeroAt ?? 0)),
          String(current),
          String(desired),
          blocked ?? '',
        ]),
      ),
    }),
  };
}

function row(scaler: AutoscalerView, index: number, scene: Scene): RowSpec {
  const { frame } = scene;
  const { name, steps, text, changed } = scaler;
  const counts = steps.flatMap(({ current, desired }) => [current, desired]);
  const [low, high] = [Math.min(...counts), Math.max(...counts)];
  const height = changed ? 36 : 23;
  const y = (count: number): number => (high === low ? 11.5 : 9 + ((high - count) / (high - low)) * 18);
  const marks = high === low ? [low] : [low, high];
  const shapes: (Shape | null)[] = [
    ...marks.map((count) => words(frame.gutter - 6, y(count) + 4, String(count), 't-dim t-s', 'end')),
    path(
      pathOf(steps, (step) => step.desired, y, frame),
      'step ghost',
    ),
    path(
      pathOf(steps, (step) => step.current, y, frame),
      'step q',
    ),
    changed ? null : words((frame.gutter + frame.width) / 2, 15.5, t('unchanged'), 't-dim halo', 'middle'),
    ...hatched(frame, gapsOf(scene, ['autoscalers']), 1, height - 4, gapWord()),
  ];
  return {
    ...{ key: `autoscaling-${index}`, sub: index === 0 ? null : { title: name, stack: true } },
    plot: plotOf(frame, height, `${name}: ${text}`, shapes),
    read: (reading) => {
      const now = reading.autoscalers[index];
      const step = steps.findLast(({ at }) => at <= reading.at);
      return [strong(now?.current == null ? '–' : `${now.current} / ${now.desired ?? '–'}`), faint(step?.blocked ?? t('{0}, HPA', name))];
    },
  };
}

function pathOf(
  steps: AutoscalerView['steps'],
  of: (step: AutoscalerView['steps'][number]) => number,
  y: (count: number) => number,
  frame: Frame,
): string {
  const { x, fromAt, toAt, gutter, width, nowAt } = frame;
  const first = steps.findLast(({ at }) => at <= fromAt) ?? steps[0];
  if (first === undefined) return '';
  let d = `M${px(Math.max(gutter, x(Math.max(fromAt, first.at))))} ${px(y(of(first)))}`;
  for (const step of steps) if (step.at > fromAt && step.at <= toAt) d += `H${px(x(step.at))}V${px(y(of(step)))}`;
  return `${d}H${px(nowAt === null ? width : Math.min(width, x(nowAt)))}`;
}
