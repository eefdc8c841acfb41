/**
 * What the latency panel's page asks of the extension host (or of the report that holds it), and what it is told. The page reads the
 * run's journal, a window at a time, and projects it itself with `src/analysis`: the host's share stays small, whatever the run.
 */
import * as v from 'valibot';
import type { JournalWindow, PanelFacts } from '../journal.ts';

export interface LatencyPageApi {
  /** At most 2 a second: the journal has grown, the run has ended, another run was chosen for B. */
  changed(facts: PanelFacts): void;
}

const side = v.picklist(['a', 'b']);
const offset = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

export const pageCalls = {
  ready: v.tuple([]),
  /** Text of whole lines from a byte offset, at most about 1 MB. */
  read: v.tuple([side, offset]),
  stop: v.tuple([]),
  /** Asks for another run and shows it as B. */
  compare: v.tuple([]),
  endCompare: v.tuple([]),
  export: v.tuple([v.picklist(['csv', 'json', 'html', 'md'])]),
  openSpec: v.tuple([]),
  /** Opens a statement's text. */
  openStatement: v.tuple([offset]),
  runAgain: v.tuple([]),
  copyText: v.tuple([v.pipe(v.string(), v.maxLength(2_000_000))]),
  openLog: v.tuple([]),
} as const;

export type PageCall = keyof typeof pageCalls;
export type PageArguments<C extends PageCall> = v.InferOutput<(typeof pageCalls)[C]>;

export interface PageAnswers {
  ready: PanelFacts;
  read: JournalWindow;
  stop: void;
  compare: void;
  endCompare: void;
  export: void;
  openSpec: void;
  openStatement: void;
  runAgain: void;
  copyText: void;
  openLog: void;
}

export type LatencyHostApi = { [C in PageCall]: (...args: PageArguments<C>) => Promise<PageAnswers[C]> };
