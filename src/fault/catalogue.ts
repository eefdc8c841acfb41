/**
 * Every kind of fault: what it does, by which mechanism, what it fits, how it ends. Facts only; texts are made when they are asked for,
 * since they are in the person's language.
 */
import { t } from '../base/messages.ts';
import { formatBytes, formatDuration } from '../base/units.ts';
import { packetFaults } from '../journal/fault-kinds.ts';
import type { ExistingDelay, FaultKind, FaultSettings, FaultTarget } from '../journal/fault-plan.ts';

/** Every fault has ended after that. */
export const longestFaultMs = 15 * 60_000;

export type Mechanism =
  /** Nothing is done. */
  | 'none'
  /** Calls or edits of the API alone. */
  | 'api'
  /** Our program in an ephemeral container beside the target. */
  | 'helper'
  /** Our program in the target's own container: in its cgroup, with its limits. */
  | 'exec'
  /** The lab's own nodes. */
  | 'lab';

/** What ends a fault when everybody who began it is dead. */
export type Deadline =
  /** It is over as soon as it has happened. */
  | 'atOnce'
  /** The kernel: a timed rule, or the end of the helper's process. */
  | 'kernel'
  /** A Job inside of the cluster; and its original value stands on the object, for whoever sweeps. */
  | 'healer'
  | 'lab';

export interface FaultFacts<K extends FaultKind = FaultKind> {
  readonly kind: K;
  /** "Delete Pod" */
  readonly title: string;
  /** A sentence. */
  readonly does: string;
  /** It goes on until it is healed, so it has a duration. */
  readonly lasts: boolean;
  /** `false`: what it did is not taken back by healing it. Whether something is lost for good depends on the target too (`guard/loss.ts`). */
  readonly reversible: boolean;
  readonly mechanism: Mechanism;
  readonly deadline: Deadline;
  /** What may be picked. */
  readonly fits: readonly FaultTarget['kind'][];
  /** Acts on packets: useless or dangerous where a pod has the node's network, or another than Kubernetes' own. */
  readonly isNetwork: boolean;
  readonly defaults: Extract<FaultSettings, { readonly kind: K }>;
  /** Of those that last. */
  readonly defaultDurationMs?: number;
  /** A sentence. */
  readonly heals: string;
}

type Row<K extends FaultKind> = Omit<FaultFacts<K>, 'kind' | 'isNetwork'>;

const pods = ['pod'] as const;
const minute = 60_000;

export const faultKinds: readonly FaultKind[] = [
  'none',
  'podDelete',
  'podForget',
  'containerCrash',
  'freeze',
  'networkCut',
  'packetLoss',
  'latency',
  'slowClose',
  'cpuStress',
  'memoryStress',
  'rollingRestart',
  'scale',
  'cordon',
  'drain',
  'nodeStop',
  'nodeCut',
  'nodeFreeze',
];

export function factsOf<K extends FaultKind>(kind: K): FaultFacts<K> {
  const row: Row<K> = rows()[kind];
  return { kind, isNetwork: packetFaults.has(kind), ...row };
}

function rows(): { readonly [K in FaultKind]: Row<K> } {
  const packets = { lasts: true, reversible: true, mechanism: 'helper', deadline: 'kernel', fits: pods } as const;
  const inLab = { lasts: true, reversible: true, mechanism: 'lab', deadline: 'lab', fits: ['node'], defaultDurationMs: minute } as const;
  const once = { lasts: false, reversible: false, deadline: 'atOnce' } as const;
  const kernelHeals = t('The helper takes its rules back. The kernel does so by itself at the deadline, and when the helper ends.');
  const controllerHeals = t('Nothing has to be healed: the pod’s controller brings another one.');
  return {
    none: {
      ...once,
      reversible: true,
      title: t('Nothing (Control)'),
      does: t('Measures as if something was broken, and breaks nothing: what it shows is noise.'),
      mechanism: 'none',
      fits: ['pod', 'workload', 'node'],
      defaults: { kind: 'none' },
      heals: t('There is nothing to heal.'),
    },
    podDelete: {
      ...once,
      title: t('Delete Pod'),
      does: t(
        'Deletes the pod through the API: its containers get SIGTERM, and SIGKILL after the grace period. Disruption budgets are not asked.',
      ),
      mechanism: 'api',
      fits: pods,
      defaults: { kind: 'podDelete' },
      heals: controllerHeals,
    },
    podForget: {
      ...once,
      title: t('Forget Pod (Force Delete)'),
      does: t('Takes the pod from the API at once. Its processes may live on: two may run under one name.'),
      mechanism: 'api',
      fits: pods,
      defaults: { kind: 'podForget' },
      heals: controllerHeals,
    },
    containerCrash: {
      ...once,
      title: t('Crash Container'),
      does: t('Kills the container’s processes with SIGKILL. The pod stays, with its address and its volumes.'),
      mechanism: 'helper',
      fits: pods,
      defaults: { kind: 'containerCrash' },
      heals: t('Nothing has to be healed: the kubelet starts the container again.'),
    },
    freeze: {
      lasts: true,
      reversible: true,
      title: t('Freeze'),
      does: t('Stops every thread of the container’s processes: connections stay open, and nothing answers.'),
      mechanism: 'helper',
      deadline: 'kernel',
      fits: pods,
      defaults: { kind: 'freeze' },
      defaultDurationMs: 30_000,
      heals: t('The helper lets the threads go. The kernel does so by itself when the helper ends, at its deadline at the latest.'),
    },
    networkCut: {
      ...packets,
      title: t('Cut Network'),
      does: t('Drops the pod’s packets. The kubelet, loopback and DNS are spared.'),
      defaults: { kind: 'networkCut', direction: 'both' },
      defaultDurationMs: minute,
      heals: kernelHeals,
    },
    packetLoss: {
      ...packets,
      title: t('Lose Packets'),
      does: t('Drops a share of the packets that come to the pod, at random.'),
      defaults: { kind: 'packetLoss', percent: 20 },
      defaultDurationMs: minute,
      heals: kernelHeals,
    },
    latency: {
      ...packets,
      title: t('Delay'),
      does: t('Holds back what the pod answers for so long, as a slow network would.'),
      defaults: { kind: 'latency', latencyMs: 100, jitterMs: 0, existing: 'delayed' },
      defaultDurationMs: minute,
      heals: t('What comes afterwards is not held up any more. The kernel ends it at the deadline.'),
    },
    slowClose: {
      ...packets,
      title: t('Close Slowly'),
      does: t('Connections close so much later than they were told to.'),
      defaults: { kind: 'slowClose', delayMs: 5_000, port: 9092, existing: 'reset' },
      defaultDurationMs: minute,
      heals: t('New connections are spared at once; those made meanwhile close when they close. The kernel ends it at the deadline.'),
    },
    cpuStress: {
      lasts: true,
      reversible: true,
      title: t('Burn CPU'),
      does: t('Burns processor time inside of the target’s own limits, in its own container.'),
      mechanism: 'exec',
      deadline: 'kernel',
      fits: pods,
      defaults: { kind: 'cpuStress', cores: 1 },
      defaultDurationMs: minute,
      heals: t('The burning process is ended; it ends by itself at the deadline.'),
    },
    memoryStress: {
      lasts: true,
      reversible: true,
      title: t('Fill Memory'),
      does: t('Takes memory inside of the target’s own limit, in its own container: near the limit the kernel may kill the engine.'),
      mechanism: 'exec',
      deadline: 'kernel',
      fits: pods,
      defaults: { kind: 'memoryStress', bytes: 256 * 2 ** 20 },
      defaultDurationMs: minute,
      heals: t('The process that holds the memory is ended; it ends by itself at the deadline.'),
    },
    rollingRestart: {
      ...once,
      title: t('Rolling Restart'),
      does: t('Replaces all pods of the workload, as its own strategy says.'),
      mechanism: 'api',
      fits: ['workload'],
      defaults: { kind: 'rollingRestart' },
      heals: t('Nothing has to be healed: it is over when the workload has replaced its pods.'),
    },
    scale: {
      lasts: true,
      reversible: true,
      title: t('Scale'),
      does: t('Sets the number of replicas, and sets it back.'),
      mechanism: 'api',
      deadline: 'healer',
      fits: ['workload'],
      defaults: { kind: 'scale', replicas: 1 },
      defaultDurationMs: 2 * minute,
      heals: t('The number of replicas from before is set again, unless somebody else has changed it meanwhile.'),
    },
    cordon: {
      lasts: true,
      reversible: true,
      title: t('Cordon'),
      does: t('No new pod is placed on the node; those on it stay.'),
      mechanism: 'api',
      deadline: 'healer',
      fits: ['node'],
      defaults: { kind: 'cordon' },
      defaultDurationMs: 5 * minute,
      heals: t('The node takes pods again, unless somebody else has cordoned it meanwhile.'),
    },
    drain: {
      lasts: true,
      reversible: true,
      title: t('Drain'),
      does: t('Cordons the node and evicts its pods as their disruption budgets allow.'),
      mechanism: 'api',
      deadline: 'healer',
      fits: ['node'],
      defaults: { kind: 'drain' },
      defaultDurationMs: 5 * minute,
      heals: t('The node takes pods again. Those that were evicted stay where they are now.'),
    },
    nodeStop: {
      ...inLab,
      title: t('Stop Node'),
      does: t('Ends everything on the node at once, as a power cut does.'),
      defaults: { kind: 'nodeStop' },
      heals: t('The lab starts the node again, at the deadline by itself.'),
    },
    nodeCut: {
      ...inLab,
      title: t('Cut Node Off'),
      does: t('Takes the node’s network away. Its pods run on, and reach nobody outside of the node.'),
      defaults: { kind: 'nodeCut' },
      heals: t('The lab gives the network back, at the deadline by itself.'),
    },
    nodeFreeze: {
      ...inLab,
      title: t('Freeze Node'),
      does: t('Stops every process of the node between two instructions, its pods’ too: connections stay open, and nothing answers.'),
      defaults: { kind: 'nodeFreeze' },
      heals: t('The lab lets the processes go on, at the deadline by itself.'),
    },
  };
}

/** It ends when its pod is deleted: what is left where nothing else heals it. */
export function endsWithPod(kind: FaultKind): boolean {
  const { lasts, mechanism } = factsOf(kind);
  return lasts && (mechanism === 'helper' || mechanism === 'exec');
}

/** The settings in words, beside the title: "both ways, from kafka-0", "100 ms ± 10 ms"; empty where there are none. */
export function settingsText(settings: FaultSettings): string {
  switch (settings.kind) {
    case 'podDelete':
      return settings.graceSeconds === undefined ? t('with the pod’s own grace period') : t('with {0} s of grace', settings.graceSeconds);
    case 'networkCut': {
      const way = { both: t('both ways'), in: t('what comes in'), out: t('what goes out') }[settings.direction];
      return settings.peers === undefined || settings.peers.length === 0 ? way : t('{0}, from {1}', way, settings.peers.join(', '));
    }
    case 'packetLoss':
      return `${settings.percent} %`;
    case 'latency': {
      const delay = formatDuration(settings.latencyMs);
      const jitter = settings.jitterMs === 0 ? delay : t('{0} ± {1}', delay, formatDuration(settings.jitterMs));
      return [jitter, ...(settings.port === undefined ? [] : [t('port {0}', settings.port)]), existingText(settings.existing)].join(', ');
    }
    case 'slowClose':
      return [t('{0} later', formatDuration(settings.delayMs)), t('port {0}', settings.port), existingText(settings.existing)].join(', ');
    case 'cpuStress':
      return settings.cores === 1 ? t('1 core') : t('{0} cores', settings.cores);
    case 'memoryStress':
      return formatBytes(settings.bytes);
    case 'scale':
      return settings.replicas === 1 ? t('to 1 replica') : t('to {0} replicas', settings.replicas);
    default:
      return '';
  }
}

function existingText(existing: ExistingDelay): string {
  switch (existing) {
    case 'delayed':
      return t('existing connections, too, where the node’s kernel can delay them (netem); else they are reset');
    case 'reset':
      return t('existing connections are reset');
    case 'unaffected':
      return t('existing connections are unaffected');
  }
}
