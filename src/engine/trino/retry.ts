/** What is tried again, and when. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../../base/clock.ts';
import { cancelled } from '../../base/errors.ts';
import type { HttpAnswer } from './http.ts';

/** Busy, or a proxy before a server that is starting: the protocol's own list, and 429. */
const retriableStatus: ReadonlySet<number> = new Set([429, 502, 503, 504]);

const lostCodes: ReadonlySet<string> = new Set([
  'ECONNRESET',
  'ECONNREFUSED',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENETDOWN',
  'EAI_AGAIN',
]);

/** The limit was reached; `cause` is the last failure where it was one of the connection. */
export class RetriesEnded extends Error {
  /** 0 for a lost connection. */
  readonly status: number;
  readonly afterMs: number;

  constructor(status: number, afterMs: number, cause?: unknown) {
    super(status === 0 ? 'the connection stayed lost' : `HTTP ${status} to the end`, { cause });
    this.status = status;
    this.afterMs = afterMs;
  }
}

export interface RetryOptions {
  readonly clock: Clock;
  /** Counted from the first failure in a row. */
  readonly retryForMs: number;
  /** Stops the waiting. */
  readonly signal: AbortSignal;
}

/**
 * Pauses of 50, 100, 200 … 2,000 ms, each shortened by up to a quarter so that clients don't come back together; longer where the
 * server names a time in Retry-After. Ends with `RetriesEnded` when the next attempt would begin after the limit, and with `cancelled`.
 * Everything else that `attempt` throws goes through.
 */
export async function untilAnswered(attempt: () => Promise<HttpAnswer>, { clock, retryForMs, signal }: RetryOptions): Promise<HttpAnswer> {
  let since: number | undefined;
  for (let failures = 0; ; failures++) {
    let status = 0;
    let cause: unknown;
    let pauseMs = Math.min(2_000, 50 * 2 ** Math.min(failures, 10)) * (1 - Math.random() / 4);
    try {
      const answer = await attempt();
      if (!retriableStatus.has(answer.status)) return answer;
      status = answer.status;
      pauseMs = Math.max(pauseMs, retryAfterMs(answer.headers['retry-after'], clock.wallMs()));
    } catch (error) {
      if (signal.aborted) throw cancelled();
      if (!isLost(error)) throw error;
      cause = error;
    }
    const now = clock.monotonicMs();
    since ??= now;
    if (now - since + pauseMs > retryForMs) throw new RetriesEnded(status, now - since, cause);
    await sleep(pauseMs, undefined, { signal }).catch(() => {
      throw cancelled();
    });
  }
}

export function isLost(error: unknown): boolean {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' && lostCodes.has(error.code);
}

/** Seconds or a date (RFC 9110, 10.2.3); 0 without. */
function retryAfterMs(header: string | undefined, wallMs: number): number {
  if (header === undefined) return 0;
  const ms = /^\d+$/.test(header.trim()) ? Number(header) * 1000 : Date.parse(header) - wallMs;
  return Number.isFinite(ms) ? Math.max(0, ms) : 0;
}
