/** The smallest Trino and Presto that run TPC-H, Trino at scale factor 1 too: for tests that kill them. */
import type { Manifest } from '../use/apply.ts';

const HEAP = '1536M';
const SHARED = 'http-server.http.port=8080\ndiscovery.uri=http://trino:8080\nquery.max-memory=900MB\nquery.max-memory-per-node=900MB\n';
const CONFIG = {
  coordinator: `coordinator=true\nnode-scheduler.include-coordinator=false\n${SHARED}`,
  worker: `coordinator=false\n${SHARED}`,
} as const;

type Role = keyof typeof CONFIG;

/** A coordinator and a worker with the catalog `tpch`, whose columns and types are the specification's. */
export function trinoManifests(): readonly Manifest[] {
  return [
    settings('coordinator'),
    settings('worker'),
    service('trino', { app: 'trino', role: 'coordinator' }),
    server('coordinator'),
    server('worker'),
  ];
}

/** One node that is both. Its tpch connector has no decimals: what money is comes as a double. */
export function prestoManifests(): readonly Manifest[] {
  const labels = { app: 'presto' };
  const catalog: Manifest = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'presto-catalog' },
    data: { 'tpch.properties': 'connector.name=tpch\ntpch.column-naming=STANDARD\ntpch.splits-per-node=4\n' },
  };
  const pod: Manifest = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'presto' },
    spec: {
      replicas: 1,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: {
          terminationGracePeriodSeconds: 1,
          containers: [
            {
              name: 'presto',
              image: 'docker.io/prestodb/presto:0.296',
              imagePullPolicy: 'IfNotPresent',
              ports: [{ name: 'http', containerPort: 8080 }],
              readinessProbe: { exec: { command: ['presto-ready'] }, periodSeconds: 3, timeoutSeconds: 10 },
              volumeMounts: [{ name: 'catalog', mountPath: '/opt/presto-server/etc/catalog' }],
            },
          ],
          volumes: [{ name: 'catalog', configMap: { name: 'presto-catalog' } }],
        },
      },
    },
  };
  return [catalog, service('presto', labels), pod];
}

function service(name: string, selector: Readonly<Record<string, string>>): Manifest {
  return { apiVersion: 'v1', kind: 'Service', metadata: { name }, spec: { selector, ports: [{ name: 'http', port: 8080 }] } };
}

/** All of /etc/trino. */
function settings(role: Role): Manifest {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: `trino-${role}` },
    data: {
      'config.properties': CONFIG[role],
      'node.properties': 'node.environment=lab\nnode.data-dir=/data/trino\nplugin.dir=/usr/lib/trino/plugin\n',
      'jvm.config': `-server\n-Xmx${HEAP}\n-XX:+UseG1GC\n-XX:+ExitOnOutOfMemoryError\n-Djdk.attach.allowAttachSelf=true\n-Dfile.encoding=UTF-8\n`,
      'log.properties': 'io.trino=INFO\n',
      'tpch.properties': 'connector.name=tpch\ntpch.splits-per-node=4\ntpch.column-naming=STANDARD\ntpch.double-type-mapping=DECIMAL\n',
    },
  };
}

function server(role: Role): Manifest {
  const labels = { app: 'trino', role };
  const items = ['config.properties', 'node.properties', 'jvm.config', 'log.properties'].map((key) => ({ key, path: key }));
  const catalog = { key: 'tpch.properties', path: 'catalog/tpch.properties' };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: `trino-${role}` },
    spec: {
      replicas: 1,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: {
          terminationGracePeriodSeconds: 1,
          containers: [
            {
              name: 'trino',
              image: 'docker.io/trinodb/trino:476',
              imagePullPolicy: 'IfNotPresent',
              ports: [{ name: 'http', containerPort: 8080 }],
              startupProbe: {
                exec: { command: ['/usr/lib/trino/bin/health-check'] },
                timeoutSeconds: 5,
                periodSeconds: 2,
                failureThreshold: 120,
              },
              volumeMounts: [{ name: 'settings', mountPath: '/etc/trino' }],
            },
          ],
          volumes: [{ name: 'settings', configMap: { name: `trino-${role}`, items: [...items, catalog] } }],
        },
      },
    },
  };
}
