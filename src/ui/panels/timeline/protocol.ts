/**
 * What the recovery panel's page asks of the extension host (or of the report that holds it), and what it is told. Like the latency
 * page it reads the run's journal a window at a time and projects it itself; facts, windows and what is kept are the same.
 */
import * as v from 'valibot';
import type { JournalWindow, PanelFacts } from '../histogram/protocol.ts';

export interface RecoveryPageApi {
  /** At most 2 a second: the journal has grown, the run has ended. */
  changed(facts: PanelFacts): void;
}

const offset = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const text = v.pipe(v.string(), v.maxLength(20_000_000));

export const recoveryCalls = {
  ready: v.tuple([]),
  /** Text of whole lines from a byte offset, at most about 1 MB. */
  read: v.tuple([v.literal('a'), offset]),
  /** Ends what is broken now, before its time. */
  heal: v.tuple([]),
  /** Ends the run; what is broken is healed first. */
  stop: v.tuple([]),
  export: v.tuple([v.picklist(['html', 'md', 'junit', 'json'])]),
  /** The picture of the timeline: of `svg` its text, of `png` base64. */
  savePicture: v.tuple([v.picklist(['svg', 'png']), text]),
  openSpec: v.tuple([]),
  /** The latency panel of the load that ran beside. */
  openLatency: v.tuple([]),
  runAgain: v.tuple([]),
  copyText: v.tuple([v.pipe(v.string(), v.maxLength(2_000_000))]),
  openLog: v.tuple([]),
} as const;

export type RecoveryCall = keyof typeof recoveryCalls;
export type RecoveryArguments<C extends RecoveryCall> = v.InferOutput<(typeof recoveryCalls)[C]>;

export interface RecoveryAnswers {
  ready: PanelFacts;
  read: JournalWindow;
  heal: void;
  stop: void;
  export: void;
  savePicture: void;
  openSpec: void;
  openLatency: void;
  runAgain: void;
  copyText: void;
  openLog: void;
}

export type RecoveryHostApi = { [C in RecoveryCall]: (...args: RecoveryArguments<C>) => Promise<RecoveryAnswers[C]> };
