/** How far a query is, by the figures of a page. */
import type { QueryEvent } from '../engine.ts';
import type { Page } from './page.ts';

/** Trino says a percentage; of Presto it is the share of splits, which grow in number, so that it may go back. */
export function progressOf({ stats }: Page): QueryEvent {
  if (stats === undefined) return { kind: 'progress' };
  const { progressPercentage, scheduled, totalSplits = 0, completedSplits = 0, processedRows, processedBytes } = stats;
  const share = scheduled === true && totalSplits > 0 ? completedSplits / totalSplits : undefined;
  const fraction = progressPercentage === undefined ? share : progressPercentage / 100;
  return {
    kind: 'progress',
    ...(fraction === undefined ? {} : { fraction: Math.min(1, Math.max(0, fraction)) }),
    ...(processedRows === undefined ? {} : { rowsRead: processedRows }),
    ...(processedBytes === undefined ? {} : { bytesRead: processedBytes }),
  };
}
