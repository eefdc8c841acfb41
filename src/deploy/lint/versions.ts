/** API versions that servers no longer have, and fields that moved. */
import { t } from '../../base/messages.ts';
import { labelOf } from '../objects.ts';
import type { Manifest } from '../objects.ts';
import type { LintWarning, Rendering } from './warning.ts';
import { fieldOf } from './shape.ts';

/** `group/version/Kind`, or `group/version` for all of its kinds: what took its place. */
const REMOVED: Readonly<Record<string, string>> = {
  'policy/v1beta1': 'policy/v1 (Kubernetes 1.25)',
  'autoscaling/v2beta1': 'autoscaling/v2 (Kubernetes 1.25)',
  'autoscaling/v2beta2': 'autoscaling/v2 (Kubernetes 1.26)',
  'networking.k8s.io/v1beta1': 'networking.k8s.io/v1 (Kubernetes 1.22)',
  'extensions/v1beta1': 'networking.k8s.io/v1, apps/v1 (Kubernetes 1.22)',
  'batch/v1beta1': 'batch/v1 (Kubernetes 1.25)',
  'apps/v1beta1': 'apps/v1 (Kubernetes 1.16)',
  'apps/v1beta2': 'apps/v1 (Kubernetes 1.16)',
  'kafka.strimzi.io/v1beta1': 'kafka.strimzi.io/v1 (Strimzi 1.0)',
  'kafka.strimzi.io/v1beta2': 'kafka.strimzi.io/v1 (Strimzi 1.0)',
};

export function versionRules({ objects }: Rendering): readonly LintWarning[] {
  return objects.flatMap((object) => [...removed(object), ...strimzi(object)]);
}

function removed(object: Manifest): readonly LintWarning[] {
  const instead = REMOVED[object.apiVersion];
  if (instead === undefined) return [];
  return [{ rule: 'removed-api', object: labelOf(object), text: t('{0} is gone; its place has {1}.', object.apiVersion, instead) }];
}

function strimzi(object: Manifest): readonly LintWarning[] {
  if (!object.apiVersion.startsWith('kafka.strimzi.io/')) return [];
  const moved =
    object.kind === 'Kafka'
      ? ['replicas', 'storage', 'resources'].filter((key) => fieldOf(object, 'spec', 'kafka', key) !== undefined)
      : [];
  const warnings = moved.map((key) => ({
    rule: 'moved-field',
    object: labelOf(object),
    text: t('spec.kafka.{0} is refused since v1: it belongs to a KafkaNodePool.', key),
  }));
  const deletes = JSON.stringify(fieldOf(object, 'spec', 'storage') ?? {}).includes('"deleteClaim":true');
  if (!deletes) return warnings;
  return [
    ...warnings,
    { rule: 'data-goes-with-it', object: labelOf(object), text: t('deleteClaim: true deletes the data with the pool.') },
  ];
}
