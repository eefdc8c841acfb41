/** Runs, as this window uses what lies below: files of runs, their processes, specs and reports. */
import type { RunSummary } from '../analysis/view.ts';
import type { RunRecord } from '../journal/runs.ts';
import type { RunStore } from '../journal/store.ts';
import type { SpecRoom } from './commands/benchmark.ts';
import type { ReportRequest } from './commands/runReports.ts';
import type { JournalWindow } from './panels/journal.ts';
import type { RunEdge } from './session/runs.ts';

export interface RunRoom extends RunEdge {
  readonly store: Pick<RunStore, 'list' | 'watch' | 'record' | 'recorded' | 'remove'>;
  summary(record: RunRecord): Promise<RunSummary>;
  /** Whole lines of the journal from a byte offset, about 1 MB at most. */
  read(record: RunRecord, offset: number): Promise<JournalWindow>;
  report(request: Omit<ReportRequest, 'pageFolder'>): Promise<string>;
  readonly specs: SpecRoom;
}
