/** The latency page inside a report: see kit/report-file.ts. What needs an editor is refused; the page does not offer it. */
import type { LatencyHostApi } from '../../src/ui/panels/histogram/protocol.ts';
import { openReportFile, refusedInReport as refused } from '../kit/report-file.ts';

/** null: this document is no report. */
export function openReport(): LatencyHostApi | null {
  const file = openReportFile();
  if (file === null) return null;
  return {
    ready: () => file.facts(),
    read: (side, offset) => file.read(side, offset),
    stop: refused,
    compare: refused,
    endCompare: refused,
    export: refused,
    openSpec: refused,
    openStatement: refused,
    runAgain: refused,
    copyText: (text) => navigator.clipboard.writeText(text),
    openLog: refused,
  };
}
