/** Times as a person reads them, and the strip of a run's phases. */
import { t } from '../../src/base/messages.ts';
import { formatDuration } from '../../src/base/units.ts';
import type { PreviewView } from '../../src/ui/panels/fault/protocol.ts';
import { h } from '../kit/dom.ts';

/** "14:32:10" */
export function clockTime(atMs: number): string {
  return new Date(atMs).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' });
}

/** 60 s, 5 min: without digits that say nothing. */
export function length(durationMs: number): string {
  if (durationMs >= 120_000 && durationMs % 60_000 === 0) return `${durationMs / 60_000} min`;
  return durationMs % 1_000 === 0 && durationMs < 600_000 ? `${durationMs / 1_000} s` : formatDuration(durationMs);
}

interface Phase {
  readonly kind: 'before' | 'fault' | 'after';
  readonly text: string;
  readonly short: string;
  /** Of what is over as soon as it has happened: none. */
  readonly ms: number;
}

export function phasesOf({ baselineMs, observeMs, faults }: PreviewView): readonly Phase[] {
  return [
    { kind: 'before', text: t('baseline {0}', length(baselineMs)), short: t('base'), ms: baselineMs },
    ...faults.map(({ word, durationMs }): Phase => {
      const text = durationMs === undefined ? word : `${word} ${length(durationMs)}`;
      return { kind: 'fault', text, short: word, ms: durationMs ?? 0 };
    }),
    {
      kind: 'after',
      text: t('observe {0} at least, and 3 × the recovery', length(observeMs)),
      short: t('observe ≥ {0}', length(observeMs)),
      ms: observeMs,
    },
  ];
}

/** Widths follow the times, and a fault that takes none is wide enough to be read. */
export function strip(view: PreviewView): HTMLElement {
  const phases = phasesOf(view);
  const brokenMs = view.faults.reduce((sum, { durationMs = 0 }) => sum + durationMs, 0);
  const [baseline, observe] = [length(view.baselineMs), length(view.observeMs)];
  const sentence =
    brokenMs > 0
      ? t('Baseline for {0}, broken for {1}, then observed for {2} at least', baseline, length(brokenMs), observe)
      : t('Baseline for {0}, then observed for {1} at least', baseline, observe);
  const grows = (ms: number): string => String(Math.max(ms, 1_000) ** 0.7);
  return h(
    'div',
    { class: 'strip num', role: 'img', aria: { label: sentence } },
    h(
      'div',
      { class: 'phases' },
      ...phases.map(({ kind, text, short, ms }) =>
        h(
          'span',
          { class: kind, style: { 'flex-grow': grows(ms) }, title: text },
          h('span', { class: 'long' }, text),
          h('span', { class: 'short' }, short),
        ),
      ),
    ),
  );
}
