import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { FaultlineError } from '../../../../src/base/errors.ts';
import type { ErrorReason } from '../../../../src/base/errors.ts';
import { endsProducer, outcomeOf } from '../../../../src/kafka/check/outcome.ts';
import { errorOfCode } from '../../../../src/kafka/errors.ts';
import { OUTCOMES } from '../../../../src/kafka/lane.ts';

function failure(reason: ErrorReason, code?: string): FaultlineError {
  return new FaultlineError(reason, { what: 'x', ...(code === undefined ? {} : { code }) });
}

describe('a message that failed', () => {
  it('is unknown whenever an answer was lost on the way, whatever came last', () => {
    for (const reason of ['timedOut', 'cancelled', 'engine', 'forbidden', 'invalid'] as const)
      assert.equal(outcomeOf(failure(reason, 'MAYBE_WRITTEN')), 'unknown', reason);
  });

  it('is failed when it was never sent, or refused before anything was appended', () => {
    assert.equal(outcomeOf(failure('cancelled')), 'failed');
    assert.equal(outcomeOf(failure('timedOut', 'NOT_ENOUGH_REPLICAS')), 'failed');
    assert.equal(outcomeOf(failure('unauthorised')), 'failed');
    for (const code of ['MESSAGE_TOO_LARGE', 'TOPIC_AUTHORIZATION_FAILED', 'INVALID_RECORD'])
      assert.equal(outcomeOf(errorOfCode(code, { topic: 'own' })), 'failed', code);
  });

  it('is unknown when Kafka says what we have not heard of, or something here broke', () => {
    assert.equal(outcomeOf(failure('engine', '1234')), 'unknown');
    assert.equal(outcomeOf(failure('engine')), 'unknown');
    assert.equal(outcomeOf(failure('internal')), 'unknown');
    assert.equal(outcomeOf(new TypeError('x')), 'unknown');
  });

  it('is never failed by a code after which the client itself has doubts', () => {
    for (const [code, outcome] of Object.entries(OUTCOMES))
      if (outcome === 'lost') assert.equal(outcomeOf(failure('engine', code)), 'unknown', code);
  });

  it('ends its producer when the next one would fare no better, and not because it was late', () => {
    for (const reason of ['forbidden', 'unauthorised', 'engine', 'invalid', 'internal'] as const)
      assert.equal(endsProducer(failure(reason)), true, reason);
    for (const reason of ['timedOut', 'cancelled', 'unreachable', 'notFound'] as const)
      assert.equal(endsProducer(failure(reason, 'MAYBE_WRITTEN')), false, reason);
  });
});
