/**
 * The statement protocol of Trino and Presto: a statement is posted, and each answer says where the next page is, until one does not.
 * Ours and not trino-client's, whose iterator keeps the first page (and with it the query's id) to itself, swallows empty pages (and with
 * them the progress), ends at the first 503, rounds long integers and speaks Trino's headers alone.
 */
import type { Clock } from '../../base/clock.ts';
import { cancelled, FaultlineError } from '../../base/errors.ts';
import { confirmGone, type OpenClient } from './confirm.ts';
import { connectionError, gaveUp, queryError, statusError, unconfirmedStop, type ErrorContext } from './errors.ts';
import type { HttpAnswer, HttpLine, HttpRequest } from './http.ts';
import { parsePage, type Page } from './page.ts';
import { RetriesEnded, untilAnswered } from './retry.ts';
import type { Session } from './session.ts';

export interface PagerParts {
  readonly line: HttpLine;
  readonly session: Session;
  /** Of every request: who asks. */
  readonly credentials: Readonly<Record<string, string>>;
  readonly openClient: OpenClient;
  readonly context: ErrorContext;
  readonly clock: Clock;
  /** A page is asked for again for so long, counted from the first failure in a row. */
  readonly retryForMs: number;
  /** For so long the server may take to say that a stopped query is gone. */
  readonly confirmForMs: number;
}

export interface StatementOptions {
  /** The person's own statement where ours puts `prefixLength` characters in front of it: positions are in this one. */
  readonly person?: string;
  readonly prefixLength?: number;
  /** Outside of the person's transaction. */
  readonly alone?: boolean;
}

/** A POST that was sent is waited for so long after a stop: only its answer has the id by which the query can be ended. */
const POST_GRACE_MS = 5_000;

export class StatementPager {
  readonly #parts: PagerParts;

  constructor(parts: PagerParts) {
    this.#parts = parts;
  }

  /**
   * Every page, the empty ones too. Reads one when it is asked for it, so a slow reader slows the server. Left early or stopped, it ends
   * the query on the server and waits for its word.
   *
   * Fails: `engine`, `cancelled`, `unreachable`, `unauthorised`, `forbidden`, `notFound`, `invalid`, `crashed` (the coordinator lost it).
   */
  async *pages(sql: string, signal: AbortSignal, options: StatementOptions = {}): AsyncGenerator<Page, void, undefined> {
    if (signal.aborted) throw cancelled();
    let page = await this.#post(sql, options.alone === true, signal);
    // Then there is nothing to stop any more.
    let over = false;
    try {
      for (;;) {
        over = page.nextUri === undefined || page.error !== undefined;
        if (page.error !== undefined) throw queryError(page.error, options.person ?? sql, this.#parts.context, options.prefixLength);
        if (signal.aborted) throw cancelled();
        yield page;
        if (page.nextUri === undefined) return;
        page = await this.#next(page.nextUri, page.id, signal);
      }
    } catch (error) {
      if (over) throw error;
      over = true;
      if (isLost(error)) {
        this.#parts.session.forgetTransaction();
        throw error;
      }
      const gone = await this.#stop(page);
      throw gone || !signal.aborted ? error : this.#unconfirmed(page.id);
    } finally {
      // The reader went away.
      if (!over) await this.#stop(page);
    }
  }

  /** Nothing runs before its first page is asked for, so a POST whose answer was lost can be sent again. */
  async #post(sql: string, alone: boolean, signal: AbortSignal): Promise<Page> {
    const { session, credentials } = this.#parts;
    const headers = { ...session.headers(alone), ...credentials, 'content-type': 'text/plain; charset=utf-8' };
    const grace = new AbortController();
    let timer: NodeJS.Timeout | undefined;
    const stop = (): void => {
      timer = setTimeout(() => grace.abort(), POST_GRACE_MS);
    };
    signal.addEventListener('abort', stop, { once: true });
    try {
      return await this.#page({ method: 'POST', path: '/v1/statement', headers, body: sql }, signal, grace.signal);
    } catch (error) {
      throw grace.signal.aborted ? this.#unconfirmed(undefined, POST_GRACE_MS) : error;
    } finally {
      signal.removeEventListener('abort', stop);
      clearTimeout(timer);
    }
  }

  async #next(uri: string, queryId: string, signal: AbortSignal): Promise<Page> {
    return this.#page({ method: 'GET', path: pathOf(uri), headers: this.#headers() }, signal, signal, queryId);
  }

  async #page(request: HttpRequest, signal: AbortSignal, sent: AbortSignal, queryId?: string): Promise<Page> {
    const { line, session, context, clock, retryForMs } = this.#parts;
    let answer: HttpAnswer;
    try {
      answer = await untilAnswered(() => line.send(request, sent), { clock, retryForMs, signal });
    } catch (error) {
      if (error instanceof RetriesEnded) throw gaveUp(error, context, queryId);
      throw connectionError(error, context);
    }
    if (answer.status !== 200) throw statusError(answer, context, queryId);
    session.fold(answer.headers);
    return parsePage(answer.body, context.server);
  }

  /** True once the server has said that the query is gone. */
  async #stop({ id, nextUri }: Page): Promise<boolean> {
    const { line, openClient, clock, confirmForMs } = this.#parts;
    const limit = AbortSignal.timeout(confirmForMs);
    const request: HttpRequest = { method: 'DELETE', path: pathOf(nextUri ?? ''), headers: this.#headers() };
    const deleting = untilAnswered(() => line.send(request, limit), { clock, retryForMs: confirmForMs, signal: limit });
    // What the server says about the query decides, not what it says to this.
    await deleting.catch(() => undefined);
    return confirmGone(openClient, id, { clock, limitMs: confirmForMs });
  }

  #headers(): Record<string, string> {
    return { ...this.#parts.session.identity(), ...this.#parts.credentials };
  }

  #unconfirmed(queryId: string | undefined, afterMs = this.#parts.confirmForMs): FaultlineError {
    return unconfirmedStop(queryId, this.#parts.context, Math.round(afterMs / 1000));
  }
}

/** Of the next page's address only the path is kept: behind a port-forward or a proxy the server names a host that we can't reach. */
function pathOf(uri: string): string {
  const { pathname, search } = new URL(uri, 'http://server');
  return `${pathname}${search}`;
}

function isLost(error: unknown): boolean {
  return FaultlineError.is(error) && error.facts.code === 'QUERY_LOST';
}
