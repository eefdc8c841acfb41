/** Where the parts of a run that breaks something write what happens: one journal, one clock. */
import type { JournalEvent } from '../../../journal/events.ts';

export interface RunRecord {
  /** Milliseconds of the run. */
  readonly nowMs: () => number;
  /** Fails: `storage`; the run ends then. */
  append(events: readonly JournalEvent[]): void;
  /** What was appended survives the machine's end. Fails: `storage`. */
  sync(): void;
  note(text: string): void;
}
