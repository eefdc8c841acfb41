/**
 * What a run breaks, what it asks meanwhile, and how long it looks. Whole and resolved: what the preview showed is what is here, and
 * its hash is what a person confirmed. Browser-safe (types only).
 */

import type { SaslMechanism } from '../base/kafkaLogin.ts';

export interface FaultPlan {
  readonly cluster: PlannedCluster;
  /** In this order: each begins when the one before has ended and its own `when` holds. */
  readonly faults: readonly PlannedFault[];
  /** Vantages from which users' requests are made. Without one the SQL workload of the runner is the client. */
  readonly probes: readonly PlannedProbe[];
  readonly messages?: PlannedMessages;
  /** Before the first fault. */
  readonly baselineMs: number;
  /** At least so long after the last heal, and three times the recovery. */
  readonly observeMs: number;
  readonly recovery: RecoveryRule;
  readonly images: PlannedImages;
}

/** Both are pulled by the cluster: of a registry that it reaches. */
export interface PlannedImages {
  /** With a shell: the helper is copied into it. */
  readonly helper: string;
  /** With Node: the vantages, and what heals by itself. */
  readonly node: string;
}

/** A cluster is what it is, not what a context is called. */
export interface PlannedCluster {
  readonly context: string;
  readonly kubeconfig: string;
  /** UID of kube-system, and SHA-256 of the CA. */
  readonly identity: string;
}

export type PlannedFault = FaultSettings & {
  /** What a person calls it: "kill kafka-1, leader of messages/17". */
  readonly title: string;
  /** Of those that last; at most 15 min. */
  readonly durationMs?: number;
  /** Held by UID. With `when` one is chosen among them when it holds. */
  readonly targets: readonly FaultTarget[];
  readonly when?: FaultCondition;
  /** Which one of the targets, told only when it begins: with it the targets are all that it may be, and pods. */
  readonly choose?: FaultChoice;
};

export type FaultChoice = { readonly kind: 'leader'; readonly topic: string; readonly partition: number } | { readonly kind: 'controller' };

/** What becomes of connections that are there when something slows new ones. */
export type Existing = 'reset' | 'unaffected';
/** `delayed`: like new ones, where the target's kernel can (netem); else they are reset. */
export type ExistingDelay = Existing | 'delayed';

export type FaultSettings =
  /** The control: everything but the fault. */
  | { readonly kind: 'none' }
  | { readonly kind: 'podDelete'; readonly graceSeconds?: number }
  /** Force delete: the API forgets the pod, its processes may live on. */
  | { readonly kind: 'podForget' }
  | { readonly kind: 'containerCrash' }
  | { readonly kind: 'freeze' }
  | { readonly kind: 'networkCut'; readonly direction: 'both' | 'in' | 'out'; readonly peers?: readonly string[] }
  | { readonly kind: 'packetLoss'; readonly percent: number }
  | {
      readonly kind: 'latency';
      readonly latencyMs: number;
      readonly jitterMs: number;
      readonly port?: number;
      readonly existing: ExistingDelay;
    }
  | { readonly kind: 'slowClose'; readonly delayMs: number; readonly port: number; readonly existing: Existing }
  | { readonly kind: 'cpuStress'; readonly cores: number }
  | { readonly kind: 'memoryStress'; readonly bytes: number }
  | { readonly kind: 'rollingRestart' }
  | { readonly kind: 'scale'; readonly replicas: number }
  | { readonly kind: 'cordon' }
  | { readonly kind: 'drain' }
  /** Only in the lab. */
  | { readonly kind: 'nodeStop' }
  | { readonly kind: 'nodeCut' }
  | { readonly kind: 'nodeFreeze' };

export type FaultKind = FaultSettings['kind'];

export interface FaultTarget {
  readonly kind: 'pod' | 'workload' | 'node';
  readonly namespace?: string;
  readonly name: string;
  readonly uid: string;
  /** Of a workload: which kind of one. */
  readonly workload?: 'Deployment' | 'StatefulSet' | 'DaemonSet';
  /** Of a pod: the container that is meant, and which one it was. */
  readonly container?: string;
  readonly containerId?: string;
  readonly node?: string;
  readonly owner?: ObjectOwner;
  /** Why it was chosen: "leader of messages/17", "runs 3 tasks". */
  readonly as?: string;
}

export interface ObjectOwner {
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
}

export type FaultCondition =
  | { readonly kind: 'isr'; readonly topic: string; readonly partition: number; readonly size: number; readonly withinMs: number }
  | { readonly kind: 'afterHeal'; readonly pauseMs: number };

export interface PlannedProbe extends PlannedAccess {
  /** "a": its events have the source "probe-a". */
  readonly id: string;
  /** "pooled", "fresh" */
  readonly title: string;
  readonly engine: 'trino' | 'clickhouse' | 'kafka';
  /** The name that users' clients connect to: "trino.analytics.svc:8080". */
  readonly address: string;
  readonly connection: 'pooled' | 'fresh';
  /** The statement; of Kafka what it does: "write to and read from messages/17". */
  readonly asks: string;
  readonly perSecond: number;
  /** Nodes on which it must not run: those of the targets. */
  readonly notOn: readonly string[];
}

export interface PlannedAccess {
  /** As whom it asks; absent: as nobody in particular. The password stays in its Secret: the pod reads it there. */
  readonly login?: ProbeLogin;
  /** Absent: plaintext, or what the address says. */
  readonly tls?: PlannedTls;
}

export interface ProbeLogin {
  readonly user: string;
  readonly password?: SecretKey;
  /** Of Kafka; SCRAM-SHA-512 without. */
  readonly mechanism?: SaslMechanism;
}

export interface PlannedTls {
  /** PEM of the authority that signed its certificates; absent: those that Node trusts. */
  readonly ca?: SecretKey;
}

/** Of the namespace in which the pods are. */
export interface SecretKey {
  readonly secret: string;
  readonly key: string;
}

export interface PlannedMessages {
  readonly topic: string;
  readonly partitions: number;
  readonly replicationFactor: number;
  readonly minInSync: number;
  readonly uncleanElection: boolean;
  readonly perSecond: number;
  /** Where they are written and read: in a pod of the cluster. Absent in journals that are older: through port-forwards of the runner. */
  readonly place?: MessagesPlace;
}

export interface MessagesPlace extends PlannedAccess {
  /** The name that users' clients connect to: "kafka.data.svc:9092". */
  readonly address: string;
  /** Nodes on which its pod must not run: those of the targets. */
  readonly notOn: readonly string[];
}

export interface RecoveryRule {
  /** Of good answers in a window that counts as recovered, 0 to 1. */
  readonly ratio: number;
  readonly windowMs: number;
  readonly windowSamples: number;
  /** Slower than this is bad. Where it is left out: what the baseline's end says (`limits` event). */
  readonly slowMs?: number;
}
