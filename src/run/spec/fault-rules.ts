/** Expectations that a run can't have: figures of a recovery where nothing is broken, and of a workload where there is none. */
import { t } from '../../base/messages.ts';
import type { Expectation, Metric } from '../../journal/plan.ts';
import type { Report } from './facts.ts';
import type { AnySpec } from './schema.ts';

export function faultRules(spec: AnySpec, expectations: ReadonlyMap<number, Expectation>, report: Report): void {
  for (const [index, { metric, text }] of expectations) {
    const [what, remedy] = missingFor(metric, spec) ?? [];
    if (what !== undefined) report(['expect', index], t('“{0}” can’t be told: {1}', text, what), remedy);
  }
}

function missingFor({ kind }: Metric, spec: AnySpec): readonly [what: string, remedy: string] | undefined {
  switch (kind) {
    case 'recovery':
    case 'unavailable':
    case 'relapses':
      return spec.faults === undefined ? [t('the run breaks nothing'), t('Add faults, or leave the line out.')] : undefined;
    case 'probes':
      return (spec.probes ?? []).length === 0 ? [t('the run has no probes'), t('Add probes, or leave the line out.')] : undefined;
    case 'messages':
      return spec.messages === undefined ? [t('the run sends no messages'), t('Add messages, or leave the line out.')] : undefined;
    default:
      return spec.workload === undefined
        ? [t('the run has no workload'), t('Add an engine and a workload, or leave the line out.')]
        : undefined;
  }
}
