/** One statement from its first byte to its last, as events. */
import { text } from 'node:stream/consumers';
import type { Readable } from 'node:stream';
import type { Clock } from '../../base/clock.ts';
import { cancelled, FaultlineError } from '../../base/errors.ts';
import { t } from '../../base/messages.ts';
import type { QueryEvent, QueryOptions } from '../engine.ts';
import { Answer, wireFormat, type AnswerEnd, type AnswerPart } from './answer.ts';
import { Bell } from './bell.ts';
import { connectionError, exceptionError } from './errors.ts';
import { refusal, type ClickHouseHttp, type HttpAnswer } from './http.ts';
import { readStatement } from './lexical.ts';
import { endOnServer, type Ending } from './processes.ts';
import { Watch } from './watch.ts';

export interface Running {
  readonly http: ClickHouseHttp;
  /** What people call the server. */
  readonly target: string;
  readonly queryId: string;
  readonly zone: string;
  readonly clock: Clock;
  readonly watchEveryMs?: number;
  readonly silenceMs?: number;
  readonly stopBoundMs?: number;
}

/** A server that was lost is asked to end the statement for so long; nobody waits for more. */
const lostBoundMs = 2000;

export async function* runStatement(
  running: Running,
  sql: string,
  options: QueryOptions,
  signal: AbortSignal,
): AsyncGenerator<QueryEvent, void, undefined> {
  const { http, queryId, target, clock } = running;
  const bell = new Bell();
  const request = new Request(running, sql, bell);
  const watch = new Watch({ ...running, ...options, nowMs: clock.monotonicMs, ring: bell.ring });
  signal.addEventListener('abort', bell.ring, { once: true });
  // Of the server: it has answered to the end, or refused.
  let over = false;
  let lost = false;
  try {
    for (;;) {
      if (signal.aborted) throw cancelled();
      if (watch.lost !== undefined) throw watch.lost;
      const progress = watch.takeProgress();
      if (progress !== undefined) yield progress;
      const parts = request.take();
      if (parts.length > 0) watch.heard();
      yield* parts;
      if (request.end !== undefined) break;
      if (parts.length === 0) await bell.wait();
    }
    over = request.isOver;
    lost = !over;
    yield request.finish();
  } finally {
    signal.removeEventListener('abort', bell.ring);
    const server = request.server ?? watch.server;
    watch.dispose();
    // Left before its end: stopped by a person, nobody reads on, or the connection broke, which alone ends nothing on the server.
    if (!over) {
      if (request.isStreaming) request.drop();
      const ending: Ending = {
        queryId,
        target,
        isSettled: () => request.isSettled,
        drop: () => request.drop(),
        server: () => request.server ?? server,
        nowMs: clock.monotonicMs,
        ...(running.stopBoundMs === undefined ? {} : { boundMs: running.stopBoundMs }),
      };
      const ended = endOnServer(http, lost || watch.lost !== undefined ? { ...ending, boundMs: lostBoundMs } : ending);
      await (lost || watch.lost !== undefined ? ended.catch(() => undefined) : ended).finally(() => request.drop());
    }
  }
}

/** The request of a statement: what has come of it so far. */
class Request {
  readonly #running: Running;
  readonly #sql: string;
  readonly #bell: Bell;
  readonly #drop = new AbortController();
  #answer: HttpAnswer | undefined;
  #reader: Answer | undefined;
  #failure: unknown;
  #ended = false;
  end: AnswerEnd | undefined;

  constructor(running: Running, sql: string, bell: Bell) {
    this.#running = running;
    this.#sql = sql;
    this.#bell = bell;
    const { http, queryId } = running;
    http.send({ sql, queryId, format: wireFormat, signal: this.#drop.signal, ...waits(sql) }).then(
      (answer) => this.#begin(answer),
      (error: unknown) => this.#fail(error),
    );
  }

  /** The headers have come, the body not all. */
  get isStreaming(): boolean {
    return this.#answer !== undefined && !this.#ended;
  }

  /** The server has said its last word. */
  get isOver(): boolean {
    return this.end?.kind === 'whole' || this.end?.kind === 'exception' || FaultlineError.is(this.#failure);
  }

  get isSettled(): boolean {
    return this.#answer !== undefined || this.#failure !== undefined;
  }

  get server(): string | undefined {
    const name = this.#answer?.headers['x-clickhouse-server-display-name'];
    return name === undefined ? undefined : String(name);
  }

  drop(): void {
    this.#drop.abort();
    this.#answer?.stream.destroy();
  }

  /** What has come since, with back-pressure: what is not taken stays with the server. Sets `end` after the last. */
  take(): readonly AnswerPart[] {
    const reader = this.#reader;
    const stream = this.#answer?.stream;
    if (reader === undefined || stream === undefined) {
      if (this.#failure !== undefined) this.end = { kind: 'cut' };
      return [];
    }
    const chunk: unknown = stream.read();
    if (Buffer.isBuffer(chunk)) return reader.push(chunk);
    if (!this.#ended) return [];
    const { parts, end } = reader.end();
    this.end = end;
    return parts;
  }

  /** The last event. Fails with what the answer ended with. */
  finish(): QueryEvent {
    const { target } = this.#running;
    if (this.end?.kind === 'exception') throw exceptionError(this.end.exception, { target, sql: this.#sql, offset: this.#offset });
    if (this.#failure !== undefined) throw this.#lost();
    if (this.end?.kind === 'cut') throw this.#lost(new Error(t('The answer ends in the middle of a row')));
    return { kind: 'finished', ...changedRows(this.#sql, this.#answer?.summary ?? {}) };
  }

  get #offset(): number {
    return this.#sql.length - this.#sql.trimStart().length;
  }

  #lost(error: unknown = this.#failure): FaultlineError {
    return connectionError(error, this.#running.target);
  }

  #begin(answer: HttpAnswer): void {
    this.#answer = answer;
    const { headers, status, stream } = answer;
    if (status < 200 || status > 299 || headers['x-clickhouse-exception-code'] !== undefined) {
      text(stream).then(
        (body) => this.#fail(refusal(answer, body, this.#running.target, this.#sql, this.#offset)),
        (error: unknown) => this.#fail(error),
      );
      return;
    }
    const tag = headerOf(answer, 'x-clickhouse-exception-tag');
    const format = headerOf(answer, 'x-clickhouse-format') ?? readStatement(this.#sql).format ?? wireFormat;
    this.#reader = new Answer({
      zone: headerOf(answer, 'x-clickhouse-timezone') ?? this.#running.zone,
      ...(tag === undefined ? {} : { tag }),
      ...(isWireFormat(format) ? {} : { format }),
    });
    this.#listen(stream);
    this.#bell.ring();
  }

  #listen(stream: Readable): void {
    stream.on('readable', this.#bell.ring);
    stream.once('end', () => this.#close());
    stream.once('error', (error) => {
      this.#failure ??= error;
      this.#close();
    });
    stream.once('close', () => {
      if (!stream.readableEnded) this.#failure ??= new Error(t('The connection was closed before the answer was complete'));
      this.#close();
    });
  }

  #close(): void {
    this.#ended = true;
    this.#bell.ring();
  }

  #fail(error: unknown): void {
    this.#failure ??= error ?? new Error('no reason');
    this.#ended = true;
    this.#bell.ring();
  }
}

function headerOf({ headers }: HttpAnswer, name: string): string | undefined {
  const value = headers[name];
  return value === undefined ? undefined : String(value);
}

function isWireFormat(format: string): boolean {
  return /^(?:TabSeparated|TSV)WithNamesAndTypes$/i.test(format);
}

/** The summary of an INSERT is complete only when the answer waits for its end; nothing is buffered, as there are no rows. */
function waits(sql: string): { settings?: Readonly<Record<string, string>> } {
  return readStatement(sql).first === 'INSERT' ? { settings: { wait_end_of_query: '1' } } : {};
}

/** Absent where the server does not count: with nothing read and nothing written it can't be told from "none". */
function changedRows(sql: string, summary: Readonly<Record<string, string>>): { changedRows?: number } {
  if (readStatement(sql).first !== 'INSERT') return {};
  const written = Number(summary['written_rows'] ?? 0);
  return written > 0 || Number(summary['read_rows'] ?? 0) > 0 ? { changedRows: written } : {};
}
