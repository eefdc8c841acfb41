/** Configuration that changes under pods that are not made anew: most programs read it once. Pure. */
import { t } from '../../base/messages.ts';
import type { LintWarning } from '../lint/warning.ts';
import { workloadsOf } from '../lint/shape.ts';
import type { Manifest } from '../objects.ts';
import type { Comparison } from './diff.ts';
import type { PodRestart } from './restarts.ts';

export function unnoticedConfigs(
  objects: readonly Manifest[],
  comparisons: readonly Comparison[],
  restarts: readonly PodRestart[],
): readonly LintWarning[] {
  const changed = (kind: string): ReadonlySet<string> =>
    new Set(comparisons.filter(({ object }) => object.kind === kind && object.action === 'change').map(({ object }) => object.name));
  const [configs, secrets] = [changed('ConfigMap'), changed('Secret')];
  return workloadsOf(objects).flatMap((workload) => {
    if (restarts.some(({ workload: restarted }) => restarted === workload.label)) return [];
    const touched = [...workload.configMaps.filter((name) => configs.has(name)), ...workload.secrets.filter((name) => secrets.has(name))];
    if (touched.length === 0) return [];
    const text = t(
      '{0} changes and its pods go on: what is read only at the start stays as it was until they are restarted.',
      touched.join(', '),
    );
    return [{ rule: 'change-unnoticed', object: workload.label, text }];
  });
}
