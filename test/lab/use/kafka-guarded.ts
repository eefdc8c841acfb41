/** Kafka that lets nobody in without a login: SCRAM in the clear, SCRAM and PLAIN over TLS, certificates made for it alone. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { HostPort } from '../../../src/kafka/client.ts';
import { run } from '../../workbench/cache.mjs';
import type { Manifest } from './apply.ts';
import type { TestLab } from './lab.ts';
import { IMAGE } from './kafka.ts';

export const users = {
  /** By SCRAM-SHA-512. */
  ann: 'a,p=n word',
  /** By SCRAM-SHA-256. */
  bob: 'b-secret',
  /** By PLAIN. */
  paul: 'p-secret',
} as const;

const PORTS = { between: 9091, controller: 9093, login: 9094, locked: 9095 } as const;

export interface GuardedKafka {
  /** Of the authority that signed the brokers' certificates, and of one that did not. */
  readonly caFile: string;
  readonly otherCaFile: string;
  /** The near end of a tunnel to the TLS listener. */
  tunnel(broker: number): Promise<HostPort>;
  /** What the brokers wrote of each login that they refused: before its client hears of it. */
  refusals(): Promise<readonly string[]>;
  remove(): Promise<void>;
}

/** Listeners LOGIN (SCRAM-SHA-512, in the clear) and LOCKED (all three, TLS). Resolves when the brokers are ready and know the users. */
export async function guardedKafka(lab: TestLab, brokers: number): Promise<GuardedKafka> {
  const folder = await mkdtemp(join(tmpdir(), 'faultline-kafka-'));
  const names = Array.from({ length: brokers }, (_, id) => `kafka-${id}`);
  await authority(folder, 'ca');
  await authority(folder, 'other');
  const files: Record<string, string> = { 'ca.crt': await read(folder, 'ca.crt') };
  for (const name of names) {
    // The name that it advertises, and no other.
    await certificate(folder, name, `DNS:${name}.kafka`);
    files[`${name}.pem`] = (await read(folder, `${name}.key`)) + (await read(folder, `${name}.crt`));
  }
  await lab.apply(manifests(brokers, files));
  await lab.readyPods('app=kafka', brokers, { timeoutMs: 240_000 });
  await addUser(lab, 'ann', `SCRAM-SHA-512=password=${users.ann}`);
  await addUser(lab, 'bob', `SCRAM-SHA-256=password=${users.bob}`);
  return {
    caFile: join(folder, 'ca.crt'),
    otherCaFile: join(folder, 'other.crt'),
    async tunnel(broker) {
      const labelSelector = `statefulset.kubernetes.io/pod-name=kafka-${broker}`;
      return { host: '127.0.0.1', port: (await lab.portForward({ labelSelector }, PORTS.locked)).port };
    },
    async refusals() {
      const lines = await Promise.all(names.map(async (name) => Array.fromAsync(lab.logs(name))));
      return lines.flat().filter((line) => line.includes('Failed authentication'));
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

/** PLAIN's user lets the tool in. */
async function addUser(lab: TestLab, user: string, config: string): Promise<void> {
  const jaas = `org.apache.kafka.common.security.plain.PlainLoginModule required username="paul" password="${users.paul}";`;
  const client = [
    'security.protocol=SASL_SSL',
    'sasl.mechanism=PLAIN',
    `sasl.jaas.config=${jaas}`,
    'ssl.truststore.type=PEM',
    'ssl.truststore.location=/certificates/ca.crt',
  ];
  // The option --add-config would split at commas.
  const script =
    'printf "%s\\n" "$1" > /tmp/client; printf "%s\\n" "$2" > /tmp/config; ' +
    `/opt/kafka/bin/kafka-configs.sh --bootstrap-server $HOSTNAME.kafka:${PORTS.locked} --command-config /tmp/client ` +
    '--alter --entity-type users --entity-name "$3" --add-config-file /tmp/config';
  const command = ['bash', '-c', script, 'bash', client.join('\n'), config, user];
  const { code, stdout, stderr } = await lab.exec('kafka-0', command, { timeoutMs: 60_000 });
  if (code !== 0) throw new Error(`${user}: ${stdout}${stderr}`);
}

function newKey(folder: string, name: string): string[] {
  const files = ['-keyout', join(folder, `${name}.key`), '-out', join(folder, `${name}.crt`)];
  return ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2', '-subj', `/CN=${name}`, ...files];
}

async function authority(folder: string, name: string): Promise<void> {
  await run('openssl', [...newKey(folder, name), '-addext', 'keyUsage=keyCertSign,cRLSign,digitalSignature']);
}

async function certificate(folder: string, name: string, subjectAltName: string): Promise<void> {
  const signed = ['-CA', join(folder, 'ca.crt'), '-CAkey', join(folder, 'ca.key')];
  const extensions = [`subjectAltName=${subjectAltName}`, 'basicConstraints=critical,CA:FALSE'].flatMap((one) => ['-addext', one]);
  await run('openssl', [...newKey(folder, name), ...signed, ...extensions]);
}

function read(folder: string, name: string): Promise<string> {
  return readFile(join(folder, name), 'utf8');
}

function manifests(count: number, files: Readonly<Record<string, string>>): Manifest[] {
  const scram = 'org.apache.kafka.common.security.scram.ScramLoginModule required;';
  const settings: Readonly<Record<string, string>> = {
    KAFKA_PROCESS_ROLES: 'broker,controller',
    KAFKA_CONTROLLER_QUORUM_VOTERS: Array.from({ length: count }, (_, id) => `${id}@kafka-${id}.kafka:${PORTS.controller}`).join(','),
    KAFKA_LISTENERS: `BETWEEN://:${PORTS.between},CONTROLLER://:${PORTS.controller},LOGIN://:${PORTS.login},LOCKED://:${PORTS.locked}`,
    KAFKA_LISTENER_SECURITY_PROTOCOL_MAP: 'BETWEEN:SSL,CONTROLLER:PLAINTEXT,LOGIN:SASL_PLAINTEXT,LOCKED:SASL_SSL',
    KAFKA_INTER_BROKER_LISTENER_NAME: 'BETWEEN',
    KAFKA_CONTROLLER_LISTENER_NAMES: 'CONTROLLER',
    KAFKA_LISTENER_NAME_BETWEEN_SSL_CLIENT_AUTH: 'required',
    KAFKA_SSL_KEYSTORE_TYPE: 'PEM',
    KAFKA_SSL_TRUSTSTORE_TYPE: 'PEM',
    KAFKA_SSL_TRUSTSTORE_LOCATION: '/certificates/ca.crt',
    KAFKA_LISTENER_NAME_LOGIN_SASL_ENABLED_MECHANISMS: 'SCRAM-SHA-512',
    KAFKA_LISTENER_NAME_LOGIN_SCRAM___SHA___512_SASL_JAAS_CONFIG: scram,
    KAFKA_LISTENER_NAME_LOCKED_SASL_ENABLED_MECHANISMS: 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512',
    KAFKA_LISTENER_NAME_LOCKED_SCRAM___SHA___512_SASL_JAAS_CONFIG: scram,
    KAFKA_LISTENER_NAME_LOCKED_SCRAM___SHA___256_SASL_JAAS_CONFIG: scram,
    KAFKA_LISTENER_NAME_LOCKED_PLAIN_SASL_JAAS_CONFIG: `org.apache.kafka.common.security.plain.PlainLoginModule required user_paul="${users.paul}";`,
    KAFKA_LOG_DIRS: '/var/lib/kafka/data/log',
    KAFKA_HEAP_OPTS: '-Xmx300m',
  };
  const advertised = Object.entries(PORTS)
    .filter(([name]) => name !== 'controller')
    .map(([name, port]) => `${name.toUpperCase()}://$HOSTNAME.kafka:${port}`)
    .join(',');
  return [
    { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'certificates' }, stringData: files },
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
            terminationGracePeriodSeconds: 1,
            enableServiceLinks: false,
            containers: [
              {
                name: 'kafka',
                image: IMAGE,
                imagePullPolicy: 'IfNotPresent',
                command: ['bash', '-c'],
                args: [
                  `export KAFKA_NODE_ID=\${HOSTNAME##*-} KAFKA_ADVERTISED_LISTENERS=${advertised} ` +
                    'KAFKA_SSL_KEYSTORE_LOCATION=/certificates/$HOSTNAME.pem; exec /etc/kafka/docker/run',
                ],
                env: Object.entries(settings).map(([name, value]) => ({ name, value })),
                volumeMounts: [{ name: 'certificates', mountPath: '/certificates', readOnly: true }],
                readinessProbe: { tcpSocket: { port: PORTS.login }, periodSeconds: 2 },
              },
            ],
            volumes: [{ name: 'certificates', secret: { secretName: 'certificates' } }],
          },
        },
      },
    },
  ];
}
