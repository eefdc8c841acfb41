/** What a request to an API server can end with, in words. */
import { FaultlineError } from '../../base/errors.ts';

/** The cause of an error that an API server answered with. */
export class ApiStatus extends Error {
  override readonly name = 'ApiStatus';
  /** HTTP. */
  readonly status: number;
  /** Of the Status object: `Expired`, `AlreadyExists`, `Conflict`, … */
  readonly statusReason: string | undefined;
  /** What a server that is busy asks for. */
  readonly retryAfterMs: number | undefined;

  constructor(status: number, message: string, statusReason?: string, retryAfterMs?: number) {
    super(message);
    this.status = status;
    this.statusReason = statusReason;
    this.retryAfterMs = retryAfterMs;
  }
}

/** HTTP status of an error that came from the API server: 409, 410, … */
export function statusOf(error: unknown): number | undefined {
  return FaultlineError.is(error) && error.cause instanceof ApiStatus ? error.cause.status : undefined;
}
