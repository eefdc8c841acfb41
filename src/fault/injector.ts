/**
 * What breaks a thing and mends it again: one injector for each kind of fault, whatever its mechanism. The runner drives it in this order,
 * and writes each step into the journal: `rehearse` (at preview), `prepare`, "go", `apply`, `effect`, `heal`, `healed`.
 */
import type { ClusterChange, Consent } from '../cluster/act/protection.ts';
import type { ClusterConnection } from '../cluster/connect/connection.ts';
import type { FaultKind, FaultTarget, PlannedFault } from '../journal/fault-plan.ts';

export interface Injector<F extends PlannedFault = PlannedFault> {
  readonly kind: F['kind'];
  /**
   * Asks the API to play through the very requests of `prepare` and `apply` without doing them. Never fails for what the API says of
   * them: that is its answer. Fails: `unreachable`, `unauthorised`, `timedOut`, `cancelled`.
   */
  rehearse(injection: Injection<F>, signal: AbortSignal): Promise<Rehearsal>;
  /**
   * Whatever can be ready before "go"; nothing is broken afterwards. Fails: `refusedByProtection` (the target is another by now),
   * `forbidden`, `notFound`, `unreachable` …: then nothing is left behind.
   */
  prepare(injection: Injection<F>, signal: AbortSignal): Promise<PreparedFault>;
}

export type FaultOf<K extends FaultKind> = Extract<PlannedFault, { readonly kind: K }>;

/** One target of one fault of a plan. */
export interface Injection<F extends PlannedFault = PlannedFault> {
  readonly connection: ClusterConnection;
  /** Stands on everything that is made or changed. */
  readonly run: string;
  /** Index in the plan's faults. */
  readonly index: number;
  readonly fault: F;
  readonly target: FaultTarget;
  /** As a person gave it for this cluster. Fails: `refusedByProtection`. */
  consent(change: ClusterChange): Consent;
  readonly timing: InjectorTiming;
}

export interface InjectorTiming {
  /** Wall clock, milliseconds since the epoch. */
  nowMs(): number;
  /** Fails with `cancelled` when the signal aborts. */
  pause(ms: number, signal: AbortSignal): Promise<void>;
}

export interface Go {
  /** Wall clock: whoever is alive, it has ended by then. */
  readonly deadlineMs: number;
}

export interface PreparedFault {
  /** Resolves when it was acknowledged that the fault is there. Fails as a request does: then it may be there, and is healed. */
  apply(go: Go, signal: AbortSignal): Promise<void>;
  /** Waits until the effect is seen, independently of any client of the broken thing; not proven where the signal aborts before. */
  effect(signal: AbortSignal): Promise<Proof>;
  /** Sends what ends it. Safe to be called again, and before `apply`. Fails as a request does. */
  heal(signal: AbortSignal): Promise<Healing>;
  /** Waits until the end is seen; not proven where the signal aborts before. */
  healed(signal: AbortSignal): Promise<Proof>;
  /** What a person can type where healing can't be confirmed; absent where there is nothing to undo. */
  readonly undo?: string;
  /** Of kinds that can end by themselves: resolves when that is noticed. */
  readonly ended?: Promise<FaultEnd>;
  /** Leaves nothing behind in this process. What is in the cluster ends by `heal` and by its deadline. */
  dispose(): Promise<void>;
}

/** "old container id gone", "1,204 packets dropped"; where it is not proven, why. */
export interface Proof {
  readonly proven: boolean;
  readonly text: string;
}

export type Healing =
  | { readonly kind: 'sent' }
  /** A kind that is over as soon as it has happened: who brings things back is said. */
  | { readonly kind: 'nothing'; readonly text: string }
  /** What was changed has been changed again by somebody else, and was left as it is. */
  | { readonly kind: 'left'; readonly text: string };

export interface FaultEnd {
  readonly step: 'expired' | 'endedEarly';
  readonly text: string;
}

export type Rehearsal =
  | { readonly kind: 'accepted' }
  /** Which request, who refused it and why; what else is possible. */
  | { readonly kind: 'refused'; readonly text: string; readonly remedy?: string }
  /** The object came back other than it was sent: a webhook. */
  | { readonly kind: 'altered'; readonly text: string };
