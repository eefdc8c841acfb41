/** Images, probes, resources and heaps of containers. */
import { t } from '../../base/messages.ts';
import { amountOf, quantityText } from '../quantity.ts';
import type { LintWarning, Rendering } from './warning.ts';
import type { LintContainer, LintWorkload } from './shape.ts';

export function containerRules({ workloads, configs }: Rendering): readonly LintWarning[] {
  return workloads.flatMap((workload) => [
    ...workload.containers.flatMap((container) => [...image(workload, container), ...resources(workload, container)]),
    ...probes(workload),
    ...heaps(workload, configs),
  ]);
}

function image({ label }: LintWorkload, { name, image: reference }: LintContainer): readonly LintWarning[] {
  const warnings: LintWarning[] = [];
  const tag = /@sha256:/.test(reference) ? 'digest' : /:([\w.-]+)$/.exec(reference)?.[1];
  if (tag === undefined || tag === 'latest') {
    const text = t('Image {0} of {1} names no fixed version: pods of one workload may run different ones.', reference || t('(none)'), name);
    warnings.push({ rule: 'image-latest', object: label, text });
  }
  const supply = supplyOf(reference);
  if (supply !== undefined) warnings.push({ rule: 'image-supply', object: label, text: `${reference}: ${supply}` });
  return warnings;
}

/** What became of images that many charts still name. */
function supplyOf(reference: string): string | undefined {
  const path = reference.replace(/^(?:docker\.io|index\.docker\.io|registry-1\.docker\.io)\//, '');
  if (path.startsWith('bitnami/')) {
    return t('Bitnami’s free versioned images are gone since 2025; pulling it fails as if a login were missing. Name another image.');
  }
  if (path.startsWith('bitnamilegacy/')) return t('These images are never updated any more, not for security either.');
  if (/^minio\/(?:minio|mc)(?::|@|$)/.test(path))
    return t('MinIO’s images on Docker Hub are removed: pulling it fails. Name another image.');
  if (path.startsWith('quay.io/minio/')) return t('MinIO publishes no images any more: this one is frozen.');
  return undefined;
}

function probes({ label, containers }: LintWorkload): readonly LintWarning[] {
  const without = containers.filter((one) => one.readinessProbe === undefined).map(({ name }) => name);
  const unguarded = containers.filter((one) => one.livenessProbe === undefined && one.startupProbe === undefined).map(({ name }) => name);
  const warnings: LintWarning[] = [];
  if (without.length === containers.length) {
    const text = t(
      'No container has a readiness probe ({0}): it gets traffic before it can answer, and a rolling change does not wait.',
      without.join(', '),
    );
    warnings.push({ rule: 'no-readiness-probe', object: label, text });
  }
  if (unguarded.length === containers.length) {
    const text = t('No container has a liveness or startup probe ({0}): one that hangs is never started again.', unguarded.join(', '));
    warnings.push({ rule: 'no-liveness-probe', object: label, text });
  }
  return warnings;
}

function resources({ label }: LintWorkload, { name, resources: { requests, limits } }: LintContainer): readonly LintWarning[] {
  if (requests['memory'] !== undefined || limits['memory'] !== undefined) return [];
  const text = t('{0} asks for no memory: it is scheduled anywhere, and is the first to be killed when a node runs short.', name);
  return [{ rule: 'no-resources', object: label, text }];
}

/** A heap needs room beside it: threads, code, buffers. */
const HEAP_SHARE = 0.9;

function heaps({ label, containers, configMaps }: LintWorkload, configs: Rendering['configs']): readonly LintWarning[] {
  const files = configMaps.flatMap((name) => Object.entries(configs.get(name) ?? {}));
  const [first] = containers;
  return containers.flatMap((container) => {
    const limit = amountOf(container.resources.limits['memory']);
    const own = [...container.command, ...container.args, ...container.env.map(({ value = '' }) => value)].join(' ');
    // A file with options of a JVM belongs to the main container.
    const shared = container === first ? files.filter(([name]) => /jvm/.test(name)).map(([, text]) => text) : [];
    const heap = Math.max(0, ...[own, ...shared].flatMap(heapsIn));
    if (limit === undefined || heap <= limit * HEAP_SHARE) return [];
    const text = t(
      'The heap of {0} may grow to {1}, and its limit is {2}: it will be killed (OOMKilled). Leave a tenth and more beside the heap.',
      container.name,
      quantityText('memory', heap),
      quantityText('memory', limit),
    );
    return [{ rule: 'heap-over-limit', object: label, text }];
  });
}

function heapsIn(text: string): readonly number[] {
  return [...text.matchAll(/-Xmx(\d+)([kKmMgGtT]?)/g)].map(([, digits, unit = '']) => {
    const power = ['', 'k', 'm', 'g', 't'].indexOf(unit.toLowerCase());
    return Number(digits) * 1024 ** power;
  });
}
