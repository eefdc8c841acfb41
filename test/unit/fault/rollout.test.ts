import assert from 'node:assert/strict';
import type { TargetBy } from '../../../src/fault/draft.ts';
import { replacedAtOnce } from '../../../src/fault/guard/hit.ts';
import { changedSince } from '../../../src/fault/preview/preview.ts';
import type { SceneWorkload, UpdateStrategy } from '../../../src/fault/scene.ts';
import {
  budget,
  clickHouseObjects,
  draft,
  kafkaObjects,
  previewOf,
  saidOf,
  sceneOf,
  trinoObjects,
  workload,
  type Objects,
} from './scenes.ts';

const restart = { kind: 'rollingRestart' } as const;
const byName = (object: 'Deployment' | 'StatefulSet', name: string): TargetBy => ({ kind: 'object', object, name });

function withStrategy(objects: Objects, name: string, strategy: UpdateStrategy): Objects {
  const workloads = objects.workloads.map((one): SceneWorkload => {
    if (one.workload.metadata.name !== name) return one;
    const field = one.kind === 'Deployment' ? { strategy } : { updateStrategy: strategy };
    return { ...one, workload: { ...one.workload, spec: { ...one.workload.spec, ...field } } };
  });
  return { ...objects, workloads, budgets: [] };
}

describe('how many pods a restart takes at once', () => {
  it('is what the workload’s controller makes of its strategy', () => {
    const of = (kind: SceneWorkload['kind'], pods: number, strategy: UpdateStrategy): number => {
      const made = workload(kind === 'Deployment' ? kind : 'StatefulSet', 'x', pods, {}).workload;
      const field = kind === 'Deployment' ? { strategy } : { updateStrategy: strategy };
      return replacedAtOnce({ kind, workload: { ...made, spec: { ...made.spec, ...field } } }, pods);
    };
    const up = (maxUnavailable?: number | string): UpdateStrategy => ({
      type: 'RollingUpdate',
      rollingUpdate: maxUnavailable === undefined ? {} : { maxUnavailable },
    });
    assert.deepEqual(
      [1, 3, 4, 8, 11].map((pods) => of('Deployment', pods, up())),
      [1, 1, 1, 2, 2],
      '25 %, rounded down',
    );
    assert.deepEqual(
      [0, 2, '50%', '100%', 9].map((most) => of('Deployment', 5, up(most))),
      [1, 2, 2, 5, 5],
    );
    assert.deepEqual([of('Deployment', 5, { type: 'Recreate' }), of('Deployment', 0, up())], [5, 0]);
    assert.deepEqual([of('StatefulSet', 5, up()), of('StatefulSet', 5, up(2)), of('StatefulSet', 5, up('30%'))], [1, 2, 2]);
    assert.deepEqual([of('DaemonSet', 5, up()), of('DaemonSet', 5, up('50%'))], [1, 3], 'rounded up');
    for (const kind of ['StatefulSet', 'DaemonSet'] as const) assert.equal(of(kind, 5, { type: 'OnDelete' }), 0, kind);
  });

  it('is told, with what goes then: all of what is recreated', () => {
    const by = byName('Deployment', 'q-worker');
    const rolling = previewOf(sceneOf(trinoObjects()), draft(restart, by));
    assert.deepEqual(rolling.warnings, ['Deployment q-worker replaces its 3 pods one after the other.']);
    assert.match(rolling.share, /1 of 3 workers of data\/q/);
    const all = previewOf(sceneOf(withStrategy(trinoObjects(), 'q-worker', { type: 'Recreate' })), draft(restart, by));
    assert.deepEqual(all.warnings, ['Deployment q-worker replaces all its 3 pods at once.']);
    assert.match(all.share, /3 of 3 workers of data\/q/);
    assert.ok(all.dependents.includes('All 3 of role worker of data/q are hit.'), all.dependents.join(' '));
    assert.deepEqual(changedSince(rolling.parts, all.parts), ['the pods that are hit']);
  });

  it('is no more than a quorum’s minority unless that is allowed by name', () => {
    const two = withStrategy(kafkaObjects(), 'bus', { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 2 } });
    const by = byName('StatefulSet', 'bus');
    const preview = previewOf(sceneOf(two), draft(restart, by));
    assert.deepEqual(saidOf(preview), ['blast: 2 of 3 brokers of data/bus are more than a minority: what needs a quorum would stop']);
    assert.deepEqual(preview.warnings, ['StatefulSet bus replaces its 3 pods up to 2 at once.']);
    assert.match(preview.dependents.join(' '), /Any 2 of 3 brokers of data\/bus at once; together all lead 2 partitions\./);
    const budgets = [budget('bus', { 'app.kubernetes.io/name': 'kafka' }, 1)];
    assert.equal(previewOf(sceneOf({ ...two, budgets }), draft(restart, by)).budgets[0]?.hit, 2);
    assert.deepEqual(saidOf(previewOf(sceneOf(two), draft(restart, by, { allow: ['beyondMinority'] }))), []);
  });

  it('is none where only somebody who deletes them replaces pods', () => {
    const never = withStrategy(kafkaObjects(), 'bus', { type: 'OnDelete' });
    const preview = previewOf(sceneOf(never), draft(restart, byName('StatefulSet', 'bus')));
    assert.deepEqual(preview.warnings, ['StatefulSet bus replaces no pod by itself: its strategy is OnDelete.']);
    assert.deepEqual([preview.groups, preview.dependents], [[], []]);
  });

  it('of several workloads is counted of each by itself, and so is what is scaled away', () => {
    const many = { amount: { kind: 'count', count: 2 }, allow: ['several'] } as const;
    const hits = (settings: typeof restart | { readonly kind: 'scale'; readonly replicas: number }): readonly string[] =>
      previewOf(sceneOf(clickHouseObjects()), draft(settings, { kind: 'role', engine: 'clickhouse' }, many)).groups.map(
        ({ title, hit, of }) => `${hit} of ${of} ${title}`,
      );
    const each = ['1 of 2 replicas of shard 1 of data/house', '1 of 2 replicas of shard 2 of data/house'];
    assert.deepEqual(hits(restart), each);
    assert.deepEqual(hits({ kind: 'scale', replicas: 1 }), each);
  });
});
