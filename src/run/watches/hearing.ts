/** When each of what is listened to was heard last, and the gaps. */
import type { Disposable } from '../../base/disposables.ts';
import type { WatchGapEvent } from '../../journal/fault-events.ts';

export interface HearingEdges {
  /** Milliseconds of the run. */
  readonly nowMs: () => number;
  readonly tell: (gap: WatchGapEvent) => void;
}

export interface Source {
  readonly of: WatchGapEvent['of'];
  /** Silent for longer than this: a gap. */
  readonly boundMs: number;
  /** ms of the run; `undefined`: never yet. */
  readonly heardMs: () => number | undefined;
}

export class Hearing {
  readonly #edges: HearingEdges;
  readonly #sources = new Set<Source>();

  constructor(edges: HearingEdges) {
    this.#edges = edges;
  }

  /** Until it is disposed. */
  add(source: Source): Disposable {
    this.#sources.add(source);
    return { dispose: () => void this.#sources.delete(source) };
  }

  /** It was heard again, after so long: told where that is a gap. */
  again(of: WatchGapEvent['of'], silentMs: number): void {
    this.#edges.tell({ t: this.#edges.nowMs() - silentMs, src: 'runner', kind: 'watchGap', of, ms: silentMs });
  }

  /** Whatever is silent now will not be heard again. */
  end(): void {
    const now = this.#edges.nowMs();
    for (const { of, boundMs, heardMs } of this.#sources) {
      // What was never heard is not missed: that was said when it began.
      const silentMs = now - (heardMs() ?? now);
      if (silentMs > boundMs) this.again(of, silentMs);
    }
  }
}

/** Of whoever is asked again and again: since when what it tells now may have been so. */
export class LastAsked {
  #ms: number | undefined;

  /** With each answer, by when it was asked: when the one before it was. */
  since(askedMs: number): { readonly since?: number } {
    const before = this.#ms;
    this.#ms = askedMs;
    return before === undefined ? {} : { since: before };
  }
}

/** What is asked again and again. */
export class Answers implements Disposable {
  readonly #nowMs: () => number;
  readonly #hearing: Hearing;
  readonly #of: WatchGapEvent['of'];
  readonly #boundMs: number;
  readonly #listed: Disposable;
  #heardMs: number | undefined;

  constructor(hearing: Hearing, nowMs: () => number, of: WatchGapEvent['of'], boundMs: number) {
    this.#hearing = hearing;
    this.#nowMs = nowMs;
    this.#of = of;
    this.#boundMs = boundMs;
    this.#listed = hearing.add({ of, boundMs, heardMs: () => this.#heardMs });
  }

  get heardMs(): number | undefined {
    return this.#heardMs;
  }

  /** Nobody asks any more, and nobody waits to hear of it. */
  dispose(): void {
    this.#listed.dispose();
  }

  /** Call it before what the answer says is told. */
  heard(): void {
    const now = this.#nowMs();
    const silentMs = now - (this.#heardMs ?? now);
    this.#heardMs = now;
    if (silentMs > this.#boundMs) this.#hearing.again(this.#of, silentMs);
  }
}
