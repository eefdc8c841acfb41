/** A statement as its server sees it: how far it is, how it is ended, and that it has. */
import { setTimeout as delay } from 'node:timers/promises';
import { FaultlineError, normalise } from '../../base/errors.ts';
import { t } from '../../base/messages.ts';
import type { ClickHouseHttp } from './http.ts';

export interface ServerProgress {
  readonly rowsRead: number;
  readonly bytesRead: number;
  /** 0 where the server can't say. */
  readonly rowsTotal: number;
  /** Of the server that was asked: behind one address there may be several. */
  readonly server: string;
}

const lookTimeoutMs = 10_000;

/** Undefined when the server does not run it. Fails as `ask` does. */
export async function lookAt(
  http: ClickHouseHttp,
  queryId: string,
  signal?: AbortSignal,
): Promise<ServerProgress | { readonly server: string; readonly rowsRead?: never }> {
  const sql = `SELECT read_rows, read_bytes, total_rows_approx FROM system.processes WHERE query_id = ${quote(queryId)}`;
  const { rows, headers } = await http.ask(sql, { timeoutMs: lookTimeoutMs, ...(signal === undefined ? {} : { signal }) });
  const server = String(headers['x-clickhouse-server-display-name'] ?? '');
  const [row] = rows;
  if (row === undefined) return { server };
  const [rowsRead = 0, bytesRead = 0, rowsTotal = 0] = row.map(Number);
  return { rowsRead, bytesRead, rowsTotal, server };
}

/** How long a server gets to end a statement; most need milliseconds, one in the middle of a merge of large states some seconds. */
const boundMs = 15_000;
const looksMs = [5, 10, 20, 50, 100, 200];

export interface Ending {
  readonly queryId: string;
  readonly target: string;
  /** The server has answered the statement's request, or its connection is gone: nothing of it can still be about to start. */
  readonly isSettled: () => boolean;
  /** Drops the connection. */
  readonly drop: () => void;
  /** The server that runs it, where it has said so. */
  readonly server: () => string | undefined;
  readonly nowMs: () => number;
  readonly boundMs?: number;
}

/**
 * Kills a statement and waits until its server no longer runs it. The request is kept open until it is answered: a statement that the
 * server has not begun yet can't be killed, and would run on unseen. Fails: `cancelled`, saying that the end could not be confirmed.
 */
export async function endOnServer(http: ClickHouseHttp, ending: Ending): Promise<void> {
  const { queryId, isSettled, server, nowMs } = ending;
  const until = nowMs() + (ending.boundMs ?? boundMs);
  let why: unknown;
  for (let turn = 0; ; turn++) {
    try {
      if (await killed(http, queryId, server(), isSettled)) return;
      why = undefined;
    } catch (error) {
      why = error;
    }
    if (nowMs() >= until) break;
    await delay(looksMs[Math.min(turn, looksMs.length - 1)]);
  }
  ending.drop();
  throw unconfirmed(ending, why);
}

async function killed(http: ClickHouseHttp, queryId: string, runsOn: string | undefined, isSettled: () => boolean): Promise<boolean> {
  // Without waiting: a statement that can't be ended would keep SYNC for ever.
  await http.ask(`KILL QUERY WHERE query_id = ${quote(queryId)} ASYNC`, { timeoutMs: lookTimeoutMs });
  const seen = await lookAt(http, queryId);
  const sameServer = runsOn === undefined || runsOn === seen.server;
  return seen.rowsRead === undefined && sameServer && isSettled();
}

function unconfirmed({ target, queryId }: Ending, why: unknown): FaultlineError {
  const because =
    why === undefined ? t('It still runs there, or another server behind the same address has it') : normalise(why).facts.what;
  return new FaultlineError(
    'cancelled',
    {
      what: t('Stopped here; ClickHouse on {0} has not confirmed that it ended the statement', target),
      meaning: because,
      remedy: t('On the server: {0}', `KILL QUERY WHERE query_id = ${quote(queryId)}`),
    },
    why,
  );
}

export function quote(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
