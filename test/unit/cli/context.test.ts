import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { FaultlineError } from '../../../src/base/errors.ts';
import { contextOf } from '../../../src/cli/context.ts';

describe('the context that a command means', () => {
  it('is not “no current one” where there is no kubeconfig at all: that is said, with where it was looked for', async () => {
    await assert.rejects(contextOf(undefined, undefined, { KUBECONFIG: '/nowhere/config' }), (error) => {
      assert.ok(FaultlineError.is(error, 'notFound'));
      assert.match(error.message, /There is no kubeconfig: \/nowhere\/config is not there.*Give --kubeconfig, or set KUBECONFIG/s);
      assert.doesNotMatch(error.message, /current one/);
      return true;
    });
  });
});
