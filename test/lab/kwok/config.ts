/**
 * How kwok is run: which nodes it plays, and what it does to them and to their pods. Version 0.8 brings no stages of its own and ends
 * without any, so that all four stand here.
 */

/** Nodes that carry this annotation are played; real ones never do. */
export const FAKE_NODE = 'kwok.x-k8s.io/node';

/** Keeps pods of real workloads off: they would be "running" with nothing behind them. */
export const FAKE_TAINT = { key: FAKE_NODE, value: 'fake', effect: 'NoSchedule' } as const;

/**
 * A quarter of it is how often a node is renewed: 5 s, which fits into a grace period of 16 s (`--node-monitor-grace-period` of the
 * native lab) and costs twenty small writes a second for a hundred nodes.
 */
const LEASE_SECONDS = 20;

/**
 * For `kube-apiserver`, wherever kwok or another client of client-go 0.35 or newer meets Debian's etcd 3.4: with watch lists on, the
 * server answers such a client's first watch with an error in the stream ("the required storage feature RequestWatchProgress is
 * disabled"), and the client tries for ever in place of listing. Off, it refuses at once and the client lists.
 */
export const API_SERVER_GATE = '--feature-gates=WatchList=false';

/** For `kwok`; it opens no port. `config` is a file that holds `kwokConfig()`. */
export function kwokArguments(kubeconfig: string, config: string): readonly string[] {
  return [
    `--kubeconfig=${kubeconfig}`,
    `--config=${config}`,
    // It writes a line a patch otherwise.
    '--v=WARN',
    '--manage-all-nodes=false',
    `--manage-nodes-with-annotation-selector=${FAKE_NODE}=fake`,
    `--node-lease-duration-seconds=${LEASE_SECONDS}`,
    '--node-port=0',
    '--server-address=',
  ];
}

/** YAML of kwok's settings and stages. */
export function kwokConfig(): string {
  return [settings, nodeReady, podReady, podRecovers, podGone].join('---\n');
}

// The default of four at a time makes ten thousand pods wait in a queue.
const settings = `apiVersion: config.kwok.x-k8s.io/v1alpha1
kind: KwokConfiguration
metadata: { name: kwok }
options:
  podPlayStageParallelism: 32
  nodePlayStageParallelism: 16
  nodeLeaseParallelism: 16
  podsOnNodeSyncParallelism: 8
`;

interface StageHead {
  readonly name: string;
  readonly kind: 'Node' | 'Pod';
  /** For objects that are being deleted, or only for those that are not; for both when not given. */
  readonly deletionTimestamp?: 'Exists' | 'DoesNotExist';
}

/** `rest` begins among the expressions that select the objects. */
function stage({ name, kind, deletionTimestamp }: StageHead, rest: string): string {
  return `apiVersion: kwok.x-k8s.io/v1alpha1
kind: Stage
metadata: { name: ${name} }
spec:
  resourceRef: { apiGroup: v1, kind: ${kind} }
  selector:
    matchExpressions:
${deletionTimestamp === undefined ? '' : `      - { key: .metadata.deletionTimestamp, operator: ${deletionTimestamp} }\n`}${rest}`;
}

/** Whoever made the node said its addresses and what fits on it; kwok adds that it is well. */
const nodeReady = stage(
  { name: 'node-ready', kind: 'Node' },
  `      - { key: '.status.conditions.[] | select( .type == "Ready" ) | .status', operator: NotIn, values: ['True'] }
  next:
    statusTemplate: |
      {{ $now := Now }}
      conditions:
      {{ range NodeConditions }}
      - type: {{ .type | Quote }}
        status: {{ .status | Quote }}
        reason: {{ .reason | Quote }}
        message: {{ .message | Quote }}
        lastHeartbeatTime: {{ $now | Quote }}
        lastTransitionTime: {{ $now | Quote }}
      {{ end }}
      phase: Running
`,
);

/** Conditions and running containers of a pod, as every stage that makes one ready writes them. */
const running = (restarts: string): string => `      conditions:
      {{ range $type := list "Initialized" "ContainersReady" "Ready" }}
      - { type: {{ $type }}, status: "True", lastTransitionTime: {{ $now | Quote }} }
      {{ end }}
      containerStatuses:
      {{ range $index, $container := .spec.containers }}
      - name: {{ $container.name | Quote }}
        image: {{ $container.image | Quote }}
        imageID: ""
        ready: true
        started: true
        restartCount: ${restarts}
        state: { running: { startedAt: {{ $now | Quote }} } }
      {{ end }}
`;

const podReady = stage(
  { name: 'pod-ready', kind: 'Pod', deletionTimestamp: 'DoesNotExist' },
  `      - { key: .status.phase, operator: In, values: [Pending] }
  delay: { durationMilliseconds: 200, jitterDurationMilliseconds: 2000 }
  next:
    statusTemplate: |
      {{ $now := Now }}
${running('0')}      {{ with NodeIPWith .spec.nodeName }}
      hostIP: {{ . | Quote }}
      hostIPs: [{ ip: {{ . | Quote }} }]
      {{ end }}
      {{ with PodIPWith .spec.nodeName ( or .spec.hostNetwork false ) ( or .metadata.uid "" ) ( or .metadata.name "" ) ( or .metadata.namespace "" ) }}
      podIP: {{ . | Quote }}
      podIPs: [{ ip: {{ . | Quote }} }]
      {{ end }}
      phase: Running
      startTime: {{ $now | Quote }}
`,
);

/** A pod that churn made unready comes back after a few seconds, one restart older. */
const podRecovers = stage(
  { name: 'pod-recovers', kind: 'Pod', deletionTimestamp: 'DoesNotExist' },
  `      - { key: .status.phase, operator: In, values: [Running] }
      - { key: '.status.conditions.[] | select( .type == "Ready" ) | .status', operator: In, values: ['False'] }
  delay: { durationMilliseconds: 2000, jitterDurationMilliseconds: 6000 }
  next:
    statusTemplate: |
      {{ $now := Now }}
      {{ $statuses := .status.containerStatuses }}
${running('{{ (index $statuses $index).restartCount }}')}
`,
);

const podGone = stage(
  { name: 'pod-gone', kind: 'Pod', deletionTimestamp: 'Exists' },
  `  next: { delete: true }
`,
);
