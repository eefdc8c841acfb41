/** How a person comes to be asked before a cluster is changed. No `vscode` import. */
import { FaultlineError } from '../../base/errors.ts';
import { t } from '../../base/messages.ts';
import { protectionOf, type ProtectionLevels } from '../../cluster/act/levels.ts';
import type { Consent, Protection } from '../../cluster/act/protection.ts';
import { isSameCluster } from '../../cluster/connect/identity.ts';
import type { Clusters, OpenCluster } from './clusters.ts';

/**
 * The cluster says before and after a person was asked which one it is. `ask` fails with what they said no with.
 * Fails: `refusedByProtection`, and as a request does.
 */
export async function consentFor(
  cluster: OpenCluster,
  clusters: Pick<Clusters, 'identify'>,
  levels: () => ProtectionLevels,
  ask: (protection: Protection) => Promise<Consent>,
): Promise<Consent> {
  const identity = await clusters.identify(cluster);
  const consent = await ask(protectionOf(cluster.connection, identity, levels()));
  // A person takes their time, and a tunnel may lead elsewhere meanwhile.
  if (isSameCluster(identity, await clusters.identify(cluster))) return consent;
  throw new FaultlineError('refusedByProtection', {
    what: t('Nothing was changed in {0}', cluster.context.name),
    meaning: t('At {0} there is another cluster now than when you were asked.', cluster.connection.server),
    remedy: t('Reconnect, and look at what is there.'),
  });
}
