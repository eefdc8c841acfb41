/** What the pages of runs are told of a journal, and what they keep: the same for the latency and the recovery. */
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

export interface JournalWindow {
  readonly text: string;
  /** Where to read on. Equal to the offset asked for when there is nothing more yet. */
  readonly next: number;
}
