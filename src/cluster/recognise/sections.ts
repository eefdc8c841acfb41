/** How true each part of the tree is, in words. */
import { t } from '../../base/messages.ts';
import type { PartName } from './kinds.ts';
import type { ClusterSnapshot, PartState, Section, SectionNote } from './model.ts';

/** The first part is what the section is about; without the others it knows less. */
export function section<T>(snapshot: ClusterSnapshot, items: readonly T[], parts: readonly [PartName, ...PartName[]]): Section<T> {
  const state = stateOf(snapshot, parts[0]);
  return { items, state, notes: parts.flatMap((part) => noteOf(part, stateOf(snapshot, part))) };
}

function stateOf({ parts }: ClusterSnapshot, part: PartName): PartState {
  return parts[part]?.state ?? { kind: 'missing', sinceMs: 0 };
}

function noteOf(part: PartName, state: PartState): readonly SectionNote[] {
  const { sinceMs, error } = state;
  const what = error?.facts.what;
  switch (state.kind) {
    case 'live':
      return state.narrowed === undefined
        ? []
        : [{ kind: 'forbidden', text: t('Only one namespace is shown: {0}', state.narrowed.facts.what), part, sinceMs }];
    case 'missing':
      return [];
    case 'syncing':
      return [
        {
          kind: 'syncing',
          text: what === undefined ? t('loading {0}', wordOf(part)) : t('loading {0}: {1}', wordOf(part), what),
          part,
          sinceMs,
        },
      ];
    case 'stale':
      return [
        {
          kind: 'stale',
          text: what === undefined ? t('{0} are stale', wordOf(part)) : t('{0} are stale: {1}', wordOf(part), what),
          part,
          sinceMs,
        },
      ];
    case 'forbidden':
      return [{ kind: 'forbidden', text: what ?? t('{0} may not be listed', wordOf(part)), part, sinceMs }];
  }
}

function wordOf(part: PartName): string {
  switch (part) {
    case 'autoscalers':
      return t('autoscalers');
    case 'statefulSets':
      return t('StatefulSets');
    case 'deployments':
      return t('Deployments');
    case 'services':
      return t('services');
    case 'nodes':
      return t('nodes');
    case 'pods':
      return t('pods');
    case 'releases':
      return t('releases');
    default:
      return part;
  }
}
