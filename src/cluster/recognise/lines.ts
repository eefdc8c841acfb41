/** The model as lines: what the tree view and the terminal show, in one place. */
import { t } from '../../base/messages.ts';
import { scalingLines } from './line-scaling.ts';
import { kafkaLine } from './line-kafka.ts';
import { instanceLine } from './line-instance.ts';
import { nodeLineOf, releaseLineOf } from './line-places.ts';
import type { ClusterModel, Line, Section, SectionName, SectionNote } from './model.ts';

/**
 * The sections that have something to say; an empty cluster gets one line that says what was looked for. Lines of `before` whose
 * subject is still the same object stay the same: of the next model of a cluster only what changed is made anew.
 */
export function linesOf(model: ClusterModel, before: readonly Line[] = []): readonly Line[] {
  const of = (section: SectionName): readonly Line[] => before.find(({ id }) => id === section)?.children ?? [];
  const sections = [
    sectionLine('engines', t('Engines'), model.engines, of('engines'), instanceLine),
    sectionLine('autoscaling', t('Autoscaling'), model.autoscaling, of('autoscaling'), scalingLines),
    sectionLine('kafka', t('Kafka'), model.kafka, of('kafka'), kafkaLine),
    sectionLine('storage', t('Storage'), model.storage, of('storage'), instanceLine),
    sectionLine('monitoring', t('Monitoring'), model.monitoring, of('monitoring'), instanceLine),
    sectionLine('nodes', t('Nodes'), model.nodes, of('nodes'), nodeLineOf),
    sectionLine('releases', t('Releases'), model.releases, of('releases'), releaseLineOf),
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
function sectionLine<T extends { readonly id: string }>(
  section: SectionName,
  label: string,
  { items, notes }: Section<T>,
  before: readonly Line[],
  lineOf: (item: T, before?: Line) => Line,
): Line {
  const isRepeated = section === 'kafka' || section === 'storage' || section === 'monitoring';
  const said = notes.filter(({ part }) => !(isRepeated && part === 'pods')).map((one) => noteLine(section, one));
  const first = before.findIndex(({ subject }) => subject.kind !== 'note');
  let known: ReadonlyMap<string, Line> | undefined;
  const children = items.map((item, at) => {
    const here = before[first + at];
    if (here?.id === item.id) return lineOf(item, here);
    known ??= new Map(before.map((line) => [line.id, line]));
    return lineOf(item, known.get(item.id));
  });
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
