/** The vantages of a run, in the cluster: what the runner needs of them, whoever carries them there. */
import type { Consent } from '../../cluster/act/protection.ts';
import type { ClusterConnection } from '../../cluster/connect/connection.ts';
import type { ClockEvent, LagEvent, SampleEvent, VantageEvent } from '../../journal/fault-events.ts';
import type { PlannedProbe } from '../../journal/fault-plan.ts';

export type VantageTold = ClockEvent | VantageEvent | SampleEvent | LagEvent;

export interface ProbeRequest {
  readonly connection: ClusterConnection;
  readonly run: string;
  readonly probes: readonly PlannedProbe[];
  /** Where their pods are made. */
  readonly namespace: string;
  /** With Node, which the cluster can pull. */
  readonly image: string;
  /** For the change `fault`. */
  readonly consent: Consent;
  /** Wall clock: by then their pods have ended, whoever is alive. */
  readonly deadlineMs: number;
  /** Milliseconds of the run, for the exchange of clocks. */
  readonly nowMs: () => number;
  /** Of an answer, until `limit` says another: of the baseline. */
  readonly answerWithinMs: number;
  /** In the order of each vantage's own clock. */
  readonly onEvents: (events: readonly VantageTold[]) => void;
  readonly note: (text: string) => void;
}

export interface RunningProbes {
  /** Each vantage, by its title: ms of the run when it was heard last. */
  readonly heard: readonly { readonly title: string; readonly heardMs: number }[];
  /** From now on an answer that takes longer is none: at the end of the baseline. Fails as a request does; the vantages then go on as before. */
  limit(answerWithinMs: number, signal: AbortSignal): Promise<void>;
  /** No further request is made; whatever was spooled is fetched, also after the API was away. Fails when that is not possible before the signal aborts. */
  finish(signal: AbortSignal): Promise<void>;
  /** What they made in their engines, their pods and all that was made for them are removed. Safe to be called again; never fails. */
  dispose(): Promise<void>;
}

/** Resolves when every vantage asks, each with a clock that is known. Fails with what keeps one from it: no room, an image that can't be pulled, rights. */
export type StartProbes = (request: ProbeRequest, signal: AbortSignal) => Promise<RunningProbes>;
