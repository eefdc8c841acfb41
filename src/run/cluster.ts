/** The cluster of a plan, as its journal names it: its context is looked up again, and what it is, is checked. */
import { FaultlineError } from '../base/errors.ts';
import { t } from '../base/messages.ts';
import { readContexts, type KubeContext } from '../cluster/connect/kubeconfig.ts';
import { connectCluster, type ClusterConnection } from '../cluster/connect/connection.ts';
import type { PlannedCluster } from '../journal/fault-plan.ts';

type Env = Readonly<Record<string, string | undefined>>;

/** Nothing is contacted. Fails: `notFound` (the context or its file is gone), and as a kubeconfig that can't be read. */
export async function openPlanned(cluster: PlannedCluster, env: Env): Promise<ClusterConnection> {
  return connectCluster(await contextOf(cluster, env), { env });
}

async function contextOf({ context, kubeconfig }: PlannedCluster, env: Env): Promise<KubeContext> {
  const { contexts, problems } = await readContexts(env, [kubeconfig]);
  const found = contexts.find(({ name, file }) => name === context && file === kubeconfig);
  if (found !== undefined) return found;
  const broken = problems.find(({ file }) => file === kubeconfig);
  if (broken !== undefined) throw broken.error;
  throw new FaultlineError('notFound', {
    what: t('{0} does not name the context {1} any more', kubeconfig, context),
    remedy: t('Bring it back, or use the command.'),
  });
}
