/** Choosing a kubeconfig: its path goes into a setting, the file itself is only ever read. */
import * as vscode from 'vscode';
import type { Disposable } from '../../base/disposables.ts';
import { t } from '../../base/messages.ts';
import type { Commands, SettingsReader } from '../contribute.ts';
import { needsTrust, type Notifier } from '../notify.ts';
import { readKubeconfig } from '../../cluster/connect/kubeconfig.ts';

export interface KubeconfigCommandParts {
  readonly commands: Commands;
  readonly settings: SettingsReader;
  readonly notifier: Notifier;
}

export function registerKubeconfigCommands({ commands, settings, notifier }: KubeconfigCommandParts): Disposable {
  return commands.register('faultline.chooseKubeconfig', async () => {
    if (!vscode.workspace.isTrusted) throw needsTrust(t('Kubeconfig files are not read'));
    const chosen = await vscode.window.showOpenDialog({
      title: t('Choose a kubeconfig (it is only read)'),
      openLabel: t('Use This Kubeconfig'),
      canSelectMany: false,
    });
    const file = chosen?.[0]?.fsPath;
    if (file === undefined) return;
    await addKubeconfig(file, settings, notifier);
  });
}

/** Fails: `notFound`, `forbidden`, `invalid` when the file is no kubeconfig; then the setting stays as it is. */
export async function addKubeconfig(file: string, settings: SettingsReader, notifier: Notifier): Promise<void> {
  const contexts = await readKubeconfig(file);
  const files = settings.read('faultline.kubeconfigs');
  if (!files.includes(file)) await settings.write('faultline.kubeconfigs', [...files, file], vscode.ConfigurationTarget.Global);
  notifier.tell(
    contexts.length === 1
      ? t('1 context was found. It is not contacted.')
      : t('{0} contexts were found. None is contacted.', contexts.length),
  );
}
