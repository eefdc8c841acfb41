import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { lint } from '../../../src/deploy/lint/lint.ts';
import { parseManifests } from '../../../src/deploy/objects.ts';
import type { Manifest } from '../../../src/deploy/objects.ts';
import { compare } from '../../../src/deploy/plan/diff.ts';
import { restartOf } from '../../../src/deploy/plan/restarts.ts';
import { withStatus } from '../../../src/deploy/interrupted.ts';
import { gunzipSync, gzipSync } from 'node:zlib';

const one = (text: string): Manifest => {
  const [object] = parseManifests(text).objects;
  assert.ok(object);
  return object;
};

const web = (image: string, more = ''): string => `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 2
  template:
    metadata: {labels: {app: web}, annotations: {checksum/config: ${more === '' ? 'a' : more}}}
    spec:
      containers: [{name: web, image: ${image}, env: [{name: DB_PASSWORD, value: geheim}]}]
`;

describe('a plan', () => {
  it('shows what changes and not what the server filled in', () => {
    const live = one(
      web('busybox:1')
        .replace('image: busybox:1,', 'image: busybox:1, terminationMessagePath: /dev/log,')
        .replace('replicas: 2', 'replicas: 2\n  revisionHistoryLimit: 10'),
    );
    const same = compare({ before: one(web('busybox:1')), after: one(web('busybox:1')), live });
    assert.equal(same?.object.action, 'none');
    const changed = compare({ before: one(web('busybox:1')), after: one(web('busybox:2')), live });
    assert.equal(changed?.object.action, 'change');
    assert.match(changed.object.diff, /^-\s+image: busybox:1\n\+\s+image: busybox:2$/m);
    assert.doesNotMatch(changed.object.diff, /geheim|revisionHistoryLimit|terminationMessagePath/);
  });

  it('hides what is in a Secret, and still shows that it is another one', () => {
    const secret = (word: string): Manifest =>
      one(`{apiVersion: v1, kind: Secret, metadata: {name: s}, stringData: {same: x, word: ${word}}}`);
    const stored = one(`{apiVersion: v1, kind: Secret, metadata: {name: s}, data: {same: eA==, word: b25l}}`);
    const found = compare({ before: secret('one'), after: secret('two'), live: stored });
    assert.match(found?.object.diff ?? '', /-\s+word: \(hidden\)\n\+\s+word: \(hidden, another one\)/);
    assert.doesNotMatch(found?.object.diff ?? '', /b25l|dHdv/);
    assert.equal(compare({ before: secret('one'), after: secret('one'), live: stored })?.object.action, 'none');
  });

  it('keeps what says that it stays, and names what has to be made anew', () => {
    const kept = one('{apiVersion: v1, kind: ConfigMap, metadata: {name: c, annotations: {helm.sh/resource-policy: keep}}}');
    assert.equal(compare({ before: kept, live: kept })?.object.action, 'none');
    const gone = one('{apiVersion: v1, kind: ConfigMap, metadata: {name: c}}');
    assert.equal(compare({ before: gone, live: gone })?.object.action, 'delete');
    const fixed = compare({ before: gone, after: gone, live: gone, immutable: 'field is immutable' });
    assert.deepEqual([fixed?.object.action, fixed?.object.why], ['recreate', 'field is immutable']);
  });

  it('forecasts which pods restart and why, and none when only the number of pods changes', () => {
    const live = one(web('busybox:1'));
    const image = compare({ before: live, after: one(web('busybox:2', 'b')), live });
    assert.ok(image);
    const restart = restartOf(image, live, ['ConfigMap/web']);
    assert.deepEqual(restart, {
      workload: 'Deployment/web',
      pods: 2,
      why: ['its configuration changes (checksum/config): ConfigMap/web', 'image busybox:1 → busybox:2'],
      how: 'rolling',
    });
    const scaled = compare({ before: live, after: one(web('busybox:1').replace('replicas: 2', 'replicas: 5')), live });
    assert.equal(scaled?.object.action, 'change');
    assert.equal(restartOf(scaled, live, []), undefined);
  });

  it('that was interrupted is marked as failed in what Helm stored, and nothing else of it changes', () => {
    const pack = (value: unknown): string => Buffer.from(gzipSync(JSON.stringify(value)).toString('base64')).toString('base64');
    const unpack = (text: string): unknown =>
      JSON.parse(gunzipSync(Buffer.from(Buffer.from(text, 'base64').toString(), 'base64')).toString());
    const release = {
      name: 'web',
      version: 3,
      manifest: 'x',
      info: { status: 'pending-upgrade', first_deployed: 'then', description: 'old' },
    };
    assert.deepEqual(unpack(withStatus(pack(release), 'failed', 'cut')), {
      ...release,
      info: { ...release.info, status: 'failed', description: 'cut' },
    });
  });
});

describe('warnings', () => {
  const rulesOf = (text: string): readonly string[] => lint(parseManifests(text).objects).map(({ rule }) => rule);
  const sound = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: worker}
spec:
  template:
    metadata: {labels: {app: worker}}
    spec:
      containers:
        - {name: w, image: "trino:476", resources: {requests: {memory: 1Gi}, limits: {memory: 1Gi}}, readinessProbe: {httpGet: {port: 1}}, livenessProbe: {httpGet: {port: 1}}}
`;

  it('say nothing about a sound workload', () => {
    assert.deepEqual(rulesOf(sound), []);
  });

  it('name an autoscaler whose target is of another kind', () => {
    const hpa = (kind: string): string =>
      `${sound}---\n{apiVersion: autoscaling/v2, kind: HorizontalPodAutoscaler, metadata: {name: h}, spec: {scaleTargetRef: {kind: ${kind}, name: worker}}}\n`;
    assert.deepEqual(rulesOf(hpa('StatefulSet')), ['hpa-target']);
    assert.deepEqual(rulesOf(hpa('Deployment')), []);
  });

  it('name a selector that matches no pod, and a budget that lets none go', () => {
    const budget = (app: string, least: string): string =>
      `${sound}---\n{apiVersion: policy/v1, kind: PodDisruptionBudget, metadata: {name: b}, spec: {minAvailable: ${least}, selector: {matchLabels: {app: ${app}}}}}\n`;
    assert.deepEqual(rulesOf(budget('wroker', '1')), ['selector-matches-nothing']);
    assert.deepEqual(rulesOf(budget('worker', '1')), ['budget-blocks']);
    assert.deepEqual(rulesOf(budget('worker', '0')), []);
  });

  it('name a heap over its limit, missing probes and requests, and images without a version or a source', () => {
    assert.deepEqual(rulesOf(sound.replace('image: "trino:476"', 'image: "trino:476", args: ["-Xmx1g"]')), ['heap-over-limit']);
    assert.deepEqual(rulesOf(sound.replace('"trino:476"', '"docker.io/bitnami/kafka:4"')), ['image-supply']);
    assert.deepEqual(rulesOf(sound.replace('"trino:476"', 'trino')), ['image-latest']);
    const bare = sound.replace(/, resources:.*livenessProbe: \{httpGet: \{port: 1\}\}/, '');
    assert.deepEqual(rulesOf(bare), ['no-resources', 'no-readiness-probe', 'no-liveness-probe']);
  });

  it('name fewer replicas than have to be in sync, and API versions that are gone', () => {
    const kafka = (factor: number): string =>
      sound.replace(
        'image: "trino:476"',
        `image: "k:1", env: [{name: KAFKA_MIN_INSYNC_REPLICAS, value: "2"}, {name: KAFKA_DEFAULT_REPLICATION_FACTOR, value: "${factor}"}]`,
      );
    assert.deepEqual(rulesOf(kafka(1)), ['replicas-in-sync']);
    assert.deepEqual(rulesOf(kafka(2)), ['replicas-in-sync']);
    assert.deepEqual(rulesOf(kafka(3)), []);
    assert.deepEqual(rulesOf('{apiVersion: kafka.strimzi.io/v1beta2, kind: KafkaTopic, metadata: {name: t}}'), ['removed-api']);
  });
});
