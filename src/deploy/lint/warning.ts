/** What the rules read, and what they say. */
import type { Manifest } from '../objects.ts';
import type { LintWorkload } from './shape.ts';

export interface LintWarning {
  /** `hpa-target`, `selector-matches-nothing` … */
  readonly rule: string;
  /** `HorizontalPodAutoscaler/trino-worker` */
  readonly object: string;
  readonly text: string;
}

export interface Rendering {
  readonly objects: readonly Manifest[];
  readonly workloads: readonly LintWorkload[];
  readonly configs: ReadonlyMap<string, Readonly<Record<string, string>>>;
}
