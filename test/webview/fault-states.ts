/** States of a fault's page, made by the session that makes the real ones, on clusters of the tests. */
import type { FormValues, PageState } from '../../src/ui/panels/fault/protocol.ts';
import { BreakSession } from '../../src/ui/session/break/session.ts';
import { kafkaFacts, kafkaObjects, kafkaPod, sceneOf, trinoObjects } from '../unit/fault/scenes.ts';
import { engineLine, here, offersFor, partsIn, podLine, read, sessionOn, webhook, type Here } from '../unit/ui/break/rooms.ts';

async function stateOf(session: BreakSession, change: Partial<FormValues> = {}): Promise<PageState> {
  const { form } = session.state;
  if (form !== undefined && Object.keys(change).length > 0) {
    // A kind brings its settings, and what is chosen beside it comes after.
    if (change.kind !== undefined) session.change({ ...form.values, kind: change.kind });
    session.change({ ...(session.state.form?.values ?? form.values), ...change });
  }
  await session.look();
  const { state } = session;
  session.dispose();
  return state;
}

const onBroker = (cluster: Here): BreakSession => sessionOn(cluster, podLine(cluster.scene, 'bus-1'));

/** Of another kind, as it is at first. */
export const kindState = (kind: string): Promise<PageState> => stateOf(onBroker(here()), { kind });

export const faultStates = {
  /** As it opens. */
  first: () => stateOf(onBroker(here())),
  cut: async () => {
    const cluster = here();
    cluster.level = 'confirm';
    return stateOf(onBroker(cluster), { kind: 'networkCut', whom: 'leader', partition: 'messages/1' });
  },
  short: () => stateOf(onBroker(here()), { baseline: '15 s' }),
  loss: () => {
    const volume = { volumes: [{ name: 'data', emptyDir: {} }] };
    const cluster = here(sceneOf({ ...kafkaObjects(), pods: [kafkaPod(0), kafkaPod(1, { spec: volume }), kafkaPod(2)] }));
    cluster.level = 'confirm';
    return stateOf(onBroker(cluster));
  },
  refused: () => {
    const cluster = here();
    cluster.dryRun = [webhook];
    return stateOf(onBroker(cluster), { kind: 'latency' });
  },
  forbidden: () => {
    const cluster = here();
    cluster.denied = new Set(['pods/ephemeralcontainers']);
    return stateOf(onBroker(cluster), { kind: 'freeze' });
  },
  many: () => {
    const cluster = here(sceneOf(trinoObjects()));
    return stateOf(sessionOn(cluster, engineLine(cluster.scene)), { whom: 'role:worker', amount: '2' });
  },
  wrong: () => stateOf(onBroker(here()), { duration: '60', observe: '60 sec onds', kind: 'packetLoss' }),
  changed: async () => {
    const cluster = here();
    const session = onBroker(cluster);
    await stateOf2(session);
    const topics = kafkaFacts.topics.map((topic) => ({ ...topic, partitions: topic.partitions.map((one) => ({ ...one, leader: 2 })) }));
    cluster.scene = sceneOf({ ...kafkaObjects(), kafka: { ...kafkaFacts, topics } });
    return stateOf(session);
  },
  spec: () => {
    const cluster = here();
    const text = [
      'faultline: 1',
      'name: Kafka, two steps',
      'purpose: A leader dies, then the next one is slow, and no acknowledged message is lost.',
      'faults:',
      '  - {kind: containerCrash, target: {pod: bus-1}}',
      '  - {kind: latency, target: {pod: bus-2}, latency: 100 ms, port: 9092, for: 1 min, when: {afterHeal: 30 s}}',
      'probes: [{engine: kafka, rate: 20/s}]',
      'messages: {topic: messages, rate: 1000/s}',
      'expect: [recovered <= 10 s, unavailable <= 5 s, messages.lost <= 0]',
      'abort: [unavailable > 1 min]',
    ].join('\n');
    const source = { kind: 'file', file: 'two-steps.faultline.yaml', text: async () => text } as const;
    return stateOf(new BreakSession({ ...partsIn(cluster, offersFor(podLine(cluster.scene, 'bus-1'), cluster.scene)), source, read }));
  },
  looking: async () => onBroker(here()).state,
} satisfies Readonly<Record<string, () => Promise<PageState>>>;

/** The leader of a partition, looked at once. */
async function stateOf2(session: BreakSession): Promise<void> {
  const { form } = session.state;
  const probes = form?.feel[1]?.key ?? '';
  if (form !== undefined) session.change({ ...form.values, whom: 'leader', partition: 'messages/1' });
  const { form: now } = session.state;
  if (now !== undefined) session.change({ ...now.values, feel: probes });
  await session.look();
}
