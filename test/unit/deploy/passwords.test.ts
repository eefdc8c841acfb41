import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { healthText } from '../../../src/cli/deploy-words.ts';
import { passwordText } from '../../../src/cluster/sqlLogin.ts';
import { parseManifests } from '../../../src/deploy/objects.ts';
import { passwordsOf } from '../../../src/deploy/passwords.ts';

const shard = (name: string): string => `
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: ${name}}
spec:
  template:
    spec:
      containers:
      - name: clickhouse
        env:
        - {name: CLICKHOUSE_USER, value: app}
        - {name: CLICKHOUSE_PASSWORD, valueFrom: {secretKeyRef: {name: ch-auth, key: pass.word}}}
`;

describe('where a release keeps its password', () => {
  const { objects } = parseManifests(
    [shard('a'), shard('b'), '{apiVersion: apps/v1, kind: Deployment, metadata: {name: odd}, spec: 1}'].join('---\n'),
  );

  it('is said once for all its shards: Secret and key, and how to print it', () => {
    const places = passwordsOf(objects, 'shop');
    assert.deepEqual(places, [{ user: 'app', namespace: 'shop', secret: 'ch-auth', key: 'pass.word' }]);
    assert.equal(
      places.map(passwordText).join('\n'),
      "The password of user app is in Secret ch-auth, key pass.word: kubectl get secret ch-auth --namespace shop --output jsonpath='{.data.pass\\.word}' | base64 --decode",
    );
  });

  it('stands in its status too', () => {
    const state = {
      release: 'ch',
      namespace: 'shop',
      revision: 1,
      chart: 'clickhouse-1',
      status: 'deployed' as const,
      updated: 'now',
      description: '',
    };
    const cluster = { context: 'dev', cluster: 'dev', server: 'https://dev', version: 'v1' };
    const health = { state: { ...state, appVersion: '' }, interrupted: false, workloads: [], passwords: passwordsOf(objects, 'shop') };
    assert.match(healthText(health, cluster), /Secret ch-auth, key pass\.word/);
  });
});
