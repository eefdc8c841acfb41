import assert from 'node:assert/strict';
import { authorityIn, kafkaSecrets, loginsIn } from '../../../src/cluster/kafkaSecrets.ts';
import type { ObjectMeta } from '../../../src/cluster/objects.ts';
import { brokerPod } from './kafka-pods.ts';
import { appComponent, appInstance } from './recognise/pods.ts';

const secret = (name: string, labels: Readonly<Record<string, string>> = {}): ObjectMeta => ({ name, namespace: 'data', labels });
const base64 = (text: string): string => Buffer.from(text).toString('base64');

describe('a Secret with a login for Kafka', () => {
  const bus = { name: 'bus', release: 'bus' };

  it('is that which our chart mounts, of whatever name, and not those of others', () => {
    const made = brokerPod('bus-0');
    const volumes = [{ name: 'users', projected: { sources: [{ secret: { name: 'own-users' } }] } }];
    const pod = { ...made, spec: { ...made.spec, volumes } };
    const found = kafkaSecrets(bus, pod, [
      secret('own-users'),
      secret('bus-users', { [appInstance]: 'bus', [appComponent]: 'users' }),
      secret('trino-users', { [appInstance]: 'trino', [appComponent]: 'users' }),
      secret('password'),
    ]);
    assert.deepEqual(
      found.logins.map(({ name, kind }) => [name, kind]),
      [
        ['bus-users', 'users'],
        ['own-users', 'users'],
      ],
    );
    const [login] = found.logins;
    assert.ok(login);
    assert.deepEqual(loginsIn(login, { app: base64('s,e=c'), reader: base64('r') }), [
      { user: 'app', password: 's,e=c' },
      { user: 'reader', password: 'r' },
    ]);
  });

  it('is Bitnami’s list, for the users that its pods name', () => {
    const env = [{ name: 'KAFKA_CLIENT_USERS', value: 'app, reader' }];
    const pod = brokerPod('bus-controller-0', { containers: [{ env }] });
    const found = kafkaSecrets(bus, pod, [
      secret('bus-kafka-user-passwords', { [appInstance]: 'bus' }),
      secret('bus-kafka-tls', { [appInstance]: 'bus' }),
    ]);
    const [login] = found.logins;
    assert.ok(login);
    assert.deepEqual(
      loginsIn(login, { 'client-passwords': base64('one,two'), 'inter-broker-password': base64('three') }).map(
        ({ user, password }) => `${user} ${password}`,
      ),
      ['app one', 'reader two'],
    );
    assert.deepEqual(found.authorities, ['bus-kafka-tls']);
  });

  it('is that of a KafkaUser of Strimzi, beside its cluster’s authority', () => {
    const labels = { 'strimzi.io/cluster': 'bus' };
    const found = kafkaSecrets({ name: 'bus' }, brokerPod('bus-brokers-0'), [
      secret('ann', { ...labels, 'strimzi.io/kind': 'KafkaUser', [appInstance]: 'ann' }),
      secret('bus-cluster-ca-cert', labels),
      secret('bus-clients-ca', labels),
      secret('other-cluster-ca-cert', { 'strimzi.io/cluster': 'other' }),
    ]);
    const [login] = found.logins;
    assert.ok(login && found.logins.length === 1);
    assert.deepEqual(loginsIn(login, { password: base64('p'), 'sasl.jaas.config': base64('x') }), [{ user: 'ann', password: 'p' }]);
    assert.deepEqual(found.authorities, ['bus-cluster-ca-cert']);
    assert.equal(authorityIn('bus-cluster-ca-cert', { 'ca.crt': base64('pem') }), 'pem');
    assert.throws(() => authorityIn('bus-cluster-ca-cert', { 'ca.p12': '' }), /has no key ca\.crt/);
  });
});
