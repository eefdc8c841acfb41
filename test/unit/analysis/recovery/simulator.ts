/** Journals of runs that break something, made from a script: what users would have felt, and what the watches would have told. */
import { RecoveryProjection } from '../../../../src/analysis/recovery/recovery.ts';
import type { RecoveryView } from '../../../../src/analysis/recovery/view.ts';
import type { JournalEvent, JournalHeader, RunEnd } from '../../../../src/journal/events.ts';
import type { FaultEvent, FaultStep, PodEvent, PodStage, ProbeSource, SampleEvent } from '../../../../src/journal/fault-events.ts';
import type { FaultPlan, FaultTarget, PlannedFault, PlannedProbe } from '../../../../src/journal/fault-plan.ts';
import type { Expectation, RecoveryMetric, RunPlan } from '../../../../src/journal/plan.ts';
import { parseExpectation } from '../../../../src/run/spec/expectation.ts';
import { headerOf, random } from '../support.ts';

export const owner = { kind: 'StatefulSet', name: 'kafka', uid: 'uid-kafka' } as const;

export const kafka1: FaultTarget = {
  ...{ kind: 'pod', namespace: 'shop', name: 'kafka-1', uid: 'u-kafka-1', container: 'kafka', node: 'worker-1', owner },
  as: 'leader of messages/17',
};

export const kill: PlannedFault = { kind: 'containerCrash', title: 'kill kafka-1, leader of messages/17', targets: [kafka1] };
export const cut: PlannedFault = { kind: 'networkCut', direction: 'both', title: 'cut kafka-1 off', durationMs: 20_000, targets: [kafka1] };
export const nothing: PlannedFault = { kind: 'none', title: 'nothing', targets: [kafka1] };

/** What became of a request planned `since` ms after *applied* (below 0: in the baseline). A number: answered after so many ms. */
export type Felt = number | 'failed' | 'unknown' | 'wrong' | 'dropped' | 'silent';

export interface Vantage {
  readonly id: string;
  readonly title: string;
  /** Of its usual answers, ms. */
  readonly median: number;
  /** Its clock was the runner's − offset; drift in ms a second. */
  readonly offset?: number;
  readonly drift?: number;
  /** Of its plan against *applied*, ms. */
  readonly phase?: number;
  /** The moment since *applied* → what is not usual. undefined: as usual. */
  readonly felt?: (since: number, usual: number) => Felt | undefined;
  /** Of the echo: `failed` between these, ms since *applied*. */
  readonly controlDown?: readonly [from: number, to: number];
  readonly noControl?: boolean;
}

export interface Script {
  readonly seed?: number;
  readonly fault?: PlannedFault | readonly PlannedFault[];
  readonly vantages?: readonly Vantage[];
  readonly expect?: readonly string[];
  readonly plan?: Partial<FaultPlan>;
  readonly baselineMs?: number;
  /** After *applied*. */
  readonly observeMs?: number;
  readonly perSecond?: number;
  /** Runner's events; `at`: ms since *applied*. */
  readonly events?: (at: (since: number) => number) => readonly JournalEvent[];
  /** Without it: go, applied and effect of the first fault. */
  readonly steps?: readonly (readonly [since: number, step: FaultStep, more?: Partial<FaultEvent>])[];
  readonly end?: RunEnd | null;
  readonly slowMs?: number;
  /** Of samples before the baseline. */
  readonly warmUpMs?: number;
  /** Spread of the answers' logarithms. */
  readonly sigma?: number;
}

/** *Applied* is here, ms of the run. */
export const appliedAt = 62_000;
export const src = 'runner' as const;

export const pooled: Vantage = { id: 'a', title: 'pooled', median: 4.2, phase: 25 };
export const fresh: Vantage = { id: 'b', title: 'fresh', median: 7.4 };

/** Both vantages feel the same. */
export const bothFelt = (felt: (since: number, usual: number) => Felt | undefined): Pick<Script, 'vantages'> => ({
  vantages: [
    { ...pooled, felt },
    { ...fresh, felt },
  ],
});

export function planOf(script: Script): RunPlan {
  const { fault = kill, vantages = [pooled, fresh], baselineMs = 60_000, perSecond = 20, expect = [] } = script;
  const faults: readonly PlannedFault[] = 'kind' in fault ? [fault] : fault;
  const probes = vantages.map(({ id, title }): PlannedProbe => ({
    ...{ id, title, engine: 'kafka', address: 'kafka.shop.svc:9092', connection: title === 'fresh' ? 'fresh' : 'pooled' },
    ...{ asks: 'write to and read from messages/17', perSecond, notOn: ['worker-1'] },
  }));
  return {
    ...{ name: 'kafka-leader-kill', arms: [], statements: [], load: { kind: 'none' }, timeoutMs: 60_000, abortRules: [], seed: 1 },
    expectations: expect.map((line): Expectation => parseExpectation(line)),
    fault: {
      ...{ cluster: { context: 'lab', kubeconfig: '/k', identity: 'i' }, faults, probes, baselineMs, observeMs: 60_000 },
      recovery: { ratio: 1, windowMs: 10_000, windowSamples: 100 },
      images: { helper: 'busybox', node: 'node' },
      ...script.plan,
    },
  };
}

export function journalOf(script: Script): { readonly header: JournalHeader; readonly events: readonly JournalEvent[] } {
  const plan = planOf(script);
  const {
    seed = 1,
    vantages = [pooled, fresh],
    baselineMs = 60_000,
    observeMs = 60_000,
    perSecond = 20,
    end = 'finished',
    slowMs = 50,
    sigma = 0.36,
  } = script;
  const next = random(seed * 7919 + 1);
  const gauss = (): number => Math.sqrt(-2 * Math.log(next())) * Math.cos(2 * Math.PI * next());
  const at = (since: number): number => appliedAt + since;
  const timed: { readonly known: number; readonly event: JournalEvent }[] = [];
  const runner = (event: JournalEvent): void => void timed.push({ known: event.t, event });
  runner({ t: 100, src, kind: 'phase', phase: 'preparing', text: 'starting the probes' });
  runner({ t: at(-baselineMs) - 10, src, kind: 'phase', phase: 'measuring' });
  runner({ t: at(-60), src, kind: 'limits', slow: slowMs, deadline: 200 });
  const steps = script.steps ?? [
    [-20, 'go'],
    [0, 'applied'],
    [40, 'effect', { text: 'old container id gone' }],
  ];
  for (const [since, step, more] of steps) runner({ t: at(since), src, kind: 'fault', fault: 0, target: 0, step, ...more });
  for (const event of script.events?.(at) ?? []) runner(event);
  for (const vantage of vantages) {
    const { id, title, median, offset = 0, drift = 0, phase = 0, felt, controlDown, noControl = false } = vantage;
    const source: ProbeSource = `probe-${id}`;
    /** The runner's time on the probe's clock. */
    const own = (t: number): number => t - offset - (drift * t) / 1000;
    for (let t = at(-baselineMs) - 500; t < at(observeMs); t += 10_000) {
      runner({ t, src, kind: 'clock', of: source, offset: t - own(t), error: 0.4 });
    }
    const facts = {
      title,
      connection: title === 'fresh' ? 'fresh' : 'pooled',
      asks: 'write and read',
      perSecond,
      node: 'worker-2',
    } as const;
    timed.push({
      known: at(-baselineMs) - 300,
      event: { t: own(at(-baselineMs) - 300), src: source, kind: 'vantage', ...facts, pod: `fl-${id}` },
    });
    const interval = 1000 / perSecond;
    const first = Math.ceil((-baselineMs - (script.warmUpMs ?? 0) - phase) / interval);
    for (let k = first; phase + k * interval < observeMs; k++) {
      const since = phase + k * interval;
      const usual = median * Math.exp(sigma * gauss());
      const what = felt?.(since, usual) ?? usual;
      const t = own(at(since));
      if (what !== 'silent') {
        const service = typeof what === 'number' ? what : what === 'dropped' ? 0 : what === 'failed' ? 3 : 200;
        const event: SampleEvent = {
          ...{
            t,
            src: source,
            kind: 'sample',
            wait: what === 'dropped' ? 0 : 0.1,
            service,
            outcome: typeof what === 'number' ? 'ok' : what,
          },
          ...(what === 'failed' ? { error: { reason: 'unreachable', text: 'Connection refused' } } : {}),
          ...(what === 'unknown' ? { error: { reason: 'timedOut', text: 'No answer within 200 ms' } } : {}),
        };
        timed.push({ known: at(since) + service + 50, event });
      }
      if (noControl) continue;
      const down = controlDown !== undefined && since >= controlDown[0] && since < controlDown[1];
      const echo: SampleEvent = {
        t: t + 2,
        src: source,
        kind: 'sample',
        wait: 0,
        service: 0.3 + next() * 0.2,
        outcome: 'ok',
        control: true,
      };
      timed.push({ known: at(since) + 51, event: down ? { ...echo, outcome: 'failed' } : echo });
    }
  }
  if (end !== null) runner({ t: at(observeMs) + 3000, src, kind: 'end', how: end });
  return { header: { ...headerOf(plan), faultline: 3 }, events: timed.toSorted((a, b) => a.known - b.known).map(({ event }) => event) };
}

export function projectionOf(header: JournalHeader, events: readonly JournalEvent[]): RecoveryProjection {
  if (header.plan.fault === undefined) throw new Error('breaks nothing');
  const projection = new RecoveryProjection(header, header.plan.fault);
  for (const event of events) projection.add(event);
  return projection;
}

export function viewOf(script: Script, state: 'running' | 'ended' | 'interrupted' = 'ended'): RecoveryView {
  const { header, events } = journalOf(script);
  return projectionOf(header, events).view(state);
}

export function pod(t: number, stage: PodStage, name: string, uid: string, more: Partial<PodEvent> = {}): PodEvent {
  return { t, src, kind: 'pod', stage, namespace: 'shop', name, uid, owner, node: 'worker-1', ...more };
}

/** Nothing from `from` on, then slow, good from `firstGood` on with single slow ones, and back to what is usual in some seconds. */
export function outage(from: number, firstGood: number, late: readonly number[] = []): (since: number, usual: number) => Felt | undefined {
  return (since, usual) => {
    if (since >= from && since < firstGood - 700) return since % 400 < 100 && since > 1000 ? 'unknown' : 'failed';
    if (since >= firstGood - 700 && since < firstGood) return 90;
    if (late.some((each) => Math.abs(each - since) < 1)) return 64;
    return since < from ? undefined : Math.min(46, usual * (1 + 2.3 * Math.exp((firstGood - since) / 2400)));
  };
}

/** The mock-up's run: the leader is killed, another takes over, the pod starts again in place. */
export const leaderKill: Script = {
  expect: ['recovered <= 10 s', 'unavailable <= 5 s', 'messages.lost <= 0'],
  plan: { messages: { topic: 'messages', partitions: 32, replicationFactor: 3, minInSync: 2, uncleanElection: false, perSecond: 500 } },
  vantages: [
    { ...pooled, felt: outage(175, 2425, [3025]) },
    { ...fresh, felt: outage(200, 2350, [2700]) },
  ],
  events: (at) => [
    {
      t: at(-5000),
      src,
      kind: 'prediction',
      fault: 0,
      from: 9000,
      to: 10_000,
      formula: 'broker.session.timeout.ms 9 s + up to 1 s',
      by: 'session timeout',
    },
    ...[0, 1, 2].map((n) =>
      pod(at(-59_000), 'seen', `kafka-${n}`, `u-kafka-${n}`, { isReady: true, isServing: true, node: `worker-${n}` }),
    ),
    { t: at(-59_000), src, kind: 'redundancy', of: 'ISR of messages/17', have: 3, want: 3, least: 2 },
    { t: at(-59_000), src, kind: 'leader', of: 'messages/17', leader: 'broker 1', epoch: 7 },
    { t: at(-59_000), src, kind: 'leader', of: 'controller', leader: 'broker 0', epoch: 7 },
    { t: at(-59_000), src, kind: 'autoscaler', namespace: 'shop', name: 'consumer', current: 3, desired: 3 },
    { t: at(-59_000), src, kind: 'node', name: 'worker-1', ready: 'yes', schedulable: true },
    { t: at(45), src, kind: 'leader', of: 'messages/17', leader: null, epoch: 7 },
    { t: at(300), src, kind: 'redundancy', of: 'ISR of messages/17', have: 2, want: 3, least: 2 },
    pod(at(800), 'notReady', 'kafka-1', 'u-kafka-1'),
    pod(at(820), 'notServing', 'kafka-1', 'u-kafka-1'),
    { t: at(1100), src, kind: 'leader', of: 'messages/17', leader: 'broker 2', epoch: 8 },
    pod(at(1900), 'stopped', 'kafka-1', 'u-kafka-1'),
    pod(at(1900), 'started', 'kafka-1', 'u-kafka-1'),
    pod(at(8200), 'ready', 'kafka-1', 'u-kafka-1'),
    pod(at(8600), 'serving', 'kafka-1', 'u-kafka-1'),
    { t: at(14_100), src, kind: 'redundancy', of: 'ISR of messages/17', have: 3, want: 3, least: 2 },
    {
      ...{
        t: at(62_000),
        src,
        kind: 'messages',
        topic: 'messages',
        acknowledged: 41_230,
        failed: 0,
        unknown: 12,
        unknownPresent: 9,
        lost: 0,
      },
      ...{ duplicated: 3, redelivered: 0, reordered: 0, rewritten: 0, notJudged: [], anomalies: [] },
    },
  ],
};

export function metric(line: string): RecoveryMetric {
  return parseExpectation(line).metric as RecoveryMetric;
}
