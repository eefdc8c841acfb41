/** A lane of recovery: moments in order of time, and what lies between them. Browser-safe. */
import { t } from '../../../base/messages.ts';
import { secondsText } from '../judge/metric-text.ts';
import type { Interval, Lane, LanePart, PartKind } from '../view.ts';

export interface Moment {
  /** ms since the fault. */
  readonly at: number;
  /** Of the part that ends here. */
  readonly kind: PartKind;
  readonly label: string;
  readonly badMs?: number;
}

export interface LaneFacts {
  readonly name: Lane['name'];
  readonly of: string;
  readonly moments: readonly Moment[];
  readonly end: Lane['end'];
  readonly tail?: PartKind;
  readonly tailText?: string;
  readonly endText: string;
  /** In place of the total where it has no number. */
  readonly total?: string;
  /** Of watches, ms since the fault. */
  readonly gaps?: readonly Interval[];
}

/**
 * Moments are taken to the whole millisecond, so that the parts add up to the total to the last digit; the seconds that are shown are
 * differences of moments that were rounded, so that those do too.
 */
export function laneOf({ name, of, moments, end, tail, tailText = '', endText, total, gaps = [] }: LaneFacts): Lane {
  const inOrder = moments.map((moment) => ({ ...moment, at: Math.round(moment.at) })).toSorted((a, b) => a.at - b.at);
  const totalMs = inOrder.at(-1)?.at ?? 0;
  const shown = (ms: number): number => Math.round(ms / unitOf(totalMs));
  const text = (units: number): string => unitsText(units, totalMs);
  const parts: LanePart[] = [];
  let fromMs = 0;
  for (const { at: toMs, kind, label, badMs } of inOrder) {
    if (toMs === fromMs) continue;
    const unsure = gaps.some((gap) => gap.fromAt < Math.max(fromMs, toMs) && gap.toAt > Math.min(fromMs, toMs));
    const seconds = text(shown(toMs) - shown(fromMs));
    parts.push({ kind, fromMs, toMs, ms: toMs - fromMs, label, seconds, unsure, ...(badMs === undefined ? {} : { badMs }) });
    fromMs = toMs;
  }
  return {
    ...{ name, of, parts, totalMs, end, tail: end === 'complete' || end === 'none' ? null : (tail ?? null), tailText },
    total: total ?? t('{0} s', text(shown(totalMs))),
    sum: parts.map(({ seconds }) => seconds).join(' + '),
    endText,
  };
}

/** Hundredths of a second below 100 s, tenths above. */
function unitOf(totalMs: number): number {
  return Math.abs(totalMs) < 99_995 ? 10 : 100;
}

function unitsText(units: number, totalMs: number): string {
  const unit = unitOf(totalMs);
  const text = ((Math.abs(units) * unit) / 1000).toFixed(unit === 10 ? 2 : 1);
  return units < 0 ? `−${text}` : text;
}

/** "no good answer", "unstable (0.08 bad)" */
export function partText({ label, badMs }: Pick<LanePart, 'label' | 'badMs'>): string {
  return badMs === undefined ? label : t('{0} ({1} bad)', label, secondsText(badMs));
}

/** That goes on first, then the longest. */
export function longest(lanes: readonly Lane[]): Lane | null {
  const weight = ({ end, totalMs }: Lane): number => (end === 'never' || end === 'open' ? 1e12 : end === 'none' ? -1e12 : 0) + totalMs;
  return lanes.reduce<Lane | null>((most, lane) => (most === null || weight(lane) > weight(most) ? lane : most), null);
}
