/** What a run's journal says, projected as its events come: figures, validity and verdict. Browser-safe. */
import { FaultlineError } from '../base/errors.ts';
import type { JournalEvent, JournalHeader } from '../journal/events.ts';
import type { LatencyView, OverTime, RunView, Selection } from './view.ts';

export class RunProjection {
  readonly header: JournalHeader;

  constructor(header: JournalHeader) {
    this.header = header;
  }

  add(event: JournalEvent): void {
    throw todo(event);
  }

  view(state: 'running' | 'ended' | 'interrupted', skippedLines = 0): RunView {
    throw todo(state, skippedLines);
  }

  latency(selection: Selection): LatencyView {
    throw todo(selection);
  }

  overTime(selection: Selection): OverTime {
    throw todo(selection);
  }

  /** Response times in ms of measured, answered operations. */
  responses(statement: number, arm?: number): Float64Array {
    throw todo(statement, arm);
  }
}

function todo(...values: readonly unknown[]): FaultlineError {
  return new FaultlineError('internal', { what: `Nothing is projected yet (${values.length})` });
}
