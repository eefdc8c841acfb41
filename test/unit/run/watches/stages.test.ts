import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import type { PodEvent, PodStage } from '../../../../src/journal/fault-events.ts';
import type { Pod } from '../../../../src/cluster/objects.ts';
import { SliceBook } from '../../../../src/run/watches/pods/slices.ts';
import { PodStages, type StageTold } from '../../../../src/run/watches/pods/stages.ts';
import { historiesOf } from '../../../../src/analysis/recovery/lanes/pods.ts';
import { appliedAt, kafka1, viewOf, type Script } from '../../analysis/recovery/simulator.ts';
import { random } from '../../analysis/support.ts';
import { podIs, serving, sliceOf, type PodIs } from './pods.ts';

const uid = 'u-kafka-1';
const container = (): string => 'kafka';

function words(told: readonly StageTold[]): readonly PodStage[] {
  return told.map(({ stage }) => stage);
}

/** What these states tell, after it was seen serving. */
function told(...states: readonly PodIs[]): readonly PodStage[] {
  const stages = new PodStages(container);
  stages.slices(uid, true);
  stages.seen(podIs(serving));
  return states.flatMap((is) => words(stages.put(podIs({ ...serving, ...is }))));
}

describe('what states of a pod tell', () => {
  it('begins with how it was', () => {
    const stages = new PodStages(container);
    stages.slices(uid, true);
    const [first, ...more] = stages.seen(podIs(serving));
    assert.deepEqual(more, []);
    assert.deepEqual(first, {
      ...{ stage: 'seen', namespace: 'shop', name: 'kafka-1', uid, node: 'worker-1', container: 'kafka', isReady: true, isServing: true },
      owner: { kind: 'StatefulSet', name: 'kafka', uid: 'uid-kafka' },
    });
  });

  it('of a new pod is everything that one state alone shows, in order', () => {
    const stages = new PodStages(container);
    stages.slices('u-kafka-9', true);
    const all = stages.put(podIs({ ...serving, name: 'kafka-9' }));
    assert.deepEqual(words(all), ['created', 'scheduled', 'started', 'ready', 'serving']);
    assert.equal(all[0]?.at, Date.parse('2026-10-01T10:00:00Z'));
  });

  it('is a restart in place, also where the state shows only the new container', () => {
    assert.deepEqual(told({ id: 'second', restarts: 1 }), ['stopped', 'started', 'ready', 'serving']);
    assert.deepEqual(
      told({ state: 'terminated', ready: false }, { id: 'second', restarts: 1, ready: false }, { id: 'second', restarts: 1 }),
      [...['notReady', 'stopped', 'started', 'ready', 'serving']],
    );
  });

  it('is as many restarts as the kubelet counts, though only the last was seen', () => {
    assert.deepEqual(told({ id: 'third', restarts: 2, ready: false }), ['notReady', 'stopped', 'started', 'stopped', 'started']);
    assert.deepEqual(
      told(
        { state: 'terminated', ready: false },
        { state: 'waiting', restarts: 1, ready: false },
        { state: 'waiting', restarts: 2, ready: false },
      ),
      ['notReady', 'stopped', 'started', 'stopped', 'started', 'stopped'],
    );
  });

  it('is a restart where another container runs and nobody counted', () => {
    assert.deepEqual(told({ id: 'second', restarts: 0 }), ['stopped', 'started', 'ready', 'serving']);
  });

  it('is no restart of a container that is not meant', () => {
    const pod = podIs(serving);
    const statuses = pod.status?.containerStatuses?.map((one) =>
      one.name === 'exporter' ? { ...one, containerID: 'other', restartCount: 1 } : one,
    );
    const stages = new PodStages(container);
    stages.seen(pod);
    assert.deepEqual(
      stages.put({ ...pod, status: { ...pod.status, ...(statuses === undefined ? {} : { containerStatuses: statuses }) } }),
      [],
    );
  });

  it('is terminating at the time when it was asked for, not when its grace period is over', () => {
    const stages = new PodStages(container);
    stages.seen(podIs(serving));
    const [terminating] = stages.put(podIs({ ...serving, going: true }));
    assert.equal(terminating?.stage, 'terminating');
    assert.equal(terminating.at, Date.parse('2026-10-01T10:00:00Z'));
  });

  it('ends with gone: of a forced deletion at once, for the process may live on', () => {
    const stages = new PodStages(container);
    stages.slices(uid, true);
    stages.seen(podIs(serving));
    assert.deepEqual(words(stages.gone(podIs(serving))), ['gone']);
    assert.deepEqual(stages.slices(uid, false), []);
    assert.deepEqual(stages.gone(podIs(serving)), []);
  });

  it('ends with stopped and gone where the last state shows that its container ended', () => {
    const stages = new PodStages(container);
    stages.seen(podIs(serving));
    assert.deepEqual(words(stages.gone(podIs({ ...serving, going: true, state: 'terminated', ready: false }))), [
      ...['terminating', 'notReady', 'stopped', 'gone'],
    ]);
  });

  it('serves only when it is ready too, in whatever order the two watches come', () => {
    const stages = new PodStages(container);
    stages.put(podIs({ node: 'w', state: 'running', id: 'a' }));
    assert.deepEqual(words(stages.slices(uid, true)), []);
    assert.deepEqual(words(stages.put(podIs({ node: 'w', state: 'running', id: 'a', ready: true }))), ['ready', 'serving']);
    assert.deepEqual(words(stages.slices(uid, false)), ['notServing']);
    assert.deepEqual(words(stages.slices(uid, true)), ['serving']);
  });
});

describe('what EndpointSlices tell', () => {
  it('is who comes and who goes', () => {
    const book = new SliceBook();
    assert.deepEqual(book.put(sliceOf([{ uid: 'a' }, { uid: 'b', ready: false }])), [['a', true]]);
    assert.deepEqual(book.put(sliceOf([{ uid: 'a', ready: false }, { uid: 'b' }])), [
      ['b', true],
      ['a', false],
    ]);
    assert.deepEqual(book.gone(sliceOf([])), [['b', false]]);
  });

  it('is nothing of a pod that another Service still has', () => {
    const book = new SliceBook();
    book.put(sliceOf([{ uid: 'a' }], 'one'));
    assert.deepEqual(book.put(sliceOf([{ uid: 'a' }], 'two')), []);
    assert.deepEqual(book.gone(sliceOf([], 'one')), []);
    assert.deepEqual(book.gone(sliceOf([], 'two')), [['a', false]]);
  });

  it('is not there what a Service publishes before it is ready', () => {
    assert.deepEqual(new SliceBook().put(sliceOf([{ uid: 'a', ready: true, serving: false }])), []);
  });
});

describe('any history of a pod', () => {
  /** What may follow: the grammar that the lanes read. */
  it('tells of stages that follow from each other', () => {
    for (let seed = 1; seed <= 400; seed++) {
      const events = historyOf(seed);
      const [first, ...rest] = events;
      assert.ok(first === 'seen' || first === 'created', `seed ${seed}: ${events.join(' ')}`);
      let ready = false;
      let isServing = false;
      let runs: boolean | undefined;
      let isGone = false;
      let isAnew = false;
      for (const stage of rest) {
        const why = `seed ${seed}: ${stage} in ${events.join(' ')}`;
        assert.ok(!isGone, why);
        assert.ok(stage !== 'seen' && stage !== 'created', why);
        if (stage === 'ready') assert.ok(!ready || first === 'seen', why);
        if (stage === 'serving') assert.ok(!isServing || isAnew, why);
        if (stage === 'notServing') assert.ok(isServing || first === 'seen', why);
        if (stage === 'stopped') assert.ok(runs !== false, why);
        if (stage === 'started') assert.ok(runs !== true, why);
        if (stage === 'ready') ready = true;
        if (stage === 'notReady' || stage === 'stopped') ready = false;
        if (stage === 'stopped') isAnew = true;
        if (stage === 'serving') [isServing, isAnew] = [true, false];
        if (stage === 'notServing') isServing = false;
        if (stage === 'started' || stage === 'stopped') runs = stage === 'started';
        isGone = stage === 'gone';
      }
    }
  });

  it('ends as the pod is: ready when it is ready, with as many restarts as there were', () => {
    for (let seed = 1; seed <= 400; seed++) {
      const next = random(seed);
      const stages = new PodStages(container);
      const states = statesOf(next, false);
      const events = [...stages.seen(podIs(serving)), ...states.flatMap((is) => stages.put(podIs(is)))].map(({ stage }) => stage);
      const last = states.at(-1);
      const readiness = events.findLast((stage) => ['seen', 'ready', 'notReady', 'stopped'].includes(stage));
      assert.equal(
        readiness === 'ready' || readiness === 'seen',
        last === undefined || last.ready === true,
        `seed ${seed}: ${events.join(' ')}`,
      );
      const stops = events.filter((stage) => stage === 'stopped').length;
      const starts = last?.restarts ?? 0;
      assert.equal(
        stops,
        starts + (last?.state === 'terminated' || last?.state === 'waiting' ? 1 : 0),
        `seed ${seed}: ${events.join(' ')}`,
      );
    }
  });

  function historyOf(seed: number): readonly PodStage[] {
    const next = random(seed);
    const stages = new PodStages(container);
    const isOld = next() < 0.5;
    const states = statesOf(next, !isOld);
    const all: StageTold[] = [];
    if (next() < 0.5) all.push(...stages.slices(uid, true));
    if (isOld) all.push(...stages.seen(podIs(serving)));
    for (const is of states) {
      all.push(...stages.put(podIs(is)));
      if (next() < 0.3) all.push(...stages.slices(uid, next() < 0.5));
    }
    const last = states.at(-1);
    if (last !== undefined && next() < 0.5) all.push(...stages.gone(podIs({ ...last, going: true })));
    return words(all);
  }

  /** A kubelet's story, of which some states are skipped. */
  function statesOf(next: () => number, isNew: boolean): readonly PodIs[] {
    let is: PodIs = isNew ? {} : serving;
    let id = 1;
    const states: PodIs[] = isNew ? [is] : [];
    for (let step = 0; step < 12; step++) {
      if (is.node === undefined) is = { ...is, node: 'worker-1' };
      else if (is.state === undefined) is = { ...is, state: 'running', id: `c${id}` };
      else if (is.state === 'running') {
        if (is.ready !== true) is = next() < 0.5 ? { ...is, ready: true } : { ...is, state: 'terminated' };
        else is = next() < 0.5 ? { ...is, state: 'terminated', ready: false } : { ...is, ready: false };
      } else if (is.state === 'terminated' && next() < 0.3) is = { ...is, state: 'waiting', ended: true };
      else is = { ...is, state: 'running', id: `c${++id}`, restarts: (is.restarts ?? 0) + 1, ready: next() < 0.2 };
      if (next() < 0.6 || step === 11) states.push(is);
    }
    return states;
  }
});

describe('the lanes of a run', () => {
  const src = 'runner';
  /** Told at ms since the fault. */
  function script(...told: readonly (readonly [since: number, stages: readonly StageTold[]])[]): Script {
    const events = told.flatMap(([since, stages]) =>
      stages.map((stage): PodEvent => ({ t: appliedAt + since, src, kind: 'pod', ...stage })),
    );
    return {
      events: () => events,
      fault: { kind: 'podDelete', title: 'delete kafka-1', targets: [kafka1] },
      steps: [
        [-20, 'go'],
        [0, 'applied'],
      ],
    };
  }

  it('show a pod that was deleted and made again by its StatefulSet', () => {
    const stages = new PodStages(container);
    stages.slices(uid, true);
    const again: PodIs = { uid: 'u-2', node: 'worker-1' };
    const view = viewOf(
      script(
        [-59_000, stages.seen(podIs(serving))],
        [10, stages.put(podIs({ ...serving, going: true }))],
        [15, stages.slices(uid, false)],
        [1500, stages.put(podIs({ ...serving, going: true, state: 'terminated', ready: false }))],
        [1900, stages.gone(podIs({ ...serving, going: true, state: 'terminated', ready: false }))],
        [1950, stages.put(podIs({ uid: 'u-2' }))],
        [2000, stages.put(podIs(again))],
        [3000, stages.put(podIs({ ...again, state: 'running', id: 'b' }))],
        [9000, stages.put(podIs({ ...again, state: 'running', id: 'b', ready: true }))],
        [9100, stages.slices('u-2', true)],
      ),
    );
    const [place] = view.pods;
    assert.deepEqual(
      place?.stages.map(({ stage, atMs }) => [stage, atMs]),
      [
        ['victimGone', 1500],
        ['created', 1950],
        ['scheduled', 2000],
        ['started', 3000],
        ['ready', 9000],
        ['serving', 9100],
      ],
    );
    assert.equal(place.replacement?.pairedBy, 'name');
    assert.equal(place.lane.end, 'complete');
    assert.equal(place.lane.totalMs, 9100);
  });

  it('show a container that was started again in place, also where nobody saw it stopped', () => {
    const stages = new PodStages(container);
    stages.slices(uid, true);
    const view = viewOf(
      script(
        [-59_000, stages.seen(podIs(serving))],
        [1900, stages.put(podIs({ ...serving, id: 'b', restarts: 1, ready: false }))],
        [1920, stages.slices(uid, false)],
        [8200, stages.put(podIs({ ...serving, id: 'b', restarts: 1 }))],
        [8300, stages.slices(uid, true)],
      ),
    );
    const [place] = view.pods;
    assert.equal(place?.inPlace, true);
    assert.equal(place.lane.totalMs, 8300);
    assert.deepEqual(
      place.stages.map(({ stage }) => stage),
      ['victimGone', 'started', 'ready', 'serving'],
    );
  });

  it('have one history for each pod, however its states were told', () => {
    const stages = new PodStages(container);
    const pods: readonly Pod[] = [podIs(serving), podIs({ ...serving, name: 'kafka-2' })];
    const events = pods.flatMap((pod) => stages.seen(pod)).map((stage): PodEvent => ({ t: 1, src, kind: 'pod', ...stage }));
    assert.deepEqual(
      historiesOf(events).map(({ name }) => name),
      ['kafka-1', 'kafka-2'],
    );
  });
});
