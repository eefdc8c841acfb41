/** What would be accepted by the cluster and still not do what was meant: warnings, each with what to do. Pure. */
import type { Manifest } from '../objects.ts';
import { budgetRules } from './budgets.ts';
import { configRules } from './configs.ts';
import { containerRules } from './containers.ts';
import { referenceRules } from './references.ts';
import { configsOf, workloadsOf } from './shape.ts';
import type { LintWarning, Rendering } from './warning.ts';
import { versionRules } from './versions.ts';

const rules: readonly ((rendering: Rendering) => readonly LintWarning[])[] = [
  referenceRules,
  budgetRules,
  containerRules,
  configRules,
  versionRules,
];

export function lint(objects: readonly Manifest[]): readonly LintWarning[] {
  const rendering = { objects, workloads: workloadsOf(objects), configs: configsOf(objects) };
  return rules.flatMap((rule) => rule(rendering));
}
