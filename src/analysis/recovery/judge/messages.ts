/** What the Kafka checker found, in sentences that claim no more than that. Browser-safe. */
import { t } from '../../../base/messages.ts';
import { formatCount } from '../../../base/units.ts';
import type { MessagesEvent } from '../../../journal/fault-events.ts';
import { bucketsOf } from '../../buckets.ts';
import { WeightedRanks } from '../../ranks.ts';
import type { Percentiles } from '../../view.ts';
import type { MessagesView } from '../view.ts';

const named = 3;

export function messagesView(event: MessagesEvent): MessagesView {
  const { topic, acknowledged, failed, unknown, unknownPresent, lost, duplicated, redelivered, reordered, rewritten, anomalies } = event;
  return {
    ...{ topic, acknowledged, failed, unknown, unknownPresent, lost, duplicated, redelivered, reordered, rewritten, anomalies },
    ...{
      acknowledgedJudged: event.acknowledgedJudged ?? acknowledged,
      failedPresent: event.failedPresent ?? 0,
      foreign: event.foreign ?? 0,
    },
    ...{ written: percentiles(event.written), endToEnd: percentiles(event.endToEnd), settings: event.settings ?? null },
    asConfigured: event.asConfigured ?? null,
    path: event.path ?? null,
    node: event.node ?? null,
    judged: event.notJudged.length === 0,
    sentences: sentencesOf(event),
  };
}

/** The gravest first. Never "zero loss" or "exactly once": nobody can know that. */
function sentencesOf(event: MessagesEvent): readonly string[] {
  const { acknowledged, failed, unknown, unknownPresent, lost, duplicated, redelivered, reordered, rewritten, notJudged, asConfigured } =
    event;
  const { acknowledgedJudged = acknowledged, failedPresent = 0, foreign = 0 } = event;
  const found: string[] = [];
  const among = formatCount(acknowledgedJudged);
  if (lost > 0) {
    const first = event.anomalies
      .filter(({ kind }) => kind === 'lost')
      .slice(0, named)
      .map(placeOf);
    const of = t('{0} of {1} acknowledged', formatCount(lost), among);
    const more = lost > first.length ? t(' and {0} more', formatCount(lost - first.length)) : '';
    const places = first.length === 0 ? '' : `: ${first.join('; ')}${more}`;
    found.push((asConfigured === undefined ? t('lost {0}', of) : t('lost, as configured ({0}): {1}', asConfigured, of)) + places);
  }
  if (rewritten > 0)
    found.push(rewritten === 1 ? t('the log was rewritten in 1 place') : t('the log was rewritten in {0} places', formatCount(rewritten)));
  if (duplicated > 0) found.push(t('{0} duplicated: the same sequence at two offsets', formatCount(duplicated)));
  if (reordered > 0) found.push(t('{0} reordered within an epoch', formatCount(reordered)));
  for (const { partition, why } of notJudged.slice(0, named)) found.push(t('not judged: partition {0}, {1}', partition, why));
  if (notJudged.length > named) found.push(t('not judged: {0} more partitions', notJudged.length - named));
  if (lost === 0 && notJudged.length === 0) {
    found.unshift(t('no loss among {0} acknowledged', among) + unknownText(unknown, unknownPresent));
  } else if (lost === 0 && acknowledgedJudged > 0) {
    found.push(t('no loss among {0} acknowledged where it was judged', among) + unknownText(unknown, unknownPresent));
  } else if (unknown > 0) found.push(unknownText(unknown, unknownPresent).replace(/^; /, ''));
  if (redelivered > 0) found.push(t('{0} redelivered: the same offset read twice', formatCount(redelivered)));
  if (failedPresent > 0) found.push(t('{0} refused, {1} of them present all the same', formatCount(failed), formatCount(failedPresent)));
  else if (failed > 0) found.push(t('{0} refused', formatCount(failed)));
  if (foreign > 0) found.push(t('{0} records are none of the writer’s, or not as they were sent', formatCount(foreign)));
  return found;
}

/** null: not recorded, or no histogram. */
function percentiles(encoded: string | undefined): Percentiles | null {
  if (encoded === undefined) return null;
  try {
    const ranks = new WeightedRanks(bucketsOf(encoded).map(({ ms, count }) => [ms, count]));
    const [p50 = null, p90 = null, p95 = null, p99 = null, p999 = null, max = null] = [0.5, 0.9, 0.95, 0.99, 0.999, 1].map((q) =>
      ranks.quantile(q),
    );
    return { count: ranks.count, p50, p90, p95, p99, p999, max };
  } catch {
    return null;
  }
}

/** Sent, and whether it was written could not be told: it may appear or not. */
function unknownText(unknown: number, present: number): string {
  return unknown === 0 ? '' : t('; {0} unknown, {1} of them present', formatCount(unknown), formatCount(present));
}

function placeOf({ partition, sequence, offset }: MessagesEvent['anomalies'][number]): string {
  const place = t('partition {0}, sequence {1}', partition, formatCount(sequence));
  return offset === undefined ? place : t('{0}, acknowledged at offset {1}', place, formatCount(offset));
}
