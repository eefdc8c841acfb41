import { permissionCache } from '../../../src/cluster/act/permissions.ts';
import { connectCluster } from '../../../src/cluster/connect/connection.ts';
import { identityReader } from '../../../src/cluster/connect/identity.ts';
import { openLiveCluster } from '../../../src/cluster/live.ts';
import { Clusters } from '../../../src/ui/session/clusters.ts';
import { KeptKafkaLogins } from '../../../src/ui/session/kafkaLogins.ts';

const noSecrets = { get: async () => undefined, store: async () => undefined, delete: async () => undefined };

/** Opened as the editor does it, with nothing in its secret storage. */
export function clustersOfTests(): Clusters {
  return new Clusters({
    contexts: async () => ({ contexts: [], problems: [] }),
    open: async (context) => {
      const connection = await connectCluster(context, { env: {} });
      const permissions = permissionCache(connection, () => performance.now());
      const kafkaLogins = new KeptKafkaLogins(noSecrets, connection);
      const live = openLiveCluster(connection, { kafkaLogins });
      return { context, connection, live, permissions, kafkaLogins, identity: identityReader(connection) };
    },
  });
}
