import assert from 'node:assert/strict';
import { before, describe, it } from 'mocha';
import type { Manifest } from './use/apply.ts';
import { useLab } from './use/lab.ts';
import type { TestLab } from './use/lab.ts';
import { deployment, pod, SAYS_ITS_NAME, service } from './use/workloads.ts';

/** What is let in to the pods of an app: nothing, or what comes from the pods of another app. */
function ingress(name: string, app: string, from?: string): Manifest {
  const rules = from === undefined ? [] : [{ from: [{ podSelector: { matchLabels: { app: from } } }] }];
  const spec = { podSelector: { matchLabels: { app } }, policyTypes: ['Ingress'], ingress: rules };
  return { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', metadata: { name }, spec };
}

describe('a network policy', () => {
  let lab: TestLab;

  before(async function () {
    this.timeout(180_000);
    lab = await useLab({ profile: 'cluster' });
    await lab.apply([
      deployment({ name: 'web', script: SAYS_ITS_NAME, replicas: 2, spread: true, port: 8080 }),
      service('web', { app: 'web', port: 8080 }),
      pod({ name: 'friend', script: 'sleep 100000' }),
      pod({ name: 'stranger', script: 'sleep 100000' }),
    ]);
    await lab.readyPods('app=web', 2);
    for (const name of ['friend', 'stranger']) await lab.readyPods(`app=${name}`, 1);
  });

  const ASK = 'timeout 2 wget -qO /dev/null http://web 2>/dev/null';

  /** A rule takes hold a moment after it was written: asks until the answer changes, and then that it stays. */
  async function becomes(from: string, answered: boolean): Promise<void> {
    const stays = answered ? `${ASK} && ${ASK} && ${ASK}` : `! ${ASK} && ! ${ASK} && ! ${ASK}`;
    assert.equal((await lab.exec(from, ['sh', '-c', `until ${stays}; do :; done`])).code, 0);
  }

  it('that lets nothing in cuts everybody off, and one that names who may come in lets them in alone', async () => {
    await becomes('friend', true);
    await becomes('stranger', true);
    await lab.apply(ingress('nobody', 'web'));
    await becomes('stranger', false);
    await becomes('friend', false);
    await lab.apply(ingress('friends', 'web', 'friend'));
    await becomes('friend', true);
    await becomes('stranger', false);
  });
});
