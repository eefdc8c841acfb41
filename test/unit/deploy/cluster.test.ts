import assert from 'node:assert/strict';
import { devNull } from 'node:os';
import { delimiter } from 'node:path';
import { describe, it } from 'mocha';
import { clusterFor } from '../../../src/deploy/helm/cluster.ts';

const env = { KUBECONFIG: '/mine', KUBERNETES_SERVICE_HOST: '10.0.0.1', KUBERNETES_SERVICE_PORT: '443', TOKEN: 's' };

describe('Helm is told which cluster is meant', () => {
  it('by the context’s own file, whatever the person’s KUBECONFIG says', () => {
    const found = clusterFor({ name: 'prod', cluster: 'c', file: '/a' }, env);
    assert.deepEqual(found, { args: ['--kubeconfig', '/a', '--kube-context', 'prod'], env: {} });
  });

  it('by the whole list where a context’s login stands in another file of it, in the same order', () => {
    const found = clusterFor({ name: 'prod', cluster: 'c', file: '/b', mergedWith: ['/a', '/b'] }, env);
    assert.deepEqual(found, { args: ['--kube-context', 'prod'], env: { KUBECONFIG: ['/a', '/b'].join(delimiter) } });
  });

  it('inside a pod by its service account, and a kubeconfig in the home folder leads nowhere else', () => {
    const found = clusterFor({ name: 'in-cluster', cluster: 'in-cluster', file: '/sa', inCluster: true }, env);
    assert.deepEqual(found, {
      args: [],
      env: { KUBERNETES_SERVICE_HOST: '10.0.0.1', KUBERNETES_SERVICE_PORT: '443', KUBECONFIG: devNull },
    });
  });
});
