/** What the page compares: two arms of one run, or this run with the one that was chosen for B. */
import { t } from '../../src/base/messages.ts';
import { compareArms, compareRuns, fewestSamples } from '../../src/analysis/compare.ts';
import type { Comparison, RunView } from '../../src/analysis/view.ts';
import type { CompareState } from '../compare/section.ts';
import type { Feed } from '../kit/feed.ts';
import { shortTime } from './words.ts';

/** Comparing is work: while figures still come it is done at most so often, and never more than a twentieth of the time. */
const againAfterMs = 2000;
const share = 20;

export class Comparing {
  #key = '';
  #state: CompareState = { kind: 'none' };
  #dueMs = 0;

  /** `a` has been read whole. */
  state(a: Feed, viewA: RunView, b: Feed | null): CompareState {
    const armed = viewA.plan.arms.length > 1;
    if (b === null && !armed) return (this.#state = { kind: 'none' });
    if (b !== null && b.error !== null) return (this.#state = { kind: 'failed', text: wordsOf(b.error) });
    if (b !== null && !b.caughtUp) return { kind: 'waiting', text: t('Reading B, {0} %', Math.floor(b.fraction * 100)) };
    const key = JSON.stringify([a.run, a.offset, b?.run, b?.offset]);
    const now = performance.now();
    const live = viewA.verdict === null;
    if (key === this.#key || (live && now < this.#dueMs)) return this.#state;
    this.#key = key;
    this.#state = this.#compare(a, viewA, b);
    this.#dueMs = performance.now() + Math.max(againAfterMs, share * (performance.now() - now));
    return this.#state;
  }

  #compare(a: Feed, viewA: RunView, b: Feed | null): CompareState {
    if (a.projection === null || (b !== null && b.projection === null)) return { kind: 'none' };
    try {
      const comparison = b?.projection ? compareRuns(a.projection, b.projection) : compareArms(a.projection);
      const waiting = waitingFor(comparison, viewA);
      if (waiting !== null) return waiting;
      const viewB = b?.view() ?? null;
      const nameA = viewB === null ? armName(viewA, 0) : t('A: this run');
      const nameB = viewB === null ? armName(viewA, 1) : t('B: {0}', runName(viewB, viewA));
      return { kind: 'shown', comparison, nameA, nameB };
    } catch (error) {
      return { kind: 'failed', text: wordsOf(error) };
    }
  }
}

function waitingFor({ roundsA, roundsB, interleaved }: Comparison, view: RunView): CompareState | null {
  const rounds = Math.min(roundsA, roundsB);
  if (!interleaved || view.verdict !== null || rounds >= fewestSamples) return null;
  return {
    kind: 'waiting',
    text: t('{0}, interleaved; shown when both have {1} rounds (now {2})', armName(view, 1), fewestSamples, rounds),
  };
}

function armName(view: RunView, index: number): string {
  const arm = view.arms[index];
  const label = view.plan.arms[index]?.label ?? '';
  return arm === undefined ? label : t('{0}: {1} on {2}', label, arm.title, arm.target);
}

/** What tells B from A: its time, and its name and engine where they are not A's. */
function runName(b: RunView, a: RunView): string {
  const [engineA, engineB] = [a.arms[0]?.title, b.arms[0]?.title];
  const parts = [b.name === a.name ? undefined : b.name, engineA === engineB ? undefined : engineB, shortTime(b.startedAt)];
  return parts.filter((part) => part !== undefined).join(', ');
}

export function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
