/**
 * A shard of ClickHouse with two replicas that read for each other: two servers of 18.16, which have the native protocol. The lab's server
 * of today, which the chart installs, has neither that nor replication (`clickhouse-front/main.ts`), and there is no Keeper in the lab.
 */
import { CLICKHOUSE } from '../lab/images/recipes/clickhouse.ts';
import type { Manifest } from '../lab/use/apply.ts';
import type { TestLab } from '../lab/use/lab.ts';
import type { Release } from '../lab/use/release.ts';

const NAME = 'replicas';
const SERVERS = `${NAME}-servers`;
const HOSTS = [0, 1].map((replica) => `${NAME}-${replica}.${SERVERS}`);
const SELECTOR = `app.kubernetes.io/instance=${NAME}`;
const START_MS = 240_000;

/** Those of the chart. */
const labels = {
  'app.kubernetes.io/name': 'clickhouse',
  'app.kubernetes.io/instance': NAME,
  'app.kubernetes.io/component': 'server',
  'faultline.dev/shard': '1',
};

/** The cluster has the chart's name. Until both hosts can be resolved its statements fail. */
const CLUSTER = `<yandex><remote_servers><main><shard>
  ${HOSTS.map((host) => `<replica><host>${host}</host><port>9000</port></replica>`).join('')}
</shard></main></remote_servers></yandex>`;

const manifests: readonly Manifest[] = [
  { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: NAME, labels }, data: { 'cluster.xml': CLUSTER } },
  {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: SERVERS, labels },
    spec: { clusterIP: 'None', publishNotReadyAddresses: true, selector: labels, ports: [{ name: 'tcp', port: 9000 }] },
  },
  {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: NAME, labels },
    spec: { selector: labels, ports: [{ name: 'http', port: 8123 }] },
  },
  {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: { name: NAME, labels },
    spec: {
      replicas: HOSTS.length,
      serviceName: SERVERS,
      podManagementPolicy: 'Parallel',
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: {
          terminationGracePeriodSeconds: 1,
          topologySpreadConstraints: [
            {
              maxSkew: 1,
              topologyKey: 'kubernetes.io/hostname',
              whenUnsatisfiable: 'DoNotSchedule',
              labelSelector: { matchLabels: labels },
            },
          ],
          containers: [
            {
              name: 'clickhouse',
              image: CLICKHOUSE.name,
              imagePullPolicy: 'IfNotPresent',
              ports: [
                { name: 'http', containerPort: 8123 },
                { name: 'tcp', containerPort: 9000 },
              ],
              resources: { requests: { cpu: '50m', memory: '256Mi' }, limits: { memory: '1Gi' } },
              readinessProbe: { httpGet: { path: '/ping', port: 'http' }, periodSeconds: 2, failureThreshold: 2, timeoutSeconds: 3 },
              volumeMounts: [{ name: 'cluster', mountPath: '/etc/clickhouse-server/config.d/cluster.xml', subPath: 'cluster.xml' }],
            },
          ],
          volumes: [{ name: 'cluster', configMap: { name: NAME } }],
        },
      },
    },
  },
];

export function shardOfTwo(lab: TestLab): Pick<Release, 'deploy' | 'uninstall'> {
  return {
    deploy: async () => {
      await lab.apply(manifests);
      await lab.readyPods(SELECTOR, HOSTS.length, { timeoutMs: START_MS });
    },
    uninstall: async () => {
      await lab.api.apps.deleteNamespacedStatefulSet({ name: NAME, namespace: lab.namespace });
      await lab.waitForAll('The replicas are gone', { kind: 'Pod', labelSelector: SELECTOR }, (pods) => pods.length === 0);
    },
  };
}
