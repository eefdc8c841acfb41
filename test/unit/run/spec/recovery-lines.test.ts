import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { LineError, parseAbortRule, parseExpectation } from '../../../../src/run/spec/expectation.ts';
import { recoveryWords } from '../../../../src/run/spec/recovery-metric.ts';

function refused(read: () => unknown): string {
  try {
    read();
  } catch (error) {
    if (error instanceof LineError) return error.error.message;
    throw error;
  }
  return 'taken';
}

describe('what is expected of a recovery', () => {
  it('is a time since the fault, a share of the probes, or a count of messages', () => {
    assert.deepEqual(parseExpectation('recovered <= 10 s'), {
      text: 'recovered <= 10 s',
      metric: { kind: 'recovery', of: 'recovered' },
      comparison: '<=',
      limit: 10_000,
    });
    assert.deepEqual(parseExpectation('unavailable < 500 ms').metric, { kind: 'unavailable' });
    assert.equal(parseExpectation('unavailable < 500 ms').limit, 500);
    assert.deepEqual(parseExpectation('messages.lost <= 0').metric, { kind: 'messages', of: 'lost' });
    assert.equal(parseExpectation('probes.failed <= 1.5 %').limit, 0.015);
    assert.equal(parseExpectation('relapses <= 2').limit, 2);
  });

  it('takes every word that completion offers', () => {
    for (const word of recoveryWords) {
      const limit = word.startsWith('messages') || word === 'relapses' ? '0' : word.startsWith('probes') ? '1 %' : '10 s';
      assert.equal(parseExpectation(`${word} <= ${limit}`).text, `${word} <= ${limit}`);
    }
  });

  it('says what to write instead', () => {
    assert.match(
      refused(() => parseExpectation('recovred <= 10 s')),
      /Did you mean recovered/,
    );
    assert.match(
      refused(() => parseExpectation('messages.losst <= 0')),
      /Did you mean messages\.lost/,
    );
    assert.match(
      refused(() => parseExpectation('messages <= 0')),
      /does not say which.*messages\.lost, messages\.duplicated/s,
    );
    assert.match(
      refused(() => parseExpectation('recovered.p99 <= 10 s')),
      /has no percentiles.*Write recovered alone/s,
    );
    assert.match(
      refused(() => parseExpectation('recovered <= 10')),
      /no unit/,
    );
    assert.match(
      refused(() => parseExpectation('messages.lost <= 0 %')),
      /is a count/,
    );
    assert.match(
      refused(() => parseExpectation('relapses <= 1.5')),
      /not a whole number/,
    );
    assert.match(
      refused(() => parseExpectation('recovered(q01) <= 10 s')),
      /whole run only/,
    );
  });
});

describe('what ends a run early that breaks something', () => {
  it('counts from the fault on, or over a window', () => {
    assert.equal(parseAbortRule('unavailable > 20 s').overMs, 0);
    assert.equal(parseAbortRule('unavailable > 20 s over 1 min').overMs, 60_000);
    assert.equal(parseAbortRule('recovered > 2 min').overMs, 0);
    assert.equal(parseAbortRule('probes.failed > 50 % over 10 s').overMs, 10_000);
  });

  it('is refused where it could not be told in time', () => {
    assert.match(
      refused(() => parseAbortRule('probes.failed > 50 %')),
      /over how long/,
    );
    assert.match(
      refused(() => parseAbortRule('recovered > 60 s over 10 s')),
      /counted from the fault on/,
    );
    assert.match(
      refused(() => parseAbortRule('messages.lost > 0')),
      /when the run is over.*under expect/s,
    );
  });
});
