import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, describe, it } from 'mocha';
import { FaultlineError } from '../../src/base/errors.ts';
import type { ClusterModel, KafkaInstance } from '../../src/cluster/recognise/model.ts';
import type { HostPort, KafkaAccess } from '../../src/kafka/client.ts';
import { openKafka } from '../../src/kafka/connect.ts';
import { makeHome, type Home, type Outcome } from '../unit/cli/support.ts';
import { guardedKafka, users, type GuardedKafka } from './use/kafka-guarded.ts';
import { useLab } from './use/lab.ts';
import type { TestLab } from './use/lab.ts';

const variable = 'KAFKA_LOGIN_OF_THIS_TEST';

describe('Kafka that wants a login, in faultline tree', function () {
  this.timeout(120_000);
  let lab: TestLab;
  let kafka: GuardedKafka;
  let home: Home;

  before(async function () {
    this.timeout(300_000);
    lab = await useLab({ profile: 'node' });
    home = await makeHome();
    kafka = await guardedKafka(lab, 2);
    const client = await openKafka(await access(), lab.signal);
    await client.createTopic({ name: 'shown', partitions: 2, replicationFactor: 2 }, lab.signal);
    await client.close();
  });

  after(async () => {
    delete process.env[variable];
    await kafka.remove();
    await home.remove();
  });

  /** Through tunnels to the TLS listener, with the right login. */
  async function access(tunnelOf: (broker: number) => number = (broker) => broker): Promise<KafkaAccess> {
    const tunnels = [await kafka.tunnel(0), await kafka.tunnel(1)];
    const near = ({ host }: HostPort): HostPort => tunnels[tunnelOf(host === 'kafka-0.kafka' ? 0 : 1)] ?? { host, port: 0 };
    return {
      clientId: 'faultline-test',
      bootstrap: [{ host: 'kafka-0.kafka', port: 9095 }],
      route: (broker) => Promise.resolve(near(broker)),
      sasl: { mechanism: 'SCRAM-SHA-512', user: 'ann', password: users.ann },
      tls: { caPem: await readFile(kafka.caFile, 'utf8') },
    };
  }

  function tree(password: string, ...options: readonly string[]): Promise<Outcome> {
    process.env[variable] = password;
    const given = password === '' ? [] : ['--kafka-password-env', variable];
    return home.run(['tree', '--kubeconfig', lab.kubeconfig, '--namespace', lab.namespace, ...given, ...options]);
  }

  async function seen(password: string, ...options: readonly string[]): Promise<KafkaInstance> {
    const { code, stdout, stderr } = await tree(password, '--json', ...options);
    assert.equal(code, 0, stderr);
    assert.ok(password === '' || !stdout.includes(password), 'no password is printed');
    const [instance] = (JSON.parse(stdout) as ClusterModel).kafka.items;
    assert.ok(instance !== undefined, stdout);
    return instance;
  }

  function isWhole({ problem, login, brokers, topics }: KafkaInstance): void {
    assert.equal(problem, undefined);
    assert.equal(login, 'given');
    assert.deepEqual(
      brokers.map(({ brokerId, pod, health }) => [brokerId, pod?.ref.name, health.state]),
      [
        [0, 'kafka-0', 'ok'],
        [1, 'kafka-1', 'ok'],
      ],
    );
    const shown = topics.find(({ name }) => name === 'shown');
    assert.deepEqual(
      shown?.details.map(({ leader, inSync }) => [leader >= 0, inSync.toSorted((a, b) => a - b)]),
      [
        [true, [0, 1]],
        [true, [0, 1]],
      ],
    );
  }

  it('says that one is wanted, and how it is given', async () => {
    const { stdout, stderr } = await tree('');
    assert.match(stdout, /✓ kafka {2}healthy · login wanted · /m);
    assert.match(stdout, /Kafka was not heard: Every listener of Kafka kafka wants TLS or a login/);
    assert.match(stderr, /--kafka-user NAME, with the password in FAULTLINE_KAFKA_PASSWORD/);
  });

  it('shows leaders and what is in sync by SCRAM, with and without TLS', async () => {
    isWhole(await seen(users.ann, '--kafka-user', 'ann'));
    isWhole(await seen(users.ann, '--kafka-user', 'ann', '--kafka-ca', kafka.caFile));
    isWhole(await seen(users.bob, '--kafka-user', 'bob', '--kafka-ca', kafka.caFile, '--kafka-mechanism', 'SCRAM-SHA-256'));
  });

  it('shows them by PLAIN over TLS', async () => {
    isWhole(await seen(users.paul, '--kafka-user', 'paul', '--kafka-ca', kafka.caFile, '--kafka-mechanism', 'PLAIN'));
  });

  it('tries a wrong password once, at one broker, and says whose it is and what to check', async () => {
    const { code, stdout } = await tree('wrong one', '--kafka-user', 'ann');
    assert.equal(code, 0);
    assert.match(stdout, /✓ kafka {2}healthy · login refused · /m);
    assert.match(
      stdout,
      /Kafka was not heard: Kafka refused the login of ann with SCRAM-SHA-512 {2}Check user and password, and that this listener offers the mechanism\.$/m,
    );
    assert.doesNotMatch(stdout, /wrong one/);
    const plain = await seen('wrong one', '--kafka-user', 'paul', '--kafka-ca', kafka.caFile, '--kafka-mechanism', 'PLAIN');
    assert.equal(plain.problem, 'Kafka refused the login of paul with PLAIN');
    const [first, second, ...more] = await kafka.refusals();
    assert.match(first ?? '', /invalid credentials with SASL mechanism SCRAM-SHA-512/);
    assert.match(second ?? '', /Invalid username or password/);
    assert.deepEqual(more, []);
  });

  it('says that a listener does not offer the mechanism', async () => {
    const { login, problem } = await seen(users.paul, '--kafka-user', 'paul', '--kafka-listener', 'LOGIN', '--kafka-mechanism', 'PLAIN');
    assert.equal(login, 'refused');
    assert.equal(problem, 'This listener of Kafka does not take logins by PLAIN');
  });

  it('gives no password to a broker whose certificate nobody here trusts', async () => {
    for (const authority of [[], ['--kafka-ca', kafka.otherCaFile]]) {
      const login = ['--kafka-user', 'paul', '--kafka-listener', 'LOCKED', '--kafka-mechanism', 'PLAIN', ...authority];
      const { problem, remedy } = await seen(users.paul, ...login);
      assert.match(problem ?? '', /^This machine does not know who signed the certificate of Kafka broker kafka-\d:9095$/);
      assert.equal(remedy, 'Give the PEM file of that authority with the login.');
    }
  });

  it('gives no password to a broker with the certificate of another', async () => {
    const opening = openKafka(await access((broker) => 1 - broker), lab.signal);
    await assert.rejects(opening, (error) => {
      assert.ok(FaultlineError.is(error, 'unreachable'), String(error));
      assert.equal(error.facts.what, 'The certificate of Kafka broker kafka-0.kafka:9095 is for another name');
      return true;
    });
  });

  it('says that brokers want a certificate where TLS alone is given', async () => {
    const { problem } = await seen('', '--kafka-ca', kafka.caFile);
    assert.match(problem ?? '', /wants a certificate of who connects$/);
  });
});
