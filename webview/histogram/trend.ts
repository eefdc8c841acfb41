/** How a query's latency went over the run, for its sparkline: p90 by time where the samples allow it, else coarser. */
import { t } from '../../src/base/messages.ts';
import type { StatementView } from '../../src/analysis/view.ts';

export interface Trend {
  readonly values: readonly (number | null)[];
  /** What the values are. */
  readonly words: string;
  readonly isP90: boolean;
}

const most = 24;
/** A median needs so many. */
const few = 3;

/** `responses`: of the query, in ms, in the order in which they were made. */
export function trendOf({ p90OverTime }: StatementView, responses: () => Float64Array): Trend {
  if (p90OverTime.filter((value) => value !== null).length >= 4) return { values: p90OverTime, words: t('p90 by time'), isP90: true };
  const all = responses();
  if (all.length < 4 * few) return { values: [...all].slice(-most), words: t('each request'), isP90: false };
  const groups = Math.min(most, Math.floor(all.length / few));
  const values = Array.from({ length: groups }, (_, i) => {
    const group = all.slice(Math.floor((i * all.length) / groups), Math.floor(((i + 1) * all.length) / groups)).sort();
    return group[group.length >> 1] ?? null;
  });
  return { values, words: t('median of {0} requests at a time', Math.floor(all.length / groups)), isP90: false };
}

/** Trends are made anew only for queries that were answered since. */
export class Trends {
  readonly #known = new Map<number, { readonly count: number; readonly trend: Trend }>();

  of(view: StatementView, responses: () => Float64Array): Trend {
    const known = this.#known.get(view.index);
    if (known?.count === view.response.count) return known.trend;
    const trend = trendOf(view, responses);
    this.#known.set(view.index, { count: view.response.count, trend });
    return trend;
  }

  forget(): void {
    this.#known.clear();
  }
}
