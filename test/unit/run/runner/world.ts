/** A run that breaks something, with faults, vantages and watches as a test scripts them, against a scripted API. */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { RecoveryProjection } from '../../../../src/analysis/recovery/recovery.ts';
import { FaultlineError } from '../../../../src/base/errors.ts';
import type { ClusterConnection } from '../../../../src/cluster/connect/connection.ts';
import type { KafkaFacts } from '../../../../src/cluster/recognise/model.ts';
import type { DraftFault } from '../../../../src/fault/draft.ts';
import type { FaultEnd, Injector, PreparedFault } from '../../../../src/fault/injector.ts';
import { identityOf } from '../../../../src/fault/preflight/identity.ts';
import type { JournalEvent, JournalHeader } from '../../../../src/journal/events.ts';
import type { FaultPlan } from '../../../../src/journal/fault-plan.ts';
import type { RunPlan } from '../../../../src/journal/plan.ts';
import { EndRequest, HealRequest } from '../../../../src/run/runner/ending.ts';
import { FaultRun } from '../../../../src/run/runner/faults/fault-run.ts';
import type { RunRecord } from '../../../../src/run/runner/faults/record.ts';
import type { ScriptedApi } from '../../fault/api.ts';
import { kafkaFacts, kafkaObjects, previewOf, sceneOf } from '../../fault/scenes.ts';

/** A fault that lasts, as scripted. */
export class Held {
  readonly ended = Promise.withResolvers<FaultEnd>();
  onApplying: () => void = () => undefined;
  onApplied: () => void = () => undefined;
  onHeal: () => void = () => undefined;
  failHeals = 0;
  failApply = false;
  isHealUnproven = false;
  heals = 0;
  disposed = 0;
  appliedAtMs: number | undefined;
  healedAtMs: number | undefined;

  get injector(): Injector {
    return {
      kind: 'freeze',
      rehearse: () => Promise.resolve({ kind: 'accepted' }),
      prepare: () => Promise.resolve(this.#prepared()),
    };
  }

  #prepared(): PreparedFault {
    return {
      undo: 'kubectl delete pod',
      ended: this.ended.promise,
      apply: () => {
        this.appliedAtMs = performance.now();
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
  /** No probe is answered, and their echoes are. */
  isUnanswered = false;
  silent: 'vantages' | 'watches' | undefined;
  silentSinceMs = 0;
  /** As its watches tell it. */
  kafka: KafkaFacts = kafkaFacts;
  endedMs = 0;
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
    const identity = await identityOf(this.#connection, AbortSignal.timeout(5000));
    const previews = drafts.map((one) => previewOf(sceneOf(kafkaObjects()), one, { identity, isLaterStep: one.when !== undefined }));
    const plan: FaultPlan = {
      cluster: { context: 'fake', kubeconfig: this.#connection.context.file, identity },
      faults: previews.flatMap(({ fault }) => fault ?? []),
      probes: [{ id: 'a', title: 'pooled', engine: 'kafka', address: 'x', connection: 'pooled', asks: 'x', perSecond: 100, notOn: [] }],
      baselineMs: this.baselineMs,
      observeMs: this.observeMs,
      recovery: { ratio: 1, windowMs: 100, windowSamples: 5 },
      images: { helper: 'busybox', node: 'node' },
    };
    assert.equal(plan.faults.length, drafts.length, previews.flatMap(({ refusals }) => refusals.map(({ text }) => text)).join());
    const whole: RunPlan = {
      ...{ name: 'x', arms: [], statements: [], load: { kind: 'none' }, timeoutMs: 1000, expectations: [], abortRules: [], seed: 1 },
      fault: plan,
    };
    const header: JournalHeader = {
      ...({ faultline: 3, run: 'run-1', startedAt: 0, environment: {} } as unknown as JournalHeader),
      plan: whole,
    };
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
    const watchesHeardMs = (): number => (this.silent === 'watches' ? this.silentSinceMs - this.#originMs : nowMs());
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
      confirmed: {
        hash: 'h',
        faults: unconfirmed
          ? []
          : drafts.map((one, index) => ({
              ...{ draft: one, parts: previews[index]?.parts ?? {} },
              losses: previews[index]?.consent?.losses ?? [],
            })),
      },
      edges: {
        env: process.env,
        injectorsFor: () => new Map(injectors.map((one) => [one.kind, one])),
        startMessages: () => Promise.reject(new Error('no messages are planned')),
        startWatches: () =>
          Promise.resolve({
            get heardMs() {
              return watchesHeardMs();
            },
            model: () => sceneOf({ ...kafkaObjects(), kafka: this.kafka }).model,
            leaderOf: () => null,
            controller: () => null,
            inSync: () => undefined,
            changed: (signal) => sleep(50, undefined, { signal }),
            dispose: () => Promise.resolve(),
          }),
        startProbes: (request) => {
          const { onEvents } = request;
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
            const sample = this.isUnanswered
              ? ({ ...at, outcome: 'failed', error: { reason: 'timeout', text: 'no answer' } } as const)
              : at;
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
            get heardMs() {
              return heardMs;
            },
            limit: () => Promise.resolve(),
            finish: () => Promise.resolve(clearInterval(timer)),
            dispose: () => Promise.resolve(clearInterval(timer)),
          });
        },
      },
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
}
