/** A run that breaks something, with faults, vantages and watches as a test scripts them, against a scripted API. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { RecoveryProjection } from '../../../../src/analysis/recovery/recovery.ts';
import type { RecoveryView } from '../../../../src/analysis/recovery/view.ts';
import { FaultlineError, normalise } from '../../../../src/base/errors.ts';
import { pause } from '../../../../src/cluster/act/signal.ts';
import type { ClusterConnection } from '../../../../src/cluster/connect/connection.ts';
import type { KafkaFacts } from '../../../../src/cluster/recognise/model.ts';
import type { DraftFault } from '../../../../src/fault/draft.ts';
import type { FaultEnd, Injector, PreparedFault } from '../../../../src/fault/injector.ts';
import { identityOf } from '../../../../src/fault/preflight/identity.ts';
import type { JournalEvent, JournalHeader } from '../../../../src/journal/events.ts';
import type { FaultPlan } from '../../../../src/journal/fault-plan.ts';
import type { RunPlan } from '../../../../src/journal/plan.ts';
import type { ConfirmedFaults } from '../../../../src/run/prepare/confirmed.ts';
import { EndRequest, HealRequest } from '../../../../src/run/runner/ending.ts';
import { FaultRun } from '../../../../src/run/runner/faults/fault-run.ts';
import type { RunRecord } from '../../../../src/run/runner/faults/record.ts';
import type { RoomEdges } from '../../../../src/run/runner/faults/room.ts';
import { Run } from '../../../../src/run/runner/run.ts';
import { headerOf } from '../../analysis/support.ts';
import type { ScriptedApi } from '../../fault/api.ts';
import { kafkaFacts, kafkaObjects, previewOf, sceneOf } from '../../fault/scenes.ts';
import { eventsOf } from '../support.ts';

const written = {
  ...{ topic: 'faultline-messages', partitions: 1, replicationFactor: 3, minInSync: 2, uncleanElection: false, perSecond: 10 },
  place: { address: 'bus.data.svc:9092', notOn: [] },
};
const asks = 'write to and read from faultline-probe';

/** A fault that lasts, as scripted. */
export class Held {
  readonly ended = Promise.withResolvers<FaultEnd>();
  /** Names of what was made ready. */
  readonly armed: string[] = [];
  onArming: () => void = () => undefined;
  onApplying: () => void = () => undefined;
  onApplied: () => void = () => undefined;
  onHeal: () => void = () => undefined;
  failHeals = 0;
  failApply = false;
  isHealUnproven = false;
  heals = 0;
  disposed = 0;
  appliedAtMs: number | undefined;
  /** By the wall clock, when it was applied. */
  lastsMs: number | undefined;
  healedAtMs: number | undefined;

  get injector(): Injector {
    return {
      kind: 'freeze',
      rehearse: () => Promise.resolve({ kind: 'accepted' }),
      prepare: ({ target }) => {
        this.armed.push(target.name);
        this.onArming();
        return Promise.resolve(this.#prepared());
      },
    };
  }

  #prepared(): PreparedFault {
    return {
      undo: 'kubectl delete pod',
      ended: this.ended.promise,
      apply: ({ deadlineMs }) => {
        this.appliedAtMs = performance.now();
        this.lastsMs = deadlineMs - Date.now();
        this.onApplying();
        if (this.failApply) return Promise.reject(new FaultlineError('unreachable', { what: 'gone' }));
        setTimeout(() => this.onApplied(), 20);
        return Promise.resolve();
      },
      effect: () => Promise.resolve({ proven: true, text: 'stands still' }),
      heal: () => {
        this.heals++;
        this.onHeal();
        this.healedAtMs ??= performance.now();
        if (this.heals <= this.failHeals) return Promise.reject(new FaultlineError('unreachable', { what: 'gone' }));
        return Promise.resolve({ kind: 'sent' });
      },
      healed: () => Promise.resolve({ proven: !this.isHealUnproven, text: this.isHealUnproven ? 'stands still' : 'runs again' }),
      dispose: () => {
        this.disposed++;
        return Promise.resolve();
      },
    };
  }
}

export class World {
  readonly baselineMs = 400;
  readonly observeMs = 500;
  readonly end = new EndRequest();
  readonly healing = new HealRequest();
  onSync: () => void = () => undefined;
  duringBaseline: () => void | Promise<void> = () => undefined;
  isDiskFull = false;
  /** Of all probes; their echoes answer. */
  answers: 'ok' | 'failed' | 'wrong' = 'ok';
  /** It has messages; `unheard`: nobody ever says what became of them. */
  messages: 'judged' | 'unheard' | undefined;
  /** Of every partition. */
  inSync: number | undefined;
  leader: string | null = null;
  controller: string | null = null;
  /** A step waits for a state, each time before it waits once more. */
  onWaiting: () => void = () => undefined;
  silent: 'vantages' | 'watches' | 'messages' | undefined;
  silentSinceMs = 0;
  /** As its watches tell it. */
  kafka: KafkaFacts = kafkaFacts;
  endedMs = 0;
  /** Of the pods of the vantages. */
  livesMs = 0;
  /** What they and the watches were told that is asked. */
  asked: readonly (string | undefined)[] = [];
  readonly #api: ScriptedApi;
  readonly #connection: ClusterConnection;
  readonly #events: JournalEvent[] = [];
  readonly #originMs = performance.now();

  constructor(api: ScriptedApi, connection: ClusterConnection) {
    this.#api = api;
    this.#connection = connection;
  }

  steps(): readonly string[] {
    return this.#events.flatMap((event) =>
      event.kind === 'fault' && event.fault === 0 ? [event.why === undefined ? event.step : `${event.step} ${event.why}`] : [],
    );
  }

  async carryOut(
    drafts: readonly DraftFault[],
    { injectors, unconfirmed = false }: { readonly injectors: readonly Injector[]; readonly unconfirmed?: boolean },
  ): Promise<readonly JournalEvent[]> {
    const { header, plan, confirmed } = await this.#planned(drafts);
    const projection = new RecoveryProjection(header, plan);
    let measuringMs: number | undefined;
    const nowMs = (): number => performance.now() - this.#originMs;
    /** As `Run` does. */
    const refuse = (): void => {
      if (!this.isDiskFull) return;
      const full = new FaultlineError('storage', { what: 'The disk is full' });
      this.end.request({ how: 'failed', reason: full.message });
      throw full;
    };
    const record: RunRecord = {
      nowMs,
      append: (events) => {
        refuse();
        for (const event of events) {
          this.#events.push(event);
          projection.add(event);
          if (event.kind === 'phase' && event.phase === 'measuring') {
            measuringMs = event.t;
            setTimeout(() => void this.duringBaseline(), 100);
          }
        }
      },
      sync: () => {
        refuse();
        this.onSync();
      },
      note: (text) => record.append([{ t: nowMs(), src: 'runner', kind: 'note', text }]),
    };
    const run = await FaultRun.open({
      ...{ run: 'run-1', plan, record, projection, end: this.end, healing: this.healing, hasLoad: false, measuringMs: () => measuringMs },
      confirmed: unconfirmed ? { ...confirmed, faults: [] } : confirmed,
      edges: this.#edges(injectors),
    });
    try {
      await run.carryOut();
      return this.#events;
    } finally {
      this.endedMs = nowMs();
      await run.close();
      void this.#api;
    }
  }

  /** As its process does: by the clock, and into the journal, of a real run. Answers what its journal says. */
  async carryOutWhole(
    drafts: readonly DraftFault[],
    injectors: readonly Injector[],
  ): Promise<{ readonly events: readonly JournalEvent[]; readonly view: RecoveryView }> {
    const { header, plan, confirmed } = await this.#planned(drafts);
    const folder = await mkdtemp(join(tmpdir(), 'faultline-whole-'));
    try {
      await new Run({
        settings: {
          ...{ run: header.run, folder, planFile: '', pacer: '', datagen: '', home: folder },
          ...{ detach: false, externalAccess: false, adoptWithinMs: 1000 },
        },
        ...{ plan: header.plan, confirmed, header, end: this.end, healing: this.healing, cluster: this.#edges(injectors) },
        servers: { reach: () => Promise.reject(new Error('nothing is reached')), passwords: {} },
        originNs: process.hrtime.bigint(),
      }).carryOut();
      const projection = new RecoveryProjection(header, plan);
      const events = await eventsOf(folder);
      for (const event of events) projection.add(event);
      return { events, view: projection.view('ended') };
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  async #planned(
    drafts: readonly DraftFault[],
  ): Promise<{ readonly header: JournalHeader; readonly plan: FaultPlan; readonly confirmed: ConfirmedFaults }> {
    const identity = await identityOf(this.#connection, AbortSignal.timeout(5000));
    const previews = drafts.map((one) => previewOf(sceneOf(kafkaObjects()), one, { identity, isLaterStep: one.when !== undefined }));
    const plan: FaultPlan = {
      cluster: { context: 'fake', kubeconfig: this.#connection.context.file, identity },
      faults: previews.flatMap(({ fault }) => fault ?? []),
      probes: [{ id: 'a', title: 'pooled', engine: 'kafka', address: 'x', connection: 'pooled', asks, perSecond: 100, notOn: [] }],
      baselineMs: this.baselineMs,
      observeMs: this.observeMs,
      ...(this.messages === undefined ? {} : { messages: written }),
      recovery: { ratio: 1, windowMs: 100, windowSamples: 5 },
      images: { helper: 'busybox', node: 'node' },
    };
    assert.equal(plan.faults.length, drafts.length, previews.flatMap(({ refusals }) => refusals.map(({ text }) => text)).join());
    const whole: RunPlan = {
      ...{ name: 'x', arms: [], statements: [], load: { kind: 'none' }, timeoutMs: 1000, expectations: [], abortRules: [], seed: 1 },
      fault: plan,
    };
    const header: JournalHeader = { ...headerOf(whole), faultline: 3, run: 'run-1', startedAt: 0 };
    const faults = drafts.map((one, index) => ({
      ...{ draft: one, parts: previews[index]?.parts ?? {} },
      losses: previews[index]?.consent?.losses ?? [],
    }));
    return { header, plan, confirmed: { hash: 'h', faults } };
  }

  #edges(injectors: readonly Injector[]): RoomEdges {
    const heardBut = (who: World['silent'], nowMs: () => number) => (): number =>
      this.silent === who ? this.silentSinceMs - this.#originMs : nowMs();
    return {
      env: process.env,
      injectorsFor: () => new Map(injectors.map((one) => [one.kind, one])),
      judgeWithinMs: 300,
      startMessages: ({ nowMs }) => {
        const heardMs = heardBut('messages', nowMs);
        return Promise.resolve({
          get heardMs() {
            return heardMs();
          },
          finish: (signal) => (this.messages === 'judged' ? Promise.resolve() : pause(60_000, signal)),
          dispose: () => Promise.resolve(),
        });
      },
      startWatches: ({ nowMs, plan }) => {
        this.asked = [plan.probes[0]?.asks];
        const heardMs = heardBut('watches', nowMs);
        return Promise.resolve({
          get heardMs() {
            return heardMs();
          },
          model: () => sceneOf({ ...kafkaObjects(), kafka: this.kafka }).model,
          leaderOf: () => this.leader,
          controller: () => this.controller,
          inSync: () => this.inSync,
          changed: (signal) => {
            this.onWaiting();
            return sleep(50, undefined, { signal });
          },
          dispose: () => Promise.resolve(),
        });
      },
      startProbes: ({ nowMs, onEvents, deadlineMs, probes }) => {
        this.asked = [...this.asked, probes[0]?.asks];
        this.livesMs = deadlineMs - Date.now();
        let heardMs = nowMs();
        onEvents([
          { t: nowMs(), src: 'runner', kind: 'clock', of: 'probe-a', offset: 0, error: 0.1 },
          {
            t: nowMs(),
            src: 'probe-a',
            kind: 'vantage',
            title: 'pooled',
            connection: 'pooled',
            asks: 'x',
            perSecond: 100,
            node: 'n',
            pod: 'p',
          },
        ]);
        const timer = setInterval(() => {
          if (this.silent === 'vantages') return;
          const at = { t: nowMs() - 2, src: 'probe-a', kind: 'sample', wait: 0, service: 1, outcome: 'ok' } as const;
          const outcome = this.answers;
          const sample = outcome === 'ok' ? at : { ...at, outcome, error: { reason: 'engine', text: outcome } };
          heardMs = nowMs();
          if (this.silent === undefined) this.silentSinceMs = performance.now();
          try {
            onEvents([sample, { ...at, control: true }]);
          } catch (error) {
            // The process takes what its sockets' handlers throw.
            if (!this.isDiskFull) throw error;
          }
        }, 10);
        return Promise.resolve({
          get heard() {
            return [{ title: 'pooled', heardMs }];
          },
          limit: () => Promise.resolve(),
          finish: () => Promise.resolve(clearInterval(timer)),
          dispose: () => Promise.resolve(clearInterval(timer)),
        });
      },
    };
  }
}

/** What it failed with. */
export async function failed(work: Promise<unknown>): Promise<FaultlineError> {
  try {
    await work;
  } catch (error) {
    return normalise(error);
  }
  throw new Error('nothing failed');
}
