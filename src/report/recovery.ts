/** A run that broke something, in the parts that its reports are made of. */
import { t } from '../base/messages.ts';
import { keyNumbers } from '../analysis/recovery/show/words.ts';
import { blocks, timelineLines } from '../analysis/recovery/show/timeline.ts';
import { recoveryTables, type RecoveryTable } from '../analysis/recovery/show/tables.ts';
import type { RecoveryView } from '../analysis/recovery/view.ts';

/** As wide as a page takes it. */
const timelineWidth = 90;

export interface RecoveryParts {
  /** "kill kafka-1, leader of messages/17" */
  readonly title: string;
  /** Lines of equal letters; empty where nothing was begun. */
  readonly timeline: readonly string[];
  readonly tables: readonly RecoveryTable[];
  /** Of the key numbers, in their order: what an expert asks. */
  readonly definitions: readonly (readonly [name: string, definition: string])[];
  /** Of faults whose end nobody has seen. */
  readonly unhealed: readonly string[];
  readonly notes: readonly string[];
}

export function recoveryParts(view: RecoveryView): RecoveryParts {
  const unhealed = view.status === 'running' ? [] : view.faults.filter(({ state }) => state === 'unconfirmed');
  return {
    title: view.title,
    timeline: timelineLines(view, { width: timelineWidth, letters: blocks, paint: (text) => text }),
    tables: recoveryTables(view),
    definitions: keyNumbers(view).map(({ title, definition }) => [title, definition] as const),
    unhealed: unhealed.map(({ title, command }) =>
      command === null
        ? t('{0}: whether it has ended nobody has seen.', title)
        : t('{0}: whether it has ended nobody has seen. To end it: {1}', title, command),
    ),
    notes: view.notes,
  };
}
