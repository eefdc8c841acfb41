/** Counts of operations: planned = ok + failed + dropped, whatever is selected. Browser-safe. */
import type { OperationError } from '../journal/events.ts';
import { isEverything, outcomeCode, type Bounds, type Rows } from './rows.ts';
import type { Counts } from './view.ts';

export interface Dropped {
  /** ms of the run */
  readonly planned: number;
  readonly statement: number;
  readonly arm: number;
  readonly count: number;
}

/** The errors that occurred, a statement and reason once each. The text is the one of the error that was planned first. */
export class ErrorKinds {
  readonly #kinds: { readonly reason: string; text: string; planned: number }[] = [];
  readonly #indexes = new Map<string, number>();

  index(statement: number, error: OperationError, planned: number): number {
    const key = `${statement} ${error.reason}`;
    const known = this.#indexes.get(key);
    const kind = known === undefined ? undefined : this.#kinds[known];
    if (known === undefined || kind === undefined) {
      this.#indexes.set(key, this.#kinds.length);
      return this.#kinds.push({ reason: error.reason, text: error.text, planned }) - 1;
    }
    if (planned < kind.planned) Object.assign(kind, { text: error.text, planned });
    return known;
  }

  /** Most frequent reason first; `counts` by index. */
  byReason(counts: ReadonlyMap<number, number>): Counts['errorsByReason'] {
    const reasons = new Map<string, { reason: string; text: string; count: number; planned: number }>();
    for (const [index, count] of counts) {
      const kind = this.#kinds[index];
      if (kind === undefined) continue;
      const sum = reasons.get(kind.reason);
      if (sum === undefined) reasons.set(kind.reason, { ...kind, count });
      else {
        sum.count += count;
        if (kind.planned < sum.planned) Object.assign(sum, { text: kind.text, planned: kind.planned });
      }
    }
    return [...reasons.values()]
      .sort((a, b) => b.count - a.count || a.reason.localeCompare(b.reason))
      .map(({ reason, text, count }) => ({ reason, text, count }));
  }
}

export class Tally {
  ok = 0;
  wrong = 0;
  dropped = 0;
  readonly #errors = new Map<number, number>();

  add(rows: Rows, row: number): void {
    const weight = rows.count(row);
    const outcome = rows.outcome[row];
    if (outcome === outcomeCode.ok) this.ok += weight;
    else if (outcome === outcomeCode.wrong) this.wrong += weight;
    else if (outcome === outcomeCode.error) {
      const error = rows.error[row] ?? 0;
      this.#errors.set(error, (this.#errors.get(error) ?? 0) + weight);
    }
  }

  drop(count: number): void {
    this.dropped += count;
  }

  merge(other: Tally): void {
    this.ok += other.ok;
    this.wrong += other.wrong;
    this.dropped += other.dropped;
    for (const [error, count] of other.#errors) this.#errors.set(error, (this.#errors.get(error) ?? 0) + count);
  }

  counts(kinds: ErrorKinds, underway = 0): Counts {
    const errors = [...this.#errors.values()].reduce((sum, count) => sum + count, 0);
    const failed = errors + this.wrong;
    return {
      planned: this.ok + failed + this.dropped + underway,
      ok: this.ok,
      failed,
      dropped: this.dropped,
      underway,
      errors,
      wrong: this.wrong,
      errorsByReason: kinds.byReason(this.#errors),
    };
  }
}

export function tallied(rows: Rows, dropped: readonly Dropped[], bounds: Bounds): Tally {
  const tally = new Tally();
  const all = isEverything(bounds);
  for (let i = 0; i < rows.length; i++) if (all || rows.matches(i, bounds)) tally.add(rows, i);
  for (const each of dropped) if (within(each, bounds)) tally.drop(each.count);
  return tally;
}

export function within({ planned, statement, arm }: Dropped, bounds: Bounds): boolean {
  return (
    planned >= bounds.from &&
    planned < bounds.to &&
    (bounds.statement < 0 || statement === bounds.statement) &&
    (bounds.arm < 0 || arm === bounds.arm)
  );
}
