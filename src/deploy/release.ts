/** Releases as Helm names them. */

/** One release in one cluster. */
export interface ReleaseName {
  readonly release: string;
  readonly namespace: string;
}

export type ReleaseStatusWord =
  | 'deployed'
  | 'failed'
  | 'superseded'
  | 'uninstalled'
  | 'uninstalling'
  | 'pending-install'
  | 'pending-upgrade'
  | 'pending-rollback'
  | 'unknown';

export interface ReleaseState extends ReleaseName {
  readonly revision: number;
  readonly status: ReleaseStatusWord;
  /** `trino-0.1.0` */
  readonly chart: string;
  readonly appVersion: string;
  /** ISO 8601. */
  readonly updated: string;
  readonly description: string;
}
