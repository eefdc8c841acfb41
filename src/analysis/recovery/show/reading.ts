/** What every lane says at one moment: the readout beside the shared cursor, and what is spoken of it. Browser-safe. */
import { t } from '../../../base/messages.ts';
import { sinceSeconds } from '../judge/metric-text.ts';
import { sampleOutcomes, type SampleOutcome } from '../client/samples.ts';
import { indexAt } from '../client/stream.ts';
import type { Interval, PodState, RecoveryView, VantageSamples } from '../view.ts';

export interface Reading {
  /** The same moment on three clocks; `sinceMs` null: nothing was begun. */
  readonly at: number;
  readonly sinceMs: number | null;
  /** Milliseconds since the epoch. */
  readonly wallMs: number;
  /** The sample that was planned nearest; null: none. */
  readonly vantages: readonly {
    readonly source: string;
    readonly title: string;
    readonly sample: { readonly at: number; readonly outcome: SampleOutcome; readonly responseMs: number | null } | null;
  }[];
  readonly pods: readonly { readonly name: string; readonly state: PodState; readonly text: string }[];
  readonly redundancy: readonly { readonly of: string; readonly have: number | null; readonly want: number }[];
  readonly leaders: readonly { readonly of: string; readonly holder: string | null; readonly epoch?: number }[];
  readonly autoscalers: readonly { readonly name: string; readonly current: number | null; readonly desired: number | null }[];
  /** "+4.32 s; pooled 12.1 ms ok; kafka-1 started, not ready; ISR of messages/17 2 of 3; messages/17 broker 2" */
  readonly spoken: string;
}

export function readingAt(view: RecoveryView, samples: readonly VantageSamples[], at: number): Reading {
  const sinceMs = view.zeroAt === null ? null : at - view.zeroAt;
  const vantages = view.vantages.map(({ source, title }) => {
    const columns = samples.find((each) => each.source === source);
    return { source, title, sample: columns === undefined ? null : nearest(columns, at) };
  });
  const pods = view.pods.map(({ name, segments }) => {
    const state = within(segments, at)?.state ?? 'unknown';
    return { name, state, text: stateText(state) };
  });
  const redundancy = view.redundancy.map(({ of, want, steps }) => {
    const step = steps.findLast((each) => each.at <= at);
    return { of, have: step?.have ?? null, want: step?.want ?? want };
  });
  const leaders = view.leaders.map(({ of, segments }) => {
    const held = within(segments, at);
    return { of, holder: held?.holder ?? null, ...(held?.epoch === undefined ? {} : { epoch: held.epoch }) };
  });
  const autoscalers = view.autoscalers.map(({ name, steps }) => {
    const step = steps.findLast((each) => each.at <= at);
    return { name, current: step?.current ?? null, desired: step?.desired ?? null };
  });
  const parts = [
    sinceMs === null ? t('{0} s of the run', (at / 1000).toFixed(2)) : t('{0} s', sinceSeconds(sinceMs)),
    ...vantages.map(({ title, sample }) => `${title} ${sampleText(sample)}`),
    ...pods.map(({ name, text }) => `${name} ${text}`),
    ...redundancy.map(({ of, have, want }) => t('{0} {1} of {2}', of, have ?? '–', want)),
    ...leaders.map(({ of, holder }) => `${of} ${holder ?? t('none')}`),
  ];
  return { at, sinceMs, wallMs: view.startedAt + at, vantages, pods, redundancy, leaders, autoscalers, spoken: parts.join('; ') };
}

function nearest({ at, responseMs, outcome }: VantageSamples, moment: number): Reading['vantages'][number]['sample'] {
  if (at.length === 0) return null;
  const after = indexAt(at, moment);
  const distance = (i: number): number => Math.abs((at[i] ?? Infinity) - moment);
  const i = after > 0 && distance(after - 1) <= distance(after) ? after - 1 : after;
  const response = responseMs[i] ?? Number.NaN;
  return { at: at[i] ?? 0, outcome: sampleOutcomes[outcome[i] ?? 0] ?? 'ok', responseMs: Number.isNaN(response) ? null : response };
}

function within<I extends Interval>(segments: readonly I[], at: number): I | undefined {
  return segments.find(({ fromAt, toAt }) => at >= fromAt && at < toAt) ?? segments.findLast(({ toAt }) => at >= toAt);
}

function sampleText(sample: Reading['vantages'][number]['sample']): string {
  if (sample === null) return t('no sample');
  return sample.responseMs === null
    ? t('no answer, {0}', outcomeText(sample.outcome))
    : t('{0} ms {1}', sample.responseMs.toFixed(1), outcomeText(sample.outcome));
}

export function outcomeText(outcome: SampleOutcome): string {
  const words: Readonly<Record<SampleOutcome, string>> = {
    ...{ ok: t('ok'), slow: t('slow'), failed: t('failed'), unknown: t('unknown'), wrong: t('wrong') },
    ...{ notJudged: t('not judged'), dropped: t('dropped') },
  };
  return words[outcome];
}

export function stateText(state: PodState): string {
  const words: Readonly<Record<PodState, string>> = {
    ...{ serving: t('in EndpointSlice'), gone: t('container gone'), notReady: t('started, not ready') },
    ...{ ready: t('ready'), unknown: t('not known') },
  };
  return words[state];
}
