/** The cluster that a plan or a server names: a context of one kubeconfig, which is read now. */
import { FaultlineError } from '../../base/errors.ts';
import { t } from '../../base/messages.ts';
import { connectCluster, type ClusterConnection, type ConnectOptions } from './connection.ts';
import { readKubeconfig } from './kubeconfig.ts';

/** Fails: `notFound`, and as `connectCluster`. */
export async function connectNamed(kubeconfig: string, name: string, options: ConnectOptions): Promise<ClusterConnection> {
  const context = (await readKubeconfig(kubeconfig)).find((one) => one.name === name);
  if (context === undefined)
    throw new FaultlineError('notFound', {
      what: t('There is no context {0} in {1}', name, kubeconfig),
      remedy: t('Choose the cluster again.'),
    });
  return connectCluster(context, options);
}
