/** How the page writes figures and facts of a run. */
import { t } from '../../src/base/messages.ts';
import { formatBytes, formatCount, formatDuration } from '../../src/base/units.ts';
import type { OperationError } from '../../src/journal/events.ts';
import type { Load, Metric, RunPlan, WarmUp } from '../../src/journal/plan.ts';
import { closedLength, pathInWords, planLength } from '../../src/analysis/text.ts';
import type { ArmView, Counts, DriverView, RunView } from '../../src/analysis/view.ts';

export const none = '–';

/** Three significant digits: 420 µs, 4.33 ms, 45.3 ms, 766 ms, 3.15 s, 12.4 s, 1:05 min. */
export function latency(ms: number | null): string {
  if (ms === null) return none;
  if (ms > 0 && ms < 0.9995) return formatDuration(ms);
  if (ms < 9.995) return `${ms.toFixed(2)} ms`;
  if (ms < 99.95) return `${ms.toFixed(1)} ms`;
  return formatDuration(ms);
}

/** Digits after the point with which every figure of a table still says something: 0 for hundreds of milliseconds, 2 for a few. */
export function digitsFor(figures: readonly (number | null)[]): number {
  const least = Math.min(...figures.filter((figure): figure is number => figure !== null && figure > 0));
  if (!Number.isFinite(least)) return 0;
  return least >= 50 ? 0 : least >= 5 ? 1 : 2;
}

export function inMs(ms: number | null, digits: number): string {
  if (ms === null) return none;
  return ms.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

/** 10 ms, 3 s: a tick of an axis. */
export function tick(ms: number): string {
  if (ms < 0.9995) return `${Number((ms * 1000).toPrecision(2))} µs`;
  if (ms < 999.5) return `${Number(ms.toPrecision(2))} ms`;
  if (ms < 3_600_000) return `${Number((ms / 1000).toPrecision(2))} s`;
  return `${Number((ms / 3_600_000).toPrecision(2))} h`;
}

/** Time of the run: 6:12; 1:02:03. Below two minutes with tenths: 0:12.4. */
export function clock(ms: number, tenths = false): string {
  const rounded = tenths ? Math.round(ms / 100) * 100 : Math.round(ms / 1000) * 1000;
  const seconds = (rounded % 60_000) / 1000;
  const minutes = Math.floor(rounded / 60_000);
  const end = tenths ? seconds.toFixed(1).padStart(4, '0') : String(Math.floor(seconds)).padStart(2, '0');
  if (minutes < 60) return `${minutes}:${end}`;
  return `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, '0')}:${end}`;
}

export function span(fromMs: number, toMs: number): string {
  const whole = [fromMs, toMs].every((ms) => Math.abs(ms - Math.round(ms / 1000) * 1000) < 50);
  const tenths = !whole && toMs - fromMs < 20_000;
  return `${clock(fromMs, tenths)}–${clock(toMs, tenths)}`;
}

/** p50, p99.9, max */
export function percentileName(quantile: number): string {
  return quantile >= 1 ? t('max') : `p${percent(quantile)}`;
}

export function percent(quantile: number): string {
  const nines = -Math.log10(1 - quantile);
  return String(Number((quantile * 100).toFixed(Math.max(0, Math.ceil(nines - 1e-9) - 1))));
}

/** 14:05:00 */
export function timeOfDay(epochMs: number): string {
  return new Date(epochMs).toLocaleTimeString('en-GB');
}

/** 21 Nov 14:05 */
export function shortTime(epochMs: number): string {
  const at = new Date(epochMs);
  return `${at.toLocaleDateString('en-GB', { day: 'numeric', month: 'short' })} ${timeOfDay(epochMs).slice(0, 5)}`;
}

export function dayAndTime(epochMs: number): string {
  const at = new Date(epochMs);
  return `${at.toLocaleDateString('en-GB', { day: 'numeric', month: 'short', year: 'numeric' })} ${timeOfDay(epochMs)}`;
}

/** "open loop, 20/s Poisson, 10 min, warm-up 1 min" */
export function loadInWords(load: Load, warmUp?: WarmUp): string {
  if (load.kind === 'none') return t('no load');
  const parts =
    load.kind === 'open'
      ? [
          t('open loop'),
          load.arrivals === 'poisson' ? t('{0}/s Poisson', number(load.ratePerSecond)) : t('{0}/s uniform', number(load.ratePerSecond)),
          planLength(load.durationMs),
        ]
      : [
          t('closed loop'),
          load.clients === 1 ? t('1 client') : t('{0} clients', formatCount(load.clients)),
          closedLength(load),
          ...(load.thinkTimeMs > 0 ? [t('think time {0}', planLength(load.thinkTimeMs))] : []),
        ];
  if (load.order === 'shuffled') parts.push(t('shuffled'));
  if (warmUp?.kind === 'duration') parts.push(t('warm-up {0}', planLength(warmUp.durationMs)));
  if (warmUp?.kind === 'iterations') parts.push(warmUp.iterations === 1 ? t('warm-up 1 pass') : t('warm-up {0} passes', warmUp.iterations));
  return parts.join(', ');
}

export function armInWords(arm: ArmView, several: boolean): string {
  const facts = [t('{0} on {1}', arm.title, arm.target)];
  if (arm.threads > 0) facts.push(arm.threads === 1 ? t('1 thread') : t('{0} threads', arm.threads));
  if (arm.memoryLimitBytes > 0) facts.push(formatBytes(arm.memoryLimitBytes));
  if (arm.path !== undefined) facts.push(pathInWords(arm.path));
  return `${several ? `${arm.label}: ` : ''}${facts.join(', ')}`;
}

export function statementsInWords(plan: RunPlan): string {
  const count = plan.statements.length;
  if (count === 1) return plan.statements[0]?.name ?? '';
  return t('{0} queries', formatCount(count));
}

/** What the two words "failed" and "dropped" hold: "3 errors, 3 wrong answers; dropped: never sent, queue full". */
export function countsInWords(counts: Counts): string {
  const parts: string[] = [];
  if (counts.errors > 0) {
    parts.push(counts.errors === 1 ? t('1 error') : t('{0} errors', formatCount(counts.errors)));
  }
  if (counts.wrong > 0) parts.push(counts.wrong === 1 ? t('1 wrong answer') : t('{0} wrong answers', formatCount(counts.wrong)));
  const failed = parts.join(', ');
  const dropped = counts.dropped > 0 ? t('dropped: never sent, queue full') : '';
  return [failed, dropped].filter((part) => part !== '').join('; ');
}

export function reasonInWords(reason: OperationError['reason']): string {
  const words: Readonly<Record<string, string>> = {
    timedOut: t('timed out'),
    cancelled: t('stopped'),
    engine: t('refused by the engine'),
    crashed: t('the engine crashed'),
    storage: t('no room'),
    unreachable: t('unreachable'),
  };
  return words[reason] ?? reason;
}

/** "driver lag p99 800 µs (limit 9 ms), busy 31 % (limit 80 %)" */
export function driverInWords(driver: DriverView): string {
  const parts: string[] = [];
  const { lagP99Ms, busy } = driver;
  if (lagP99Ms !== null) parts.push(t('driver lag p99 {0} (limit {1})', latency(lagP99Ms), tick(driver.lagLimitMs)));
  else if (busy !== null) parts.push(t('driver: too few requests for the p99 of its lag'));
  if (busy !== null) parts.push(t('busy {0} % (limit {1} %)', Math.round(busy * 100), Math.round(driver.busyLimit * 100)));
  for (const gap of driver.gaps.slice(0, 1)) parts.push(t('stood still for {0} at {1}', formatDuration(gap.ms), clock(gap.atMs)));
  return parts.join(', ');
}

/** "4:12 of 10:00", "132 of 660 queries", "132 of 660 queries, 0:20 of at most 1:00"; null where neither is known. */
export function progressOf(view: RunView): { readonly words: string; readonly fraction: number | null } {
  const { phase } = view;
  if (phase === null) return { words: t('starting'), fraction: null };
  if (phase.phase === 'preparing') return { words: phase.text ?? t('preparing'), fraction: null };
  const into = Math.max(0, view.durationMs - phase.t);
  if (phase.phase === 'draining') return { words: t('waiting for {0} answers', formatCount(view.counts.underway)), fraction: 1 };
  const done = view.counts.ok + view.counts.failed + view.counts.dropped;
  if (endsEarlier(view) && phase.planned !== undefined && phase.durationMs !== undefined) {
    const queries = t('{0} of {1} queries', formatCount(done), formatCount(phase.planned));
    const words = t('{0}, {1} of at most {2}', queries, clock(Math.min(into, phase.durationMs)), clock(phase.durationMs));
    return { words, fraction: Math.min(1, Math.max(done / phase.planned, into / phase.durationMs)) };
  }
  if (phase.durationMs !== undefined && phase.durationMs > 0) {
    const words = t('{0} of {1}', clock(Math.min(into, phase.durationMs)), clock(phase.durationMs));
    return { words: warm(phase.phase, words), fraction: Math.min(1, into / phase.durationMs) };
  }
  if (phase.phase === 'measuring' && phase.planned !== undefined && phase.planned > 0) {
    return { words: t('{0} of {1} queries', formatCount(done), formatCount(phase.planned)), fraction: Math.min(1, done / phase.planned) };
  }
  return { words: warm(phase.phase, clock(into)), fraction: null };
}

/** Clients that make their passes sooner do not go on until the time is over. */
export function endsEarlier({ plan, phase }: Pick<RunView, 'plan' | 'phase'>): boolean {
  return plan.load.kind === 'closed' && phase?.phase === 'measuring' && phase.planned !== undefined && phase.durationMs !== undefined;
}

function warm(phase: 'warmUp' | 'measuring', words: string): string {
  return phase === 'warmUp' ? t('warm-up, {0}', words) : words;
}

/** A limit that a chart can show, for the operations it shows. */
export interface Limit {
  readonly ms: number;
  readonly percentile: number;
  readonly curve: 'response' | 'service' | 'wait';
}

export function limitsOf(view: RunView, statement: string | null): readonly Limit[] {
  const limits: Limit[] = [];
  for (const { expectation } of view.expectations) {
    const metric: Metric = expectation.metric;
    if (metric.kind !== 'latency' || !expectation.comparison.startsWith('<')) continue;
    if (metric.statement !== undefined && metric.statement !== statement) continue;
    limits.push({ ms: expectation.limit, percentile: metric.percentile, curve: metric.curve });
  }
  return limits;
}

function number(value: number): string {
  return value.toLocaleString('en-US', { maximumFractionDigits: 3 });
}
