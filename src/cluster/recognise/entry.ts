/** The Service that clients of an engine use. */
import type { Service } from '../objects.ts';
import type { EngineKind, EngineRole, EngineService } from './model.ts';
import type { Found } from './found.ts';

interface Entry {
  readonly roles: readonly EngineRole[];
  /** The first that the Service has is taken. */
  readonly ports: readonly (readonly [port: number, scheme: EngineService['scheme']])[];
  /** Names of ports, for Services that renumber them. */
  readonly names: readonly (readonly [name: string, scheme: EngineService['scheme']])[];
}

const http = [
  ['http', 'http'],
  ['https', 'https'],
  ['http-web', 'http'],
  ['web', 'http'],
  ['service', 'http'],
] as const;

const entries: Readonly<Record<EngineKind, Entry>> = {
  trino: {
    roles: ['coordinator'],
    ports: [
      [8080, 'http'],
      [8443, 'https'],
    ],
    names: http,
  },
  presto: {
    roles: ['coordinator'],
    ports: [
      [8080, 'http'],
      [8443, 'https'],
    ],
    names: http,
  },
  clickhouse: {
    roles: ['server'],
    ports: [
      [8123, 'http'],
      [8443, 'https'],
    ],
    names: http,
  },
  kafka: {
    roles: ['broker', 'broker and controller'],
    ports: [
      [9092, 'tcp'],
      [9093, 'tcp'],
      [9094, 'tcp'],
    ],
    names: [
      ['tcp-client', 'tcp'],
      ['tcp-plain', 'tcp'],
      ['kafka', 'tcp'],
    ],
  },
  spark: {
    roles: ['connect server', 'driver', 'master'],
    ports: [
      [15002, 'tcp'],
      [4040, 'http'],
      [8080, 'http'],
    ],
    names: [['spark-driver-ui-port', 'http'], ...http],
  },
  minio: { roles: ['server'], ports: [[9000, 'http']], names: http },
  prometheus: { roles: ['server'], ports: [[9090, 'http']], names: http },
  alertmanager: { roles: ['server'], ports: [[9093, 'http']], names: http },
  grafana: {
    roles: ['server'],
    ports: [
      [3000, 'http'],
      [80, 'http'],
    ],
    names: http,
  },
};

/** `services` are those of the instance's namespace. */
export function serviceOf(found: Found, services: readonly Service[]): EngineService | undefined {
  const entry = entries[found.engine];
  const targets = found.pods.filter(({ line }) => entry.roles.includes(line.role)).map(({ pod }) => pod.metadata.labels ?? {});
  const templates = found.workloads
    .filter(({ role }) => entry.roles.includes(role))
    .map(({ workload }) => workload.spec?.template?.metadata?.labels ?? workload.spec?.selector?.matchLabels ?? {});
  const labelled = targets.length > 0 ? targets : templates;
  let best: { readonly service: EngineService; readonly score: number } | undefined;
  for (const service of services) {
    const selector = Object.entries(service.spec?.selector ?? {});
    if (selector.length === 0) continue;
    const reached = labelled.filter((labels) => selector.every(([key, value]) => labels[key] === value)).length;
    const port = reached === 0 ? undefined : portOf(service, entry);
    if (port === undefined) continue;
    // One that leads to all of them and has an address of its own is better than one that leads to one pod.
    const score =
      reached * 10 + (service.spec?.clusterIP === 'None' ? 0 : 5) - port.rank + (isBefore(service, best?.service.name) ? 0.5 : 0);
    if (best === undefined || score > best.score)
      best = { service: { name: service.metadata.name, port: port.port, scheme: port.scheme }, score: Math.floor(score) };
  }
  return best?.service;
}

/** The shorter name of two equals: `clickhouse` before `clickhouse-headless`. */
function isBefore({ metadata }: Service, other: string | undefined): boolean {
  return other !== undefined && metadata.name.length < other.length;
}

function portOf(
  service: Service,
  entry: Entry,
): { readonly port: number; readonly scheme: EngineService['scheme']; readonly rank: number } | undefined {
  const ports = service.spec?.ports ?? [];
  for (const [rank, [wanted, scheme]] of entry.ports.entries()) {
    const port = ports.find(({ port: number, targetPort }) => number === wanted || targetPort === wanted);
    if (port !== undefined) return { port: port.port, scheme, rank };
  }
  for (const [wanted, scheme] of entry.names) {
    const port = ports.find(({ name }) => name === wanted);
    if (port !== undefined) return { port: port.port, scheme, rank: 3 };
  }
  return undefined;
}
