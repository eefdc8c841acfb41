/** A statement of Trino or Presto: posted, and its pages read to the end. */
import { setTimeout as pause } from 'node:timers/promises';
import * as v from 'valibot';
import { t } from '../../../../base/messages.ts';
import type { HttpAnswered, HttpAsked, Wire } from './line.ts';
import type { AskSql, Replied } from './sql.ts';

const Page = v.object({
  nextUri: v.optional(v.string()),
  data: v.optional(v.array(v.unknown())),
  error: v.optional(v.object({ message: v.optional(v.string()), errorName: v.optional(v.string()), errorType: v.optional(v.string()) })),
});

function headersOf(user: string, password: string | undefined): Readonly<Record<string, string>> {
  return {
    ...{ 'x-trino-user': user, 'x-presto-user': user, 'x-trino-source': 'faultline-probe', 'x-presto-source': 'faultline-probe' },
    ...(password === undefined ? {} : { authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` }),
  };
}
/** The protocol's own: a client tries again after 50 to 100 ms. */
const busy: ReadonlySet<number> = new Set([502, 503, 504]);
const againMs = 75;
const stopLimitMs = 5000;
const mostText = 300;

export function askTrino(user = 'faultline', password?: string): AskSql {
  const who = headersOf(user, password);
  return (sql, wire, signal) => ask(sql, wire, signal, who);
}

async function ask(sql: string, wire: Wire, signal: AbortSignal, who: Readonly<Record<string, string>>): Promise<Replied> {
  let asked: HttpAsked = { method: 'POST', path: '/v1/statement', headers: { ...who, 'content-type': 'text/plain' }, body: sql };
  let rows = '';
  let next: string | undefined;
  try {
    for (;;) {
      const answered = await untilTaken(wire, asked, signal);
      const page = pageOf(answered);
      if (!('next' in page)) return page;
      if (page.rows.length > 0) rows += `${page.rows.map((row) => JSON.stringify(row).slice(1, -1)).join('\n')}\n`;
      next = page.next;
      if (next === undefined) return { rows: rows.trimEnd() };
      asked = { method: 'GET', path: next, headers: who };
    }
  } finally {
    // A query that nobody reads would go on at the coordinator for minutes.
    if (next !== undefined) stop(wire, next, who);
  }
}

async function untilTaken(wire: Wire, asked: HttpAsked, signal: AbortSignal): Promise<HttpAnswered> {
  for (;;) {
    const answered = await wire.send(asked, signal);
    if (!busy.has(answered.status)) return answered;
    await pause(againMs, undefined, { signal });
  }
}

function pageOf({ status, body }: HttpAnswered): { readonly rows: readonly unknown[]; readonly next: string | undefined } | Replied {
  const refused = (text: string, code: string): Replied => ({
    error: { reason: 'engine', text: text.slice(0, mostText), code },
    refused: status < 500,
  });
  if (status !== 200) return refused(t('Answered with HTTP {0}', status), `HTTP ${status}`);
  let page: v.InferOutput<typeof Page>;
  try {
    page = v.parse(Page, JSON.parse(body));
  } catch {
    return refused(t('What answered does not speak Trino’s protocol'), 'NO_PAGE');
  }
  const { data = [], nextUri, error } = page;
  if (error !== undefined) {
    const { message = '', errorName = 'ERROR', errorType = '' } = error;
    const text = message.slice(0, mostText);
    return { error: { reason: 'engine', text, code: errorName }, refused: errorType === 'USER_ERROR' };
  }
  // The server may name a host that nobody but itself knows.
  const url = nextUri === undefined ? undefined : new URL(nextUri, 'http://server');
  return { rows: data, next: url === undefined ? undefined : `${url.pathname}${url.search}` };
}

function stop(wire: Wire, path: string, who: Readonly<Record<string, string>>): void {
  void wire.send({ method: 'DELETE', path, headers: who }, AbortSignal.timeout(stopLimitMs)).catch(() => undefined);
}
