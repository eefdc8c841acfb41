/** Which pods end and are made anew by a change, and by which part of it. Pure. */
import { t } from '../../base/messages.ts';
import type { Manifest } from '../objects.ts';
import { labelOf } from '../objects.ts';
import { isMap } from '../values/merge.ts';
import type { Comparison } from './diff.ts';

export interface PodRestart {
  /** `Deployment/web` */
  readonly workload: string;
  /** How many pods. */
  readonly pods: number;
  /** "image trinodb/trino:476 → 477", "its ConfigMap web-config changes (checksum/config)" */
  readonly why: readonly string[];
  /** One after the other, all at once, or never by itself (OnDelete). */
  readonly how: 'rolling' | 'recreate' | 'onDelete';
}

const WORKLOADS = new Set(['Deployment', 'StatefulSet', 'DaemonSet']);
const CHECKSUM = /checksum|sha(?:256)?$|hash/i;

/** `live`: the workload as it is. Undefined: its pods go on. */
export function restartOf(
  { object, from, to }: Comparison,
  live: Manifest | undefined,
  changedConfigs: readonly string[],
): PodRestart | undefined {
  if (!WORKLOADS.has(object.kind) || live === undefined || object.action === 'create' || object.action === 'none') return undefined;
  const workload = labelOf(live);
  const pods = podsOf(live);
  if (object.action === 'delete') return { workload, pods, why: [t('it leaves the release')], how: 'recreate' };
  if (object.action === 'recreate') return { workload, pods, why: [t('it has to be made anew: {0}', object.why ?? '')], how: 'recreate' };
  // Where none of them is named, they come by another way, such as a value that both are made of.
  const text = JSON.stringify(templateOf(to) ?? {});
  const named = changedConfigs.filter((label) => text.includes(`"${label.replace(/^.*\//, '')}"`));
  const why = reasons(templateOf(from), templateOf(to), named.length > 0 ? named : changedConfigs);
  if (why.length === 0) return undefined;
  return { workload, pods, why, how: howOf(live, to) };
}

function podsOf({ kind, ...rest }: Manifest): number {
  const status = at(rest, 'status');
  const spec = at(rest, 'spec');
  const count = kind === 'DaemonSet' ? at(status, 'desiredNumberScheduled') : at(spec, 'replicas');
  return typeof count === 'number' ? count : 1;
}

function howOf(live: Manifest, to: unknown): PodRestart['how'] {
  const key = live.kind === 'Deployment' ? 'strategy' : 'updateStrategy';
  const type = at(at(at(to, 'spec'), key), 'type') ?? at(at(at(live, 'spec'), key), 'type');
  if (type === 'Recreate') return 'recreate';
  return type === 'OnDelete' ? 'onDelete' : 'rolling';
}

/** Empty when both templates are the same. */
export function reasons(before: unknown, after: unknown, changedConfigs: readonly string[]): readonly string[] {
  const paths = changes(before, after);
  const found = paths.map((path) => reasonOf(path, before, after, changedConfigs));
  return [...new Set(found)];
}

type Path = readonly string[];

function reasonOf(path: Path, before: unknown, after: unknown, changedConfigs: readonly string[]): string {
  const [top, second, name] = path;
  if (top === 'metadata' && second === 'annotations' && name !== undefined && CHECKSUM.test(name)) {
    return changedConfigs.length === 0
      ? t('its configuration changes ({0})', name)
      : t('its configuration changes ({0}): {1}', name, changedConfigs.join(', '));
  }
  const [, kind, container, field, ...rest] = path;
  const isContainer = top === 'spec' && (kind === 'containers' || kind === 'initContainers') && container !== undefined;
  if (!isContainer) return t('{0} changes', path.join('.'));
  const [was, is] = [resolve(before, path), resolve(after, path)];
  if (field === undefined) {
    if (was === undefined) return t('container {0} is added', container);
    if (is === undefined) return t('container {0} is left out', container);
  }
  if (field === 'image') return t('image {0} → {1}', String(was), String(is));
  if (field === 'resources') return t('{0} of container {1}: {2} → {3}', rest.join('.') || 'resources', container, shown(was), shown(is));
  if (field === 'env') return t('environment {0} of container {1}', rest[0] ?? '', container);
  return t('{0} of container {1}', [field, ...rest].join('.'), container);
}

function shown(value: unknown): string {
  return value === undefined ? t('none') : typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** Paths of all that differs, entries of lists by their name where they have one. */
function changes(before: unknown, after: unknown, path: Path = []): readonly Path[] {
  if (isMap(before) && isMap(after)) {
    const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
    return [...keys].flatMap((key) => changes(before[key], after[key], [...path, key]));
  }
  const [was, is] = [named(before), named(after)];
  if (was !== undefined && is !== undefined) return changes(was, is, path);
  return JSON.stringify(before) === JSON.stringify(after) ? [] : [path];
}

function named(value: unknown): Readonly<Record<string, unknown>> | undefined {
  if (!Array.isArray(value) || !value.every((item) => isMap(item) && typeof item['name'] === 'string')) return undefined;
  return Object.fromEntries(value.map((item: unknown) => [isMap(item) ? String(item['name']) : '', item]));
}

function resolve(value: unknown, path: Path): unknown {
  return path.reduce<unknown>((inner, step) => at(named(inner) ?? inner, step), value);
}

function templateOf(object: unknown): unknown {
  return at(at(object, 'spec'), 'template');
}

function at(value: unknown, key: string): unknown {
  return isMap(value) ? value[key] : undefined;
}
