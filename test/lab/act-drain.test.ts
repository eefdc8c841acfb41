import assert from 'node:assert/strict';
import { before, describe, it } from 'mocha';
import { FaultlineError } from '../../src/base/errors.ts';
import { drainNode } from '../../src/cluster/act/drain.ts';
import type { DrainEvent } from '../../src/cluster/act/drain.ts';
import { cordon, planDrain, uncordon } from '../../src/cluster/act/nodes.ts';
import type { ClusterConnection } from '../../src/cluster/connect/connection.ts';
import { kinds } from '../../src/cluster/watch/kinds.ts';
import { watchKind } from '../../src/cluster/watch/watch.ts';
import { consent } from './use/connection.ts';
import { useLab } from './use/lab.ts';
import type { TestLab } from './use/lab.ts';
import { BUSYBOX, deployment, pod } from './use/workloads.ts';

/** A lab of its own: the only node is emptied. */
const NUMBER = 6;
const FOREVER = 'sleep 100000';

describe('draining a node', () => {
  let lab: TestLab;
  let connection: ClusterConnection;
  let node: string;

  before(async function () {
    this.timeout(300_000);
    lab = await useLab({ profile: 'node', own: NUMBER });
    connection = await lab.api.connection();
    const scratch = JSON.stringify(deployment({ name: 'scratch', script: FOREVER }));
    const labels = { app: 'everywhere' };
    await lab.apply([
      deployment({ name: 'kept', script: FOREVER, replicas: 2 }),
      deployment({ name: 'free', script: FOREVER }),
      JSON.parse(scratch.replace('"containers":', '"volumes":[{"name":"heap","emptyDir":{}}],"containers":')) as never,
      pod({ name: 'alone', script: FOREVER }),
      {
        apiVersion: 'apps/v1',
        kind: 'DaemonSet',
        metadata: { name: 'everywhere' },
        spec: {
          selector: { matchLabels: labels },
          template: {
            metadata: { labels },
            spec: {
              terminationGracePeriodSeconds: 1,
              containers: [{ name: 'main', image: BUSYBOX, imagePullPolicy: 'IfNotPresent', command: ['sh', '-c', FOREVER] }],
            },
          },
        },
      },
      budget(2),
    ]);
    await lab.readyPods('app=kept', 2);
    await lab.readyPods('app=free', 1);
    await lab.readyPods('app=scratch', 1);
    await lab.readyPods('app=everywhere', 1);
    node = (await lab.readyPods('app=alone', 1))[0]?.spec?.nodeName ?? '';
    await budgetCounts(2);
  });

  function budget(minAvailable: number): { apiVersion: string; kind: string; metadata: { name: string }; spec: object } {
    const spec = { minAvailable, selector: { matchLabels: { app: 'kept' } } };
    return { apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', metadata: { name: 'kept' }, spec };
  }

  /** The lab's helpers wait for no budgets: the first drain would find one that has not counted yet. */
  async function budgetCounts(healthy: number): Promise<void> {
    const watched = watchKind(connection, kinds.podDisruptionBudgets, { namespaces: [lab.namespace] });
    const { promise, resolve } = Promise.withResolvers<void>();
    watched.changed.listen(() => {
      if ([...watched.objects().values()].some(({ status }) => status?.currentHealthy === healthy)) resolve();
    });
    await promise;
    watched.dispose();
  }

  async function isCordoned(): Promise<boolean> {
    return (await planDrain(connection, node)).isCordoned;
  }

  it('says beforehand what becomes of each pod, and changes nothing while one of them needs consent by name', async () => {
    const { pods } = await planDrain(connection, node);
    const fate = (app: string): string => {
      const found = pods.find(({ namespace, name }) => namespace === lab.namespace && name.startsWith(app))?.fate;
      return found === undefined ? 'none' : `${found.kind}${'why' in found ? `: ${found.why}` : ''}`;
    };
    assert.equal(fate('kept'), 'evict');
    assert.match(fate('everywhere'), /^skip: DaemonSet everywhere/);
    assert.match(fate('alone'), /^consent: nobody brings it back/);
    assert.match(fate('scratch'), /^consent: what is in its emptyDir heap is lost/);
    const draining = drainNode(connection, node, { consent: consent(connection, 'drainNode'), signal: lab.signal });
    await assert.rejects(draining.next(), (error) => {
      assert.ok(FaultlineError.is(error, 'refusedByProtection'));
      assert.match(error.message, /2 pods need your consent by name.*alone: nobody brings it back/);
      return true;
    });
    assert.equal(await isCordoned(), false);
  });

  it('waits for the budget that is in the way and names it with its numbers; stopped, it leaves the node cordoned and says so', async () => {
    const stopping = new AbortController();
    const events: DrainEvent[] = [];
    const run = async (): Promise<void> => {
      const options = { consent: consent(connection, 'drainNode'), signal: stopping.signal, alsoEvict: await byName() };
      for await (const event of drainNode(connection, node, options)) {
        events.push(event);
        if (event.kind === 'gone' && event.pod === `${lab.namespace}/alone`) stopping.abort();
      }
    };
    await assert.rejects(run(), (error) => {
      assert.ok(FaultlineError.is(error, 'cancelled'));
      assert.match(error.message, /was stopped.*Still there: .*kept-.*The node stays cordoned/s);
      return true;
    });
    assert.equal(events[0]?.kind, 'cordoned');
    const blocked = events.filter((event) => event.kind === 'blocked');
    assert.equal(new Set(blocked.map(({ pod: of }) => of)).size, 2);
    assert.ok(
      blocked.every(({ why }) => why === 'PodDisruptionBudget kept: 2 of 2 pods are healthy and 2 must be: none may go now'),
      blocked[0]?.why,
    );
    assert.equal(blocked.length, 2, 'a reason that stays the same is told once');
    assert.equal(await isCordoned(), true);
  });

  it('goes on when the budget allows it, and ends when only what stays is left', async function () {
    this.timeout(120_000);
    const events: DrainEvent[] = [];
    const options = { consent: consent(connection, 'drainNode'), signal: lab.signal, alsoEvict: await byName() };
    for await (const event of drainNode(connection, node, options)) {
      events.push(event);
      if (event.kind === 'blocked') await lab.apply(budget(0));
    }
    assert.ok(events.some(({ kind }) => kind === 'blocked'));
    assert.equal(events.at(-1)?.kind, 'drained');
    const { pods } = await planDrain(connection, node);
    assert.deepEqual(
      pods.filter(({ namespace }) => namespace === lab.namespace).map(({ fate }) => fate.kind),
      ['skip'],
    );
    await uncordon(connection, node, consent(connection, 'uncordon'));
    await lab.readyPods('app=kept', 2);
  });

  it('cordon keeps new pods away until uncordon', async () => {
    await cordon(connection, node, consent(connection, 'cordon'));
    assert.equal(await isCordoned(), true);
    await uncordon(connection, node, consent(connection, 'uncordon'));
    assert.equal(await isCordoned(), false);
    await assert.rejects(cordon(connection, 'nowhere', consent(connection, 'cordon')), (error) => FaultlineError.is(error, 'notFound'));
  });

  /** Of this test's pods and of the lab's own, which nobody else needs. */
  async function byName(): Promise<readonly string[]> {
    const { pods } = await planDrain(connection, node);
    return pods.filter(({ fate }) => fate.kind === 'consent').map(({ namespace, name }) => `${namespace}/${name}`);
  }
});
