/** What was broken: from *ready* to *healed*, by fault. Browser-safe. */
import { t } from '../../base/messages.ts';
import type { FaultEvent, FaultStep } from '../../journal/fault-events.ts';
import type { FaultPlan, PlannedFault } from '../../journal/fault-plan.ts';
import type { FaultView } from './view.ts';

export interface FaultFacts {
  readonly index: number;
  readonly plan: PlannedFault;
  /** In order of time. */
  readonly steps: readonly FaultEvent[];
  /** A control that is as long as its fault has nothing to heal. */
  readonly lasts: boolean;
  /** The first *go*, the first *applied*: ms of the run. */
  readonly goAt: number | null;
  readonly appliedAt: number | null;
  readonly healAskedAt: number | null;
  /** When the last of its targets was proven whole, or had ended by the kernel; null: one of them is not. */
  readonly healedAt: number | null;
  readonly effectAt: number | null;
  /** What proves it, by target that was begun; null: one of them is not proven. */
  readonly effect: string | null;
  readonly early: FaultEvent | null;
  readonly refused: FaultEvent | null;
  readonly unconfirmed: FaultEvent | null;
}

export type FaultFigures = Pick<FaultView, 'recovered' | 'failover' | 'rejoin'>;

export function faultsOf({ faults }: FaultPlan, events: readonly FaultEvent[]): readonly FaultFacts[] {
  const inOrder = events.toSorted((a, b) => a.t - b.t);
  return faults.map((plan, index) => {
    const steps = inOrder.filter(({ fault }) => fault === index);
    const first = (step: FaultStep): FaultEvent | null => steps.find((each) => each.step === step) ?? null;
    const begun = begunOf(steps);
    const effects = begun.map((target) => steps.find((each) => each.step === 'effect' && isOf(each, target)) ?? null);
    const ends = begun.map((target) => endOf(steps.filter((each) => isOf(each, target))));
    const times = ends.flatMap((end) => (end === null ? [] : [end.t]));
    const allEnded = begun.length > 0 && times.length === begun.length;
    const unconfirmed = steps.findLast(({ step }) => step === 'unconfirmed') ?? null;
    return {
      ...{ index, plan, steps, lasts: plan.durationMs !== undefined && plan.kind !== 'none' },
      ...{ goAt: first('go')?.t ?? null, appliedAt: first('applied')?.t ?? null, healAskedAt: first('heal')?.t ?? null },
      healedAt: allEnded ? Math.max(...times) : null,
      effectAt: first('effect')?.t ?? null,
      effect: effects.length === 0 || effects.includes(null) ? null : effectText(effects),
      ...{ early: first('endedEarly'), refused: refusedOf(steps) },
      // What is verified later is no longer unconfirmed.
      unconfirmed: unconfirmed !== null && !(allEnded && Math.max(...times) >= unconfirmed.t) ? unconfirmed : null,
    };
  });
}

/** The first that nobody doubted afterwards. */
function endOf(own: readonly FaultEvent[]): FaultEvent | null {
  const doubted = own.findLastIndex(({ step }) => step === 'unconfirmed');
  return own.find(({ step }, i) => i > doubted && (step === 'healed' || step === 'expired')) ?? null;
}

/** Nothing was injected, of all of it or of one target. */
function refusedOf(steps: readonly FaultEvent[]): FaultEvent | null {
  const wasApplied = ({ target }: FaultEvent): boolean =>
    steps.some((each) => each.step === 'applied' && (target === undefined || each.target === undefined || each.target === target));
  return steps.find((each) => each.step === 'refused' && !wasApplied(each)) ?? null;
}

/** Targets that were begun: by their index; `undefined`: all at once. */
function begunOf(steps: readonly FaultEvent[]): readonly (number | undefined)[] {
  const begun = steps.filter(({ step }) => step === 'go' || step === 'applied').map(({ target }) => target);
  const single = [...new Set(begun)].filter((target) => target !== undefined);
  return single.length > 0 ? single : begun.length > 0 ? [undefined] : [];
}

/** A step without a target is of all of them; a step of one target says enough where all were begun at once. */
function isOf(step: FaultEvent, target: number | undefined): boolean {
  return step.target === undefined || target === undefined || step.target === target;
}

function effectText(effects: readonly (FaultEvent | null)[]): string {
  return [...new Set(effects.map((effect) => effect?.text ?? ''))].filter((text) => text !== '').join(', ');
}

/** When it was begun at a target: ms of the run; null: never. */
export function goOf({ steps }: FaultFacts, target: number): number | null {
  return steps.find(({ step, target: of }) => step === 'go' && (of === undefined || of === target))?.t ?? null;
}

/** The pods' containers are gone by it: then its effect is when the victim went. */
const ends: readonly string[] = ['podDelete', 'podForget', 'containerCrash', 'nodeStop'];

export function goneOf({ plan, steps }: FaultFacts, target: number): { readonly at: number | null; readonly text: string } {
  const effect = steps.find(({ step, target: of }) => step === 'effect' && (of === undefined || of === target));
  return effect === undefined || !ends.includes(plan.kind) ? { at: null, text: '' } : { at: effect.t, text: effect.text ?? '' };
}

export function faultView(facts: FaultFacts, figures: FaultFigures, nowAt: number | null): FaultView {
  const { index, plan, steps, lasts, goAt, appliedAt, healAskedAt, healedAt, effect, unconfirmed } = facts;
  const state = stateOf(facts, nowAt);
  // Whoever ends it counts from *go*, however long the beginning took.
  const endsAt = lasts && appliedAt !== null ? (goAt ?? appliedAt) + (plan.durationMs ?? 0) : null;
  return {
    ...{ index, title: plan.title, kind: plan.kind, targets: plan.targets, lasts, state, goAt, appliedAt, healAskedAt, healedAt, endsAt },
    leftMs: nowAt === null || endsAt === null || (state !== 'active' && state !== 'healing') ? null : Math.max(0, endsAt - nowAt),
    ...{ effect, command: unconfirmed?.command ?? null, ...figures },
    steps: steps.map(({ t: at, step, target, text }) => {
      const named = target === undefined ? undefined : plan.targets[target]?.name;
      return { at, step, ...(named === undefined ? {} : { target: named }), ...(text === undefined ? {} : { text }) };
    }),
  };
}

/** `nowAt` null: the run is over. */
function stateOf(
  { steps, lasts, goAt, appliedAt, healAskedAt, healedAt, refused, unconfirmed, early }: FaultFacts,
  nowAt: number | null,
): FaultView['state'] {
  if (unconfirmed !== null) return 'unconfirmed';
  if (refused !== null && appliedAt === null) return 'refused';
  if (goAt === null && appliedAt === null) return steps.some(({ step }) => step === 'ready') && nowAt !== null ? 'ready' : 'waiting';
  if (!lasts) return 'over';
  if (healedAt !== null || early !== null) return 'over';
  if (nowAt === null) return 'unconfirmed';
  return healAskedAt === null ? 'active' : 'healing';
}

/** "kill kafka-1, leader of messages/17"; of several one after the other. */
export function titleOf({ faults }: FaultPlan): string {
  const [first, ...more] = faults;
  if (first === undefined) return t('nothing');
  return more.length === 0 ? first.title : t('{0}, then {1}', first.title, more.map(({ title }) => title).join(', '));
}
