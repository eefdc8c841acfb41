/** Clusters: their tree, and what a person does with what it shows. */
import { join } from 'node:path';
import type { Disposable } from '../base/disposables.ts';
import type { Deployer } from '../deploy/deploy.ts';
import type { OpenCluster } from './session/clusters.ts';
import type { Reach } from '../base/target.ts';
import { registerChanges } from './commands/cluster/changes.ts';
import { Forwards, registerForwards } from './commands/cluster/forwards.ts';
import { registerServers } from './commands/cluster/servers.ts';
import { registerTerminals } from './commands/cluster/terminals.ts';
import { registerClusterViews } from './commands/cluster/views.ts';
import { registerDeploy } from './commands/deploy/deploy.ts';
import { registerReleases } from './commands/deploy/releases.ts';
import { registerValues } from './editor/values.ts';
import type { Services } from './services.ts';
import { serverNames } from './session/serverNames.ts';
import { ClusterFilter, registerClustersTree } from './tree/clusters.ts';
import type { TreeNode } from './tree/provider.ts';

export interface ClusterUi {
  roots(): Promise<readonly TreeNode[]>;
  readonly forwards: Forwards;
}

export function registerClusters(services: Services): ClusterUi & Disposable {
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
    filter,
    env: process.env,
  });
  let reaching: Promise<Reach> | undefined;
  const reach = (): Promise<Reach> => (reaching ??= import('../cluster/reach.ts').then(({ reachWith }) => reachWith({ env: process.env })));
  const parts = { commands, notifier, settings, clusters };
  store.add(registerTerminals(parts));
  store.add(registerForwards({ ...parts, forwards }));
  store.add(registerChanges(parts));
  store.add(registerClusterViews({ ...parts, filter }));
  const chartsFolder = join(services.context.extensionUri.fsPath, 'media', 'charts');
  const deploying = {
    ...parts,
    deployer: async ({ connection }: OpenCluster): Promise<Deployer> => {
      const [{ findHelm, helmAt }, { openDeployer }] = await Promise.all([
        import('../deploy/helm/find.ts'),
        import('../deploy/deployer.ts'),
      ]);
      const path = settings.read('faultline.helm.path');
      return openDeployer({
        connection,
        helm: await (path === '' ? findHelm(process.env) : helmAt(path, process.env)),
        env: process.env,
        chartsFolder,
      });
    },
  };
  store.add(registerDeploy(deploying));
  store.add(registerReleases(deploying));
  store.add(registerValues(chartsFolder, (error) => services.log.error('the schema of a chart could not be read', error)));
  store.add(registerServers({ ...parts, session, passwords, reach, namesOf: (target) => serverNames(query.api, target, newId) }));
  return { roots: () => tree.roots(), forwards, dispose: () => tree.dispose() };
}
