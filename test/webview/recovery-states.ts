/** Runs that break something, in each state that the recovery page can show, and their journals as a host serves them. */
import type { JournalState } from '../../src/ui/panels/journal.ts';
import type { JournalEvent, JournalHeader } from '../../src/journal/events.ts';
import { scripts } from '../unit/analysis/recovery/scripts.ts';
import { appliedAt, cut, fresh, journalOf, kafka1, kill, outage, pooled, type Script } from '../unit/analysis/recovery/simulator.ts';
import { textOf } from './journals/sample.ts';
import { ServedJournal } from './latency-states.ts';

/** 21 Nov 2026, 14:31:07, local time: the mock-up's. */
const startedAt = new Date(2026, 10, 21, 14, 31, 5, 200).getTime();

export function journalText(
  script: Script,
  change: (header: JournalHeader, events: readonly JournalEvent[]) => readonly JournalEvent[] = (_, events) => events,
): string {
  const { header, events } = journalOf(script);
  const dated = { ...header, startedAt };
  return textOf(dated, change(dated, events));
}

export function servedScript(script: Script, state: JournalState = 'ended'): ServedJournal {
  return new ServedJournal(journalOf(script).header.run, journalText(script), state);
}

/** As it stands `since` ms after *applied*: what had been told by then. */
export function until(script: Script, since: number, state: JournalState = 'live'): ServedJournal {
  const { header } = journalOf(script);
  const text = journalText({ ...script, end: null }, (_, events) =>
    events.filter((event) => event.kind !== 'end' && event.t <= appliedAt + since),
  );
  return new ServedJournal(header.run, text, state);
}

const lasting: Script = scripts['lasting-cut'];
const leader: Script = scripts['leader-kill'];

/** A cut whose users are served again after five seconds, while it still lasts. */
const cutLive: Script = {
  ...lasting,
  fault: { ...cut, title: 'isolate kafka-1 from its peers' },
  vantages: [
    { ...pooled, felt: outage(400, 5200) },
    { ...fresh, felt: outage(450, 5100) },
  ],
};

/** Fast probes for a long time: 100,000 samples and echoes. */
export const large: Script = {
  ...leader,
  perSecond: 200,
  baselineMs: 60_000,
  observeMs: 65_000,
};

export const recoveryScenes = {
  passed: () => servedScript(leader),
  cut: () => servedScript(lasting),
  never: () => servedScript(scripts.never),
  relapse: () => servedScript(scripts.relapse),
  inconclusive: () => servedScript(scripts['control-broken']),
  gap: () => servedScript(scripts['watch-gap']),
  pods: () => servedScript(scripts['two-victims']),
  restart: () => servedScript(scripts['in-place-restart']),
  nothing: () => servedScript(scripts['nothing-broken']),
  unsteady: () => servedScript(scripts['no-steady-baseline']),
  live: () => until(cutLive, 9400),
  baseline: () => until(leader, -20_000),
  interrupted: () => until(leader, 9000, 'interrupted'),
  unconfirmed: () =>
    servedScript({
      ...lasting,
      steps: [
        [-20, 'go'],
        [0, 'applied'],
        [60, 'effect', { text: '1,204 packets dropped' }],
        [20_000, 'heal', { why: 'duration' }],
        [25_000, 'unconfirmed', { text: 'the API server did not answer', command: 'faultline fault heal 20261121-140500-a-run-a1b2' }],
      ],
    }),
  /** Long names, steps that follow each other closely, a dip at the fault, and a range that is longer than what was observed. */
  steps: () =>
    servedScript({
      ...lasting,
      events: (at) => {
        const step = (since: number, of: string, have: number, want: number) =>
          ({ t: at(since), src: 'runner', kind: 'redundancy', of, have, want }) as const;
        const many = 'replicas in sync of faultline-messages';
        const few = 'replicas in sync of faultline-probe-fa0d8d21e53d';
        return [
          ...(leader.events?.(at) ?? []).filter(({ kind }) => kind === 'messages'),
          { t: at(-5000), src: 'runner', kind: 'prediction', fault: 0, from: 1000, to: 140_000, formula: 'f', by: 'pod start' },
          ...[step(-50_000, many, 72, 72), step(7560, many, 56, 72), step(7570, many, 48, 72)],
          ...[step(26_970, many, 64, 72), step(27_000, many, 72, 72)],
          ...[step(-50_000, few, 1, 1), step(890, few, 0, 1), step(2780, few, 1, 1)],
        ];
      },
    }),
  lost: () =>
    servedScript({
      ...leader,
      events: (at) => [
        ...(leader.events?.(at) ?? []).filter(({ kind }) => kind !== 'messages'),
        {
          ...{
            t: at(62_000),
            src: 'runner',
            kind: 'messages',
            topic: 'messages',
            acknowledged: 41_230,
            failed: 4,
            failedPresent: 1,
            unknown: 12,
          },
          ...{ unknownPresent: 9, lost: 2, duplicated: 3, redelivered: 1, reordered: 0, rewritten: 0, notJudged: [] },
          settings: { replicationFactor: 3, minInSync: 1, uncleanElection: true },
          asConfigured: 'min ISR 1, unclean election',
          anomalies: [
            { kind: 'lost', partition: 17, sequence: 20_411, offset: 20_399, text: 'acknowledged at offset 20,399, and not there' },
            { kind: 'lost', partition: 17, sequence: 20_412, offset: 20_400, text: 'acknowledged at offset 20,400, and not there' },
          ],
        },
      ],
    }),
  nodeLoss: () =>
    servedScript({
      ...leader,
      fault: { ...kill, kind: 'nodeStop', title: 'stop node worker-1', targets: [{ kind: 'node', name: 'worker-1', uid: 'n1' }, kafka1] },
      events: (at) => [
        ...(leader.events?.(at) ?? []),
        { t: at(40_000), src: 'runner', kind: 'node', name: 'worker-1', ready: 'unknown', schedulable: true },
        { t: at(52_000), src: 'runner', kind: 'node', name: 'worker-1', ready: 'yes', schedulable: true },
        { t: at(6000), src: 'runner', kind: 'autoscaler', namespace: 'shop', name: 'consumer', current: 3, desired: 5 },
        { t: at(9000), src: 'runner', kind: 'autoscaler', namespace: 'shop', name: 'consumer', current: 5, desired: 5 },
      ],
    }),
} as const satisfies Record<string, () => ServedJournal>;

export type RecoverySceneName = keyof typeof recoveryScenes;
