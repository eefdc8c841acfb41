import assert from 'node:assert/strict';
import { factsOf, faultKinds, longestFaultMs, settingsText } from '../../../src/fault/catalogue.ts';
import { needsOf } from '../../../src/fault/needs.ts';

describe('the catalogue', () => {
  it('tells of every kind what it does, whom it fits and how it ends; what lasts has a duration and a deadline', () => {
    assert.equal(new Set(faultKinds).size, 18);
    for (const kind of faultKinds) {
      const facts = factsOf(kind);
      assert.equal(facts.defaults.kind, kind);
      assert.match(facts.does, /\.$/, kind);
      assert.match(facts.heals, /\.$/, kind);
      assert.ok(facts.fits.length > 0, kind);
      assert.equal(facts.lasts, facts.defaultDurationMs !== undefined, kind);
      assert.equal(facts.lasts, facts.deadline !== 'atOnce', kind);
      assert.ok((facts.defaultDurationMs ?? 0) <= longestFaultMs, kind);
      assert.equal(typeof settingsText(facts.defaults), 'string');
    }
    assert.equal(
      settingsText({ kind: 'latency', latencyMs: 100, jitterMs: 10, port: 9092, existing: 'unaffected' }),
      '100 ms ± 10 ms, port 9092, existing connections are unaffected',
    );
    assert.equal(
      settingsText(factsOf('latency').defaults),
      '100 ms, existing connections, too, where the node’s kernel can delay them (netem); else they are reset',
    );
    assert.equal(settingsText({ kind: 'networkCut', direction: 'in', peers: ['kafka-0'] }), 'what comes in, from kafka-0');
  });

  it('asks for the right of every write: subresources too, for healing as well, and the lock of the target', () => {
    const text = (kind: Parameters<typeof needsOf>[0], target: Parameters<typeof needsOf>[1]): string =>
      needsOf(kind, target)
        .map(
          ({ verb, resource, subresource, namespace, for: purpose }) =>
            `${purpose === 'healing' ? '+' : ''}${verb} ${resource}${subresource === undefined ? '' : `/${subresource}`}@${namespace ?? '*'}`,
        )
        .join(' ');
    const pod = { kind: 'pod', namespace: 'x' } as const;
    const lease = 'create leases@x get leases@x update leases@x +delete leases@x';
    assert.equal(text('podDelete', pod), `get pods@x delete pods@x ${lease}`);
    assert.equal(
      text('freeze', pod),
      `get pods@x patch pods/ephemeralcontainers@x create pods/exec@x get pods/exec@x +create pods/exec@x +get pods/exec@x ${lease}`,
    );
    const scale = text('scale', { kind: 'workload', namespace: 'x', workload: 'StatefulSet' });
    assert.ok(scale.includes('get statefulsets@x patch statefulsets@x +get statefulsets@x +patch statefulsets@x'), scale);
    assert.ok(scale.includes('create serviceaccounts@x create roles@x create rolebindings@x create jobs@x list pods@x'), scale);
    assert.ok(scale.includes('+delete serviceaccounts@x +delete roles@x +delete rolebindings@x +delete jobs@x'), scale);
    assert.match(
      text('cordon', { kind: 'node' }),
      /create serviceaccounts@default create clusterroles@\* create clusterrolebindings@\* create jobs@default/,
    );
    assert.match(text('drain', { kind: 'node' }), /create pods\/eviction@\* \+get nodes@\* \+patch nodes@\*/);
    assert.match(text('cordon', { kind: 'node' }), /create leases@default/);
    assert.equal(text('none', pod), '');
    const nodeLease = lease.replaceAll('@x', '@default');
    for (const kind of ['nodeStop', 'nodeCut', 'nodeFreeze'] as const)
      assert.equal(text(kind, { kind: 'node' }), `get nodes@* ${nodeLease}`);
  });
});
