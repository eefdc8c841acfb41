/** Browser-safe (types only). */

/** Why an operation failed. `reason` is one of `ErrorReason` (base/errors.ts). */
export interface OperationError {
  readonly reason: string;
  /** One sentence for a person. */
  readonly text: string;
  readonly code?: string;
}
