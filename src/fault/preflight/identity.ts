/** Which cluster it is, whatever its context is called. */
import { FaultlineError } from '../../base/errors.ts';
import { t } from '../../base/messages.ts';
import type { ClusterConnection } from '../../cluster/connect/connection.ts';
import { clusterIdentity } from '../../cluster/connect/identity.ts';

/** Fails: `forbidden` where the UID of kube-system may not be read (a CA alone may be that of many clusters), else as a request does. */
export async function identityOf(connection: ClusterConnection, signal: AbortSignal): Promise<string> {
  const { uid, caHash } = await clusterIdentity(connection, signal);
  if (uid === undefined)
    throw new FaultlineError('forbidden', {
      what: t('Which cluster {0} is can’t be told', connection.context.name),
      meaning: t('Its identity is the UID of namespace kube-system, and you may not read that.'),
      remedy: t('Ask for the right to get namespace kube-system.'),
    });
  return `${uid}/${caHash ?? ''}`;
}

/** At inject, heal and sweep. Fails: `refusedByProtection` where the context leads to another cluster by now, else as `identityOf`. */
export async function refuseOtherCluster(connection: ClusterConnection, identity: string, signal: AbortSignal): Promise<void> {
  if ((await identityOf(connection, signal)) === identity) return;
  throw new FaultlineError('refusedByProtection', {
    what: t('{0} leads to another cluster than the one that was confirmed', connection.context.name),
    remedy: t('Look at the preview again.'),
  });
}
