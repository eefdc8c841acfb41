/** Kafka for tests: a small cluster, a tunnel to each broker, and a way to lose what brokers answer. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import type { HostPort, KafkaAccess, KafkaRecord, Written } from '../../../src/kafka/client.ts';
import type { Manifest } from './apply.ts';
import type { TestLab } from './lab.ts';
import { onePerNode } from './workloads.ts';

export const IMAGE = 'docker.io/apache/kafka:4.1.1';
/** While this file is there, a broker that ended stays away. */
const AWAY = '/tmp/away';
/** The image has no pkill. Fails where there is none to kill. */
const KILL = 'for p in /proc/[0-9]*; do if [ "$(cat $p/comm 2>&1)" = java ]; then kill -9 ${p#/proc/} && done=1; fi; done; test -n "$done"';
const PORTS = { open: 9092, controller: 9093, login: 9094 } as const;

export interface KafkaCluster {
  /** Of one listener: as the brokers advertise it, through the tunnels. */
  access(listener: 'open' | 'login', over?: Partial<KafkaAccess>): KafkaAccess;
  /** Runs a tool of the image in a broker. Fails when it does. */
  tool(broker: number, command: readonly string[]): Promise<string>;
  /** At once, without a word to anybody, until `revive`. */
  kill(broker: number): Promise<void>;
  revive(broker: number): Promise<void>;
}

/** Brokers 0 to `count` - 1, all voters too; listener `login` asks for SCRAM; `more`: settings. Resolves when they are ready. */
export async function kafkaCluster(lab: TestLab, count: number, more: Readonly<Record<string, string>> = {}): Promise<KafkaCluster> {
  await lab.apply(manifests(count, more));
  await lab.readyPods('app=kafka', count, { timeoutMs: 240_000 });
  const near = new Map<string, number>();
  for (let id = 0; id < count; id++)
    for (const port of [PORTS.open, PORTS.login]) {
      const forward = await lab.portForward({ labelSelector: `statefulset.kubernetes.io/pod-name=kafka-${id}` }, port);
      near.set(`kafka-${id}.kafka:${port}`, forward.port);
    }
  const tool = async (broker: number, command: readonly string[]): Promise<string> => {
    const { code, stdout, stderr } = await lab.exec(`kafka-${broker}`, command, { timeoutMs: 60_000 });
    if (code !== 0) throw new Error(`${command.join(' ')}: ${stdout}${stderr}`);
    return stdout;
  };
  return {
    access: (listener, over) => ({
      clientId: 'faultline-test',
      bootstrap: Array.from({ length: count }, (_, id) => ({ host: `kafka-${id}.kafka`, port: PORTS[listener] })),
      route: ({ host, port }) => {
        const local = near.get(`${host}:${port}`);
        if (local === undefined) throw new Error(`no tunnel to ${host}:${port}`);
        return Promise.resolve({ host: '127.0.0.1', port: local });
      },
      ...over,
    }),
    tool,
    async kill(broker) {
      await tool(broker, ['sh', '-c', `touch ${AWAY}; ${KILL}`]);
    },
    async revive(broker) {
      await tool(broker, ['rm', AWAY]);
    },
  };
}

export interface Cutter {
  /** Leads to the same broker, through this. */
  route(broker: HostPort, signal: AbortSignal): Promise<HostPort>;
  /** Connections that were reset when a write was done and its answer was on its way. */
  readonly cuts: number;
  close(): void;
}

const PRODUCE = 0;

/** Every `everyNth` answer to a write is lost, with its connection. */
export function cutting(route: NonNullable<KafkaAccess['route']>, everyNth: number): Cutter {
  const near = new Map<string, Promise<HostPort>>();
  const servers: { close(): void }[] = [];
  const open = new Set<Socket>();
  let answers = 0;
  let cuts = 0;
  const listen = async (broker: HostPort, signal: AbortSignal): Promise<HostPort> => {
    const to = await route(broker, signal);
    const server = createServer((client) => {
      const upstream = connect(to.port, to.host);
      open.add(client).add(upstream);
      const end = (): void => {
        client.destroy();
        upstream.destroy();
        open.delete(client);
        open.delete(upstream);
      };
      for (const socket of [client, upstream]) socket.on('error', end).on('close', end);
      const writes = writesIn();
      let waiting = 0;
      client.on('data', (chunk: Buffer) => {
        waiting += writes(chunk);
        upstream.write(chunk);
      });
      upstream.on('data', (chunk: Buffer) => {
        if (waiting > 0) {
          waiting--;
          if (++answers % everyNth === 0) {
            cuts++;
            client.resetAndDestroy();
            end();
            return;
          }
        }
        client.write(chunk);
      });
    });
    servers.push(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return { host: '127.0.0.1', port: (server.address() as AddressInfo).port };
  };
  return {
    route(broker, signal) {
      const key = `${broker.host}:${broker.port}`;
      const known = near.get(key) ?? listen(broker, signal);
      near.set(key, known);
      return known;
    },
    get cuts() {
      return cuts;
    },
    close() {
      for (const server of servers) server.close();
      for (const socket of open) socket.destroy();
    },
  };
}

/** Counts the requests to write that begin in a stream of requests: length, then which request. */
function writesIn(): (chunk: Buffer) => number {
  let left = 0;
  let head = Buffer.alloc(0);
  return (chunk) => {
    let count = 0;
    let rest = chunk;
    while (rest.length > 0) {
      if (left > 0) {
        const passed = Math.min(left, rest.length);
        left -= passed;
        rest = rest.subarray(passed);
        continue;
      }
      const missing = 6 - head.length;
      head = Buffer.concat([head, rest.subarray(0, missing)]);
      rest = rest.subarray(missing);
      if (head.length < 6) break;
      if (head.readInt16BE(4) === PRODUCE) count++;
      left = head.readInt32BE(0) - 2;
      head = Buffer.alloc(0);
    }
    return count;
  };
}

/** Message `at` was acknowledged as `written[at]`: there is one of each, where Kafka said, in the order of sending. */
export function onceAndInOrder(records: readonly KafkaRecord[], written: readonly Written[]): void {
  assert.equal(records.length, written.length, 'none is missing, none is there twice');
  const last = new Map<number, number>();
  for (const { partition, offset, value } of records) {
    const at = Number(textOf(value));
    assert.ok(at > (last.get(partition) ?? -1), `message ${at} of partition ${partition} is where it was sent`);
    last.set(partition, at);
    assert.equal(written[at]?.partition, partition);
    if (written[at]?.offset !== undefined) assert.equal(written[at].offset, offset, `message ${at}`);
  }
}

export function textOf(value: Uint8Array | null): string {
  return Buffer.from(value ?? []).toString();
}

function manifests(count: number, more: Readonly<Record<string, string>>): Manifest[] {
  const settings: Readonly<Record<string, string>> = {
    KAFKA_PROCESS_ROLES: 'broker,controller',
    KAFKA_CONTROLLER_QUORUM_VOTERS: Array.from({ length: count }, (_, id) => `${id}@kafka-${id}.kafka:${PORTS.controller}`).join(','),
    KAFKA_LISTENERS: `OPEN://:${PORTS.open},CONTROLLER://:${PORTS.controller},LOGIN://:${PORTS.login}`,
    KAFKA_LISTENER_SECURITY_PROTOCOL_MAP: 'OPEN:PLAINTEXT,CONTROLLER:PLAINTEXT,LOGIN:SASL_PLAINTEXT',
    KAFKA_SASL_ENABLED_MECHANISMS: 'SCRAM-SHA-256,SCRAM-SHA-512',
    ...Object.fromEntries(
      ['256', '512'].map((bits) => [
        `KAFKA_LISTENER_NAME_LOGIN_SCRAM___SHA___${bits}_SASL_JAAS_CONFIG`,
        'org.apache.kafka.common.security.scram.ScramLoginModule required;',
      ]),
    ),
    KAFKA_INTER_BROKER_LISTENER_NAME: 'OPEN',
    KAFKA_CONTROLLER_LISTENER_NAMES: 'CONTROLLER',
    KAFKA_LOG_DIRS: '/var/lib/kafka/data/log',
    KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR: String(count),
    KAFKA_OFFSETS_TOPIC_NUM_PARTITIONS: '3',
    KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS: '0',
    KAFKA_HEAP_OPTS: '-Xmx300m',
    ...more,
  };
  const advertised = `OPEN://$HOSTNAME.kafka:${PORTS.open},LOGIN://$HOSTNAME.kafka:${PORTS.login}`;
  return [
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'kafka' },
      spec: {
        clusterIP: 'None',
        // The brokers must find each other before any of them can be ready.
        publishNotReadyAddresses: true,
        selector: { app: 'kafka' },
        ports: Object.entries(PORTS).map(([name, port]) => ({ name, port })),
      },
    },
    {
      apiVersion: 'apps/v1',
      kind: 'StatefulSet',
      metadata: { name: 'kafka' },
      spec: {
        serviceName: 'kafka',
        replicas: count,
        podManagementPolicy: 'Parallel',
        selector: { matchLabels: { app: 'kafka' } },
        template: {
          metadata: { labels: { app: 'kafka' } },
          spec: {
            // The shell above hears no SIGTERM.
            terminationGracePeriodSeconds: 1,
            enableServiceLinks: false,
            ...(count > 1 ? { affinity: onePerNode('kafka') } : {}),
            containers: [
              {
                name: 'kafka',
                image: IMAGE,
                imagePullPolicy: 'IfNotPresent',
                command: ['bash', '-c'],
                // Not process 1, which could not be killed from inside; its disk stays.
                args: [
                  `export KAFKA_NODE_ID=\${HOSTNAME##*-} KAFKA_ADVERTISED_LISTENERS=${advertised}; ` +
                    `while :; do /etc/kafka/docker/run; while [ -e ${AWAY} ]; do sleep 0.2; done; done`,
                ],
                env: Object.entries(settings).map(([name, value]) => ({ name, value })),
                readinessProbe: { tcpSocket: { port: PORTS.open }, periodSeconds: 2 },
              },
            ],
          },
        },
      },
    },
  ];
}
