/** What vantages are made of in the cluster: a pod each, and the program beside them. Pure. */
import { createHash } from 'node:crypto';
import type { ClusterConnection } from '../../cluster/connect/connection.ts';
import { deadlineMark, managedBy, probeLabel, runMark, timeText } from '../../fault/marks.ts';
import type { MessagesPlace, PlannedAccess, PlannedProbe, SecretKey } from '../../journal/fault-plan.ts';
import {
  authorityVariable,
  echoPort,
  passwordVariable,
  programFile,
  settingsVariable,
  talkPort,
  type ProgramMessages,
  type ProgramProbe,
  type ProgramSettings,
} from './protocol.ts';

export interface VantageObjects {
  readonly run: string;
  readonly namespace: string;
  readonly image: string;
  /** Both by the API server's clock: nodes keep its time rather than ours. */
  readonly deadlineMs: number;
  readonly nowMs: number;
  readonly answerWithinMs: number;
}

/** Of a deadline by our clock. */
export function inServerTime(
  connection: Pick<ClusterConnection, 'serverAheadMs'>,
  deadlineMs: number,
): Pick<VantageObjects, 'deadlineMs' | 'nowMs'> {
  const aheadMs = connection.serverAheadMs();
  return { deadlineMs: deadlineMs + aheadMs, nowMs: Date.now() + aheadMs };
}

/** Stands on all of one run: whatever its name is, a label takes this. */
const groupLabel = 'faultline.dev/probes';
/** Of its user: nobody. */
const user = 65_534;
/** On a node that is full its request is its share: a vantage that waits for it sees its own standstill, and not the engine's. */
export const vantageRequests = { cpu: '200m', memory: '64Mi' } as const;
const mostSpoolBytes = 64 * 1024 * 1024;
/** The pod's own deadline is the second belt: the program ends before it. */
const spareMs = 5000;

/** For the pod of a plan's only vantage: what answers its control. */
export const echoId = 'echo';
/** For the pod that writes and reads the messages of a run, and its program, which may be in another namespace. */
export const messagesId = 'messages';
export const messagesProgramId = 'messages-program';
export const programId = 'program';

export function groupOf(run: string): string {
  return createHash('sha256').update(run).digest('hex').slice(0, 12);
}

export function selectorOf(run: string): string {
  return `${groupLabel}=${groupOf(run)}`;
}

export function nameOf(run: string, id: string): string {
  return `faultline-probe-${groupOf(run)}-${id}`;
}

export function programMap(about: VantageObjects, program: Uint8Array, id = programId): object {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: metadataOf(about, id),
    immutable: true,
    binaryData: { [`${programFile}.br`]: Buffer.from(program).toString('base64') },
  };
}

/** `probe` undefined: it only answers others. */
export function podOf(about: VantageObjects, probe: PlannedProbe | undefined, notOn: readonly string[]): object {
  const settings = { ...settingsOf(about), ...(probe === undefined ? {} : { probe: probeOf(probe) }) };
  return podWith(about, { id: probe?.id ?? echoId, programId, settings, env: secretsOf(probe), notOn, ...ofVantage });
}

export function messagesPodOf(about: VantageObjects, messages: ProgramMessages, { notOn, ...access }: MessagesPlace): object {
  const settings = { ...settingsOf(about), messages: { ...messages, ...accessOf(access) } };
  return podWith(about, { id: messagesId, programId: messagesProgramId, settings, env: secretsOf(access), notOn, ...ofMessages });
}

interface PodParts {
  readonly id: string;
  readonly programId: string;
  readonly settings: ProgramSettings;
  readonly env: readonly object[];
  readonly notOn: readonly string[];
  readonly graceSeconds: number;
  readonly memory: string;
}

const ofVantage = { graceSeconds: 1, memory: '256Mi' } as const;
/** What is kept of 10^8 messages beside what waits for its acknowledgement; and time to remove its topic. */
const ofMessages = { graceSeconds: 5, memory: '512Mi' } as const;

function podWith(about: VantageObjects, parts: PodParts): object {
  const { run, image, deadlineMs, nowMs } = about;
  const { id, settings, env, notOn, graceSeconds, memory } = parts;
  const labels = metadataOf(about, '').labels;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: metadataOf(about, id),
    spec: {
      restartPolicy: 'Never',
      activeDeadlineSeconds: Math.max(1, Math.ceil((deadlineMs - nowMs + spareMs) / 1000)),
      terminationGracePeriodSeconds: graceSeconds,
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      // Brokers tell their whole names: these are not tried under each search domain first, fifty times a second.
      dnsConfig: { options: [{ name: 'ndots', value: '3' }] },
      affinity: affinityOf(notOn, labels),
      // As the strictest Pod Security level wants it.
      securityContext: { runAsNonRoot: true, runAsUser: user, runAsGroup: user, fsGroup: user, seccompProfile: { type: 'RuntimeDefault' } },
      containers: [
        {
          name: 'probe',
          image,
          imagePullPolicy: 'IfNotPresent',
          command: ['node', '-e', loader],
          env: [
            { name: settingsVariable, value: JSON.stringify(settings) },
            ...env,
            { name: 'FAULTLINE_RUN', value: run },
            // A name that nobody resolves holds one of Node's few threads for seconds.
            { name: 'UV_THREADPOOL_SIZE', value: '64' },
            { name: 'NODE_OPTIONS', value: '--max-old-space-size=160' },
          ],
          ports: [{ name: 'echo', containerPort: echoPort }],
          // No limit of the processor: what it takes away would look like a slow engine.
          resources: { requests: vantageRequests, limits: { memory } },
          securityContext: {
            allowPrivilegeEscalation: false,
            readOnlyRootFilesystem: true,
            runAsNonRoot: true,
            runAsUser: user,
            capabilities: { drop: ['ALL'] },
            seccompProfile: { type: 'RuntimeDefault' },
          },
          terminationMessagePolicy: 'FallbackToLogsOnError',
          volumeMounts: [
            { name: 'program', mountPath: '/faultline', readOnly: true },
            { name: 'spool', mountPath: '/spool' },
          ],
        },
      ],
      volumes: [
        { name: 'program', configMap: { name: nameOf(run, parts.programId) } },
        { name: 'spool', emptyDir: { sizeLimit: '128Mi' } },
      ],
    },
  };
}

/** Never its values: the kubelet puts those into the environment. */
function secretsOf({ login, tls }: PlannedAccess = {}): readonly object[] {
  const of = (name: string, from: SecretKey | undefined): readonly object[] =>
    from === undefined ? [] : [{ name, valueFrom: { secretKeyRef: { name: from.secret, key: from.key } } }];
  return [...of(passwordVariable, login?.password), ...of(authorityVariable, tls?.ca)];
}

function accessOf({ login, tls }: PlannedAccess): Pick<ProgramProbe, 'user' | 'mechanism' | 'tls'> {
  const { user, mechanism } = login ?? {};
  return {
    ...(user === undefined ? {} : { user }),
    ...(mechanism === undefined ? {} : { mechanism }),
    ...(tls === undefined ? {} : { tls: true }),
  };
}

const loader = [
  "const fs=require('node:fs'),zlib=require('node:zlib');",
  `fs.writeFileSync('/spool/${programFile}',zlib.brotliDecompressSync(fs.readFileSync('/faultline/${programFile}.br')));`,
  `import('file:///spool/${programFile}').then((program)=>program.main()).catch((error)=>{console.error(error);process.exit(1)});`,
].join('');

function probeOf({ id, engine, address, connection, asks, perSecond, ...access }: PlannedProbe): ProgramProbe {
  return { id, engine, address, connection, asks, perSecond, ...accessOf(access) };
}

function settingsOf({ deadlineMs, nowMs, answerWithinMs }: VantageObjects): ProgramSettings {
  return {
    ...{ answerWithinMs, deadlineMs, longestMs: deadlineMs - nowMs },
    ...{ folder: '/spool', mostSpoolBytes, talkPort, echoPort },
  };
}

function metadataOf({ run, namespace, deadlineMs }: VantageObjects, id: string) {
  return {
    name: nameOf(run, id),
    namespace,
    labels: { ...managedBy, ...probeLabel, [groupLabel]: groupOf(run) },
    annotations: { [runMark]: run, [deadlineMark]: timeText(deadlineMs) },
  };
}

/** By the nodes' own names, which their label `hostname` need not have: the API wants a term for each. */
function affinityOf(notOn: readonly string[], matchLabels: Readonly<Record<string, string>>): object {
  const matchFields = notOn.map((name) => ({ key: 'metadata.name', operator: 'NotIn', values: [name] }));
  const apart = { topologyKey: 'kubernetes.io/hostname', labelSelector: { matchLabels } };
  return {
    ...(notOn.length === 0
      ? {}
      : { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchFields }] } } }),
    podAntiAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 100, podAffinityTerm: apart }] },
  };
}
