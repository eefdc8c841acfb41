/** Clusters: their tree, and what a person does with what it shows. */
import { join } from 'node:path';
import type { Disposable } from '../base/disposables.ts';
import type { Deployer } from '../deploy/deploy.ts';
import type { KubeContext } from '../cluster/connect/kubeconfig.ts';
import type { EngineInstance } from '../cluster/recognise/model.ts';
import type { OpenCluster } from './session/clusters.ts';
import type { Reach, ServerTarget } from '../base/target.ts';
import { registerClusterCommands } from './commands/cluster/register.ts';
import { registerValues } from './editor/values.ts';
import type { FaultUi } from './faults/register.ts';
import type { Services } from './services.ts';
import { Forwards } from './session/forwards.ts';
import { serverNames } from './session/serverNames.ts';
import { ClusterFilter, registerClustersTree } from './tree/clusters.ts';
import type { TreeNode } from './tree/provider.ts';

export interface ClusterUi {
  roots(): Promise<readonly TreeNode[]>;
  readonly forwards: Forwards;
  /** An engine of an open cluster as a target; a person chooses its tables. Fails: `cancelled`, `invalid`, and as it is reached. */
  readonly serverIn: (context: KubeContext, instance: EngineInstance) => Promise<ServerTarget>;
}

export function registerClusters(services: Services, faults: Pick<FaultUi, 'active' | 'changed'>): ClusterUi & Disposable {
  const { store, commands, notifier, settings, session, dataSets, clusters, query, passwords, newId } = services;
  const forwards = store.add(new Forwards());
  const filter = new ClusterFilter();
  const tree = registerClustersTree({
    session,
    settings,
    dataSets,
    factsOf: (target) => query.factsOf(target),
    engineProblem: () => query.problem,
    factsChanged: query.factsChanged,
    clusters,
    forwards,
    faults,
    wallMs: services.clock.wallMs,
    filter,
    env: process.env,
  });
  let reaching: Promise<Reach> | undefined;
  const reach = (): Promise<Reach> => (reaching ??= import('../cluster/reach.ts').then(({ reachWith }) => reachWith({ env: process.env })));
  const chartsFolder = join(services.context.extensionUri.fsPath, 'media', 'charts');
  const deployer = async ({ connection }: OpenCluster): Promise<Deployer> => {
    const [{ findHelm, helmAt }, { openDeployer }] = await Promise.all([import('../deploy/helm/find.ts'), import('../deploy/deployer.ts')]);
    const path = settings.read('faultline.helm.path');
    const helm = await (path === '' ? findHelm(process.env, process.platform, 'faultline.helm.path') : helmAt(path, process.env));
    return openDeployer({ connection, helm, env: process.env, chartsFolder });
  };
  const namesOf = (target: ServerTarget): Promise<readonly string[]> => serverNames(query.api, target, newId);
  const parts = { commands, notifier, settings, clusters, forwards, filter, session, passwords, reach, namesOf, deployer };
  store.add(registerClusterCommands(parts));
  const serverIn: ClusterUi['serverIn'] = async (context, instance) =>
    (await import('./commands/cluster/servers.ts')).serverCommands(parts).serverIn(context, instance);
  store.add(registerValues(chartsFolder, (error) => services.log.error('the schema of a chart could not be read', error)));
  return { roots: () => tree.roots(), forwards, serverIn, dispose: () => tree.dispose() };
}
