/**
 * What runs in a vantage's pod, in a stock image with Node and nothing else. It does nothing before it is told to begin, ends at its
 * deadline whoever is alive, and at once when it is told to.
 */
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import * as v from 'valibot';
import { t } from '../../../base/messages.ts';
import { ProgramSettings, passwordVariable, settingsVariable, type Place, type ProgramProbe, type Question } from '../protocol.ts';
import type { Asker } from './ask/asker.ts';
import { askClickHouse } from './ask/clickhouse.ts';
import { kafkaAsker } from './ask/kafka.ts';
import { sqlAsker } from './ask/sql.ts';
import { askTrino } from './ask/trino.ts';
import { Asking } from './asking.ts';
import { Control, openEcho } from './control.ts';
import { Messages } from './messages.ts';
import { Spool } from './spool.ts';
import { openTalk } from './talk.ts';

const prepareLimitMs = 30_000;
const tidyLimitMs = 10_000;
const mostMishapsTold = 3;
/** Of what is tidied up before it ends by itself. */
const endLimitMs = 4000;
const aloneLookMs = 1000;

/** Runs until it ends the process. */
export async function main(): Promise<void> {
  const settings = v.parse(ProgramSettings, JSON.parse(process.env[settingsVariable] ?? ''));
  const nowMs = (): number => performance.now();
  const lastsMs = Math.min(settings.longestMs, settings.deadlineMs - Date.now());
  if (lastsMs <= 0) process.exit(0);
  const spool = new Spool(await open(join(settings.folder, 'spool'), 'w+'), settings.mostSpoolBytes);
  spool.onBroken = (error) => {
    process.stderr.write(`${String(error)}\n`);
    process.exit(1);
  };
  const note = (text: string): void => spool.add(['note', nowMs(), text]);
  // One answer that went wrong in a way that nobody foresaw is not to end all that comes after it.
  let mishaps = 0;
  process.on('unhandledRejection', (error) => {
    if (++mishaps <= mostMishapsTold) note(t('Something in a probe failed that it did not foresee: {0}', String(error)));
  });
  const { probe, messages } = settings;
  const work =
    probe !== undefined
      ? new Vantage(probe, settings.answerWithinMs, spool, nowMs, note)
      : messages === undefined
        ? undefined
        : new Messages({ messages, spool, nowMs, lastsMs });
  let isLeaving = false;
  const leave = async (isOver: boolean): Promise<void> => {
    if (isLeaving) return;
    isLeaving = true;
    // Whoever ends one vantage alone may have left others, which ask for the same topic.
    if (work !== undefined && (isOver || work instanceof Messages))
      await Promise.race([work.end().catch(() => undefined), pause(endLimitMs)]);
    process.exit(0);
  };
  process.on('SIGTERM', () => void leave(false));
  setTimeout(() => void leave(true), lastsMs);
  let heardMs = nowMs();
  if (messages !== undefined) setInterval(() => nowMs() - heardMs > messages.aloneMs && void leave(true), aloneLookMs);
  const echo = await openEcho(settings.echoPort);
  const talk = await openTalk({
    ...{ spool, port: settings.talkPort, nowMs },
    heard: () => (heardMs = nowMs()),
    does: async (question) => {
      if (question.do === 'leave') setImmediate(() => process.exit(0));
      else await work?.does(question);
      return { t: nowMs() };
    },
  });
  process.stdout.write(`${JSON.stringify({ talk: talk.port, echo: echo.port })}\n`);
}

class Vantage {
  readonly #probe: ProgramProbe;
  readonly #spool: Spool;
  readonly #nowMs: () => number;
  readonly #asker: Asker;
  #answerWithinMs: number;
  #beginning: Promise<void> | undefined;
  #asking: Asking | undefined;
  #stopping: Promise<void> | undefined;
  /** Of its preparation: whoever stops it waits for no engine that does not answer. */
  readonly #life = new AbortController();

  constructor(probe: ProgramProbe, answerWithinMs: number, spool: Spool, nowMs: () => number, note: (text: string) => void) {
    this.#probe = probe;
    this.#answerWithinMs = answerWithinMs;
    this.#spool = spool;
    this.#nowMs = nowMs;
    this.#asker = askerOf(probe, answerWithinMs, note);
  }

  async does(question: Exclude<Question, { readonly do: 'clock' | 'from' | 'leave' }>): Promise<void> {
    switch (question.do) {
      case 'begin':
        // Asked again where the answer got lost.
        this.#beginning ??= this.#begin(question);
        return this.#beginning.catch((error: unknown) => {
          this.#beginning = undefined;
          throw error;
        });
      case 'limit':
        this.#answerWithinMs = question.answerWithinMs;
        this.#asker.limit(question.answerWithinMs);
        this.#asking?.limit(question.answerWithinMs);
        return undefined;
      case 'stop':
        this.#stopping ??= this.#stop();
        return this.#stopping;
      case 'tidy':
        return this.end();
      case 'judge':
        return undefined;
    }
  }

  /** Nothing is asked any more, and what it made in its engine is removed. Fails as a request does. */
  async end(): Promise<void> {
    await (this.#stopping ??= this.#stop());
    await this.#asker.tidy?.(AbortSignal.timeout(tidyLimitMs));
  }

  async #begin({ echoes }: Extract<Question, { readonly do: 'begin' }>): Promise<void> {
    await this.#asker.prepare?.(AbortSignal.any([AbortSignal.timeout(prepareLimitMs), this.#life.signal]));
    this.#asking = new Asking({
      asker: this.#asker,
      control: new Control(this.#probe.connection, echoes, apiOf(process.env), this.#nowMs),
      perSecond: this.#probe.perSecond,
      answerWithinMs: this.#answerWithinMs,
      nowMs: this.#nowMs,
      tell: (line) => this.#spool.add(line),
    });
  }

  async #stop(): Promise<void> {
    this.#life.abort();
    await this.#beginning?.catch(() => undefined);
    await this.#asking?.stop();
    await this.#asker.close();
    const { overflowed } = this.#spool;
    if (overflowed > 0)
      this.#spool.add(['note', this.#nowMs(), t('{0} samples of vantage {1} had no room in its pod', overflowed, this.#probe.id)], true);
    this.#spool.add(['end', this.#nowMs()], true);
    await this.#spool.flush();
  }
}

/** The API's Service, as each pod is told of it: by its address. */
function apiOf(env: NodeJS.ProcessEnv): Place | undefined {
  const [host, port] = [env['KUBERNETES_SERVICE_HOST'], Number(env['KUBERNETES_SERVICE_PORT'])];
  return host === undefined || !Number.isInteger(port) ? undefined : { host, port };
}

function askerOf(probe: ProgramProbe, answerWithinMs: number, note: (text: string) => void): Asker {
  const varies = t('Vantage {0} asks what has another answer each time: only that one comes can be checked', probe.id);
  switch (probe.engine) {
    case 'trino':
      return sqlAsker(probe, askTrino(probe.user, process.env[passwordVariable]), note, varies);
    case 'clickhouse':
      return sqlAsker(probe, askClickHouse(probe.user, process.env[passwordVariable]), note, varies);
    case 'kafka':
      return kafkaAsker(probe, answerWithinMs);
  }
}
