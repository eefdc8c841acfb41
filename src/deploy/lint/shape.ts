/** What the rules read of manifests. Templates may give anything: what has another shape is left out. Pure. */
import * as v from 'valibot';
import type { LabelSelector } from '../../cluster/objects.ts';
import { labelOf } from '../objects.ts';
import type { Manifest } from '../objects.ts';

const record = v.record(v.string(), v.unknown());
const texts = v.record(v.string(), v.string());
const selector = v.object({
  matchLabels: v.optional(texts, {}),
  matchExpressions: v.optional(
    v.array(v.object({ key: v.string(), operator: v.string(), values: v.optional(v.array(v.string()), []) })),
    [],
  ),
});
const amounts = v.record(v.string(), v.union([v.string(), v.number()]));
const container = v.object({
  name: v.string(),
  image: v.optional(v.string(), ''),
  args: v.optional(v.array(v.string()), []),
  command: v.optional(v.array(v.string()), []),
  env: v.optional(v.array(v.object({ name: v.string(), value: v.optional(v.string()) })), []),
  resources: v.optional(v.object({ requests: v.optional(amounts, {}), limits: v.optional(amounts, {}) }), {}),
  readinessProbe: v.optional(record),
  livenessProbe: v.optional(record),
  startupProbe: v.optional(record),
});
const volume = v.object({
  name: v.string(),
  configMap: v.optional(v.object({ name: v.optional(v.string()) })),
  secret: v.optional(v.object({ secretName: v.optional(v.string()) })),
});
const workloadSpec = v.object({
  replicas: v.optional(v.number()),
  template: v.object({
    metadata: v.optional(v.object({ labels: v.optional(texts, {}), annotations: v.optional(texts, {}) }), {}),
    spec: v.object({
      terminationGracePeriodSeconds: v.optional(v.number(), 30),
      containers: v.array(container),
      volumes: v.optional(v.array(volume), []),
      topologySpreadConstraints: v.optional(v.array(v.object({ labelSelector: v.optional(selector) })), []),
    }),
  }),
});

export type LintContainer = v.InferOutput<typeof container>;
export type LintSelector = LabelSelector;

export interface LintWorkload {
  /** `Deployment/trino-worker` */
  readonly label: string;
  readonly kind: string;
  readonly name: string;
  readonly replicas?: number;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly containers: readonly LintContainer[];
  readonly graceSeconds: number;
  readonly configMaps: readonly string[];
  readonly secrets: readonly string[];
  readonly spreads: readonly LintSelector[];
}

const KINDS = new Set(['Deployment', 'StatefulSet', 'DaemonSet']);

export function workloadsOf(objects: readonly Manifest[]): readonly LintWorkload[] {
  return objects.flatMap((object) => {
    const { kind, metadata } = object;
    if (!KINDS.has(kind)) return [];
    const parsed = v.safeParse(workloadSpec, object['spec']);
    if (!parsed.success) return [];
    const { replicas, template } = parsed.output;
    return [
      {
        label: labelOf(object),
        kind,
        name: metadata.name,
        ...(replicas === undefined ? {} : { replicas }),
        labels: template.metadata.labels,
        annotations: template.metadata.annotations,
        containers: template.spec.containers,
        graceSeconds: template.spec.terminationGracePeriodSeconds,
        configMaps: template.spec.volumes.flatMap(({ configMap }) => configMap?.name ?? []),
        secrets: template.spec.volumes.flatMap(({ secret }) => secret?.secretName ?? []),
        spreads: template.spec.topologySpreadConstraints.flatMap(({ labelSelector }) => labelSelector ?? []),
      },
    ];
  });
}

/** Text of all files of a ConfigMap, by name. */
export function configsOf(objects: readonly Manifest[]): ReadonlyMap<string, Readonly<Record<string, string>>> {
  const maps = objects.filter(({ kind }) => kind === 'ConfigMap');
  return new Map(maps.map((object) => [object.metadata.name, textsOf(object['data'])]));
}

export function textsOf(value: unknown): Readonly<Record<string, string>> {
  const parsed = v.safeParse(texts, value);
  return parsed.success ? parsed.output : {};
}

export function fieldOf(object: unknown, ...path: readonly string[]): unknown {
  return path.reduce<unknown>((at, key) => (v.is(record, at) ? at[key] : undefined), object);
}

export function selectorOf(value: unknown): LintSelector | undefined {
  const parsed = v.safeParse(selector, value);
  return parsed.success ? parsed.output : undefined;
}
