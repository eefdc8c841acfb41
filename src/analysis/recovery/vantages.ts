/** Vantages as the panel shows them. Browser-safe. */
import { t } from '../../base/messages.ts';
import { pathInWords } from '../text.ts';
import { percentilesOf, responsesOf } from './client/latency.ts';
import { countsOf, judgedShare, notJudgedIntervals, type Placed } from './client/vantage.ts';
import type { Collected } from './collected.ts';
import type { Findings } from './findings.ts';
import { sinceText } from './lanes/redundancy.ts';
import type { VantageView } from './view.ts';

export function vantageViews(collected: Collected, found: Findings): readonly VantageView[] {
  return found.vantages.map((placed, index): VantageView => {
    const probe = collected.probes[index];
    const vantage = probe?.vantage ?? null;
    const outage = found.client?.vantages[index];
    const counts = countsOf(placed);
    const facts = { firstBadAt: outage?.firstBadAt ?? null, firstGoodAt: outage?.firstGoodAt ?? null, bad: outage?.bad ?? [] };
    const untilAt = found.zero?.goAt ?? found.observed.toAt;
    return {
      ...{
        source: placed.source,
        title: placed.title,
        counts,
        judgedShare: judgedShare(placed, found.zero?.goAt ?? null),
        hasControl: placed.hasControl,
      },
      connection: probe?.probe.connection ?? null,
      asks: vantage?.asks ?? probe?.probe.asks ?? t('the statements of the load'),
      place: vantage?.node ?? (probe === undefined && collected.path !== null ? pathInWords(collected.path) : null),
      pod: vantage?.pod ?? null,
      perSecond: probe?.probe.perSecond ?? null,
      clockErrorMs: probe === undefined ? 0 : probe.clock.worstErrorMs,
      baseline: percentilesOf(responsesOf([placed], found.baseline.fromAt, untilAt)),
      ...facts,
      notJudged: notJudgedIntervals(placed),
      story: storyOf(placed, facts, found),
    };
  });
}

function storyOf(
  { title }: Placed,
  { firstBadAt, firstGoodAt, bad }: Pick<VantageView, 'firstBadAt' | 'firstGoodAt' | 'bad'>,
  { zero }: Findings,
): string {
  if (zero === null) return t('{0}: before the fault', title);
  if (firstBadAt === null) return t('{0}: good throughout', title);
  const at = (moment: number): string => sinceText(moment, zero.at);
  if (firstGoodAt === null) return t('{0}: good until {1}, no good answer since', title, at(firstBadAt));
  const start = t('{0}: good until {1}, first good answer at {2}', title, at(firstBadAt), at(firstGoodAt));
  const last = bad.at(-1)?.toAt ?? firstGoodAt;
  return last <= firstGoodAt ? start : t('{0}, last bad until {1}', start, at(last));
}
