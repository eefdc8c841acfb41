/** The few calls that bringing a lab up needs of its API server. */
import {
  ApiException,
  ApiregistrationV1Api,
  CoreV1Api,
  DiscoveryV1Api,
  Health,
  KubeConfig,
  RbacAuthorizationV1Api,
} from '@kubernetes/client-node';
import { hasCondition, unlessGone, unlessThere } from '../use/api.ts';
import type { NodePlace, Place } from './place.ts';

export class LabApi {
  readonly #config = new KubeConfig();
  readonly #core: CoreV1Api;

  constructor(place: Pick<Place, 'kubeconfig'>) {
    this.#config.loadFromFile(place.kubeconfig);
    this.#core = this.#config.makeApiClient(CoreV1Api);
  }

  async isReady(): Promise<boolean> {
    return new Health(this.#config).readyz({}).catch(() => false);
  }

  async hasServiceAccount(): Promise<boolean> {
    try {
      return (await unlessGone(this.#core.readNamespacedServiceAccount({ namespace: 'default', name: 'default' }))) !== undefined;
    } catch (error) {
      if (error instanceof ApiException) throw error;
      // The server did not answer at all.
      return false;
    }
  }

  /** What this cluster is told from every other by. */
  async uid(): Promise<string> {
    const { metadata } = await this.#core.readNamespace({ name: 'kube-system' });
    if (metadata?.uid === undefined) throw new Error('The API server gave namespace kube-system no UID.');
    return metadata.uid;
  }

  /** Says which pods a node may have before it speaks for itself. */
  async announceNode({ name, podRange, namespace }: NodePlace): Promise<void> {
    await unlessThere(
      this.#core.createNode({
        body: {
          metadata: { name, labels: { 'topology.kubernetes.io/zone': namespace } },
          spec: { podCIDR: podRange, podCIDRs: [podRange] },
        },
      }),
    );
  }

  async isNodeReady(name: string): Promise<boolean> {
    const node = await this.#core.readNode({ name }).catch(() => undefined);
    return hasCondition(node?.status?.conditions, 'Ready');
  }

  /** A token that may read what network policies speak of; for as long as the certificates are valid. */
  async policyToken(): Promise<string> {
    const metadata = { name: 'kube-network-policies', namespace: 'kube-system' };
    await unlessThere(this.#core.createNamespacedServiceAccount({ namespace: metadata.namespace, body: { metadata } }));
    await unlessThere(
      this.#config.makeApiClient(RbacAuthorizationV1Api).createClusterRoleBinding({
        body: {
          metadata: { name: metadata.name },
          roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'view' },
          subjects: [{ kind: 'ServiceAccount', ...metadata }],
        },
      }),
    );
    const body = { spec: { audiences: [], expirationSeconds: 30 * 24 * 3600 } };
    const { status } = await this.#core.createNamespacedServiceAccountToken({ ...metadata, body });
    if (status?.token === undefined) throw new Error('The API server gave no token.');
    return status.token;
  }

  /** metrics-server runs beside the nodes, so its Service has no pods to select: the endpoint is written by hand. */
  async serveMetrics(address: string, port: number): Promise<void> {
    const metadata = { name: 'metrics-server', namespace: 'kube-system', labels: { 'kubernetes.io/service-name': 'metrics-server' } };
    await unlessThere(
      this.#core.createNamespacedService({
        namespace: metadata.namespace,
        body: { metadata, spec: { ports: [{ name: 'https', port: 443, targetPort: port, protocol: 'TCP' }] } },
      }),
    );
    await unlessThere(
      this.#config.makeApiClient(DiscoveryV1Api).createNamespacedEndpointSlice({
        namespace: metadata.namespace,
        body: {
          metadata,
          addressType: 'IPv4',
          endpoints: [{ addresses: [address], conditions: { ready: true } }],
          ports: [{ name: 'https', port, protocol: 'TCP' }],
        },
      }),
    );
    await unlessThere(
      this.#config.makeApiClient(ApiregistrationV1Api).createAPIService({
        body: {
          metadata: { name: 'v1beta1.metrics.k8s.io' },
          spec: {
            group: 'metrics.k8s.io',
            version: 'v1beta1',
            service: { name: metadata.name, namespace: metadata.namespace },
            insecureSkipTLSVerify: true,
            groupPriorityMinimum: 100,
            versionPriority: 100,
          },
        },
      }),
    );
  }
}
