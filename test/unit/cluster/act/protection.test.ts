import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { FaultlineError } from '../../../../src/base/errors.ts';
import {
  Consent,
  consentTo,
  isControlPlane,
  mayChange,
  nameToType,
  protectionOf,
  refuseControlPlane,
  refuseSystem,
} from '../../../../src/cluster/act/protection.ts';

function refused(text: RegExp): (error: unknown) => boolean {
  return (error) => FaultlineError.is(error, 'refusedByProtection') && text.test(error.message);
}

describe('protection of clusters', () => {
  it('a cluster that nobody said anything about wants its name typed, even one with a strange name', () => {
    assert.deepEqual(protectionOf('toString', {}), { context: 'toString', level: 'confirm' });
    const unknown = protectionOf('prod', { dev: 'open' });
    assert.equal(nameToType(unknown), 'prod');
    assert.throws(() => consentTo(unknown, 'restart'), refused(/Restart.*prod is protected.*Type prod/s));
    assert.throws(() => consentTo(unknown, 'restart', { typedName: 'Prod' }), refused(/“Prod” is not the name of prod/));
    Consent.check(consentTo(unknown, 'restart', { typedName: 'prod' }), 'prod', 'restart');
  });

  it('an open one is changed by a click, a read-only one by nothing', () => {
    const levels = { dev: 'open', safe: 'readOnly' } as const;
    Consent.check(consentTo(protectionOf('dev', levels), 'drainNode'), 'dev', 'drainNode');
    const safe = protectionOf('safe', levels);
    assert.equal(mayChange(safe), false);
    assert.throws(() => consentTo(safe, 'shell', { typedName: 'safe' }), refused(/read-only/));
  });

  it('a consent is for one change of one cluster, and nobody can make one up', () => {
    const consent = consentTo({ context: 'dev', level: 'open' }, 'restart');
    assert.throws(() => Consent.check(consent, 'dev', 'deletePod'), refused(/What was confirmed was “Restart” in dev/));
    assert.throws(() => Consent.check(consent, 'prod', 'restart'), refused(/Nothing was changed in prod/));
    const forged = { change: 'restart', context: 'dev' } as unknown as Consent;
    assert.throws(() => Consent.check(forged, 'dev', 'restart'), refused(/Nothing was changed/));
  });

  it('the control plane and its namespaces are refused whatever was confirmed', () => {
    assert.throws(() => refuseSystem('kube-system', 'deletePod'), refused(/kube-system belongs to the cluster itself/));
    refuseSystem('analytics', 'deletePod');
    const named = { name: 'n1' };
    const byLabel = { metadata: { ...named, labels: { 'node-role.kubernetes.io/control-plane': '' } } };
    const byTaint = { metadata: named, spec: { taints: [{ key: 'node-role.kubernetes.io/master' }] } };
    assert.ok(isControlPlane(byLabel) && isControlPlane(byTaint));
    assert.throws(() => refuseControlPlane(byLabel), refused(/n1 was not drained/));
    refuseControlPlane({ metadata: { ...named, labels: { 'node-role.kubernetes.io/worker': '' } } });
  });
});
