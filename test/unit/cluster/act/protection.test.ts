import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { FaultlineError } from '../../../../src/base/errors.ts';
import {
  Consent,
  consentTo,
  isControlPlane,
  mayChange,
  nameToType,
  refuseControlPlane,
  refuseSystem,
  type Protection,
} from '../../../../src/cluster/act/protection.ts';

function refused(text: RegExp): (error: unknown) => boolean {
  return (error) => FaultlineError.is(error, 'refusedByProtection') && text.test(error.message);
}

describe('protection of clusters', () => {
  const at = (name: string, server = 'https://api:6443') => ({ context: { name }, server });
  const protectedAs = (level: Protection['level'], context: string): Protection => ({
    context,
    server: 'https://api:6443',
    level,
    knownBy: 'identity',
  });

  it('a protected one wants its name typed', () => {
    const prod = protectedAs('confirm', 'prod');
    assert.equal(nameToType(prod), 'prod');
    assert.throws(() => consentTo(prod, 'restart'), refused(/Restart.*prod is protected.*Type prod/s));
    assert.throws(() => consentTo(prod, 'restart', { typedName: 'Prod' }), refused(/“Prod” is not the name of prod/));
    Consent.check(consentTo(prod, 'restart', { typedName: 'prod' }), at('prod'), 'restart');
  });

  it('an open one is changed by a click, a read-only one by nothing', () => {
    Consent.check(consentTo(protectedAs('open', 'dev'), 'drainNode'), at('dev'), 'drainNode');
    const safe = protectedAs('readOnly', 'safe');
    assert.equal(mayChange(safe), false);
    assert.throws(() => consentTo(safe, 'shell', { typedName: 'safe' }), refused(/read-only/));
  });

  it('a consent is for one change of one cluster, and nobody can make one up', () => {
    const consent = consentTo(protectedAs('open', 'dev'), 'restart');
    assert.throws(() => Consent.check(consent, at('dev'), 'deletePod'), refused(/What was confirmed was “Restart” in dev/));
    assert.throws(() => Consent.check(consent, at('prod'), 'restart'), refused(/Nothing was changed in prod/));
    assert.throws(
      () => Consent.check(consent, at('dev', 'https://prod:6443'), 'restart'),
      refused(/this is .* in dev \(https:\/\/prod:6443\)/),
    );
    const forged = { change: 'restart', context: 'dev', server: 'https://api:6443' } as unknown as Consent;
    assert.throws(() => Consent.check(forged, at('dev'), 'restart'), refused(/Nothing was changed/));
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
