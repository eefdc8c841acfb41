/**
 * The conversation with one vantage for as long as its pod lives: made again whenever it breaks, its spool read on from where it was
 * left, its clock compared all the while.
 */
import * as v from 'valibot';
import { cancelled, FaultlineError, type ErrorReason } from '../../base/errors.ts';
import { t } from '../../base/messages.ts';
import { pause, unlessAborted } from '../../cluster/act/signal.ts';
import { ClockComparison } from './clocks.ts';
import type { OpenPodLines, PodLines } from './podLines.ts';
import { Answer, type Question } from './protocol.ts';

export interface LinkParts {
  readonly open: OpenPodLines;
  /** Milliseconds of the run. */
  readonly nowMs: () => number;
  /** Spooled lines, each once, in order. */
  readonly onSpooled: (lines: readonly string[]) => void;
  /** After each exchange of clocks. */
  readonly onCompared: () => void;
  /** After an exchange of clocks that tells of a jump. */
  readonly onJumped: (ms: number) => void;
  /** Asked when a connection breaks: why there is nobody to talk to any more, if so. */
  readonly whyGone: (signal: AbortSignal) => Promise<string | undefined>;
  readonly onGone: (why: string) => void;
  readonly note: (text: string) => void;
}

type Asked = Question extends infer Q ? (Q extends Question ? Omit<Q, 'id'> : never) : never;

const beatMs = 1000;
/** Without an answer for so long the connection is no good any more. */
const silenceMs = 4000;
/** An API that is away is not waited for: the connection may be there again sooner. */
const goneLimitMs = 3000;
const firstWaitMs = 200;
const longestWaitMs = 2000;

export class VantageLink {
  readonly clock = new ClockComparison();
  readonly #parts: LinkParts;
  readonly #life = new AbortController();
  readonly #waiting = new Map<number, { resolve(answer: Answer): void; reject(error: unknown): void }>();
  #lines: PodLines | undefined;
  #connected = Promise.withResolvers<PodLines>();
  #isConnected = false;
  #gone: FaultlineError | undefined;
  /** Of the spool: what was taken. */
  #taken: number | undefined;
  #nextId = 0;
  #heardMs: number;
  /** Of this connection, monotonic. */
  #answeredAt = 0;

  constructor(parts: LinkParts) {
    this.#parts = parts;
    this.#heardMs = parts.nowMs();
    this.#connected.promise.catch(() => undefined);
    void this.#keep();
  }

  /** ms of the run. */
  get heardMs(): number {
    return this.#heardMs;
  }

  /** undefined: its pod is there, as far as is known. */
  get gone(): FaultlineError | undefined {
    return this.#gone;
  }

  /** Asks until there is an answer: all that can be asked may be asked twice. Fails: `cancelled`, with what it answers, and when its pod is gone. */
  async ask(asked: Asked, signal: AbortSignal): Promise<Answer> {
    const both = AbortSignal.any([signal, this.#life.signal]);
    for (;;) {
      const lines = await unlessAborted(this.#connected.promise, both);
      try {
        return await unlessAborted(this.#send(lines, asked), both);
      } catch (error) {
        if (both.aborted) throw cancelled();
        if (!(error instanceof Broken)) throw error;
      }
    }
  }

  /** Compares clocks so many times, one after the other. */
  async compare(times: number, signal: AbortSignal): Promise<void> {
    for (let i = 0; i < times; i++) {
      const sentMs = this.#parts.nowMs();
      const { t: there } = await this.ask({ do: 'clock' }, signal);
      const gotMs = this.#parts.nowMs();
      if (there !== undefined) this.#compared(sentMs, gotMs, there);
    }
  }

  /** What is spooled comes from now on. */
  async read(signal: AbortSignal): Promise<void> {
    this.#taken ??= 0;
    await this.ask({ do: 'from', at: this.#taken }, signal);
  }

  close(): void {
    this.#life.abort();
    this.#lines?.terminate();
  }

  async #keep(): Promise<void> {
    const { signal } = this.#life;
    let waitMs = firstWaitMs;
    let isToldAway = false;
    while (!signal.aborted) {
      let wasHeard = false;
      let failed: unknown;
      try {
        failed = await this.#hold(signal, () => {
          if (isToldAway) this.#parts.note(t('The connection to a probe is back'));
          isToldAway = false;
          wasHeard = true;
          waitMs = firstWaitMs;
        });
      } catch (error) {
        failed = error;
      }
      if (signal.aborted) return;
      const why = await this.#parts.whyGone(AbortSignal.any([signal, AbortSignal.timeout(goneLimitMs)])).catch(() => undefined);
      if (why !== undefined) {
        this.#gone = new FaultlineError('unreachable', { what: t('The pod of a probe is gone'), meaning: why });
        this.#connected.reject(this.#gone);
        this.#parts.onGone(why);
        return;
      }
      // One over which nothing was heard is no news: nobody listens yet, or still.
      if (wasHeard && this.#taken !== undefined) {
        isToldAway = true;
        const what = FaultlineError.is(failed) ? failed.facts.what : t('it ended');
        this.#parts.note(t('The connection to a probe broke: {0}. What it sees is kept in its pod.', what));
      }
      await pause(waitMs, signal).catch(() => undefined);
      waitMs = Math.min(waitMs * 2, longestWaitMs);
    }
  }

  /** One connection, to its end. */
  async #hold(signal: AbortSignal, onHeard: () => void): Promise<FaultlineError | undefined> {
    const current: { lines?: PodLines; early: string[] } = { early: [] };
    const lines = await this.#parts.open((received) => {
      if (current.lines === undefined) current.early.push(...received);
      else if (this.#lines === current.lines) this.#take(received, current.lines);
    }, signal);
    current.lines = lines;
    this.#lines = lines;
    this.#answeredAt = performance.now();
    const beat = setInterval(() => {
      if (performance.now() - this.#answeredAt > silenceMs) lines.terminate();
      else void this.#beat(lines);
    }, beatMs);
    try {
      this.#take(current.early, lines);
      // Its first answer says that somebody is there, and not only a port-forward that leads nowhere.
      const first = this.#beat(lines);
      if ((await Promise.race([first, lines.closed.then(() => false)])) === true) {
        onHeard();
        if (this.#taken !== undefined) await this.#send(lines, { do: 'from', at: this.#taken });
        this.#isConnected = true;
        this.#connected.resolve(lines);
      }
      return await lines.closed;
    } finally {
      clearInterval(beat);
      lines.terminate();
      this.#lines = undefined;
      if (this.#isConnected) {
        this.#isConnected = false;
        this.#connected = Promise.withResolvers();
        this.#connected.promise.catch(() => undefined);
      }
      for (const waiting of this.#waiting.values()) waiting.reject(new Broken());
      this.#waiting.clear();
    }
  }

  /** Never fails. */
  async #beat(lines: PodLines): Promise<boolean> {
    const sentMs = this.#parts.nowMs();
    try {
      const { t: there } = await this.#send(lines, { do: 'clock' });
      if (there !== undefined) this.#compared(sentMs, this.#parts.nowMs(), there);
      this.#parts.onCompared();
      return true;
    } catch {
      return false;
    }
  }

  #compared(sentMs: number, gotMs: number, there: number): void {
    const jumpedMs = this.clock.add(sentMs, gotMs, there);
    if (jumpedMs !== 0) this.#parts.onJumped(jumpedMs);
  }

  #send(lines: PodLines, asked: Asked): Promise<Answer> {
    if (this.#lines !== lines) return Promise.reject(new Broken());
    const id = ++this.#nextId;
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    this.#waiting.set(id, { resolve, reject });
    lines.send(JSON.stringify({ ...asked, id }));
    return promise;
  }

  #take(received: readonly string[], lines: PodLines): void {
    if (received.length === 0) return;
    this.#heardMs = this.#parts.nowMs();
    this.#answeredAt = performance.now();
    const spooled: string[] = [];
    for (const line of received) {
      if (line.startsWith('[')) {
        spooled.push(line);
        this.#taken = (this.#taken ?? 0) + Buffer.byteLength(line) + 1;
      } else if (!this.#answered(line)) lines.terminate();
    }
    if (spooled.length > 0) this.#parts.onSpooled(spooled);
  }

  /** false: what answers is no program of ours. */
  #answered(line: string): boolean {
    const answer = parsed(line);
    if (answer === undefined) return false;
    const asked = this.#waiting.get(answer.id);
    this.#waiting.delete(answer.id);
    const { error } = answer;
    if (error === undefined) asked?.resolve(answer);
    else {
      const { reason, what, remedy, code } = error;
      const more = { ...(remedy === undefined ? {} : { remedy }), ...(code === undefined ? {} : { code }) };
      asked?.reject(new FaultlineError(reasons.find((known) => known === reason) ?? 'engine', { what, ...more }));
    }
    return true;
  }
}

/** The connection broke before the answer came. */
class Broken extends Error {}

const reasons: readonly ErrorReason[] = [
  'unreachable',
  'unauthorised',
  'forbidden',
  'notFound',
  'timedOut',
  'invalid',
  'unsupported',
  'internal',
];

function parsed(line: string): Answer | undefined {
  try {
    const answer = v.safeParse(Answer, JSON.parse(line));
    return answer.success ? answer.output : undefined;
  } catch {
    return undefined;
  }
}
