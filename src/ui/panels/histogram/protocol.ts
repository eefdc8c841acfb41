/**
 * What the latency panel's page asks of the extension host (or of the report that holds it), and what it is told. The page reads the
 * run's journal, a window at a time, and projects it itself with `src/analysis`: the host's share stays small, whatever the run.
 */
import * as v from 'valibot';

/** `live`: a runner writes it now. `ended` covers interrupted ones: `interrupted` says so when the journal has no end. */
export type JournalState = 'live' | 'ended' | 'interrupted';

export interface JournalFacts {
  readonly run: string;
  readonly state: JournalState;
  /** Bytes of the journal that can be read now; whole lines only. */
  readonly sizeBytes: number;
}

export interface PanelFacts {
  /** The run that the panel shows, as A. */
  readonly a: JournalFacts;
  /** What it is compared with. */
  readonly b: JournalFacts | null;
  /** `report`: one file, opened without an editor; nothing can be stopped, exported or chosen. */
  readonly place: 'editor' | 'report';
}

/**
 * What the page keeps by `bridge.save`, beside whatever else it keeps, each time it is told its facts: by it a reloaded window shows the
 * same runs in the same panel.
 */
export const savedRuns = v.object({ a: v.string(), b: v.nullable(v.string()) });
export type SavedRuns = v.InferOutput<typeof savedRuns>;

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

export interface JournalWindow {
  readonly text: string;
  /** Where to read on. Equal to the offset asked for when there is nothing more yet. */
  readonly next: number;
}

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
