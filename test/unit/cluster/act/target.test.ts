import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { budgetsOf, budgetText, selects } from '../../../../src/cluster/act/budgets.ts';
import { fateOf } from '../../../../src/cluster/act/nodes.ts';
import { PodPool, stateOf } from '../../../../src/cluster/act/pool.ts';
import { podSelection, portIn, selectorText, serviceSelection } from '../../../../src/cluster/act/target.ts';
import type { Pod } from '../../../../src/cluster/objects.ts';

function podOf(
  name: string,
  more: { readonly ready?: boolean; readonly created?: string; readonly deleted?: boolean; readonly phase?: string } = {},
): Pod {
  const { ready = true, created = '2026-01-01T00:00:00Z', deleted = false, phase = 'Running' } = more;
  return {
    metadata: { name, uid: `uid-${name}`, creationTimestamp: created, ...(deleted ? { deletionTimestamp: created } : {}) },
    status: { phase, conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }] },
  };
}

describe('the pods that a command is for', () => {
  it('a pod of a Deployment has its siblings as successors, also after a rollout; one of a StatefulSet its own name', () => {
    const labels = { app: 'trino', 'pod-template-hash': 'abc' };
    const owned = (kind: string): Pod => ({
      metadata: { name: 'p-0', labels, ownerReferences: [{ kind, name: 'p', uid: 'u', controller: true }] },
    });
    assert.deepEqual(podSelection(owned('ReplicaSet'), 'pod p-0'), { what: 'pod p-0', labelSelector: 'app=trino', preferred: 'p-0' });
    assert.equal(podSelection(owned('StatefulSet'), 'pod p-0').fieldSelector, 'metadata.name=p-0');
    assert.equal(podSelection({ metadata: { name: 'p', labels } }, 'pod p').fieldSelector, 'metadata.name=p');
  });

  it('a selector is written as the API reads it', () => {
    const matchExpressions = [
      { key: 'role', operator: 'In', values: ['a', 'b'] },
      { key: 'zone', operator: 'DoesNotExist' },
    ];
    assert.equal(selectorText({ matchLabels: { app: 'x' }, matchExpressions }), 'app=x,role in (a,b),!zone');
    assert.ok(selects({ matchExpressions }, { role: 'b' }));
    assert.ok(!selects({ matchExpressions }, { role: 'b', zone: 'z' }));
  });

  it("a service's port leads to the container's, by number, by name, and of a sidecar", () => {
    const ports = [
      { name: 'http', port: 80, targetPort: 'web' },
      { name: 'same', port: 9000 },
    ];
    const selection = serviceSelection({ metadata: { name: 's' }, spec: { selector: { app: 'x' }, ports } }, 'service s');
    const pod: Pod = {
      metadata: { name: 'p' },
      spec: { initContainers: [{ name: 'side', ports: [{ name: 'web', containerPort: 8080 }] }] },
    };
    assert.equal(portIn(pod, selection, 80), 8080);
    assert.equal(portIn(pod, selection, 'http'), 8080);
    assert.equal(portIn(pod, selection, 9000), 9000);
    assert.throws(() => portIn(pod, selection, 81), /no port 81\. It has: 80 \(http\), 9000 \(same\)/);
    assert.throws(() => serviceSelection({ metadata: { name: 's' } }, 'service s'), /leads to no pods/);
  });
});

describe('the pod that a forward leads to', () => {
  it('stays the same while it serves, and is another one when it goes', () => {
    const pool = new PodPool();
    const old = podOf('old');
    const young = podOf('young', { created: '2026-02-01T00:00:00Z' });
    pool.set([young]);
    assert.equal(pool.chosen()?.metadata.name, 'young');
    pool.set([old, young]);
    assert.equal(pool.chosen()?.metadata.name, 'young', 'a session stays where it is');
    pool.set([old, podOf('young', { deleted: true })]);
    assert.equal(pool.chosen()?.metadata.name, 'old');
    pool.avoid('uid-old');
    assert.equal(pool.chosen(), undefined);
    pool.allow('uid-old');
    assert.equal(pool.chosen()?.metadata.name, 'old');
  });

  it('who waits is given the next one that is ready, and told why there is none', async () => {
    const pool = new PodPool();
    pool.set([podOf('p-0', { ready: false })]);
    assert.equal(pool.why('service x'), 'service x: no pod is ready (p-0 is not ready).');
    const waiting = pool.one(AbortSignal.timeout(5000));
    pool.set([podOf('p-0', { ready: false }), podOf('p-1')]);
    assert.equal((await waiting).metadata.name, 'p-1');
    await assert.rejects(new PodPool().one(AbortSignal.abort(new Error('enough'))), /enough/);
    const waitingFor = { waiting: { reason: 'ImagePullBackOff' } };
    assert.equal(
      stateOf({ ...podOf('p', { phase: 'Pending' }), status: { phase: 'Pending', containerStatuses: [{ name: 'c', state: waitingFor }] } }),
      'p is pending: ImagePullBackOff',
    );
  });
});

describe('what a drain does with a pod', () => {
  it('leaves the node’s own and DaemonSets’, and asks by name where something would be lost', () => {
    const metadata = { name: 'p', ownerReferences: [{ kind: 'ReplicaSet', name: 'r', uid: 'u', controller: true }] };
    assert.deepEqual(fateOf({ metadata }), { kind: 'evict' });
    assert.equal(fateOf({ metadata: { name: 'p', annotations: { 'kubernetes.io/config.mirror': 'x' } } }).kind, 'skip');
    assert.equal(
      fateOf({ metadata: { name: 'p', ownerReferences: [{ kind: 'DaemonSet', name: 'd', uid: 'u', controller: true }] } }).kind,
      'skip',
    );
    assert.equal(fateOf({ metadata: { name: 'p' } }).kind, 'consent');
    assert.equal(fateOf({ metadata: { name: 'p' }, status: { phase: 'Succeeded' } }).kind, 'evict', 'one that is over loses nothing');
    assert.deepEqual(fateOf({ metadata, spec: { volumes: [{ name: 'data', emptyDir: {} }] } }), {
      kind: 'consent',
      why: 'what is in its emptyDir data is lost',
    });
  });

  it('names the budgets of its namespace that hold it, with their numbers', () => {
    const budget = {
      metadata: { name: 'b', namespace: 'n' },
      spec: { selector: { matchLabels: { app: 'x' } } },
      status: { currentHealthy: 2, desiredHealthy: 2, expectedPods: 3, disruptionsAllowed: 0 },
    };
    const pod = { metadata: { name: 'p', namespace: 'n', labels: { app: 'x' } } };
    const elsewhere = { ...budget, metadata: { name: 'c', namespace: 'm' } };
    assert.deepEqual(budgetsOf(pod, [budget, elsewhere]), [budget]);
    assert.equal(budgetText(budget), 'PodDisruptionBudget b: 2 of 3 pods are healthy and 2 must be: none may go now');
  });
});
