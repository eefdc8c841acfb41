/** The model as lines: what the tree view and the terminal show, in one place. */
import { t } from '../../base/messages.ts';
import { scalingLines } from './line-scaling.ts';
import { kafkaLine } from './line-kafka.ts';
import { instanceLine } from './line-instance.ts';
import { nodeLines, releaseLines } from './line-places.ts';
import type { ClusterModel, Line, Section, SectionName, SectionNote } from './model.ts';

/** The sections that have something to say; an empty cluster gets one line that says what was looked for. */
export function linesOf(model: ClusterModel): readonly Line[] {
  const sections = [
    sectionLine('engines', t('Engines'), model.engines, model.engines.items.map(instanceLine)),
    sectionLine('autoscaling', t('Autoscaling'), model.autoscaling, model.autoscaling.items.map(scalingLines)),
    sectionLine('kafka', t('Kafka'), model.kafka, model.kafka.items.map(kafkaLine)),
    sectionLine('storage', t('Storage'), model.storage, model.storage.items.map(instanceLine)),
    sectionLine('monitoring', t('Monitoring'), model.monitoring, model.monitoring.items.map(instanceLine)),
    sectionLine('nodes', t('Nodes'), model.nodes, nodeLines(model.nodes.items)),
    sectionLine('releases', t('Releases'), model.releases, releaseLines(model.releases.items)),
  ].filter(({ children }) => children.length > 0);
  const isEmpty =
    model.engines.state.kind === 'live' && [model.engines, model.kafka, model.storage].every(({ items }) => items.length === 0);
  return [
    ...(isEmpty
      ? [
          note(
            'empty',
            'nothing-found',
            t('No engine was found'),
            t('looked for Trino, Presto, ClickHouse, Spark, Kafka and MinIO in {0}', scopeOf(model)),
          ),
        ]
      : []),
    ...sections,
    ...(model.otherPods === 0
      ? []
      : [note('others', 'other-pods', model.otherPods === 1 ? t('1 other pod') : t('{0} other pods', model.otherPods), t('not shown'))]),
  ];
}

function scopeOf({ namespace }: ClusterModel): string {
  return namespace === undefined ? t('all namespaces') : t('namespace {0}', namespace);
}

/** Sections about the same pods would repeat what the first says of them. */
function sectionLine(section: SectionName, label: string, { items, notes }: Section<unknown>, children: readonly Line[]): Line {
  const isRepeated = section === 'kafka' || section === 'storage' || section === 'monitoring';
  const said = notes.filter(({ part }) => !(isRepeated && part === 'pods')).map((one) => noteLine(section, one));
  return {
    id: section,
    subject: { kind: 'section', section },
    label,
    description: items.length === 0 ? '' : String(items.length),
    tooltip: [],
    children: [...said, ...children],
  };
}

function noteLine(section: SectionName, { kind, text, part, sinceMs }: SectionNote): Line {
  const line = note(kind, `${section}#${kind}-${part}`, text, '');
  return kind === 'stale' ? { ...line, health: { state: 'unknown', word: t('stale'), sinceMs } } : line;
}

function note(kind: 'others' | 'empty' | SectionNote['kind'], id: string, label: string, description: string): Line {
  return { id, subject: { kind: 'note', note: kind }, label, description, tooltip: [], children: [] };
}
