/** Nodes and releases as lines. */
import { t } from '../../base/messages.ts';
import { formatBytes } from '../../base/units.ts';
import { whyOf } from './line-instance.ts';
import type { Line, NodeLine, ReleaseLine } from './model.ts';

export function nodeLineOf(node: NodeLine, before?: Line): Line {
  if (before?.subject.kind === 'node' && before.subject.node === node) return before;
  const { health, roles, zone, pods, allocatable, isCordoned } = node;
  const size = [
    ...(allocatable.cpuCores === undefined ? [] : [t('{0} CPU', allocatable.cpuCores)]),
    ...(allocatable.memoryBytes === undefined ? [] : [formatBytes(allocatable.memoryBytes)]),
  ];
  return {
    id: node.id,
    subject: { kind: 'node', node },
    label: node.ref.name,
    description: [
      health.word,
      ...(isCordoned && health.word !== t('cordoned') ? [t('cordoned')] : []),
      ...roles,
      ...(zone === undefined ? [] : [zone]),
      pods === 1 ? t('1 pod') : t('{0} pods', pods),
    ].join(' · '),
    health,
    tooltip: [
      ...whyOf(health),
      ...(size.length === 0 ? [] : [t('allocatable: {0}', size.join(', '))]),
      ...(node.version === undefined ? [] : [`Kubernetes ${node.version}`]),
      ...node.taints.map((taint) => t('taint {0}', taint)),
    ],
    children: [],
  };
}

export function releaseLineOf(release: ReleaseLine, before?: Line): Line {
  if (before?.subject.kind === 'release' && before.subject.release === release) return before;
  const { id, name, namespace, revision, chart, health } = release;
  return {
    id,
    subject: { kind: 'release', release },
    label: name,
    description: [namespace, health.word, t('revision {0}', revision), ...(chart === undefined ? [] : [chart])].join(' · '),
    health,
    tooltip: whyOf(health),
    children: [],
  };
}
