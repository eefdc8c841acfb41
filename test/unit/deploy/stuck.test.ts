import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import type { KubeEvent, Pod } from '../../../src/cluster/objects.ts';
import { roomOf } from '../../../src/deploy/progress/nodes.ts';
import { countsOf, refusedPods } from '../../../src/deploy/progress/ready.ts';
import { stuckOf } from '../../../src/deploy/progress/stuck.ts';
import type { PodFacts } from '../../../src/deploy/progress/stuck.ts';

const event = (reason: string, message: string): KubeEvent => ({ metadata: { name: 'e' }, reason, message, type: 'Warning' });

function factsOf(status: NonNullable<Pod['status']>, more: Partial<PodFacts> = {}): PodFacts {
  const containers = [{ name: 'app', image: 'reg/app:1', resources: { requests: { memory: '8Gi' }, limits: { memory: '1Gi' } } }];
  return {
    pod: { metadata: { name: 'app-0' }, spec: { containers }, status },
    events: [],
    claims: [],
    nodes: undefined,
    logs: new Map(),
    ...more,
  };
}

const unscheduled = (message: string): NonNullable<Pod['status']> => ({
  conditions: [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message }],
});

describe('a pod that is stuck', () => {
  it('without room names what it asks for and what each node has left', () => {
    const node = (name: string): { metadata: { name: string }; status: { allocatable: { memory: string } } } => ({
      metadata: { name },
      status: { allocatable: { memory: '8Gi' } },
    });
    const other: Pod = {
      metadata: { name: 'x' },
      spec: { nodeName: 'n1', containers: [{ name: 'x', resources: { requests: { memory: '6Gi' } } }] },
      status: { phase: 'Running' },
    };
    const nodes = roomOf([node('n1'), node('n2')], [other]);
    const message = '0/2 nodes are available: 1 Insufficient memory, 1 node(s) had untolerated taint {gpu: true}. preemption: none';
    const found = stuckOf(factsOf(unscheduled(message), { nodes }));
    assert.equal(found?.kind, 'unschedulable');
    assert.equal(
      found.text,
      'No node has room (memory): it asks for 8Gi memory; free are n1 2Gi of 8Gi, n2 8Gi of 8Gi; 1 node(s) had untolerated taint {gpu: true}',
    );
  });

  it('on its volume names the claim, its class and why there is none', () => {
    const claims = [
      {
        metadata: { name: 'data-app-0' },
        spec: { storageClassName: 'fast', resources: { requests: { storage: '5Gi' } } },
        status: { phase: 'Pending' },
      },
    ];
    const events = [
      {
        ...event('ProvisioningFailed', 'storageclass "fast" not found'),
        involvedObject: { kind: 'PersistentVolumeClaim', name: 'data-app-0' },
      },
    ];
    const found = stuckOf(
      factsOf(unscheduled('0/1 nodes are available: pod has unbound immediate PersistentVolumeClaims'), { claims, events }),
    );
    assert.deepEqual(
      [found?.kind, found?.text],
      ['volume', 'Its volume data-app-0 (5Gi, storage class fast) is not there: storageclass "fast" not found'],
    );
  });

  it('on its image has the registry’s own words', () => {
    const status = {
      containerStatuses: [{ name: 'app', ready: false, state: { waiting: { reason: 'ImagePullBackOff', message: 'Back-off pulling' } } }],
    };
    const found = stuckOf(factsOf(status, { events: [event('Failed', 'Failed to pull image "reg/app:1": unauthorized')] }));
    assert.deepEqual(
      [found?.kind, found?.text],
      ['image', 'Image reg/app:1 of app can’t be pulled: Failed to pull image "reg/app:1": unauthorized'],
    );
  });

  it('by a crash has exit code and last lines, by memory its limit', () => {
    const crashed = (terminated: object): NonNullable<Pod['status']> => ({
      containerStatuses: [
        { name: 'app', ready: false, restartCount: 2, state: { waiting: { reason: 'CrashLoopBackOff' } }, lastState: { terminated } },
      ],
    });
    const found = stuckOf(factsOf(crashed({ exitCode: 7 }), { logs: new Map([['app', ['no such catalog']]]) }));
    assert.deepEqual([found?.kind, found?.text, found?.log], ['crash', 'app ended with exit code 7, 2 restarts', ['no such catalog']]);
    assert.match(
      stuckOf(factsOf(crashed({ exitCode: 137, reason: 'OOMKilled' })))?.text ?? '',
      /more memory than its limit 1Gi \(OOMKilled\)/,
    );
  });

  it('on a probe has its last output, and one that is on its way is not stuck', () => {
    const status = { containerStatuses: [{ name: 'app', ready: false, started: true, state: { running: {} } }] };
    const found = stuckOf(
      factsOf(status, { events: [event('Unhealthy', 'Readiness probe failed: HTTP probe failed with statuscode: 503')] }),
    );
    assert.deepEqual(
      [found?.kind, found?.text],
      ['probe', 'app runs and is not ready: its readiness probe said: HTTP probe failed with statuscode: 503'],
    );
    assert.equal(stuckOf(factsOf(status)), undefined);
  });

  it('for want of a Secret names it', () => {
    const status = {
      containerStatuses: [{ name: 'app', state: { waiting: { reason: 'CreateContainerConfigError', message: 'secret "db" not found' } } }],
    };
    assert.match(stuckOf(factsOf(status))?.text ?? '', /app can’t be started: secret "db" not found/);
  });
});

describe('a workload', () => {
  it('whose pods a quota forbids says so', () => {
    const found = refusedPods('StatefulSet/a', undefined, [
      event('FailedCreate', 'create Pod a-0 in StatefulSet a failed error: pods "a-0" is forbidden: exceeded quota: q'),
    ]);
    assert.deepEqual([found?.kind, found?.text], ['quota', 'No pod may be made: pods "a-0" is forbidden: exceeded quota: q']);
  });

  it('is not ready while pods of the older revision still serve, or its controller has not seen the change', () => {
    const deployment = (status: object, generation = 2): Parameters<typeof countsOf>[1] => ({
      metadata: { name: 'a', generation },
      ...{ spec: { replicas: 2 }, status: { observedGeneration: 2, replicas: 2, updatedReplicas: 2, availableReplicas: 2, ...status } },
    });
    assert.equal(countsOf('Deployment', deployment({})).isReady, true);
    assert.equal(countsOf('Deployment', deployment({ updatedReplicas: 1 })).isReady, false);
    assert.equal(countsOf('Deployment', deployment({ replicas: 3 })).isReady, false);
    assert.equal(countsOf('Deployment', deployment({}, 3)).isReady, false);
  });
});
