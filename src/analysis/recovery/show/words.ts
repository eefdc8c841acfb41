/** Key numbers with their definitions, in the words of panel, reports and terminal. Browser-safe. */
import { t } from '../../../base/messages.ts';
import { formatCount } from '../../../base/units.ts';
import { formatLimit } from '../../text.ts';
import { noLimit, secondsText } from '../judge/metric-text.ts';
import { partText } from '../lanes/lane.ts';
import type { RecoveryOutcome } from '../outcome.ts';
import type { Figure, Lane, LatencySpan, RecoveryView } from '../view.ts';

export interface KeyNumber {
  readonly id: 'recovered' | 'detected' | 'firstGood' | 'baseline' | 'unavailable' | 'failover' | 'rejoin' | 'probes' | 'messages';
  readonly title: string;
  /** "3.05 s", "not within 120 s", "–" */
  readonly value: string;
  /** "± 0.03", or "" */
  readonly error: string;
  /** Small words below: "limit ≤ 10 s". */
  readonly below: string;
  /** Of its expectation; null: it has none. */
  readonly met: boolean | null;
  readonly definition: string;
}

/** "3.05 s", "+2.40 to +8.60 s", "not within 120 s", "–": what never came has no number. */
export function figureText(figure: Figure, decimals: 1 | 2 = 2): string {
  switch (figure.kind) {
    case 'value':
      return `${figure.goesOn === true ? '≥ ' : ''}${decimals === 2 ? secondsText(figure.ms) : (Math.round(figure.ms / 100) / 10).toFixed(1)} s`;
    case 'between':
      return t('{0} to {1} s', `+${secondsText(figure.fromMs)}`, `+${secondsText(figure.toMs)}`);
    case 'never':
      return t('not within {0} s', Number((figure.withinMs / 1000).toFixed(0)));
    case 'open':
      return t('not yet');
    case 'none':
    case 'unknown':
      return '–';
  }
}

/** "recovered 3.05 s", "not recovered", "no impact": of a run in a list. */
export function recoveredText({ recovered }: RecoveryOutcome): string {
  switch (recovered.kind) {
    case 'value':
      return t('recovered {0} s', secondsText(recovered.ms));
    case 'never':
      return t('not recovered');
    case 'none':
      return t('no impact');
    case 'unknown':
      return t('recovery not known');
  }
}

/** "± 0.03"; up, so that it is never told smaller than it is. */
export function errorText(figure: Figure): string {
  if (figure.kind !== 'value' || figure.errorMs === 0 || figure.goesOn === true) return '';
  return `± ${(Math.ceil(figure.errorMs / 10 - 1e-9) / 100).toFixed(2)}`;
}

export function keyNumbers(view: RecoveryView): readonly KeyNumber[] {
  const { figures, counts, messages, bad, relapses, slowMs, rule } = view;
  const lasts = view.faults.some((fault) => fault.lasts);
  const window = t('{0} s and at least {1} probes', rule.windowMs / 1000, rule.windowSamples);
  const numbers: KeyNumber[] = [
    number(view, 'recovered', {
      title: t('Recovered'),
      below: whyOf(figures.recovered),
      definition: `${
        rule.ratio === 1
          ? t(
              'Planned start of the first window of {0} in which all are good, followed by no bad window until the observation ended.',
              window,
            )
          : t('Planned start of the first window of {0} of which {1} % are good, followed by no bad window.', window, rule.ratio * 100)
      } ${relapses === 1 ? t('1 relapse.') : t('{0} relapses.', relapses)} ${errorDefinition(figures.recovered)}`.trim(),
    }),
    number(view, 'detected', {
      title: t('Detected by users'),
      below: whyOf(figures.detected) || firstBadText(view),
      definition: t(
        'From applied to the first bad planned start; below 0 where that probe was under way when the fault began. The true start lies between the last good and the first bad probe.',
      ),
    }),
    number(view, 'firstGood', {
      title: t('First good answer'),
      below:
        whyOf(figures.firstGood) ||
        (isEarlier(figures.firstGood, figures.recovered) ? unstablePart(view.lanes.client) || t('not yet stable') : ''),
      definition: `${t('The first good answer after the start of impact. Never called recovery.')} ${unstableDefinition()}`,
    }),
    number(view, 'baseline', {
      title: t('Back to baseline'),
      below: whyOf(figures.baseline) || t('p50 and p95 ≤ T'),
      definition: t(
        'Start of three consecutive windows (5 s, or 25 probes of the slowest vantage) with p50 and p95 ≤ T; T = median of the baseline windows + max(3 × 1.48 × MAD, 10 %, 1 ms).',
      ),
    }),
    number(view, 'unavailable', {
      title: t('Unavailable'),
      below: bad.length === 1 ? t('1 bad interval') : t('{0} bad intervals', formatCount(bad.length)),
      definition: `${
        slowMs === null
          ? t('Sum of all bad intervals, by planned start. Bad = failed, unknown or wrong.')
          : t('Sum of all bad intervals, by planned start. Bad = failed, unknown, wrong, or slower than {0} ms.', Number(slowMs.toFixed(1)))
      } ${t('Each lasts until the next good probe of its vantage, and those of all vantages are joined: the lane of users ends with the first good one of any.')}`,
    }),
  ];
  if (lasts) {
    numbers.push(
      number(view, 'failover', {
        title: t('Failover'),
        below: whyOf(figures.failover) || t('while the fault lasted'),
        definition: t('From applied to the first window of good answers that was whole before the heal.'),
      }),
      number(view, 'rejoin', {
        title: t('Rejoin'),
        below: whyOf(figures.rejoin) || t('from heal confirmed'),
        definition: t('From heal confirmed until all that was missing was back: replicas, members, or good answers.'),
      }),
    );
  }
  numbers.push({
    ...{ id: 'probes', title: t('Probes'), value: t('{0} failed', formatCount(counts.failed)), error: '', met: null },
    below: t('{0} unknown of {1} planned', formatCount(counts.unknown), formatCount(counts.planned)),
    definition: `${t('Of the baseline, too:')} ${countsSentence(view)} ${t('Unknown: sent, no answer before the deadline; it may have taken effect.')}`,
  });
  if (messages !== null) numbers.push(messagesNumber(view, messages));
  return numbers;
}

function firstBadText({ figures: { detected }, impact, applied }: RecoveryView): string {
  if (detected.kind !== 'value' || detected.ms >= 0 || impact === null || applied === null) return t('first bad probe');
  return impact.firstBadAt < applied.fromAt ? t('under way when it began') : t('planned while it was applied');
}

/** As short while it runs as afterwards: "unstable (0.15 bad)". */
function unstablePart({ parts, tailText }: Lane): string {
  const part = parts.find(({ kind }) => kind === 'unstable');
  return part === undefined ? tailText : partText(part);
}

/** What came after the first good answer: "unstable for 0.70 s, 0.08 s bad". "": it stayed good, or there was none. */
export function unstableText({ parts, tailText }: Lane): string {
  const part = parts.find(({ kind }) => kind === 'unstable');
  if (part !== undefined) return t('unstable for {0} s, {1} s bad', part.seconds, secondsText(part.badMs ?? 0));
  return tailText;
}

export function unstableDefinition(): string {
  return t('From there until it stays good it is unstable; bad of that is the time in which a vantage had bad answers alone.');
}

export function spanText(name: LatencySpan['name']): string {
  return { before: t('before'), during: t('during'), after: t('after'), since: t('since the fault') }[name];
}

/** "4,800 planned = 4,709 ok + 33 slow + 46 failed + 12 unknown + 0 wrong + 0 not judged + 0 dropped" */
export function countsSentence({ counts }: Pick<RecoveryView, 'counts'>): string {
  const { planned, ok, slow, failed, unknown, wrong, notJudged, dropped } = counts;
  const parts = [planned, ok, slow, failed, unknown, wrong, notJudged, dropped].map(formatCount);
  return t('{0} planned = {1} ok + {2} slow + {3} failed + {4} unknown + {5} wrong + {6} not judged + {7} dropped.', ...parts);
}

function number(
  view: RecoveryView,
  id: 'recovered' | 'detected' | 'firstGood' | 'baseline' | 'unavailable' | 'failover' | 'rejoin',
  words: Pick<KeyNumber, 'title' | 'below' | 'definition'>,
): KeyNumber {
  const figure = view.figures[id];
  const limit = limitOf(view, id);
  const below = limit === null ? words.below : [limit.text, words.below].filter((each) => each !== '').join(' · ');
  // Windows of 5 s tell no hundredths.
  const value = figureText(figure, id === 'baseline' ? 1 : 2);
  return { id, ...words, below, value, error: id === 'baseline' ? '' : errorText(figure), met: limit?.met ?? null };
}

function limitOf({ expectations }: RecoveryView, id: string): { readonly text: string; readonly met: boolean | null } | null {
  const found = expectations.find(({ expectation: { metric } }) => (metric.kind === 'recovery' ? metric.of === id : metric.kind === id));
  if (found === undefined || found.expectation.limit >= noLimit) return null;
  const { metric, comparison, limit } = found.expectation;
  const text = t('limit {0} {1}', comparison.replace('<=', '≤').replace('>=', '≥'), formatLimit(metric, limit));
  return { text, met: found.outcome === 'unknown' ? null : found.outcome === 'met' };
}

function whyOf(figure: Figure): string {
  return figure.kind === 'none' || figure.kind === 'unknown' || figure.kind === 'between' ? figure.why : '';
}

function isEarlier(one: Figure, two: Figure): boolean {
  return one.kind === 'value' && (two.kind !== 'value' || one.ms < two.ms);
}

function errorDefinition(figure: Figure): string {
  if (figure.kind !== 'value') return '';
  return t(
    'Error: half a probe interval, or for how long before it nothing could be judged; the clock’s offset; and the time between go and applied, {0} s.',
    errorText(figure),
  );
}

function messagesNumber(view: RecoveryView, messages: NonNullable<RecoveryView['messages']>): KeyNumber {
  const { lost, duplicated, reordered, unknown, unknownPresent, acknowledged, acknowledgedJudged, judged } = messages;
  const isTold = judged || lost > 0;
  const counts = [duplicated, reordered, unknown, unknownPresent].map(formatCount);
  const found = view.expectations.find(({ expectation: { metric } }) => metric.kind === 'messages' && metric.of === 'lost');
  return {
    ...{ id: 'messages', title: t('Messages') },
    value: isTold ? t('{0} lost', formatCount(lost)) : t('not judged'),
    error: t('among {0} acknowledged', formatCount(isTold ? acknowledgedJudged : acknowledged)),
    below: t('{0} duplicated · {1} reordered · {2} unknown, {3} present', ...counts),
    met: found === undefined || found.outcome === 'unknown' ? null : found.outcome === 'met',
    definition: t(
      'Read after an acknowledged sentinel on every partition, with read_committed, from the recorded start to the recorded end offset. Same sequence at two offsets = duplicate.',
    ),
  };
}
