import assert from 'node:assert/strict';
import { FaultlineError } from '../../../src/base/errors.ts';
import { howToLogIn, kafkaLoginOf, kafkaMeant } from '../../../src/cli/kafkaLogin.ts';
import { brokerPod, kafkaModel, kafkaOf } from '../cluster/kafka-pods.ts';

describe('the login of faultline tree', () => {
  const { items } = kafkaModel([brokerPod('bus-0'), brokerPod('lake-0', { instance: 'lake' })]).kafka;

  it('is for the Kafka that is named, or the only one, and for no other', () => {
    assert.equal(kafkaMeant('lake', items).name, 'lake');
    assert.equal(kafkaMeant('data/bus', items).name, 'bus');
    assert.equal(kafkaMeant(undefined, items.slice(0, 1)).name, 'bus');
    assert.throws(
      () => kafkaMeant(undefined, items),
      (error) => FaultlineError.is(error, 'invalid') && error.facts.remedy === 'Name it with --kafka: data/bus, data/lake.',
    );
    assert.throws(() => kafkaMeant('other', items), /No Kafka other is shown/);
    assert.throws(() => kafkaMeant(undefined, []), /none is shown/);
  });

  it('takes its password from the variable that is named, and is none where nothing is given', async () => {
    const env = { FAULTLINE_KAFKA_PASSWORD: 'usual', OWN: 'own', EMPTY: '' };
    assert.equal(await kafkaLoginOf({}, env), undefined);
    assert.deepEqual(await kafkaLoginOf({ kafkaUser: 'ann' }, env), { sasl: { user: 'ann', password: 'usual' } });
    assert.deepEqual(await kafkaLoginOf({ kafkaUser: 'ann', kafkaPasswordEnv: 'OWN', kafkaMechanism: 'PLAIN', kafkaListener: 'L' }, env), {
      listener: 'L',
      sasl: { user: 'ann', password: 'own', mechanism: 'PLAIN' },
    });
    await assert.rejects(kafkaLoginOf({ kafkaUser: 'ann', kafkaPasswordEnv: 'EMPTY' }, env), /EMPTY is not set/);
    await assert.rejects(kafkaLoginOf({ kafka: 'bus' }, env), /--kafka is of a login/);
    await assert.rejects(kafkaLoginOf({ kafkaUser: 'ann', kafkaCa: '/nowhere/ca.crt' }, env), /\/nowhere\/ca\.crt can’t be read/);
  });

  it('is told how to give where one is wanted', () => {
    const wanting = { ...kafkaOf([brokerPod('bus-0')]), login: 'wanted' } as const;
    assert.match(howToLogIn([wanting]), /^To log in to Kafka bus: --kafka-user NAME/);
    assert.match(howToLogIn([...items.slice(1), wanting]), /: --kafka data\/bus --kafka-user NAME/);
    assert.equal(howToLogIn(items), '');
  });
});
