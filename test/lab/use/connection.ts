/** The product's own connection to the cluster that a client of the tests speaks to. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { KubeConfig } from '@kubernetes/client-node';
import { consentTo } from '../../../src/cluster/act/protection.ts';
import type { ClusterChange, Consent } from '../../../src/cluster/act/protection.ts';
import { connectCluster } from '../../../src/cluster/connect/connection.ts';
import type { ClusterConnection } from '../../../src/cluster/connect/connection.ts';

/** Closed when `signal` aborts. */
export async function connectionFor(config: KubeConfig, signal: AbortSignal): Promise<ClusterConnection> {
  const folder = await mkdtemp(join(tmpdir(), 'faultline-lab-'));
  try {
    const file = join(folder, 'kubeconfig');
    await writeFile(file, config.exportConfig(), { mode: 0o600 });
    const name = config.currentContext;
    const { cluster = '', namespace } = config.getContextObject(name) ?? {};
    const context = { name, cluster, file, ...(namespace === undefined ? {} : { namespace }) };
    return await connectCluster(context, { env: process.env, signal });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** A lab is nobody's production. */
export function consent(connection: ClusterConnection, change: ClusterChange): Consent {
  return consentTo({ context: connection.context.name, server: connection.server, level: 'open', knownBy: 'identity' }, change);
}
