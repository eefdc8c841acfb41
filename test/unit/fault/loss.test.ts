import assert from 'node:assert/strict';
import type { PodVolume } from '../../../src/cluster/objects.ts';
import type { TargetBy } from '../../../src/fault/draft.ts';
import { changedSince } from '../../../src/fault/preview/preview.ts';
import type { Toleration } from '../../../src/cluster/objects.ts';
import type { WorkloadNow } from '../../../src/fault/scene.ts';
import { draft, kafkaObjects, previewOf, saidOf, sceneOf, scenePod, type Objects } from './scenes.ts';

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
        of: `StatefulSet data/bus-${index}`,
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

describe('pods that are deleted since their node is given up', () => {
  const by: TargetBy = { kind: 'object', object: 'Node', name: 'n1' };
  const minutes = 60_000;
  const unreachable = { key: 'node.kubernetes.io/unreachable', effect: 'NoExecute' } as const;
  const usual = [
    { key: 'node.kubernetes.io/not-ready', effect: 'NoExecute', tolerationSeconds: 1 },
    { ...unreachable, tolerationSeconds: 300 },
  ];
  const kinds = ['nodeStop', 'nodeCut', 'nodeFreeze'] as const;

  /** Those of bus-1, on the node that is lost. */
  function losses(
    tolerations: readonly Toleration[],
    durationMs: number,
    kind: (typeof kinds)[number] = 'nodeStop',
    more: { readonly name?: string; readonly volumes?: readonly PodVolume[] } = {},
  ): readonly string[] {
    const { name = 'bus-1', volumes = [{ name: 'data', emptyDir: {} }] } = more;
    const objects = kafkaObjects();
    const lone = scenePod({ name: 'lone', node: 'n1' });
    const pods = [...objects.pods, lone].map((pod) =>
      pod.metadata.name === name
        ? { ...pod, spec: { ...pod.spec, volumes, tolerations } }
        : { ...pod, spec: { ...pod.spec, tolerations: [unreachable] } },
    );
    const { consent } = previewOf(sceneOf({ ...objects, pods, budgets: [] }), draft({ kind }, by, { durationMs }));
    return consent?.losses.map(({ pod, why }) => `${pod}: ${why}`) ?? [];
  }

  it('lose what is in their emptyDir when they tolerate it for less than the fault lasts', () => {
    for (const kind of kinds) {
      assert.deepEqual(
        losses(usual, 6 * minutes, kind),
        ['data/bus-1: it is deleted when its node is given up for 300 s; what is in its emptyDir data is lost'],
        kind,
      );
      assert.deepEqual(losses(usual, 4 * minutes, kind), [], kind);
    }
    assert.equal(losses([], minutes).length, 1, 'what tolerates nothing');
  });

  it('are gone for good when nobody brings them back', () => {
    assert.deepEqual(losses(usual, 6 * minutes, 'nodeCut', { name: 'lone', volumes: [] }), [
      'data/lone: it is deleted when its node is given up for 300 s; nobody brings it back: it belongs to no workload',
    ]);
  });

  it('are none that tolerate it for ever, or keep nothing', () => {
    assert.deepEqual(losses([unreachable], 15 * minutes), []);
    assert.deepEqual(losses([{}], 15 * minutes), [], 'of any key and effect');
    assert.equal(losses([{ ...unreachable, effect: 'NoSchedule' }], minutes).length, 1, 'a toleration of something else');
    assert.deepEqual(losses(usual, 6 * minutes, 'nodeStop', { volumes: [] }), []);
    assert.deepEqual(losses(usual, 6 * minutes, 'nodeStop', { volumes: [{ name: 'keys', emptyDir: { medium: 'Memory' } }] }), []);
  });
});
