/** How a run goes that breaks something, on one line: what is broken and for how long yet, and what users felt last. */
import { formatSeconds } from '../analysis/recovery/judge/metric-text.ts';
import { isBad, outcomeCode } from '../analysis/recovery/client/samples.ts';
import { figureText } from '../analysis/recovery/show/words.ts';
import type { FaultView, RecoveryView, VantageSamples } from '../analysis/recovery/view.ts';
import type { RunView } from '../analysis/view.ts';
import { formatDuration } from '../base/units.ts';

/** `nowMs`: of the run. The most important first: a narrow terminal shows only the start. */
export function faultLineOf({ phase, plan }: RunView, recovery: RecoveryView, samples: readonly VantageSamples[], nowMs: number): string {
  if (phase === null || phase.phase === 'preparing') return `preparing${phase?.text === undefined ? '' : `: ${phase.text}`}`;
  const parts = [phaseText(phase, recovery, nowMs, plan.fault?.baselineMs ?? 0), ...feltTexts(samples, nowMs)];
  if (recovery.zeroAt !== null) {
    const { unavailable, recovered } = recovery.figures;
    if (unavailable.kind === 'value') parts.push(`unavailable ${formatSeconds(unavailable.ms)} so far`);
    if (recovered.kind === 'value') parts.push(`recovered +${figureText(recovered)}`);
    if (recovered.kind === 'open' && recovered.goodForMs !== undefined)
      parts.push(`good for ${seconds(recovered.goodForMs)}${recovered.neededMs === undefined ? '' : ` of ${seconds(recovered.neededMs)}`}`);
  }
  const { failed, slow, unknown, wrong } = recovery.counts;
  const bad = Object.entries({ failed, slow, unknown, wrong }).filter(([, count]) => count > 0);
  if (bad.length > 0) parts.push(bad.map(([name, count]) => `${count} ${name}`).join(', '));
  return parts.join(' · ');
}

function phaseText(phase: NonNullable<RunView['phase']>, { faults, zeroAt }: RecoveryView, nowMs: number, baselineMs: number): string {
  const stuck = faults.find(({ state }) => state === 'unconfirmed');
  if (stuck !== undefined) return `NOT HEALED, as far as is known: ${stuck.title}`;
  const active = faults.find(({ state }) => state === 'active' || state === 'healing');
  if (active !== undefined) return activeText(active);
  if (phase.phase === 'draining') return 'fetching what was measured';
  if (phase.phase === 'warmUp') return `warming up ${seconds(nowMs - phase.t)}`;
  const waiting = faults.find(({ state }) => state === 'waiting' || state === 'ready');
  if (zeroAt === null) {
    const left = phase.t + baselineMs - nowMs;
    return left > 0
      ? `baseline, ${seconds(left)} left`
      : `baseline ${seconds(nowMs - phase.t)}${waiting === undefined ? '' : `, then ${waiting.title}`}`;
  }
  return waiting === undefined ? `observing, ${seconds(nowMs - zeroAt)} since the fault` : `waiting for ${waiting.title}`;
}

function activeText({ title, state, leftMs }: FaultView): string {
  if (state === 'healing') return `healing ${title}`;
  return leftMs === null ? title : `${title}, ${seconds(leftMs)} left`;
}

/** By planned start, of all vantages: what has no answer yet is neither. */
function feltTexts(samples: readonly VantageSamples[], nowMs: number): readonly string[] {
  const last = (is: (code: number) => boolean): number =>
    Math.max(
      -Infinity,
      ...samples.map(({ at, outcome }) => {
        const index = outcome.findLastIndex(is);
        return index < 0 ? -Infinity : (at[index] ?? -Infinity);
      }),
    );
  const ago = (word: string, at: number): readonly string[] =>
    at === -Infinity ? [] : [`last ${word} ${seconds(Math.max(0, nowMs - at))} ago`];
  return [
    ...ago(
      'ok',
      last((code) => code === outcomeCode.ok),
    ),
    ...ago('bad', last(isBad)),
  ];
}

/** Without digits that nobody can read in half a second. */
function seconds(ms: number): string {
  return ms < 60_000 ? `${(Math.max(0, ms) / 1000).toFixed(ms < 10_000 ? 1 : 0)} s` : formatDuration(Math.round(ms / 1000) * 1000);
}
