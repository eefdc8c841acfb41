import assert from 'node:assert/strict';
import type { TargetBy } from '../../../src/fault/draft.ts';
import { changedSince } from '../../../src/fault/preview/preview.ts';
import type { WorkloadNow } from '../../../src/fault/scene.ts';
import { draft, kafkaObjects, previewOf, saidOf, sceneOf, type Objects } from './scenes.ts';

const set: TargetBy = { kind: 'object', object: 'StatefulSet', name: 'bus' };

/** Three brokers with a volume each, of a StatefulSet that says so of its claims. */
function withClaims(spec: Partial<WorkloadNow['spec']>): Objects {
  const objects = kafkaObjects();
  const templates = { volumeClaimTemplates: [{ metadata: { name: 'data' } }] };
  const workloads = objects.workloads.map((one) => ({
    ...one,
    workload: { ...one.workload, spec: { ...one.workload.spec, ...templates, ...spec } },
  }));
  return { ...objects, workloads, budgets: [] };
}

describe('claims that are deleted with their pods', () => {
  const deletes = { persistentVolumeClaimRetentionPolicy: { whenScaled: 'Delete' } } as const;
  const down = draft({ kind: 'scale', replicas: 1 }, set, { allow: ['beyondMinority'] });

  it('are lost when a StatefulSet that deletes them is scaled down, of each pod that would go', () => {
    const preview = previewOf(sceneOf(withClaims(deletes)), down);
    assert.deepEqual(preview.consent, {
      type: 'bus',
      losses: [2, 1].map((index) => ({
        pod: `data/bus-${index}`,
        why: `its claim data-bus-${index} is deleted with it (whenScaled: Delete), and it comes back with an empty one`,
      })),
      isGiven: false,
    });
    assert.match(saidOf(preview).join(), /^consent: data\/bus-2: its claim data-bus-2 is deleted/);
    assert.deepEqual(saidOf(previewOf(sceneOf(withClaims(deletes)), down, { typed: 'bus' })), []);
  });

  it('stay where they are retained, where there are none, and where nobody goes', () => {
    const losses = (spec: Partial<WorkloadNow['spec']>, fault = down): unknown => previewOf(sceneOf(withClaims(spec)), fault).consent;
    assert.equal(losses({}), undefined);
    assert.equal(losses({ persistentVolumeClaimRetentionPolicy: { whenScaled: 'Retain' } }), undefined);
    assert.equal(losses({ ...deletes, volumeClaimTemplates: [] }), undefined);
    assert.equal(losses(deletes, draft({ kind: 'scale', replicas: 3 }, set)), undefined);
    assert.equal(losses(deletes, draft({ kind: 'rollingRestart' }, set)), undefined);
  });

  it('that are to be deleted since it was confirmed are told before it begins', () => {
    const parts = (spec: Partial<WorkloadNow['spec']>) => previewOf(sceneOf(withClaims(spec)), down).parts;
    assert.deepEqual(changedSince(parts({}), parts(deletes)), ['what is lost for good']);
  });
});
