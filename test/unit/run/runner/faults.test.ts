import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { RecoveryProjection } from '../../../../src/analysis/recovery/recovery.ts';
import { FaultlineError, normalise } from '../../../../src/base/errors.ts';
import type { ClusterConnection } from '../../../../src/cluster/connect/connection.ts';
import type { DraftFault } from '../../../../src/fault/draft.ts';
import { podDelete } from '../../../../src/fault/inject/pod.ts';
import type { FaultEnd, Injector, PreparedFault } from '../../../../src/fault/injector.ts';
import { takeLease } from '../../../../src/fault/lease.ts';
import { identityOf } from '../../../../src/fault/preflight/identity.ts';
import type { JournalEvent, JournalHeader } from '../../../../src/journal/events.ts';
import type { FaultPlan } from '../../../../src/journal/fault-plan.ts';
import type { RunPlan } from '../../../../src/journal/plan.ts';
import { EndRequest, HealRequest } from '../../../../src/run/runner/ending.ts';
import { FaultRun } from '../../../../src/run/runner/faults/fault-run.ts';
import type { RunRecord } from '../../../../src/run/runner/faults/record.ts';
import { ScriptedApi } from '../../fault/api.ts';
import { byPod, draft, kafkaObjects, previewOf, sceneOf } from '../../fault/scenes.ts';

const path = '/api/v1/namespaces/data/pods/bus-1';

describe('a run that breaks something', () => {
  let api: ScriptedApi;
  let connection: ClusterConnection;
  let world: World;

  beforeEach(async () => {
    api = await ScriptedApi.start();
    connection = await api.connect();
    const { pods, workloads, nodes, budgets, services } = kafkaObjects();
    for (const pod of pods) api.put('/api/v1/namespaces/data/pods', pod);
    for (const { workload } of workloads) api.put('/apis/apps/v1/namespaces/data/statefulsets', workload);
    for (const node of nodes) api.put('/api/v1/nodes', node);
    for (const budget of budgets) api.put('/apis/policy/v1/namespaces/data/poddisruptionbudgets', budget);
    for (const service of services) api.put('/api/v1/namespaces/data/services', service);
    world = new World(api, connection);
  });
  afterEach(async () => {
    connection.close();
    await api.stop();
  });

  it('measures a baseline, syncs what it is about to do, does it, proves it, and looks on', async () => {
    api.afterwards = ({ method, path: deleted }) => {
      if (method === 'DELETE' && deleted === path) setTimeout(() => api.remove(path), 30);
    };
    const syncedBefore: string[] = [];
    world.onSync = () => syncedBefore.push(...api.changes);
    const events = await world.carryOut([draft({ kind: 'podDelete' }, byPod('bus-1'))], { injectors: [podDelete] });
    assert.deepEqual(world.steps(), ['ready', 'go', 'applied', 'effect']);
    assert.ok(api.changes.includes(`DELETE ${path}`), api.changes.join('\n'));
    assert.ok(!syncedBefore.includes(`DELETE ${path}`), 'go is on the disk before the request is sent');
    const at = (wanted: (event: JournalEvent) => boolean): number => events.find(wanted)?.t ?? Number.NaN;
    const measuring = at((event) => event.kind === 'phase' && event.phase === 'measuring');
    const go = at((event) => event.kind === 'fault' && event.step === 'go');
    assert.ok(go - measuring >= world.baselineMs, `${measuring} ${go}`);
    assert.ok(at((event) => event.kind === 'limits') <= go);
    assert.ok(world.endedMs - go >= world.observeMs);
    assert.deepEqual(
      [...api.objects.keys()].filter((key) => key.includes('/leases/')),
      [],
      'the target is free again',
    );
  });

  it('what was replaced since it was confirmed is not broken', async () => {
    world.duringBaseline = () => void (api.at(path).metadata.uid = 'uid-of-another');
    const error = await failed(world.carryOut([draft({ kind: 'podDelete' }, byPod('bus-1'))], { injectors: [podDelete] }));
    assert.equal(error.reason, 'refusedByProtection');
    assert.deepEqual(world.steps(), ['refused']);
    assert.deepEqual(
      api.changes.filter((change) => change.startsWith('DELETE /api/v1')),
      [],
    );
  });

  it('what would hit more than was confirmed is not broken', async () => {
    world.duringBaseline = () => {
      for (const [key, budget] of api.objects)
        if (key.includes('poddisruptionbudgets'))
          Object.assign(budget, { status: { disruptionsAllowed: 0, currentHealthy: 2, desiredHealthy: 2, expectedPods: 3 } });
    };
    await failed(world.carryOut([draft({ kind: 'podDelete' }, byPod('bus-1'))], { injectors: [podDelete] }));
    assert.deepEqual(world.steps(), ['refused']);
  });

  it('a target that another run holds is not broken twice', async () => {
    const target = { kind: 'pod', namespace: 'data', name: 'bus-1', uid: 'uid-data-bus-1' } as const;
    world.duringBaseline = async () => {
      await takeLease(
        connection,
        { run: 'other', target, title: 'Freeze', deadlineMs: Date.now() + 60_000, nowMs: Date.now() },
        AbortSignal.timeout(5000),
      );
    };
    const error = await failed(world.carryOut([draft({ kind: 'podDelete' }, byPod('bus-1'))], { injectors: [podDelete] }));
    assert.match(error.message, /other/);
    assert.deepEqual(world.steps(), ['refused']);
  });

  it('another cluster under the same name is not broken', async () => {
    world.duringBaseline = () => void (api.at('/api/v1/namespaces/kube-system').metadata.uid = 'uid-of-another-cluster');
    const error = await failed(world.carryOut([draft({ kind: 'podDelete' }, byPod('bus-1'))], { injectors: [podDelete] }));
    assert.match(error.message, /another cluster/);
    assert.deepEqual(api.changes, []);
  });

  it('what lasts is healed at its time, and that is proven', async () => {
    const held = new Held();
    const events = await world.carryOut([draft({ kind: 'freeze' }, byPod('bus-1'), { durationMs: 400 })], { injectors: [held.injector] });
    assert.deepEqual(world.steps(), ['ready', 'go', 'applied', 'effect', 'heal duration', 'healed']);
    const at = (step: string): number => events.find((event) => event.kind === 'fault' && event.step === step)?.t ?? Number.NaN;
    assert.ok(Math.abs(at('heal') - at('go') - 400) < 200, `${at('heal') - at('go')}`);
    assert.equal(held.disposed, 1);
  });

  it('a stop heals at once', async () => {
    const held = new Held();
    held.onApplied = () => world.end.request({ how: 'stopped' });
    const beganMs = performance.now();
    await world.carryOut([draft({ kind: 'freeze' }, byPod('bus-1'), { durationMs: 60_000 })], { injectors: [held.injector] });
    assert.ok(world.steps().includes('heal stopped') && world.steps().includes('healed'), world.steps().join());
    assert.ok((held.healedAtMs ?? Infinity) - (held.appliedAtMs ?? 0) < 1000, 'breach to heal sent within 1 s');
    assert.ok(performance.now() - beganMs < 10_000);
  });

  it('a heal that a person asks for ends the fault, and the run goes on to observe', async () => {
    const held = new Held();
    held.onApplied = () => world.healing.request();
    const events = await world.carryOut([draft({ kind: 'freeze' }, byPod('bus-1'), { durationMs: 60_000 })], {
      injectors: [held.injector],
    });
    assert.ok(world.steps().includes('heal stopped') && world.steps().includes('healed'), world.steps().join());
    assert.equal(world.end.how, undefined);
    const healed = events.find((event) => event.kind === 'fault' && event.step === 'healed')?.t ?? Number.NaN;
    assert.ok(world.endedMs - healed >= world.observeMs, `${healed} ${world.endedMs}`);
  });

  for (const who of ['vantages', 'watches'] as const)
    it(`without news of the ${who} for 5 s it heals`, async function () {
      this.timeout(20_000);
      const held = new Held();
      held.onApplied = () => void (world.silent = who);
      await world.carryOut([draft({ kind: 'freeze' }, byPod('bus-1'), { durationMs: 60_000 })], { injectors: [held.injector] });
      assert.equal(world.end.how?.how, 'aborted');
      assert.match(world.end.how?.reason ?? '', /Nothing was heard of the cluster for 5\.\d s/);
      assert.ok(world.steps().includes('heal aborted'));
      const silent = (held.healedAtMs ?? Infinity) - world.silentSinceMs;
      assert.ok(silent > 4900 && silent < 6500, `${silent}`);
    });

  it('an end that comes early is told, and what is left is still looked for', async () => {
    const held = new Held();
    held.onApplied = () => held.ended.resolve({ step: 'endedEarly', text: 'the helper is gone' });
    await world.carryOut([draft({ kind: 'freeze' }, byPod('bus-1'), { durationMs: 30_000 })], { injectors: [held.injector] });
    assert.deepEqual(world.steps(), ['ready', 'go', 'applied', 'effect', 'endedEarly', 'healed']);
    assert.equal(held.heals, 0, 'nobody is asked to end what has ended');
  });

  it('a heal that the API does not take is sent again until it does', async () => {
    const held = new Held();
    held.failHeals = 2;
    await world.carryOut([draft({ kind: 'freeze' }, byPod('bus-1'), { durationMs: 200 })], { injectors: [held.injector] });
    assert.equal(held.heals, 3);
    assert.ok(world.steps().includes('healed'));
  });

  it('what was not acknowledged may be there, and is healed', async () => {
    const held = new Held();
    held.failApply = true;
    await world.carryOut([draft({ kind: 'freeze' }, byPod('bus-1'), { durationMs: 30_000 })], { injectors: [held.injector] });
    assert.ok(world.steps().includes('unconfirmed') && world.steps().includes('healed'), world.steps().join());
    assert.equal(held.heals, 1);
  });

  for (const [moment, over] of [
    ['while something is broken', {}],
    ['at the very moment at which it breaks', { isFullAtOnce: true }],
  ] as const)
    it(`a disk that is full ${moment}: what is broken is healed at once, and the target is free again`, async () => {
      const held = new Held();
      held.onApplying = () => void (world.isDiskFull = 'isFullAtOnce' in over);
      held.onApplied = () => void (world.isDiskFull = true);
      const error = await failed(
        world.carryOut([draft({ kind: 'freeze' }, byPod('bus-1'), { durationMs: 60_000 })], { injectors: [held.injector] }),
      );
      assert.equal(error.reason, 'storage');
      assert.deepEqual([world.end.how?.how, held.heals, held.disposed], ['failed', 1, 1]);
      assert.ok((held.healedAtMs ?? Infinity) - (held.appliedAtMs ?? 0) < 1000, 'sent within 1 s');
      assert.deepEqual(
        [...api.objects.keys()].filter((key) => key.includes('/leases/')),
        [],
      );
    });

  it('a second fault waits until the first is over and its own time has come', async () => {
    const held = new Held();
    const events = await world.carryOut(
      [
        draft({ kind: 'freeze' }, byPod('bus-1'), { durationMs: 200 }),
        draft({ kind: 'freeze' }, byPod('bus-1'), { durationMs: 200, when: { kind: 'afterHeal', pauseMs: 300 } }),
      ],
      { injectors: [held.injector] },
    );
    const healed = events.find((event) => event.kind === 'fault' && event.fault === 0 && event.step === 'healed')?.t ?? Number.NaN;
    const go = events.find((event) => event.kind === 'fault' && event.fault === 1 && event.step === 'go')?.t ?? Number.NaN;
    assert.ok(go - healed >= 290, `${healed} ${go}`);
  });

  it('what nobody confirmed is not broken', async () => {
    const held = new Held();
    const error = await failed(
      world.carryOut([draft({ kind: 'freeze' }, byPod('bus-1'), { durationMs: 200 })], { injectors: [held.injector], unconfirmed: true }),
    );
    assert.match(error.message, /Nothing was broken/);
    assert.deepEqual(world.steps(), ['refused']);
  });
});

async function failed(work: Promise<unknown>): Promise<FaultlineError> {
  try {
    await work;
  } catch (error) {
    return normalise(error);
  }
  throw new Error('nothing failed');
}

/** A fault that lasts, as scripted. */
class Held {
  readonly ended = Promise.withResolvers<FaultEnd>();
  onApplying: () => void = () => undefined;
  onApplied: () => void = () => undefined;
  failHeals = 0;
  failApply = false;
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
        this.healedAtMs ??= performance.now();
        if (this.heals <= this.failHeals) return Promise.reject(new FaultlineError('unreachable', { what: 'gone' }));
        return Promise.resolve({ kind: 'sent' });
      },
      healed: () => Promise.resolve({ proven: true, text: 'runs again' }),
      dispose: () => {
        this.disposed++;
        return Promise.resolve();
      },
    };
  }
}

class World {
  readonly baselineMs = 400;
  readonly observeMs = 500;
  readonly end = new EndRequest();
  readonly healing = new HealRequest();
  onSync: () => void = () => undefined;
  duringBaseline: () => void | Promise<void> = () => undefined;
  isDiskFull = false;
  silent: 'vantages' | 'watches' | undefined;
  silentSinceMs = 0;
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
    const { model } = sceneOf(kafkaObjects());
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
        faults: unconfirmed ? [] : drafts.map((one, index) => ({ draft: one, hash: previews[index]?.hash ?? '' })),
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
            model: () => model,
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
            heardMs = nowMs();
            if (this.silent === undefined) this.silentSinceMs = performance.now();
            try {
              onEvents([at, { ...at, control: true }]);
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
