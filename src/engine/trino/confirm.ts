/** The coordinator's own word on whether a query still runs, asked through trino-client. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Trino } from 'trino-client';
import type { Clock } from '../../base/clock.ts';

/** How a client of the package is come by. */
export type OpenClient = () => Promise<Trino>;

export interface ConfirmOptions {
  readonly clock: Clock;
  readonly limitMs: number;
}

/**
 * Asks after 0, 25, 50, 100, 200 … 500 ms until the query is finished, failed or unknown. False: it could not be learned within the limit.
 */
export async function confirmGone(openClient: OpenClient, queryId: string, { clock, limitMs }: ConfirmOptions): Promise<boolean> {
  const end = clock.monotonicMs() + limitMs;
  for (let pauseMs = 25; ; pauseMs = Math.min(500, pauseMs * 2)) {
    if (await isGone(openClient, queryId, end - clock.monotonicMs())) return true;
    if (clock.monotonicMs() + pauseMs > end) return false;
    await sleep(pauseMs);
  }
}

async function isGone(openClient: OpenClient, queryId: string, limitMs: number): Promise<boolean> {
  try {
    const client = await openClient();
    // The package has no limit of its own for a request. Pruned: without the plan and the operators, which can be megabytes.
    const info = await within(client.queryInfo(`${encodeURIComponent(queryId)}?pruned=true`), limitMs);
    return info === undefined ? false : info.state === 'FINISHED' || info.state === 'FAILED';
  } catch (error) {
    // 410 of Trino, 404 behind some proxies: the query has ended so long ago that it was forgotten.
    const status = statusOf(error);
    return status === 404 || status === 410;
  }
}

async function within<T>(work: Promise<T>, limitMs: number): Promise<T | undefined> {
  const ending = new AbortController();
  try {
    return await Promise.race([work, sleep(Math.max(1, limitMs), undefined, { signal: ending.signal })]);
  } finally {
    ending.abort();
  }
}

function statusOf(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('response' in error)) return undefined;
  const { response } = error;
  if (typeof response !== 'object' || response === null || !('status' in response)) return undefined;
  return typeof response.status === 'number' ? response.status : undefined;
}
