export interface LintWarning {
  /** `hpa-target`, `selector-matches-nothing` … */
  readonly rule: string;
  /** `HorizontalPodAutoscaler/trino-worker` */
  readonly object: string;
  readonly text: string;
}
