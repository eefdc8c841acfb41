/**
 * The open loop of a vantage: planned starts on a grid that waits for nobody, each answer counted from its planned start, the program's
 * own stalls told, and all of it handed on in the order of the planned starts.
 */
import type { Answered, Asker } from './ask/asker.ts';

export interface AskingParts {
  readonly asker: Pick<Asker, 'ask'>;
  readonly control: { ask(signal: AbortSignal): Promise<Answered> };
  readonly perSecond: number;
  readonly answerWithinMs: number;
  /** Monotonic. */
  readonly nowMs: () => number;
  /** Lines of the spool, without their numbers. */
  readonly tell: (line: readonly unknown[]) => void;
}

/** Beyond it what is planned then is not judged. */
const mostLagMs = 50;
/** A stall is seen when the next look is late. */
const lookMs = 10;
const startsInMs = 100;
const mostControlsPerSecond = 10;
const mostUnderWay = 5000;

interface Slot {
  line: readonly unknown[] | undefined;
}

interface Grid {
  readonly kind: 'sample' | 'control';
  readonly intervalMs: number;
  readonly firstAt: number;
  next: number;
}

export class Asking {
  readonly #parts: AskingParts;
  readonly #grids: readonly Grid[];
  readonly #slots: Slot[] = [];
  readonly #idle = Promise.withResolvers<void>();
  #answerWithinMs: number;
  #underWay = 0;
  #expectedAt: number;
  #timer: NodeJS.Timeout | undefined;
  #isStopped = false;

  constructor(parts: AskingParts) {
    this.#parts = parts;
    this.#answerWithinMs = parts.answerWithinMs;
    const firstAt = parts.nowMs() + startsInMs;
    const intervalMs = 1000 / parts.perSecond;
    const controlMs = Math.max(intervalMs, 1000 / mostControlsPerSecond);
    this.#grids = [
      { kind: 'sample', intervalMs, firstAt, next: 0 },
      // Between two requests, so that neither delays the other.
      { kind: 'control', intervalMs: controlMs, firstAt: firstAt + intervalMs / 2, next: 0 },
    ];
    this.#expectedAt = parts.nowMs();
    this.#look();
  }

  limit(answerWithinMs: number): void {
    this.#answerWithinMs = answerWithinMs;
  }

  /** Plans nothing more; resolves when the last answer has come, or was given up. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    this.#ended();
    await this.#idle.promise;
  }

  #look(): void {
    const now = this.#parts.nowMs();
    const lateMs = now - this.#expectedAt;
    if (lateMs > mostLagMs) this.#slots.push({ line: ['lag', round(this.#expectedAt), round(lateMs)] });
    for (;;) {
      const [at, grid] = this.#nextPlanned();
      if (at > now) {
        const delayMs = Math.max(1, Math.floor(Math.min(lookMs, at - now)));
        this.#expectedAt = now + delayMs;
        this.#timer = setTimeout(() => this.#look(), delayMs);
        break;
      }
      grid.next++;
      void this.#ask(grid.kind, at, grid.next);
    }
    this.#handOn();
  }

  #nextPlanned(): readonly [at: number, grid: Grid] {
    const [first, second] = this.#grids.map((grid) => [grid.firstAt + grid.next * grid.intervalMs, grid] as const);
    if (first === undefined || second === undefined) throw new Error('a vantage has two grids');
    return first[0] <= second[0] ? first : second;
  }

  /** Never fails. */
  async #ask(kind: Grid['kind'], plannedAt: number, number: number): Promise<void> {
    const slot: Slot = { line: undefined };
    this.#slots.push(slot);
    const { nowMs, asker, control } = this.#parts;
    const sentAt = nowMs();
    const waitMs = Math.max(0, sentAt - plannedAt);
    // The answer is waited for from its planned start on.
    const leftMs = this.#answerWithinMs - waitMs;
    const told = (serviceMs: number, outcome: string, error?: Answered['error']): void => {
      slot.line = [kind, round(plannedAt), round(waitMs), round(serviceMs), outcome, ...(error === undefined ? [] : [error])];
    };
    if (leftMs <= 0 || this.#underWay >= mostUnderWay) return told(0, 'dropped');
    const ends = new AbortController();
    let gaveUpAt: number | undefined;
    const giveUp = (): void => {
      gaveUpAt = nowMs();
      ends.abort();
    };
    // What the program's own stall took was not the engine's: an answer may have come meanwhile, and is read after this.
    const atDeadline = (): void => {
      const stalledMs = nowMs() - sentAt - leftMs;
      // A timer leaves fractions of a millisecond out.
      if (stalledMs < 0) timer = setTimeout(atDeadline, Math.ceil(-stalledMs));
      else if (stalledMs < lookMs) giveUp();
      else timer = setTimeout(giveUp, stalledMs);
    };
    let timer = setTimeout(atDeadline, leftMs);
    this.#underWay++;
    try {
      const { outcome, error } = kind === 'sample' ? await asker.ask(number, ends.signal) : await control.ask(ends.signal);
      // A mistake of ours is no answer of theirs.
      told((gaveUpAt ?? nowMs()) - sentAt, error?.reason === 'internal' ? 'dropped' : outcome, error);
    } catch (error) {
      told(nowMs() - sentAt, 'dropped', { reason: 'internal', text: String(error) });
    } finally {
      clearTimeout(timer);
      this.#underWay--;
      this.#handOn();
      this.#ended();
    }
  }

  #handOn(): void {
    let done = 0;
    for (const { line } of this.#slots) {
      if (line === undefined) break;
      this.#parts.tell(line);
      done++;
    }
    if (done > 0) this.#slots.splice(0, done);
  }

  #ended(): void {
    if (!this.#isStopped || this.#underWay > 0) return;
    this.#handOn();
    this.#idle.resolve();
  }
}

function round(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}
