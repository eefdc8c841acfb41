import type { ObjectAction } from '../deploy.ts';

export interface PlannedObject {
  /** `apps/v1` */
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly namespace?: string;
  readonly action: ObjectAction;
  /** Unified lines of YAML, without a file header; secrets' values are hidden. Empty for `none`. */
  readonly diff: string;
  /** Why it has to be made anew: the fields that can't be changed. */
  readonly why?: string;
}
