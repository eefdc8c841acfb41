/** What a click on a header makes of the order. */
import type { SortKey } from '../../../src/ui/panels/results/protocol.ts';

/** Ascending, descending, then as it came. With `add` the column joins the keys that are there. */
export function nextSort(sort: readonly SortKey[], column: number, add: boolean): SortKey[] {
  const key = sort.find((candidate) => candidate.column === column);
  const others = add ? sort.filter((candidate) => candidate.column !== column) : [];
  if (key === undefined) return [...others, { column, descending: false }];
  if (key.descending) return others;
  const turned = { column, descending: true };
  // A key keeps its rank when it is turned.
  return add ? sort.map((candidate) => (candidate.column === column ? turned : candidate)) : [turned];
}
