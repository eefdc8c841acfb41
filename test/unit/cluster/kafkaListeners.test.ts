import assert from 'node:assert/strict';
import { FaultlineError } from '../../../src/base/errors.ts';
import type { KafkaLogin } from '../../../src/base/kafkaLogin.ts';
import { chooseListener, guardedListeners, listenersOf, LOGIN_WANTED, type KafkaListener } from '../../../src/cluster/kafkaListeners.ts';
import { openKafkaRoutes } from '../../../src/cluster/kafkaRoutes.ts';
import { answering, brokerPod, kafkaOf } from './kafka-pods.ts';

const all: readonly KafkaListener[] = [
  { name: 'OPEN', port: 9092, protocol: 'PLAINTEXT' },
  { name: 'LOGIN', port: 9094, protocol: 'SASL_PLAINTEXT', mechanisms: ['SCRAM-SHA-512'] },
  { name: 'TLS', port: 9096, protocol: 'SSL' },
  { name: 'LOCKED', port: 9095, protocol: 'SASL_SSL', mechanisms: ['SCRAM-SHA-256', 'PLAIN'] },
];
const ann = { user: 'ann', password: 'p' };

describe('the listener for a login', () => {
  const cases: readonly (readonly [
    what: string,
    login: KafkaLogin | undefined,
    listener: string,
    mechanism?: string | undefined,
    tls?: object,
  ])[] = [
    ['none: the open one', undefined, 'OPEN'],
    ['a user: the first that wants one, by its mechanism', { sasl: ann }, 'LOGIN', 'SCRAM-SHA-512'],
    ['a user and an authority: one with TLS', { sasl: ann, caPem: 'ca' }, 'LOCKED', 'SCRAM-SHA-256', { caPem: 'ca' }],
    ['a user of a mechanism: one that speaks it', { sasl: { ...ann, mechanism: 'PLAIN' } }, 'LOCKED', 'PLAIN', {}],
    ['an authority alone: one with TLS that wants no user', { caPem: 'ca' }, 'TLS', undefined, { caPem: 'ca' }],
    ['one that is named', { listener: 'LOCKED', sasl: ann }, 'LOCKED', 'SCRAM-SHA-256', {}],
  ];
  for (const [what, login, name, mechanism, tls] of cases)
    it(what, () => {
      const { listener, credentials } = chooseListener(all, 'bus', login);
      assert.deepEqual([listener.name, credentials.sasl?.mechanism, credentials.tls], [name, mechanism, tls]);
    });

  it('gives a password to none that wants no login', () => {
    const open = all.filter(({ protocol }) => protocol === 'PLAINTEXT' || protocol === 'SSL');
    assert.throws(
      () => chooseListener(open, 'bus', { sasl: ann }),
      (error) => FaultlineError.is(error, 'unauthorised') && error.facts.code === LOGIN_WANTED && !error.message.includes(ann.password),
    );
  });

  it('is rather one whose port is named for it than one whose says nothing', () => {
    const named = { internal: 9092, sasl: 9095, tls: 9096 };
    const ports = Object.entries(named).map(([name, containerPort]) => ({ name, containerPort }));
    const listeners = listenersOf(brokerPod('b-0', { containers: [{ ports }] }));
    assert.equal(chooseListener(listeners, 'bus').listener.name, 'internal');
    assert.equal(chooseListener(listeners, 'bus', { sasl: ann }).listener.name, 'sasl');
    assert.equal(guardedListeners(listeners)[0]?.name, 'sasl');
  });

  it('of which nothing is known takes TLS only where a person says so', () => {
    const unknown = [{ name: 'client', port: 9092 }];
    assert.equal(chooseListener(unknown, 'bus', { sasl: ann }).credentials.tls, undefined);
    assert.equal(chooseListener(unknown, 'bus', { sasl: ann }).credentials.sasl?.mechanism, 'SCRAM-SHA-512');
    assert.deepEqual(chooseListener(unknown, 'bus', { sasl: ann, isTls: true }).credentials.tls, {});
  });

  it('is known by Strimzi’s resource rather than by the ports', () => {
    const listeners = listenersOf(brokerPod('b-0', { containers: [{ ports: [{ name: 'tcp-clients', containerPort: 9092 }] }] }), {
      metadata: { name: 'bus' },
      spec: {
        kafka: {
          listeners: [
            { name: 'outer', port: 9094, type: 'loadbalancer', tls: true, authentication: { type: 'scram-sha-512' } },
            { name: 'tls', port: 9093, type: 'internal', tls: true, authentication: { type: 'scram-sha-512' } },
            { name: 'oauth', port: 9095, type: 'internal', tls: true, authentication: { type: 'oauth' } },
            { name: 'mutual', port: 9096, type: 'internal', tls: true, authentication: { type: 'tls' } },
          ],
        },
      },
    });
    assert.deepEqual(
      listeners.map(({ name, protocol, mechanisms }) => [name, protocol, mechanisms]),
      [
        ['tls', 'SASL_SSL', ['SCRAM-SHA-512']],
        ['oauth', 'SASL_SSL', []],
        ['mutual', 'SSL', undefined],
        ['outer', 'SASL_SSL', ['SCRAM-SHA-512']],
      ],
    );
    assert.equal(guardedListeners(listeners).length, 4);
  });

  it('has its own mechanisms before those of all, by the image’s variables', () => {
    const env = {
      KAFKA_LISTENERS: 'IN_SIDE://:9091,OUT-SIDE://:9092',
      KAFKA_LISTENER_SECURITY_PROTOCOL_MAP: 'IN_SIDE:SASL_SSL,OUT-SIDE:SASL_SSL',
      KAFKA_SASL_ENABLED_MECHANISMS: 'PLAIN,GSSAPI',
      KAFKA_LISTENER_NAME_IN__SIDE_SASL_ENABLED_MECHANISMS: 'SCRAM-SHA-256',
    };
    const pod = brokerPod('b-0', { containers: [{ env: Object.entries(env).map(([name, value]) => ({ name, value })) }] });
    assert.deepEqual(
      listenersOf(pod).map(({ name, mechanisms }) => [name, mechanisms]),
      [
        ['IN_SIDE', ['SCRAM-SHA-256']],
        ['OUT-SIDE', ['PLAIN']],
      ],
    );
  });
});

describe('the names that a broker’s certificate may have', () => {
  it('are its own and its Service’s, of its namespace, and what it advertises on this listener', async () => {
    const env = {
      KAFKA_LISTENERS: 'LOCKED://:9095,OTHER://:9096',
      KAFKA_LISTENER_SECURITY_PROTOCOL_MAP: 'LOCKED:SASL_SSL,OTHER:SASL_PLAINTEXT',
      KAFKA_ADVERTISED_LISTENERS: 'LOCKED://bus.example.com:9095,OTHER://other.example.com:9096',
    };
    const made = brokerPod('bus-0', {
      containers: [{ env: Object.entries(env).map(([name, value]) => ({ name, value })) }],
      ip: '10.0.0.7',
    });
    const pod = { ...made, spec: { ...made.spec, subdomain: 'brokers' } };
    const login = { sasl: ann, caPem: 'ca' };
    const routes = await openKafkaRoutes(answering(pod), () => kafkaOf([pod]), new AbortController().signal, login);
    assert.equal(routes.listener.name, 'LOCKED');
    const names = routes.bootstrap[0]?.certificateNames ?? [];
    for (const name of ['bus-0.brokers.data.svc.cluster.local', 'bus-0.brokers', 'bus-0', 'bus.example.com', '10.0.0.7'])
      assert.ok(names.includes(name), `${name} of ${names.join(', ')}`);
    assert.ok(!names.includes('other.example.com'));
    assert.ok(!names.some((name) => name.includes('localhost')));
    await routes.close();
  });
});
