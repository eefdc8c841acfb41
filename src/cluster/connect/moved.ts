/** For programs beside a connection (Helm), which read the kubeconfig for themselves: it may have been written anew since. */
import { FaultlineError } from '../../base/errors.ts';
import { t } from '../../base/messages.ts';
import type { ClusterConnection } from './connection.ts';
import { authorityOf, settingsOf } from './settings.ts';

/** Fails: `refusedByProtection` where the context leads somewhere else by now; `notFound`, `forbidden`, `invalid` (the kubeconfig). */
export async function mustLeadTo(
  { context, server, authority }: Pick<ClusterConnection, 'context' | 'server' | 'authority'>,
  env: Readonly<Record<string, string | undefined>>,
): Promise<void> {
  const { cluster } = await settingsOf(context, env);
  if (cluster.server === server && (await authorityOf(cluster)) === (await authority())) return;
  throw new FaultlineError('refusedByProtection', {
    what: t('Nothing was changed in {0}', context.name),
    meaning: t('{0} leads to another cluster now ({1}) than the one that was asked ({2}).', context.file, cluster.server, server),
    remedy: t('Reconnect, and look at what is there.'),
  });
}
