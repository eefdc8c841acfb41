/** How Helm is told which cluster is meant. No kubeconfig is written for it, and nobody's current context counts. Pure. */
import { devNull } from 'node:os';
import { delimiter } from 'node:path';
import type { KubeContext } from '../../cluster/connect/kubeconfig.ts';

export interface HelmCluster {
  readonly args: readonly string[];
  /** Beside what Helm gets of the environment anyhow. */
  readonly env: Readonly<Record<string, string>>;
}

const IN_CLUSTER = ['KUBERNETES_SERVICE_HOST', 'KUBERNETES_SERVICE_PORT'] as const;

export function clusterFor(
  { name, file, mergedWith, inCluster }: KubeContext,
  env: Readonly<Record<string, string | undefined>>,
): HelmCluster {
  if (inCluster === true) {
    const given = IN_CLUSTER.flatMap((variable) => {
      const value = env[variable];
      return value === undefined ? [] : [[variable, value] as const];
    });
    // Helm takes the service account only where it finds no kubeconfig: one in the home folder would lead it elsewhere.
    return { args: [], env: { ...Object.fromEntries(given), KUBECONFIG: devNull } };
  }
  // Only the variable takes several files.
  if (mergedWith !== undefined) return { args: ['--kube-context', name], env: { KUBECONFIG: mergedWith.join(delimiter) } };
  return { args: ['--kubeconfig', file, '--kube-context', name], env: {} };
}
