import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { BackOff } from '../../../../src/cluster/watch/timing.ts';
import { kinds, pathOf } from '../../../../src/cluster/watch/kinds.ts';

describe('the waits after failures', () => {
  it('double from one second to thirty, and start again after a success', () => {
    const backOff = new BackOff([1000, 30_000], () => 0);
    assert.deepEqual(
      Array.from({ length: 7 }, () => backOff.next()),
      [1000, 2000, 4000, 8000, 16_000, 30_000, 30_000],
    );
    backOff.reset();
    assert.equal(backOff.next(), 1000);
  });

  it('are shortened at random by half at the most, so that many watches do not come back together', () => {
    const backOff = new BackOff([1000, 30_000], () => 0.999_999);
    assert.equal(Math.round(backOff.next()), 500);
    for (let at = 0; at < 100; at++) assert.ok(backOff.next() >= 500);
  });
});

describe('paths of the API', () => {
  it('are those of groups, namespaces and names', () => {
    assert.equal(pathOf(kinds.pods), '/api/v1/pods');
    assert.equal(pathOf(kinds.pods, { namespace: 'n', name: 'a/b', subresource: 'log' }), '/api/v1/namespaces/n/pods/a%2Fb/log');
    assert.equal(pathOf(kinds.nodes, { name: 'x' }), '/api/v1/nodes/x');
    assert.equal(pathOf(kinds.deployments, { namespace: 'n' }), '/apis/apps/v1/namespaces/n/deployments');
  });
});
