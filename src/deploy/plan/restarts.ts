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
