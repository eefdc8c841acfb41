import assert from 'node:assert/strict';
import { AuthenticationError, NetworkError, ResponseError, TimeoutError } from '@platformatic/kafka';
import { describe, it } from 'mocha';
import { FaultlineError, cancelled } from '../../../src/base/errors.ts';
import { kafkaError } from '../../../src/kafka/errors.ts';

const broker = { host: 'kafka-1.kafka', port: 9092 };
const METADATA = 3;

/** As the library throws what Kafka answers. */
function answered(code: number, text: string | null = null): Error {
  return new ResponseError(METADATA, 12, { '/': [code, text] }, {});
}

describe('an error of Kafka', () => {
  for (const [code, name, reason, says] of [
    [3, 'UNKNOWN_TOPIC_OR_PARTITION', 'notFound', /no topic orders/],
    [19, 'NOT_ENOUGH_REPLICAS', 'engine', /orders has fewer replicas in sync/],
    [29, 'TOPIC_AUTHORIZATION_FAILED', 'forbidden', /does not let this user do that with topic orders/],
    [31, 'CLUSTER_AUTHORIZATION_FAILED', 'forbidden', /does not let this user/],
    [35, 'UNSUPPORTED_VERSION', 'unsupported', /version/],
    [36, 'TOPIC_ALREADY_EXISTS', 'invalid', /orders exists already/],
    [58, 'SASL_AUTHENTICATION_FAILED', 'unauthorised', /refused the login of alice with PLAIN/],
    [33, 'UNSUPPORTED_SASL_MECHANISM', 'unauthorised', /does not take logins by PLAIN.*another mechanism/],
    [34, 'ILLEGAL_SASL_STATE', 'unauthorised', /takes no logins/],
    [10, 'MESSAGE_TOO_LARGE', 'invalid', /larger than topic orders takes/],
    [-1, 'UNKNOWN_SERVER_ERROR', 'engine', /UNKNOWN_SERVER_ERROR/],
  ] as const)
    it(`${name} says what it means`, () => {
      const error = kafkaError(answered(code), { broker, topic: 'orders', user: 'alice', mechanism: 'PLAIN' });
      assert.equal(error.reason, reason);
      assert.equal(error.facts.code, name);
      assert.match(error.message, says);
    });

  it('gives the words of the broker where it refuses what was asked', () => {
    assert.match(kafkaError(answered(17, 'Topic name "a b" is illegal')).message, /Topic name "a b" is illegal/);
  });

  it('names the broker, the tunnel and what the socket said when nobody answers', () => {
    const cause = new NetworkError('Connection to 127.0.0.1:1 failed.', { cause: new Error('connect ECONNREFUSED 127.0.0.1:1') });
    const error = kafkaError(cause, { broker, via: { host: '127.0.0.1', port: 1 } });
    assert.equal(error.reason, 'unreachable');
    assert.match(error.message, /kafka-1\.kafka:9092 does not answer through 127\.0\.0\.1:1/);
    assert.match(error.message, /ECONNREFUSED/);
    assert.equal(kafkaError(new TimeoutError('Request timed out'), { broker }).reason, 'unreachable');
  });

  it('is no refused login where the connection broke in the middle of one, or a broker was slow', () => {
    const during = (cause: Error | undefined): Error =>
      new NetworkError('Connection to 127.0.0.1:1 failed.', {
        cause: new AuthenticationError('SASL authentication failed.', cause === undefined ? {} : { cause }),
      });
    const doing = { broker, user: 'alice', mechanism: 'PLAIN' };
    assert.equal(kafkaError(during(new NetworkError('Connection closed')), doing).reason, 'unreachable');
    assert.equal(kafkaError(during(new TimeoutError('Request timed out')), doing).reason, 'unreachable');
    assert.equal(kafkaError(during(undefined), doing).reason, 'unauthorised');
    assert.equal(kafkaError(during(answered(58)), doing).reason, 'unauthorised');
  });

  it('is left as it is when it is ours, and a mistake of a program blames no broker', () => {
    const ours = cancelled();
    assert.equal(kafkaError(ours), ours);
    assert.equal(kafkaError(new TypeError('x is undefined'), { broker }).reason, 'internal');
    assert.ok(FaultlineError.is(kafkaError(AbortSignal.abort().reason), 'cancelled'));
  });
});
