/** What a person arranged in one tab. It outlives the page: see ../arranged.ts. */
import type { Selection } from './selection.ts';

export interface Arrangement {
  /** Widths set by hand, by column. */
  readonly widths: Readonly<Record<string, number>>;
  /** First row in sight, with a fraction. */
  readonly topRow: number;
  readonly leftPx: number;
  readonly selection: Selection | null;
}

export const fresh: Arrangement = { widths: {}, topRow: 0, leftPx: 0, selection: null };
