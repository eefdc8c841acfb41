/** One target of one fault, from ready to healed; each step is in the journal. What must not be lost is synced before it happens. */
import { FaultlineError, normalise } from '../../../base/errors.ts';
import { t } from '../../../base/messages.ts';
import type { PreparedFault } from '../../../fault/injector.ts';
import type { FaultLease } from '../../../fault/lease.ts';
import type { FaultEvent } from '../../../journal/fault-events.ts';
import type { RunRecord } from './record.ts';
import { pause } from './waiting.ts';

export type HealWhy = NonNullable<FaultEvent['why']>;

/** Of one attempt to have it healed. */
const healLimitMs = 10_000;
const healAgainMs = 500;
/** After that it is told loudly that nobody knows; it is looked for on and on. */
const confirmWithinMs = 30_000;
const applyLimitMs = 30_000;
const releaseLimitMs = 5000;

export interface HeldOptions {
  /** Index in the plan's faults, and in that one's targets. */
  readonly fault: number;
  readonly target: number;
  readonly lasts: boolean;
  readonly prepared: PreparedFault;
  readonly lease: FaultLease;
  readonly record: RunRecord;
}

export class HeldTarget {
  readonly #options: HeldOptions;
  /** Of proving its effect: ends with the fault, or the run. */
  readonly #proving = new AbortController();
  readonly #over = new AbortController();
  readonly #ended = Promise.withResolvers<void>();
  #proof: Promise<void> = Promise.resolve();
  #healing: Promise<void> | undefined;
  #isApplied = false;
  #isGone = false;
  #isUnconfirmed = false;
  #isOver = false;

  constructor(options: HeldOptions) {
    this.#options = options;
    this.#tell('ready');
    void options.prepared.ended?.then(
      ({ step, text }) => {
        if (!this.#isApplied || this.#healing !== undefined) return;
        this.#isGone = true;
        this.#tell(step, { text });
        this.#ended.resolve();
      },
      () => undefined,
    );
  }

  /** It has ended by itself: at its deadline, or early. */
  get ended(): Promise<void> {
    return this.#ended.promise;
  }

  /** Index in the fault's targets. */
  get target(): number {
    return this.#options.target;
  }

  /** It lasts, was begun, and is not known to have ended. */
  get isActive(): boolean {
    return this.#options.lasts && this.#isApplied && !this.#isOver;
  }

  get isUnconfirmed(): boolean {
    return this.#isUnconfirmed;
  }

  /** What holds the target lasts until then, wall clock. Fails as `FaultLease.extend`. */
  extend(deadlineMs: number, signal: AbortSignal): Promise<void> {
    return this.#options.lease.extend(deadlineMs, signal);
  }

  /** After its *go* was synced. Answers whether it was acknowledged; where it was not it may be there, and is healed like one that is. */
  async apply(deadlineMs: number): Promise<boolean> {
    const { prepared, lasts } = this.#options;
    this.#isApplied = true;
    try {
      await prepared.apply({ deadlineMs }, AbortSignal.timeout(applyLimitMs));
    } catch (error) {
      const { facts } = normalise(error);
      const text = [facts.what, facts.meaning].filter((part) => part !== undefined && part !== '').join(': ');
      this.#tell(lasts ? 'unconfirmed' : 'refused', { text: t('Whether it began is not known. {0}', text) });
      return false;
    }
    this.#tell('applied');
    this.#proof = this.#prove();
    return true;
  }

  /** Sent at once; resolves when its end is proven, or nobody can tell. Safe to be called again. Never fails. */
  heal(why: HealWhy): Promise<void> {
    return (this.#healing ??= this.#heal(why));
  }

  /** No more is looked for. What is not healed is left to its deadline. Never fails. */
  async close(): Promise<void> {
    this.#proving.abort();
    this.#over.abort();
    await Promise.allSettled([this.#proof, this.#healing]);
    await this.#options.prepared
      .dispose()
      .catch((error: unknown) => this.#note(t('Something of a fault is left: {0}', normalise(error).facts.what)));
    if (!this.#isUnconfirmed) await this.#release();
  }

  /** What is whole again may be broken by the next step, or by somebody else. */
  async #release(): Promise<void> {
    await this.#options.lease.release(AbortSignal.timeout(releaseLimitMs)).catch(() => undefined);
  }

  async #prove(): Promise<void> {
    const { prepared } = this.#options;
    try {
      const { proven, text } = await prepared.effect(this.#proving.signal);
      if (proven) {
        this.#tell('effect', { text });
        if (!this.#options.lasts) await this.#release();
      } else if (!this.#over.signal.aborted) this.#note(t('No effect was proven: {0}', text));
    } catch (error) {
      this.#note(t('No effect was proven: {0}', normalise(error).facts.what));
    }
  }

  async #heal(why: HealWhy): Promise<void> {
    const { prepared, lasts } = this.#options;
    if (!this.#isApplied || !lasts) return;
    // What its counters say last is still asked for, for a moment.
    if (!this.#isGone) {
      this.#tell('heal', { why });
      this.#write((record) => record.sync());
    }
    const beganMs = performance.now();
    const isLate = (): boolean => performance.now() - beganMs > confirmWithinMs;
    for (let tries = 0; !this.#over.signal.aborted; tries++) {
      const limit = AbortSignal.any([this.#over.signal, AbortSignal.timeout(healLimitMs)]);
      let text = '';
      try {
        // Told to have ended by itself, and not seen to be over: then it is healed like one that goes on.
        if (!this.#isGone || tries > 0) {
          const healing = await prepared.heal(limit);
          if (healing.kind === 'left') this.#note(healing.text);
        }
        this.#proving.abort();
        const proof = await prepared.healed(limit);
        if (proof.proven) {
          this.#isUnconfirmed = false;
          this.#isOver = true;
          this.#tell('healed', { text: proof.text });
          await this.#release();
          return;
        }
        ({ text } = proof);
      } catch (error) {
        text = normalise(error).facts.what;
      }
      if (!this.#isUnconfirmed && isLate()) this.#unconfirmed(text);
      await pause(healAgainMs, this.#over.signal);
    }
    if (!this.#isUnconfirmed) this.#unconfirmed(t('The run ended before it was seen'));
  }

  #unconfirmed(text: string): void {
    const { undo } = this.#options.prepared;
    this.#isUnconfirmed = true;
    this.#tell('unconfirmed', { text, ...(undo === undefined ? {} : { command: undo }) });
  }

  #tell(step: FaultEvent['step'], more: Pick<FaultEvent, 'why' | 'text' | 'command'> = {}): void {
    const { fault, target } = this.#options;
    this.#write((record) => record.append([{ t: record.nowMs(), src: 'runner', kind: 'fault', fault, target, step, ...more }]));
  }

  #note(text: string): void {
    this.#write((record) => record.note(text));
  }

  /** A journal that takes nothing more ends the run by itself: it must not keep what is broken from being healed. */
  #write(write: (record: RunRecord) => void): void {
    try {
      write(this.#options.record);
    } catch (error) {
      if (!FaultlineError.is(error, 'storage')) throw error;
    }
  }
}
