/** The commands of clusters, servers and deploys. Their code is loaded with the first one that is given. */
import * as vscode from 'vscode';
import type { Disposable } from '../../../base/disposables.ts';
import type { DeployParts } from '../deploy/deploy.ts';
import { isDraft } from '../deploy/mark.ts';
import type { ForwardParts } from './forwards.ts';
import type { ServerCommandParts } from './servers.ts';
import type { ClusterViewParts } from './views.ts';

export type ClusterCommandsParts = ForwardParts & ClusterViewParts & ServerCommandParts & DeployParts;

export function registerClusterCommands(parts: ClusterCommandsParts): Disposable {
  const { commands } = parts;
  const terminals = once(async () => (await import('./terminals.ts')).terminalCommands(parts));
  const forwards = once(async () => (await import('./forwards.ts')).forwardCommands(parts));
  const changes = once(async () => (await import('./changes.ts')).changeCommands(parts));
  const views = once(async () => (await import('./views.ts')).viewCommands(parts));
  const servers = once(async () => (await import('./servers.ts')).serverCommands(parts));
  const kafka = once(async () => (await import('./kafkaLogin.ts')).kafkaLoginCommands(parts));
  const deploys = once(async () => (await import('../deploy/deploy.ts')).deployCommands(parts));
  const releases = once(async () => (await import('../deploy/releases.ts')).releaseCommands(parts));
  const lenses: vscode.CodeLensProvider = {
    provideCodeLenses: async (document) => (isDraft(document) ? (await import('../deploy/deploy.ts')).valuesLenses(document) : []),
  };
  return vscode.Disposable.from(
    { dispose: () => void deploys.loaded()?.then(({ dispose }) => dispose()) },
    vscode.languages.registerCodeLensProvider({ language: 'yaml' }, lenses),
    commands.register('faultline.logs', async (item) => (await terminals()).logs(item)),
    commands.register('faultline.previousLogs', async (item) => (await terminals()).previousLogs(item)),
    commands.register('faultline.shell', async (item) => (await terminals()).shell(item)),
    commands.register('faultline.forwardPort', async (item) => (await forwards()).forwardPort(item)),
    commands.register('faultline.stopForward', async (item) => (await forwards()).stopForward(item)),
    commands.register('faultline.copyName', async (item) => (await forwards()).copyName(item)),
    commands.register('faultline.restart', async (item) => (await changes()).restart(item)),
    commands.register('faultline.deletePod', async (item) => (await changes()).deletePod(item)),
    commands.register('faultline.cordon', async (item) => (await changes()).cordon(item)),
    commands.register('faultline.uncordon', async (item) => (await changes()).uncordon(item)),
    commands.register('faultline.drainNode', async (item) => (await changes()).drainNode(item)),
    commands.register('faultline.drainTrinoWorker', async (item) => (await changes()).drainTrinoWorker(item)),
    commands.register('faultline.describe', async (item) => (await views()).describe(item)),
    commands.register('faultline.filterClusters', async () => (await views()).filterClusters()),
    commands.register('faultline.reconnectCluster', async (item) => (await views()).reconnectCluster(item)),
    commands.register('faultline.disconnectCluster', async (item) => (await views()).disconnectCluster(item)),
    commands.register('faultline.protectCluster', async (item) => (await views()).protectCluster(item)),
    commands.register('faultline.kafkaLogin', async (item) => (await kafka()).logIn(item)),
    commands.register('faultline.forgetKafkaLogin', async (item) => (await kafka()).forget(item)),
    commands.register('faultline.runSqlHere', async (item) => (await servers()).runSqlHere(item)),
    commands.register('faultline.benchmarkEngine', async (item) => (await servers()).benchmarkEngine(item)),
    commands.register('faultline.connectServer', async () => (await servers()).connectServer()),
    commands.register('faultline.testConnection', async (item) => (await servers()).testConnection(item)),
    commands.register('faultline.forgetServer', async (item) => (await servers()).forgetServer(item)),
    commands.register('faultline.deploy', async (item) => (await deploys()).deploy(item)),
    commands.register('faultline.previewDeploy', async (uri) => (await deploys()).previewDeploy(uri)),
    commands.register('faultline.carryOutDeploy', async (uri) => (await deploys()).carryOutDeploy(uri)),
    commands.register('faultline.testRelease', async (item) => (await releases()).testRelease(item)),
    commands.register('faultline.rollbackRelease', async (item) => (await releases()).rollbackRelease(item)),
    commands.register('faultline.uninstallRelease', async (item) => (await releases()).uninstallRelease(item)),
  );
}

/** Loads at the first call; a failure is not kept. */
function once<T>(load: () => Promise<T>): (() => Promise<T>) & { loaded(): Promise<T> | undefined } {
  let loading: Promise<T> | undefined;
  const get = (): Promise<T> => {
    loading ??= load().catch((error: unknown) => {
      loading = undefined;
      throw error;
    });
    return loading;
  };
  return Object.assign(get, { loaded: () => loading });
}
