import assert from 'node:assert/strict';
import { FaultlineError } from '../../../src/base/errors.ts';
import type { ClusterConnection } from '../../../src/cluster/connect/connection.ts';
import type { KafkaListener } from '../../../src/cluster/kafkaListeners.ts';
import { askKafkaLogin, type LoginAsker, type LoginFacts } from '../../../src/ui/session/kafkaLoginDialog.ts';
import { KeptKafkaLogins } from '../../../src/ui/session/kafkaLogins.ts';

const certificate = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n';
const base64 = (text: string): string => Buffer.from(text).toString('base64');

/** Answers in turn; a choice by its label. What is left over was not asked for. */
class Person implements LoginAsker {
  readonly asked: string[] = [];
  readonly #answers: (string | undefined)[];

  constructor(...answers: readonly (string | undefined)[]) {
    this.#answers = [...answers];
  }

  get left(): number {
    return this.#answers.length;
  }

  choose: LoginAsker['choose'] = (question, choices) => {
    const answer = this.#next(`${question} ${choices.map(({ label }) => label).join(' | ')}`);
    const chosen = choices.find(({ label }) => label === answer);
    assert.ok(answer === undefined || chosen, `${String(answer)}, of ${choices.map(({ label }) => label).join(' | ')}`);
    return Promise.resolve(chosen);
  };
  text = (question: string, value: string): Promise<string | undefined> => Promise.resolve(this.#next(`${question} (${value})`));
  password = (question: string): Promise<string | undefined> => Promise.resolve(this.#next(question));
  file = (question: string): Promise<string | undefined> => Promise.resolve(this.#next(question));

  #next(question: string): string | undefined {
    assert.ok(this.#answers.length > 0, `not expected: ${question}`);
    this.asked.push(question);
    return this.#answers.shift();
  }
}

function factsOf(listeners: readonly KafkaListener[], more: Partial<LoginFacts> = {}): LoginFacts {
  return { name: 'bus', listeners, secrets: { logins: [], authorities: [] }, read: () => Promise.resolve({}), ...more };
}

const locked: KafkaListener = { name: 'LOCKED', port: 9095, protocol: 'SASL_SSL', mechanisms: ['SCRAM-SHA-512', 'PLAIN'] };
const login: KafkaListener = { name: 'LOGIN', port: 9094, protocol: 'SASL_PLAINTEXT', mechanisms: ['SCRAM-SHA-512'] };

describe('the questions of a login to Kafka', () => {
  it('are user and password alone, where the listener says all else', async () => {
    const person = new Person(' ann ', 'p w ');
    assert.deepEqual(await askKafkaLogin(factsOf([{ name: 'OPEN', port: 9092, protocol: 'PLAINTEXT' }, login]), person), {
      listener: 'LOGIN',
      sasl: { mechanism: 'SCRAM-SHA-512', user: 'ann', password: 'p w ' },
    });
    assert.equal(person.asked.length, 2);
  });

  it('are also which listener, by which mechanism and whom to trust, where there is a choice', async () => {
    const person = new Person('LOCKED', 'PLAIN', 'ann', 'secret', 'A PEM file…', certificate);
    assert.deepEqual(await askKafkaLogin(factsOf([login, locked]), person), {
      listener: 'LOCKED',
      sasl: { mechanism: 'PLAIN', user: 'ann', password: 'secret' },
      isTls: true,
      caPem: certificate,
    });
    assert.equal(person.left, 0);
  });

  it('are none of user and password where a Secret of the release has them', async () => {
    const secrets: LoginFacts['secrets'] = {
      logins: [{ name: 'bus-users', kind: 'users', users: [], mechanism: 'SCRAM-SHA-512' }],
      authorities: ['bus-ca'],
    };
    const held: Readonly<Record<string, Readonly<Record<string, string>>>> = {
      'bus-users': { app: base64('one'), reader: base64('two') },
      'bus-ca': { 'ca.crt': base64(certificate) },
    };
    const person = new Person('Secret bus-users', 'reader', 'Secret bus-ca');
    const facts = factsOf([locked], { secrets, read: (name) => Promise.resolve(held[name] ?? {}) });
    assert.deepEqual(await askKafkaLogin(facts, person), {
      listener: 'LOCKED',
      sasl: { mechanism: 'SCRAM-SHA-512', user: 'reader', password: 'two' },
      isTls: true,
      caPem: certificate,
    });
    assert.equal(person.left, 0);
  });

  it('keep the user that was given before', async () => {
    const person = new Person('ann', 'new');
    await askKafkaLogin(factsOf([login], { before: { sasl: { user: 'ann', password: 'old' } } }), person);
    assert.equal(person.asked[0], 'User (ann)');
    assert.ok(!person.asked.join().includes('old'));
  });

  it('let a person do without a user, or without TLS, where the listener does not say', async () => {
    const client: KafkaListener = { name: 'client', port: 9092 };
    const noTls = await askKafkaLogin(factsOf([client]), new Person('User and password…', 'SCRAM-SHA-256', 'ann', 'p', 'No TLS'));
    assert.equal(noTls.isTls, false);
    const person = new Person('No user: TLS alone', 'Authorities that this machine knows');
    assert.deepEqual(await askKafkaLogin(factsOf([client]), person), { listener: 'client', isTls: true });
    assert.ok(!person.asked[1]?.includes('No TLS'), person.asked[1]);
  });

  it('end when a person goes away, at each of them', async () => {
    const all = ['LOCKED', 'PLAIN', 'ann', 'secret', 'A PEM file…', certificate];
    for (let given = 0; given < all.length; given++) {
      const person = new Person(...all.slice(0, given), undefined);
      await assert.rejects(askKafkaLogin(factsOf([login, locked]), person), (error) => FaultlineError.is(error, 'cancelled'));
    }
  });

  it('are not asked where nothing wants a login, or none that is known here; a key is no certificate', async () => {
    const open: KafkaListener = { name: 'OPEN', port: 9092, protocol: 'PLAINTEXT' };
    await assert.rejects(askKafkaLogin(factsOf([open]), new Person()), /wants no login/);
    await assert.rejects(askKafkaLogin(factsOf([{ ...locked, mechanisms: [] }]), new Person()), /takes no login that Faultline knows/);
    const person = new Person('PLAIN', 'ann', 'secret', 'A PEM file…', '-----BEGIN PRIVATE KEY-----');
    await assert.rejects(askKafkaLogin(factsOf([locked]), person), /holds no certificate/);
  });
});

describe('a login to Kafka that is kept', () => {
  class Store {
    readonly kept = new Map<string, string>();
    get = (key: string) => Promise.resolve(this.kept.get(key));
    store = (key: string, value: string) => Promise.resolve(void this.kept.set(key, value));
    delete = (key: string) => Promise.resolve(void this.kept.delete(key));
  }
  const clusterOf = (uid: string): ClusterConnection =>
    ({
      server: 'https://x',
      authority: () => Promise.resolve(undefined),
      request: () => Promise.resolve({ metadata: { uid } }),
    }) as unknown as ClusterConnection;
  const bus = { id: 'kafka:data/bus' };
  const given = { sasl: { user: 'ann', password: 'p' } };

  it('is for this Kafka of this cluster alone, until it is forgotten', async () => {
    const store = new Store();
    const logins = new KeptKafkaLogins(store, clusterOf('one'));
    await logins.keep(bus, given);
    assert.deepEqual(await logins.of(bus), { login: given });
    assert.equal(await logins.of({ id: 'kafka:data/other' }), undefined);
    assert.equal(await new KeptKafkaLogins(store, clusterOf('two')).of(bus), undefined);
    assert.deepEqual(await new KeptKafkaLogins(store, clusterOf('one')).of(bus), { login: given });
    await logins.forget(bus);
    assert.equal(store.kept.size, 0);
  });

  it('stays refused over a reload, and not when another was given meanwhile', async () => {
    const store = new Store();
    const logins = new KeptKafkaLogins(store, clusterOf('one'));
    await logins.keep(bus, given);
    await logins.refused(bus, given);
    assert.deepEqual(await new KeptKafkaLogins(store, clusterOf('one')).of(bus), { login: given, isRefused: true });
    const newer = { sasl: { user: 'ann', password: 'q' } };
    await logins.keep(bus, newer);
    await logins.refused(bus, given);
    assert.deepEqual(await logins.of(bus), { login: newer });
  });

  it('counts as none where what is kept is not readable', async () => {
    const store = new Store();
    const logins = new KeptKafkaLogins(store, clusterOf('one'));
    await logins.keep(bus, given);
    for (const text of ['{', '{"login":{"sasl":{"user":1}}}']) {
      for (const key of store.kept.keys()) store.kept.set(key, text);
      assert.equal(await logins.of(bus), undefined);
    }
  });
});
