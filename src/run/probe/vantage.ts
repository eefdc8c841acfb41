/** One vantage of a run: what its program tells, as events on its own clock, with that clock against the runner's. */
import { FaultlineError } from '../../base/errors.ts';
import { unlessAborted } from '../../cluster/act/signal.ts';
import { t } from '../../base/messages.ts';
import type { ProbeSource } from '../../journal/fault-events.ts';
import type { PlannedProbe } from '../../journal/fault-plan.ts';
import { VantageLink, type LinkParts } from './link.ts';
import type { VantageTold } from './probes.ts';
import type { Place } from './protocol.ts';
import { spooledEvents } from './spooled.ts';

export interface VantageParts extends Pick<LinkParts, 'open' | 'nowMs' | 'whyGone'> {
  readonly probe: PlannedProbe;
  readonly node: string;
  readonly pod: string;
  readonly onEvents: (events: readonly VantageTold[]) => void;
  readonly note: (text: string) => void;
}

/** A round trip through the API server varies by a multiple of what it takes at best. */
const exchanges = 8;
const tellsClockMs = 5000;

export class Vantage {
  readonly #parts: VantageParts;
  readonly #source: ProbeSource;
  readonly #link: VantageLink;
  readonly #ended = Promise.withResolvers<void>();
  #clockToldMs = -Infinity;
  #hasBegun = false;

  constructor(parts: VantageParts) {
    this.#parts = parts;
    this.#source = `probe-${parts.probe.id}`;
    this.#ended.promise.catch(() => undefined);
    const { title } = parts.probe;
    this.#link = new VantageLink({
      ...{ open: parts.open, nowMs: parts.nowMs, whyGone: parts.whyGone },
      onSpooled: (lines) => this.#spooled(lines),
      onCompared: () => {
        if (parts.nowMs() - this.#clockToldMs >= tellsClockMs) this.#tellClock();
      },
      onJumped: (ms) => {
        this.#tellClock();
        const seconds = Math.abs(ms / 1000).toFixed(1);
        parts.note(
          ms > 0
            ? t(
                'The clock of vantage {0} fell back by {1} s, or this machine’s went on: what it saw around then is not judged',
                title,
                seconds,
              )
            : t(
                'The clock of vantage {0} went on by {1} s, or this machine’s stood still: what it saw around then is not judged',
                title,
                seconds,
              ),
        );
      },
      onGone: (why) => {
        this.#ended.reject(new FaultlineError('unreachable', { what: t('Vantage {0} is gone', title), meaning: why }));
        parts.note(t('Vantage {0} is gone, and with it what was not fetched yet: {1}', title, why));
      },
      note: (text) => parts.note(t('Vantage {0}: {1}', title, text)),
    });
  }

  get title(): string {
    return this.#parts.probe.title;
  }

  get heardMs(): number {
    return this.#link.heardMs;
  }

  /** Its clock is known, and it asks. Fails: with what keeps it from asking its engine. */
  async begin(echoes: readonly Place[], signal: AbortSignal): Promise<void> {
    const { probe, node, pod, onEvents } = this.#parts;
    await this.#link.compare(exchanges, signal);
    this.#tellClock();
    this.#hasBegun = true;
    const { t: begun = 0 } = await this.#link.ask({ do: 'begin', echoes: [...echoes] }, signal);
    const { title, connection, asks, perSecond } = probe;
    onEvents([{ t: begun, src: this.#source, kind: 'vantage', title, connection, asks, perSecond, node, pod }]);
    await this.#link.read(signal);
  }

  async limit(answerWithinMs: number, signal: AbortSignal): Promise<void> {
    await this.#link.ask({ do: 'limit', answerWithinMs }, signal);
  }

  /** All that it has seen is told. Fails: `cancelled`, and when its pod is gone. */
  async finish(signal: AbortSignal): Promise<void> {
    await this.stop(signal);
    await this.#link.compare(exchanges, signal);
    this.#tellClock();
    const { title } = this.#parts.probe;
    await unlessAborted(
      this.#ended.promise,
      signal,
      () => new FaultlineError('cancelled', { what: t('Not all of vantage {0} was fetched', title) }),
    );
  }

  /** A topic of its run may be there, and its pod, which can remove it. */
  get canTidy(): boolean {
    return this.#hasBegun && this.#parts.probe.engine === 'kafka' && this.#link.gone === undefined;
  }

  /** Asks no more. Fails as `finish`. */
  async stop(signal: AbortSignal): Promise<void> {
    await this.#link.ask({ do: 'stop' }, signal);
  }

  /** What was made in its engine is removed. Fails as `finish`. */
  async tidy(signal: AbortSignal): Promise<void> {
    await this.#link.ask({ do: 'tidy' }, signal);
  }

  close(): void {
    this.#link.close();
  }

  #spooled(lines: readonly string[]): void {
    const { events, notes, ended } = spooledEvents(lines, this.#source);
    if (events.length > 0) this.#parts.onEvents(events);
    for (const note of notes) this.#parts.note(note);
    if (ended) this.#ended.resolve();
  }

  #tellClock(): void {
    const nowMs = this.#parts.nowMs();
    const best = this.#link.clock.best(nowMs);
    if (best === undefined) return;
    this.#clockToldMs = nowMs;
    this.#parts.onEvents([{ t: nowMs, src: 'runner', kind: 'clock', of: this.#source, ...best }]);
  }
}
