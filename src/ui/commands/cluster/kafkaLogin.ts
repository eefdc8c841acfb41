/** Logins to Kafka: asked for step by step, kept in the secret storage, tried at once. */
import { readFile } from 'node:fs/promises';
import * as vscode from 'vscode';
import { FaultlineError, invalid } from '../../../base/errors.ts';
import { t } from '../../../base/messages.ts';
import type { KafkaSecrets } from '../../../cluster/kafkaSecrets.ts';
import type { KafkaPod } from '../../../cluster/kafkaRoutes.ts';
import type { KafkaInstance } from '../../../cluster/recognise/model.ts';
import type { OpenCluster } from '../../session/clusters.ts';
import { askKafkaLogin, type LoginAsker } from '../../session/kafkaLoginDialog.ts';
import { isLineArgument, type ClusterCommandParts } from './lines.ts';

export function kafkaLoginCommands(parts: ClusterCommandParts) {
  return {
    logIn: async (argument: unknown): Promise<void> => {
      const meant = await kafkaMeant(argument, t('Log in to which Kafka?'), parts);
      if (meant !== undefined) await logIn(meant, parts);
    },
    forget: async (argument: unknown): Promise<void> => {
      const meant = await kafkaMeant(
        argument,
        t('Forget the login to which Kafka?'),
        parts,
        ({ login }) => login === 'given' || login === 'refused',
      );
      if (meant === undefined) return;
      const { cluster, instance } = meant;
      await cluster.kafkaLogins.forget(instance);
      await cluster.live.retryKafka(instance.id);
    },
  };
}

interface MeantKafka {
  readonly cluster: OpenCluster;
  readonly instance: KafkaInstance;
}

/** Of the line that a menu stands on; else a person chooses one of all that are shown. */
async function kafkaMeant(
  argument: unknown,
  title: string,
  { clusters }: ClusterCommandParts,
  fits: (instance: KafkaInstance) => boolean = () => true,
): Promise<MeantKafka | undefined> {
  const id = isLineArgument(argument) && 'instance' in argument.line.subject ? argument.line.subject.instance.id : undefined;
  if (isLineArgument(argument) && id !== undefined) {
    const cluster = await clusters.use(argument.context);
    const instance = cluster.live.model().kafka.items.find((one) => one.id === id);
    if (instance === undefined) throw invalid(t('This Kafka is not there any more'));
    return { cluster, instance };
  }
  const items = clusters.open.flatMap((cluster) =>
    cluster.live
      .model()
      .kafka.items.filter(fits)
      .map((instance) => ({
        label: `${instance.namespace}/${instance.name}`,
        description: instance.health.word,
        detail: cluster.context.name,
        meant: { cluster, instance },
      })),
  );
  if (items.length === 0) throw invalid(t('There is no Kafka to choose from'), t('Open a cluster in the Clusters view first.'));
  return (await vscode.window.showQuickPick(items, { title }))?.meant;
}

async function logIn({ cluster, instance }: MeantKafka, parts: ClusterCommandParts): Promise<void> {
  const { connection, live, kafkaLogins } = cluster;
  const { id, name, namespace } = instance;
  const stop = new AbortController();
  const title = t('Log in to Kafka {0}', name);
  const [{ readKafkaPod }, { readSecret }] = await Promise.all([
    import('../../../cluster/kafkaRoutes.ts'),
    import('../../../cluster/kafkaSecrets.ts'),
  ]);
  const { pod, listeners, secrets, before } = await during(t('Looking at Kafka {0}', name), async () => {
    const [{ pod: found, listeners: all }, given] = await Promise.all([
      readKafkaPod(connection, instance, stop.signal),
      kafkaLogins.of(instance),
    ]);
    return { pod: found, listeners: all, secrets: await secretsOf(found, { cluster, instance }, stop.signal), before: given?.login };
  });
  const login = await askKafkaLogin(
    {
      name,
      listeners,
      secrets,
      read: (secret) => readSecret(connection, pod.metadata.namespace ?? namespace, secret, stop.signal),
      ...(before === undefined ? {} : { before }),
    },
    askerOf(title),
  );
  await kafkaLogins.keep(instance, login);
  await during(title, () => live.retryKafka(id));
  const now = live.model().kafka.items.find((one) => one.id === id);
  const again = { title: t('Log In to Kafka…'), run: () => logIn({ cluster, instance: now ?? instance }, parts) };
  if (now?.problem === undefined) parts.notifier.tell(t('Kafka {0} is asked with this login from now on.', name));
  else parts.notifier.warn([`${now.problem}.`, now.remedy].filter(Boolean).join(' '), again);
}

/** Who may not read them gives user and password by hand. */
async function secretsOf(pod: KafkaPod['pod'], { cluster, instance }: MeantKafka, signal: AbortSignal): Promise<KafkaSecrets> {
  const { kafkaSecrets, listSecrets } = await import('../../../cluster/kafkaSecrets.ts');
  const found = await listSecrets(cluster.connection, instance.namespace, signal).catch((error: unknown) => {
    if (FaultlineError.is(error, 'forbidden')) return undefined;
    throw error;
  });
  return found === undefined ? { logins: [], authorities: [] } : kafkaSecrets(instance, pod, found);
}

function during<T>(title: string, work: () => Promise<T>): Thenable<T> {
  return vscode.window.withProgress({ location: vscode.ProgressLocation.Window, title }, work);
}

function askerOf(title: string): LoginAsker {
  return {
    choose: async (question, choices) => vscode.window.showQuickPick(choices, { title, placeHolder: question, ignoreFocusOut: true }),
    text: async (prompt, value) => vscode.window.showInputBox({ title, prompt, value, ignoreFocusOut: true }),
    password: async (prompt) => vscode.window.showInputBox({ title, prompt, password: true, ignoreFocusOut: true }),
    file: async (question) => {
      const filters = { [t('PEM files')]: ['pem', 'crt', 'cer'], [t('All files')]: ['*'] };
      const [file] = (await vscode.window.showOpenDialog({ title: question, openLabel: t('Use'), filters })) ?? [];
      return file === undefined ? undefined : readFile(file.fsPath, 'utf8');
    },
  };
}
