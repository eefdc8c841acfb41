/** Which stretch of the run is looked at: what a person chose, or what the run suggests. */
import type { Interval, Lane, RecoveryView } from '../../src/analysis/recovery/view.ts';
import type { FaultPlan } from '../../src/journal/fault-plan.ts';

export type WindowName = 'fault' | 'recovery' | 'all';

/** Narrower than this nothing can be told apart. */
const leastMs = 200;
const beforeMs = 1500;

/** The whole run: what was observed, and while it runs what is still to come. */
export function wholeRun({ observed, zeroAt, faults, status }: RecoveryView, plan: FaultPlan): Interval {
  const lasts = plan.faults.reduce((sum, { durationMs = 0 }) => sum + durationMs, 0);
  const ends = faults.flatMap(({ endsAt, healedAt }) => [healedAt ?? endsAt ?? 0]);
  const begin = zeroAt ?? observed.fromAt + plan.baselineMs;
  const planned = Math.max(begin + (zeroAt === null ? lasts : 0), ...ends) + plan.observeMs;
  const toAt = status === 'running' ? Math.max(observed.toAt, planned) : observed.toAt;
  return { fromAt: observed.fromAt, toAt: Math.max(toAt, observed.fromAt + 1000) };
}

export function windowNamed(name: WindowName, view: RecoveryView, plan: FaultPlan): Interval {
  const whole = wholeRun(view, plan);
  const { zeroAt } = view;
  if (name === 'all' || zeroAt === null) return whole;
  return name === 'fault' ? faultWindow(view, whole) : recoveryWindow(view, whole);
}

/** From before the fault until it was healed, or users were served again. */
function faultWindow({ zeroAt, faults, figures: { recovered }, impact }: RecoveryView, whole: Interval): Interval {
  const zero = zeroAt ?? whole.fromAt;
  const ends = faults.flatMap(({ lasts, healedAt, endsAt }) => (lasts ? [(healedAt ?? endsAt ?? zero) - zero] : []));
  const again = recovered.kind === 'value' ? recovered.ms : (impact?.startMs ?? 0) * 4;
  const end = Math.max(1000, again, ...ends);
  return within({ fromAt: zero - Math.min(beforeMs, Math.max(300, end * 0.15)), toAt: zero + end * 1.08 }, whole);
}

/** Up to where the longest lane ends; all of it where one goes on. */
function recoveryWindow(view: RecoveryView, whole: Interval): Interval {
  const { zeroAt, lanes, milestones, observed, predictions } = view;
  const zero = zeroAt ?? whole.fromAt;
  const all = [lanes.client, lanes.pod, lanes.redundancy].filter((lane): lane is Lane => lane !== null);
  const goesOn = all.some(({ end }) => end === 'never' || end === 'open');
  const ends = [
    ...all.map(({ totalMs }) => totalMs),
    ...milestones.map(({ at }) => at - zero),
    ...predictions.map(({ toMs }) => toMs),
    ...view.bad.map(({ toAt }) => toAt - zero),
    3000,
  ];
  const quiet = all.every((lane) => lane.end === 'none');
  const end = goesOn ? observed.toAt - zero : quiet ? 20_000 : Math.max(...ends) * 1.1;
  return within({ fromAt: zero - Math.min(10_000, Math.max(beforeMs, end * 0.09)), toAt: zero + end }, whole);
}

/** While it runs the edge moves and the window does not: it grows by steps. */
export function liveWindow(view: RecoveryView, plan: FaultPlan): Interval {
  const { zeroAt, observed, faults } = view;
  const whole = wholeRun(view, plan);
  if (zeroAt === null) return { fromAt: whole.fromAt, toAt: whole.fromAt + plan.baselineMs + 5000 };
  const ends = faults.flatMap(({ lasts, endsAt, healedAt }) => (lasts && healedAt === null && endsAt !== null ? [endsAt - zeroAt] : []));
  const needed = Math.max((observed.toAt - zeroAt) * 1.08, ...ends.map((end) => end * 1.1));
  let toMs = 20_000;
  while (toMs < needed) toMs *= 1.5;
  return { fromAt: zeroAt - Math.max(3000, toMs * 0.08), toAt: zeroAt + toMs };
}

/** Inside the whole, and not too narrow to be read. */
export function within({ fromAt, toAt }: Interval, whole: Interval): Interval {
  const length = Math.min(whole.toAt - whole.fromAt, Math.max(leastMs, toAt - fromAt));
  const from = Math.max(whole.fromAt, Math.min(fromAt, whole.toAt - length));
  return { fromAt: from, toAt: from + length };
}

/** What of it is in the whole. */
export function clipped({ fromAt, toAt }: Interval, whole: Interval): Interval {
  return { fromAt: Math.max(fromAt, whole.fromAt), toAt: Math.min(toAt, whole.toAt) };
}

/** `factor` below 1: nearer. */
export function zoomed({ fromAt, toAt }: Interval, around: number, factor: number, whole: Interval): Interval {
  const at = Math.min(toAt, Math.max(fromAt, around));
  const length = Math.max(leastMs, (toAt - fromAt) * factor);
  const share = (at - fromAt) / (toAt - fromAt);
  return within({ fromAt: at - share * length, toAt: at + (1 - share) * length }, whole);
}

export function panned({ fromAt, toAt }: Interval, byMs: number, whole: Interval): Interval {
  return within({ fromAt: fromAt + byMs, toAt: toAt + byMs }, whole);
}

/** Moved as little as is needed to have a moment in it. */
export function showing(window: Interval, at: number, whole: Interval): Interval {
  const { fromAt, toAt } = window;
  const room = (toAt - fromAt) * 0.05;
  if (at < fromAt) return panned(window, at - fromAt - room, whole);
  return at > toAt ? panned(window, at - toAt + room, whole) : window;
}
