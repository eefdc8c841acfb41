import assert from 'node:assert/strict';
import { FaultlineError } from '../../../src/base/errors.ts';
import { chooseListener, listenersOf } from '../../../src/cluster/kafkaListeners.ts';
import { openKafkaRoutes, podOfBroker } from '../../../src/cluster/kafkaRoutes.ts';
import type { Pod, Workload } from '../../../src/cluster/objects.ts';
import { answering, brokerPod, kafkaOf } from './kafka-pods.ts';
import { appComponent, appInstance, appName, unready } from './recognise/pods.ts';

const signal = new AbortController().signal;

describe('the pod of a broker', () => {
  const three = kafkaOf([brokerPod('kafka-0', { ip: '10.0.0.7' }), brokerPod('kafka-1'), brokerPod('kafka-2')]);
  const strimzi = kafkaOf([brokerPod('lake-brokers-0'), brokerPod('lake-brokers-10')]);
  const cases: readonly (readonly [host: string, pod: string | undefined])[] = [
    ['kafka-1.kafka', 'kafka-1'],
    ['kafka-1', 'kafka-1'],
    ['kafka-2.kafka-brokers.data.svc.cluster.local', 'kafka-2'],
    ['10.0.0.7', 'kafka-0'],
    ['kafka-2-external.data.svc', 'kafka-2'],
    ['kafka-2.kafka.elsewhere.svc.cluster.local', undefined],
    ['kafka-3.kafka', undefined],
    ['kafka', undefined],
    ['10.0.0.8', undefined],
    ['broker-1.example.com', undefined],
  ];
  for (const [host, name] of cases)
    it(`that calls itself ${host} is ${name ?? 'none of these'}`, () => assert.equal(podOfBroker(host, three)?.ref.name, name));

  it('is found by Strimzi’s names, of pods and of a Service for one broker', () => {
    assert.equal(podOfBroker('lake-brokers-10.lake-kafka-brokers.data.svc', strimzi)?.ref.name, 'lake-brokers-10');
    assert.equal(podOfBroker('lake-brokers-plain-0.data.svc', strimzi)?.ref.name, 'lake-brokers-0');
  });

  it('is the only one there is and shall be, whatever it calls itself', () => {
    const labels = { [appName]: 'kafka', [appInstance]: 'bus', [appComponent]: 'broker' };
    const stateful = (replicas: number): Workload => ({
      metadata: { name: 'kafka', namespace: 'data', uid: 'uid-kafka' },
      spec: { replicas, template: { metadata: { labels } } },
    });
    assert.equal(podOfBroker('localhost', kafkaOf([brokerPod('kafka-0')], [stateful(1)]))?.ref.name, 'kafka-0');
    assert.equal(podOfBroker('kafka-1.kafka', kafkaOf([brokerPod('kafka-0')], [stateful(3)])), undefined);
  });
});

describe('the listener that is asked', () => {
  const ports = (named: Readonly<Record<string, number>>): Pod =>
    brokerPod('b-0', { containers: [{ ports: Object.entries(named).map(([name, containerPort]) => ({ name, containerPort })) }] });
  const env = (values: Readonly<Record<string, string>>): Pod =>
    brokerPod('b-0', { containers: [{ env: Object.entries(values).map(([name, value]) => ({ name, value })) }] });
  const cases: readonly (readonly [what: string, pod: Pod, port: number])[] = [
    ['of our chart: the internal one', ports({ broker: 9091, controller: 9093, sasl: 9094, internal: 9095 }), 9095],
    [
      'of Strimzi: the plain one',
      ports({ 'tcp-ctrlplane': 9090, 'tcp-replication': 9091, 'tcp-clientstls': 9093, 'tcp-clients': 9092 }),
      9092,
    ],
    ['of Bitnami: the clients’', ports({ external: 9095, controller: 9093, interbroker: 9094, client: 9092 }), 9092],
    ['of a pod that says nothing: the usual port', brokerPod('b-0'), 9092],
    [
      'of the image’s variables: the plaintext one, by the map of protocols',
      env({
        KAFKA_LISTENERS: 'LOGIN://:9094,CONTROLLER://:9093,OPEN://0.0.0.0:19092',
        KAFKA_LISTENER_SECURITY_PROTOCOL_MAP: 'OPEN:PLAINTEXT,CONTROLLER:PLAINTEXT,LOGIN:SASL_PLAINTEXT',
        KAFKA_CONTROLLER_LISTENER_NAMES: 'CONTROLLER',
      }),
      19_092,
    ],
    [
      'of Bitnami’s variables: not the one for the outside',
      env({
        KAFKA_CFG_LISTENERS: 'EXTERNAL://:9095,CLIENT://:9092',
        KAFKA_CFG_LISTENER_SECURITY_PROTOCOL_MAP: 'CLIENT:PLAINTEXT,EXTERNAL:PLAINTEXT',
      }),
      9092,
    ],
    ['of one that is advertised alone', env({ KAFKA_ADVERTISED_LISTENERS: 'PLAINTEXT://kafka:29092' }), 29_092],
  ];
  for (const [what, pod, port] of cases) it(what, () => assert.equal(chooseListener(listenersOf(pod), 'bus').listener.port, port));

  it('is none where all want a login, and the sentence says what is missing', () => {
    const pod = env({ KAFKA_LISTENERS: 'CLIENT://:9092', KAFKA_LISTENER_SECURITY_PROTOCOL_MAP: 'CLIENT:SASL_PLAINTEXT' });
    assert.throws(
      () => chooseListener(listenersOf(pod), 'bus'),
      (error) =>
        FaultlineError.is(error, 'unauthorised') &&
        error.facts.what === 'Every listener of Kafka bus wants a login: a user and a password for SASL are missing' &&
        error.facts.meaning === 'It listens on CLIENT (9092, SASL_PLAINTEXT)',
    );
    assert.throws(() => chooseListener(listenersOf(ports({ 'tcp-clientstls': 9093 })), 'bus'), /wants TLS or a login/);
  });
});

describe('the way to Kafka', () => {
  it('begins with brokers that are ready', async () => {
    const pods = [brokerPod('kafka-0', { status: unready([{}]) }), brokerPod('kafka-1')];
    const routes = await openKafkaRoutes(answering(brokerPod('kafka-1')), () => kafkaOf(pods), signal);
    assert.deepEqual(
      routes.bootstrap.map(({ host, port }) => [host, port]),
      [
        ['kafka-1', 9092],
        ['kafka-0', 9092],
      ],
    );
    await routes.close();
  });

  it('says which broker it has no pod for, and what was looked for', async () => {
    const pods = [brokerPod('kafka-0'), brokerPod('kafka-1')];
    const routes = await openKafkaRoutes(answering(brokerPod('kafka-0')), () => kafkaOf(pods), signal);
    await assert.rejects(routes.route({ host: 'broker.example.com', port: 9094 }, signal), (error) => {
      assert.ok(FaultlineError.is(error, 'notFound'));
      assert.equal(error.facts.what, 'No pod of Kafka bus is the broker that calls itself broker.example.com:9094');
      assert.equal(error.facts.meaning, 'Looked for a pod of this name or address in namespace data, among kafka-0, kafka-1');
      return true;
    });
    await routes.close();
  });

  it('is none without a broker pod', async () => {
    await assert.rejects(
      openKafkaRoutes(answering({}), () => undefined, signal),
      /has no broker pod/,
    );
  });
});
