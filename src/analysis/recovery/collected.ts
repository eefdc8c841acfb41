/** Everything that a run's journal told about what was broken, in the order in which it came. Browser-safe. */
import type { ServerPath } from '../../base/target.ts';
import type { EndEvent, JournalEvent, PhaseEvent } from '../../journal/events.ts';
import type {
  AutoscalerEvent,
  FaultEvent,
  LeaderEvent,
  LimitsEvent,
  MessagesEvent,
  NodeEvent,
  PodEvent,
  PredictionEvent,
  RedundancyEvent,
  WatchGapEvent,
} from '../../journal/fault-events.ts';
import type { FaultPlan } from '../../journal/fault-plan.ts';
import type { RunPlan } from '../../journal/plan.ts';
import { LoadClient } from './client/load.ts';
import { ProbeClient, type Client } from './client/vantage.ts';

export class Collected {
  readonly plan: FaultPlan;
  readonly probes: readonly ProbeClient[];
  /** The run's own SQL, where the plan has no probe. */
  readonly load: LoadClient | null;
  readonly clients: readonly Client[];
  readonly faults: FaultEvent[] = [];
  readonly pods: PodEvent[] = [];
  readonly nodes: NodeEvent[] = [];
  readonly autoscalers: AutoscalerEvent[] = [];
  readonly redundancy: RedundancyEvent[] = [];
  readonly leaders: LeaderEvent[] = [];
  readonly gaps: WatchGapEvent[] = [];
  readonly predictions: PredictionEvent[] = [];
  readonly notes: string[] = [];
  limits: LimitsEvent | null = null;
  messages: MessagesEvent | null = null;
  phase: PhaseEvent | null = null;
  /** The baseline begins: samples that were planned before are of the warm-up. ms of the run. */
  measuringFrom = -Infinity;
  end: EndEvent | null = null;
  /** How the load reaches its engine: part of what it measures. */
  path: ServerPath | null = null;
  /** Newest word of the runner, ms of the run. */
  newest = 0;
  /** Grows with every event. */
  version = 0;
  readonly #bySource = new Map<string, ProbeClient>();

  constructor({ load, statements, arms }: Pick<RunPlan, 'load' | 'statements' | 'arms'>, plan: FaultPlan) {
    this.plan = plan;
    this.probes = plan.probes.map((probe) => new ProbeClient(probe));
    for (const probe of this.probes) this.#bySource.set(probe.source, probe);
    const writes = statements.map(({ sql }) => !/^\s*(?:\(|select|with|values|show|explain|describe|table)\b/i.test(sql));
    this.load = plan.probes.length > 0 || load.kind === 'none' ? null : new LoadClient(arms[0]?.label ?? '', load, writes);
    this.clients = this.load === null ? this.probes : [this.load];
  }

  /** What is sampled yet is of no baseline. */
  get isWarmingUp(): boolean {
    return this.phase?.phase === 'warmUp' || this.phase?.phase === 'preparing';
  }

  add(event: JournalEvent): void {
    this.version++;
    if (event.src === 'runner') this.newest = Math.max(this.newest, event.t);
    switch (event.kind) {
      case 'sample':
      case 'lag':
      case 'vantage':
        this.#bySource.get(event.src)?.add(event);
        break;
      case 'clock':
        this.#bySource.get(event.of)?.clock.add(event);
        break;
      case 'limits':
        if (this.limits === null || event.t >= this.limits.t) this.limits = event;
        break;
      case 'messages':
        if (this.messages === null || event.t >= this.messages.t) this.messages = event;
        break;
      case 'fault':
        this.faults.push(event);
        break;
      case 'pod':
        this.pods.push(event);
        break;
      case 'node':
        this.nodes.push(event);
        break;
      case 'autoscaler':
        this.autoscalers.push(event);
        break;
      case 'redundancy':
        this.redundancy.push(event);
        break;
      case 'leader':
        this.leaders.push(event);
        break;
      case 'watchGap':
        this.gaps.push(event);
        break;
      case 'prediction':
        this.predictions.push(event);
        break;
      case 'op':
      case 'histogram':
      case 'dropped':
      case 'gap':
        this.load?.add(event);
        break;
      case 'engine':
        this.path = event.path ?? this.path;
        break;
      case 'phase':
        this.phase = event;
        if (event.phase === 'measuring') this.measuringFrom = event.t;
        break;
      case 'note':
        this.notes.push(event.text);
        break;
      case 'end':
        this.end = event;
        break;
      case 'driver':
      case 'answer':
        break;
    }
  }
}
