/** A recovery in one line: for lists of runs, and to compare groups of them. Plain data; browser-safe. */

export interface RecoveryOutcome {
  /** "kill kafka-1, leader of messages/17" */
  readonly title: string;
  /** Applied → first bad planned start; null: none was felt, or it is not known. */
  readonly impactMs: number | null;
  readonly recovered: CensoredTime;
  readonly unavailableMs: number | null;
  /** It was at least that: its end was not seen. */
  readonly unavailableGoesOn?: true;
  /** Acknowledged messages that are not there; null: not checked, or not judged. */
  readonly lost: number | null;
}

/** `none`: no impact, so that there was nothing to recover from. */
export type CensoredTime =
  | { readonly kind: 'value'; readonly ms: number }
  | { readonly kind: 'never'; readonly withinMs: number }
  | { readonly kind: 'none' }
  | { readonly kind: 'unknown' };
