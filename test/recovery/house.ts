/** The cheapest engine that users can ask: servers of ClickHouse behind a Service. */
import { CLICKHOUSE_MODERN } from '../lab/images/recipes/clickhouse-modern.ts';
import type { Manifest } from '../lab/use/apply.ts';

const labels = { 'app.kubernetes.io/name': 'clickhouse', 'app.kubernetes.io/instance': 'house', 'app.kubernetes.io/component': 'server' };

export const HOUSE_SELECTOR = 'app.kubernetes.io/instance=house';

/** Users of one server that goes are served by another, where there is one. */
export function house(replicas: number): readonly Manifest[] {
  return [
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'house', labels },
      spec: {
        replicas,
        selector: { matchLabels: labels },
        template: {
          metadata: { labels },
          spec: {
            terminationGracePeriodSeconds: 1,
            containers: [
              {
                name: 'clickhouse',
                image: CLICKHOUSE_MODERN.name,
                imagePullPolicy: 'IfNotPresent',
                ports: [{ name: 'http', containerPort: 8123 }],
                resources: { requests: { cpu: '10m', memory: '64Mi' } },
                readinessProbe: { httpGet: { path: '/ping', port: 8123 }, periodSeconds: 1, timeoutSeconds: 5 },
              },
            ],
          },
        },
      },
    },
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'house', labels },
      spec: { selector: labels, ports: [{ name: 'http', port: 8123 }] },
    },
  ];
}
