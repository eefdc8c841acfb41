/** What scales by itself, and in words why it does not. */
import { t } from '../../base/messages.ts';
import type { Condition, Workload } from '../objects.ts';
import { hpaReason, targetProblem } from './blocked.ts';
import { compare } from './instances.ts';
import type { Autoscaler, ScaledObject, TargetReference, VerticalAutoscaler } from './kinds.ts';
import { metricsOf } from './metrics.ts';
import type { AutoscalerLine, Health, ObjectRef, PodLine } from './model.ts';
import { refOf } from './pods.ts';

export interface AutoscalingParts {
  readonly autoscalers: Iterable<Autoscaler>;
  readonly scaledObjects: Iterable<ScaledObject>;
  readonly verticalAutoscalers: Iterable<VerticalAutoscaler>;
  readonly workloadOf: (ref: ObjectRef) => Workload | undefined;
  /** Of engines: pods that cannot be placed block what scales them. */
  readonly podsOf: (ref: ObjectRef) => readonly PodLine[];
}

export function autoscalersOf(parts: AutoscalingParts): readonly AutoscalerLine[] {
  const scaled = new Map([...parts.scaledObjects].map((object) => [keyOf(object.metadata.namespace, object.metadata.name), object]));
  const lines: AutoscalerLine[] = [];
  for (const hpa of parts.autoscalers) {
    const owner = hpa.metadata.labels?.['scaledobject.keda.sh/name'];
    const key = keyOf(hpa.metadata.namespace, owner ?? '');
    const object = owner === undefined ? undefined : scaled.get(key);
    scaled.delete(key);
    lines.push(hpaLine(hpa, owner, object, parts));
  }
  for (const object of scaled.values()) lines.push(scaledLine(object, parts));
  for (const object of parts.verticalAutoscalers) lines.push(verticalLine(object));
  return lines.sort((a, b) => compare(a.ref.namespace, b.ref.namespace) || compare(a.label, b.label));
}

function hpaLine(hpa: Autoscaler, keda: string | undefined, object: ScaledObject | undefined, parts: AutoscalingParts): AutoscalerLine {
  const { spec = {}, status = {}, metadata } = hpa;
  const target = targetOf(metadata.namespace, spec.scaleTargetRef ?? { name: '' });
  const ready = parts.workloadOf(target)?.status?.readyReplicas;
  const current = status.currentReplicas ?? 0;
  // Never computed: it says 0 and means that it does not know.
  const isKnown = (status.desiredReplicas ?? 0) > 0 || (spec.minReplicas ?? 1) === 0;
  const desired = isKnown ? (status.desiredReplicas ?? 0) : current;
  const reason = hpaReason(hpa) ?? pausedOf(object) ?? targetProblem(parts.workloadOf(target), parts.podsOf(target), ready ?? 0, desired);
  return {
    id: `hpa:${metadata.namespace ?? ''}/${metadata.name}`,
    kind: keda === undefined ? 'HPA' : 'KEDA',
    ref: object === undefined ? refOf('autoscaling/v2', 'HorizontalPodAutoscaler', hpa) : refOf('keda.sh/v1alpha1', 'ScaledObject', object),
    target,
    label: keda ?? metadata.name,
    health: scalingHealth(reason, current, desired, hasConditions(status.conditions)),
    ready: ready ?? 0,
    current,
    desired,
    min: spec.minReplicas ?? 1,
    ...(spec.maxReplicas === undefined ? {} : { max: spec.maxReplicas }),
    metrics: metricsOf(spec.metrics ?? [], status.currentMetrics ?? []),
    ...(reason?.isBlocking === true ? { blocked: reason.text } : {}),
  };
}

function scalingHealth(
  reason: { readonly text: string; readonly isBlocking: boolean } | undefined,
  current: number,
  desired: number,
  isKnown: boolean,
): Health {
  if (reason?.isBlocking === true) return { state: 'degraded', word: t('blocked'), why: reason.text };
  const explained = reason === undefined ? {} : { why: reason.text };
  if (!isKnown) return { state: 'unknown', word: t('not evaluated yet'), ...explained };
  if (desired > current) return { state: 'starting', word: t('growing'), ...explained };
  if (desired < current) return { state: 'stopping', word: t('shrinking'), ...explained };
  return { state: 'ok', word: t('steady'), ...explained };
}

function hasConditions(conditions: readonly Condition[] | undefined): boolean {
  return (conditions ?? []).length > 0;
}

function pausedOf(object: ScaledObject | undefined): { readonly text: string; readonly isBlocking: boolean } | undefined {
  const annotations = object?.metadata.annotations ?? {};
  const count = annotations['autoscaling.keda.sh/paused-replicas'];
  if (count !== undefined)
    return { text: count === '1' ? t('KEDA was paused at 1 replica') : t('KEDA was paused at {0} replicas', count), isBlocking: true };
  if (annotations['autoscaling.keda.sh/paused'] === 'true') return { text: t('KEDA was paused'), isBlocking: true };
  if (annotations['autoscaling.keda.sh/paused-scale-out'] === 'true') return { text: t('KEDA was told not to grow'), isBlocking: true };
  if (annotations['autoscaling.keda.sh/paused-scale-in'] === 'true') return { text: t('KEDA was told not to shrink'), isBlocking: false };
  const not = object?.status?.conditions?.find(({ type, status }) => type === 'Ready' && status === 'False');
  return not === undefined ? undefined : { text: t('KEDA: {0}', not.message ?? not.reason ?? t('not ready')), isBlocking: true };
}

/** Without the HPA that KEDA makes of it: not made yet, or scaled to zero, or not to be seen. */
function scaledLine(object: ScaledObject, parts: AutoscalingParts): AutoscalerLine {
  const { metadata, spec = {}, status } = object;
  const target = targetOf(metadata.namespace, spec.scaleTargetRef ?? { name: '' });
  const ready = parts.workloadOf(target)?.status?.readyReplicas ?? 0;
  const paused = pausedOf(object);
  return {
    id: `keda:${metadata.namespace ?? ''}/${metadata.name}`,
    kind: 'KEDA',
    ref: refOf('keda.sh/v1alpha1', 'ScaledObject', object),
    target,
    label: metadata.name,
    health: scalingHealth(paused, 0, 0, hasConditions(status?.conditions)),
    ready,
    min: spec.minReplicaCount ?? 0,
    max: spec.maxReplicaCount ?? 100,
    metrics: (spec.triggers ?? []).map(({ type, name }) => ({ name: name ?? type ?? '', now: t('unknown'), target: '' })),
    ...(paused?.isBlocking === true ? { blocked: paused.text } : {}),
  };
}

function verticalLine(object: VerticalAutoscaler): AutoscalerLine {
  const { metadata, spec = {}, status } = object;
  const recommended = status?.recommendation?.containerRecommendations ?? [];
  const mode = spec.updatePolicy?.updateMode ?? 'Auto';
  const problem = status?.conditions?.find(
    ({ type, status: is }) =>
      (type === 'RecommendationProvided' && is === 'False') || (['ConfigUnsupported', 'NoPodsMatched'].includes(type) && is === 'True'),
  );
  const blocked = problem === undefined ? undefined : (problem.message ?? problem.reason ?? problem.type);
  return {
    id: `vpa:${metadata.namespace ?? ''}/${metadata.name}`,
    kind: 'VPA',
    ref: refOf('autoscaling.k8s.io/v1', 'VerticalPodAutoscaler', object),
    target: targetOf(metadata.namespace, spec.targetRef ?? { name: '' }),
    label: metadata.name,
    health:
      blocked !== undefined
        ? { state: 'degraded', word: t('blocked'), why: blocked }
        : recommended.length > 0
          ? { state: 'ok', word: mode === 'Off' ? t('recommends only') : t('active') }
          : { state: 'unknown', word: t('no recommendation yet') },
    metrics: recommended.flatMap(({ containerName, target }) =>
      Object.entries(target ?? {}).map(([name, value]) => ({ name: `${containerName ?? ''} ${name}`, now: '', target: value })),
    ),
    ...(blocked === undefined ? {} : { blocked }),
  };
}

function targetOf(namespace: string | undefined, { apiVersion, kind, name }: TargetReference): ObjectRef {
  return { apiVersion: apiVersion ?? 'apps/v1', kind: kind ?? 'Deployment', name, ...(namespace === undefined ? {} : { namespace }) };
}

function keyOf(namespace: string | undefined, name: string): string {
  return `${namespace ?? ''}/${name}`;
}
