/** What a person does with a release of the tree: its state, its tests, back, away. */
import * as vscode from 'vscode';
import { cancelled, invalid } from '../../../base/errors.ts';
import { t } from '../../../base/messages.ts';
import type { ReleaseName } from '../../../deploy/release.ts';
import type { OpenCluster } from '../../session/clusters.ts';
import { askConsent, isLineArgument } from '../cluster/lines.ts';
import type { DeployParts } from './deploy.ts';
import { followDeploy, goBack } from './progress.ts';

const deadlineMs = 900_000;

export function releaseCommands(parts: DeployParts) {
  const { deployer } = parts;
  const back = async (argument: unknown, how: 'rollback' | 'uninstall'): Promise<void> => {
    const { cluster, name } = await releaseOf(argument, parts);
    await goBack({ cluster, deployer: await deployer(cluster), name, back: how }, parts);
  };
  return {
    rollbackRelease: (argument: unknown) => back(argument, 'rollback'),
    uninstallRelease: (argument: unknown) => back(argument, 'uninstall'),
    testRelease: async (argument: unknown): Promise<void> => {
      const { cluster, name } = await releaseOf(argument, parts);
      const question = {
        what: t('Run the tests of {0}?', name.release),
        detail: t('Its test pods run a real query or message.'),
        button: t('Run Tests'),
      };
      const consent = await askConsent(cluster, 'install', question, parts);
      const own = await deployer(cluster);
      await followDeploy(t('Testing {0}', name.release), (signal) => own.test(name, consent, { signal, deadlineMs }), parts, undefined);
    },
  };
}

async function releaseOf(
  argument: unknown,
  { clusters }: DeployParts,
): Promise<{ readonly cluster: OpenCluster; readonly name: ReleaseName }> {
  if (isLineArgument(argument) && argument.line.subject.kind === 'release') {
    const { name, namespace } = argument.line.subject.release;
    return { cluster: await clusters.use(argument.context), name: { release: name, namespace } };
  }
  const items = clusters.open.flatMap((cluster) =>
    cluster.live.model().releases.items.map(({ name, namespace, status }) => ({
      label: name,
      description: `${namespace} · ${status}`,
      detail: cluster.context.name,
      chosen: { cluster, name: { release: name, namespace } },
    })),
  );
  if (items.length === 0) throw invalid(t('There is no release to choose from'), t('Open a cluster in the Clusters view first.'));
  const picked = await vscode.window.showQuickPick(items, { title: t('Which release?'), matchOnDescription: true });
  if (picked === undefined) throw cancelled();
  return picked.chosen;
}
