/**
 * A cut that breaches a rule of `abort`: from the answer that breached it, by the vantage's own sample, until the heal is sent; and from
 * there to the first packet that passes, by who gets it.
 */
import { RecoveryWatch, type RecoveryAbortRule } from '../../../src/analysis/recovery/abort.ts';
import type { JournalEvent } from '../../../src/journal/events.ts';
import { atMost, median, type Finding } from '../table.ts';
import { carryOut, type Carried, type RunContext } from './runs.ts';
import { Served } from './served.ts';

const sentWithinMs = 1000;
const passesWithinMs = 300;

export async function measureAbort(context: RunContext, rounds: number): Promise<readonly Finding[]> {
  const served = await Served.deploy(context.lab, { hasSender: true });
  const sent: number[] = [];
  const passed: number[] = [];
  for (let round = 0; round < rounds; round++) {
    if (round > 0) await served.renew();
    const carried = await carryOut(context, specOf(served));
    const healAt = carried.events.find((event) => event.kind === 'fault' && event.step === 'heal')?.t;
    if (healAt === undefined || carried.view.status !== 'aborted') throw new Error(`no rule ended the cut: ${carried.view.reason}`);
    const packetAt = await served.packetAfter(carried.ofMachine(healAt));
    sent.push(healAt - breachOf(carried));
    passed.push(carried.ofRun(packetAt) - healAt);
    context.progress(`breach to heal ${sent.at(-1)?.toFixed(0)} ms, heal to first packet ${passed.at(-1)?.toFixed(0)} ms`);
  }
  return [
    atMost(
      'abort: breach to heal sent',
      Math.max(...sent),
      sentWithinMs,
      'ms',
      `${spread(sent)}; from the sample that breached it, when it was answered or given up`,
    ),
    atMost(
      'abort: heal to first packet',
      Math.max(...passed),
      passesWithinMs,
      'ms',
      `${spread(passed)}; a datagram each 5 ms from another node, as its target got it`,
    ),
  ];
}

function spread(all: readonly number[]): string {
  return `worst of ${all.length}, median ${median(all).toFixed(0)} ms`;
}

function specOf({ podName, address }: Served): object {
  return {
    name: 'a cut that goes too far',
    faults: [
      { kind: 'networkCut', target: { pod: podName, container: 'server' }, direction: 'both', for: '60 s', allow: ['beyondMinority'] },
    ],
    probes: [{ engine: 'clickhouse', address, asks: 'select 1', rate: '20/s' }],
    baseline: '8 s',
    observe: '5 s',
    expect: ['recovered <= 60 s'],
    abort: ['unavailable > 1 s'],
  };
}

/** By the rule itself, told of each sample when it had its answer, without anybody's way to the runner. ms of the run. */
function breachOf({ header, events }: Carried): number {
  const rules = header.plan.abortRules.filter((rule): rule is RecoveryAbortRule => rule.metric.kind === 'unavailable');
  const watch = new RecoveryWatch(rules, header.plan);
  for (const { event, at } of inOrder(events)) {
    watch.add(event);
    const mayBreach = event.kind === 'sample' && event.control !== true && event.outcome !== 'ok';
    if (mayBreach && watch.check(at) !== null) return at;
  }
  throw new Error('no sample of the journal breaches the rule');
}

/** Each event when it was known where it happened, on the runner's clock. */
function inOrder(events: readonly JournalEvent[]): readonly { readonly event: JournalEvent; readonly at: number }[] {
  const offsets = new Map<string, number>();
  for (const event of events) if (event.kind === 'clock') offsets.set(event.of, event.offset);
  return events
    .map((event) => {
      const took = event.kind === 'sample' ? event.wait + event.service : 0;
      // What an exchange of clocks says holds from the beginning.
      const at = event.kind === 'clock' ? -Infinity : event.t + (offsets.get(event.src) ?? 0) + took;
      return { event, at };
    })
    .toSorted((a, b) => a.at - b.at);
}
