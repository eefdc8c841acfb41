/** What a person confirmed, on its way to the run's process: from it the same is previewed once more just before it begins. Types only. */
import type { DraftFault } from '../../fault/draft.ts';
import type { Loss } from '../../fault/guard/loss.ts';
import type { ConfirmedParts } from '../../fault/preview/preview.ts';

export interface ConfirmedFaults {
  /** Of the whole plan. */
  readonly hash: string;
  /** In the plan's order. */
  readonly faults: readonly ConfirmedFault[];
  /** Where engines and pods were looked for; absent: in all namespaces. */
  readonly namespace?: string;
}

export interface ConfirmedFault {
  readonly draft: DraftFault;
  readonly parts: ConfirmedParts;
  /** What can't be taken back: all that was told, and typed for or allowed by name. */
  readonly losses: readonly Loss[];
}
