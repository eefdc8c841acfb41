import assert from 'node:assert/strict';
import { after, before, describe, it } from 'mocha';
import { FaultlineError } from '../../src/base/errors.ts';
import { connectCluster, type ClusterConnection } from '../../src/cluster/connect/connection.ts';
import { readKubeconfig } from '../../src/cluster/connect/kubeconfig.ts';
import { RecoveryProjection } from '../../src/analysis/recovery/recovery.ts';
import type { FaultPlan, FaultTarget } from '../../src/journal/fault-plan.ts';
import type { KafkaClient } from '../../src/kafka/client.ts';
import { openKafka } from '../../src/kafka/connect.ts';
import { startWatches } from '../../src/run/watches/start.ts';
import type { RunWatches, WatchTold } from '../../src/run/watches/watches.ts';
import { journalOf } from '../unit/analysis/recovery/simulator.ts';
import { kafkaCluster, type KafkaCluster } from '../lab/use/kafka.ts';
import { useLab, type TestLab } from '../lab/use/lab.ts';

const topic = 'heard';
const partition = 0;

describe('what a run hears of a real Kafka whose leader’s pod is deleted', () => {
  let lab: TestLab;
  let cluster: KafkaCluster;
  let kafka: KafkaClient;
  let connection: ClusterConnection;
  let watches: RunWatches | undefined;
  const told: WatchTold[] = [];
  const notes: string[] = [];
  const begunMs = performance.now();
  const nowMs = (): number => performance.now() - begunMs;

  before(async function () {
    this.timeout(300_000);
    lab = await useLab({ profile: 'cluster' });
    cluster = await kafkaCluster(lab, 3);
    kafka = await openKafka(cluster.access('open', { requestTimeoutMs: 5000 }), lab.signal);
    const [context] = await readKubeconfig(lab.kubeconfig);
    assert.ok(context !== undefined);
    connection = await connectCluster(context, { env: process.env, signal: lab.signal });
  });

  after(async () => {
    await watches?.dispose();
    connection?.close();
    await kafka?.close();
  });

  it('is every stage of its pod, the leader that moves, and the ISR that shrinks and grows again', async function () {
    this.timeout(240_000);
    await kafka.createTopic({ name: topic, partitions: 1, replicationFactor: 3, settings: { 'min.insync.replicas': '2' } }, lab.signal);
    const [seen] = await kafka.topics({ names: [topic] }, lab.signal);
    const leader = seen?.partitions[partition]?.leader ?? assert.fail('no leader');
    const name = `kafka-${leader}`;
    const target = await targetOf(name);
    const plan = planOf(target);
    watches = await startWatches(
      { connection, plan, nowMs, onEvents: (events) => void told.push(...events), note: (text) => void notes.push(text) },
      lab.signal,
    );
    assert.deepEqual(notes, []);
    assert.equal(watches.leaderOf(topic, partition), name);
    assert.equal(watches.inSync(topic, partition), 3);
    assert.match(watches.controller() ?? '', /^kafka-[012]$/);
    assert.deepEqual(pods('seen'), ['kafka-0', 'kafka-1', 'kafka-2']);
    assert.ok(
      told.some((event) => event.kind === 'redundancy' && event.of === `ISR of ${topic}/0` && event.have === 3 && event.least === 2),
    );
    const prediction = told.find((event) => event.kind === 'prediction');
    assert.ok(prediction?.kind === 'prediction' && /broker\.session\.timeout\.ms 9 s/.test(prediction.formula), prediction?.kind);

    const quiet = process.cpuUsage();
    await new Promise((resolve) => setTimeout(resolve, 5000));
    const { user, system } = process.cpuUsage(quiet);
    console.log(`      listening takes ${((user + system) / 50_000).toFixed(1)} % of one processor`);

    told.length = 0;
    const goAt = nowMs();
    await connection.request({ method: 'DELETE', path: `/api/v1/namespaces/${lab.namespace}/pods/${name}`, body: {} });
    const appliedAt = nowMs();
    await until((run) => run.leaderOf(topic, partition) !== name && run.leaderOf(topic, partition) !== null, 60_000);
    const movedMs = nowMs() - appliedAt;
    await until((run) => run.inSync(topic, partition) === 3 && pods('serving').includes(name), 120_000);
    const ownStages = told.flatMap((event) => (event.kind === 'pod' && event.name === name ? [event.stage] : []));
    for (const stage of ['terminating', 'gone', 'created', 'scheduled', 'started', 'ready', 'serving'] as const)
      assert.ok(ownStages.includes(stage), `${stage} in ${ownStages.join(' ')}`);
    const order = ownStages.filter((stage) =>
      ['terminating', 'gone', 'created', 'scheduled', 'started', 'ready', 'serving'].includes(stage),
    );
    assert.deepEqual(order, ['terminating', 'gone', 'created', 'scheduled', 'started', 'ready', 'serving']);
    const have = told.flatMap((event) => (event.kind === 'redundancy' && event.of === `ISR of ${topic}/0` ? [event.have] : []));
    assert.ok(have.includes(2) && have.at(-1) === 3, have.join(' '));
    assert.equal(told.filter(({ kind }) => kind === 'watchGap').length, 0, JSON.stringify(told.filter(({ kind }) => kind === 'watchGap')));
    assert.ok(nowMs() - watches.heardMs < 5000);
    assert.equal(watches.model().kafka.items[0]?.topics.find((one) => one.name === topic)?.details[0]?.inSync.length, 3);
    report({ movedMs, ownStages, goAt, appliedAt });
    lane(plan, goAt, appliedAt, name);
  });

  it('is its broker’s own settings, asked of itself', async () => {
    const settings = await kafka.brokerSettings(1, ['broker.session.timeout.ms', 'node.id'], lab.signal);
    assert.deepEqual(
      settings.map(({ name, value }) => [name, value]).toSorted(([a], [b]) => ((a ?? '') < (b ?? '') ? -1 : 1)),
      [
        ['broker.session.timeout.ms', '9000'],
        ['node.id', '1'],
      ],
    );
    await assert.rejects(kafka.brokerSettings(9, undefined, lab.signal), (error: unknown) => FaultlineError.is(error, 'notFound'));
  });

  it('ends: nothing is asked or told any more', async () => {
    await watches?.dispose();
    const { length } = told;
    await new Promise((resolve) => setTimeout(resolve, 500));
    assert.equal(told.length, length);
  });

  function pods(stage: string): readonly string[] {
    return told.flatMap((event) => (event.kind === 'pod' && event.stage === stage ? [event.name] : [])).toSorted();
  }

  async function until(isSo: (run: RunWatches) => boolean, withinMs: number): Promise<void> {
    const run = watches ?? assert.fail('not begun');
    const signal = AbortSignal.any([lab.signal, AbortSignal.timeout(withinMs)]);
    while (!isSo(run)) await run.changed(signal);
  }

  async function targetOf(name: string): Promise<FaultTarget> {
    const pod = await lab.waitFor('the pod is there', { kind: 'Pod', name }, () => true);
    const owner = pod.metadata?.ownerReferences?.[0] ?? assert.fail('no owner');
    const node = pod.spec?.nodeName;
    return {
      ...{ kind: 'pod', namespace: lab.namespace, name, uid: pod.metadata?.uid ?? '', container: 'kafka', as: `leader of ${topic}/0` },
      owner: { kind: owner.kind, name: owner.name, uid: owner.uid },
      ...(node === undefined ? {} : { node }),
    };
  }

  function planOf(target: FaultTarget): FaultPlan {
    return {
      cluster: { context: 'lab', kubeconfig: lab.kubeconfig, identity: 'i' },
      faults: [{ kind: 'podDelete', title: `delete ${target.name}`, targets: [target] }],
      ...{ probes: [], baselineMs: 0, observeMs: 0, recovery: { ratio: 1, windowMs: 10_000, windowSamples: 100 } },
      images: { helper: 'busybox', node: 'node' },
    };
  }

  /** The lane that a report would show of it adds up, and is complete. */
  function lane(plan: FaultPlan, goAt: number, appliedAt: number, name: string): void {
    const { header } = journalOf({});
    const projection = new RecoveryProjection({ ...header, plan: { ...header.plan, fault: plan } }, plan);
    const src = 'runner';
    const uid = plan.faults[0]?.targets[0]?.uid ?? '';
    projection.add({
      t: 0,
      src,
      kind: 'pod',
      stage: 'seen',
      namespace: lab.namespace,
      name,
      uid,
      isReady: true,
      isServing: true,
      ...ownerIn(plan),
    });
    projection.add({ t: goAt, src, kind: 'fault', fault: 0, target: 0, step: 'go' });
    projection.add({ t: appliedAt, src, kind: 'fault', fault: 0, target: 0, step: 'applied' });
    for (const event of told) projection.add(event);
    projection.add({ t: nowMs(), src, kind: 'end', how: 'finished' });
    const [place] = projection.view('ended').pods;
    assert.ok(place !== undefined);
    assert.deepEqual([place.lane.end, place.replacement?.pairedBy], ['complete', 'name']);
    console.log(`      pod lane: ${place.lane.sum} = ${place.lane.total}`);
  }

  function ownerIn(plan: FaultPlan): Pick<FaultTarget, 'owner' | 'node'> {
    const { owner, node } = plan.faults[0]?.targets[0] ?? {};
    return { ...(owner === undefined ? {} : { owner }), ...(node === undefined ? {} : { node }) };
  }

  function report(facts: {
    readonly movedMs: number;
    readonly ownStages: readonly string[];
    readonly goAt: number;
    readonly appliedAt: number;
  }): void {
    console.log(`      leader moved ${Math.round(facts.movedMs)} ms after the deletion; ${facts.ownStages.join(' → ')}`);
  }
});
