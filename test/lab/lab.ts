/**
 * What the lab is: a Kubernetes cluster for tests and newcomers, made in one of three ways, in one of three sizes.
 * The command line (`main.ts`) and the tests (`use/`) speak these words.
 */
import type { KubernetesMinor } from './versions.ts';

/**
 * - `api`: a control plane and kwok: API objects and fake nodes, no container runs.
 * - `node`: one real node.
 * - `cluster`: three real nodes, each with kubelet and containerd in a network namespace of its own.
 */
export type Profile = 'api' | 'node' | 'cluster';

/** A kubeconfig that the person gave, kind on a Docker that answers, or programs of our own on this machine. */
export type Way = 'kubeconfig' | 'kind' | 'native';

export interface LabOptions {
  /** 0 to 9: labs of different numbers share nothing but caches and can be up at the same time. */
  readonly number: number;
  readonly profile: Profile;
  readonly kubernetes: KubernetesMinor;
  /** Short names of images (`trino`), or all of them. */
  readonly images: 'all' | readonly string[];
  /** Path of a kubeconfig to use in place of a cluster of the lab's own. */
  readonly kubeconfig?: string;
  /** A way to insist on; without it the first that works here, in the order of `Way`. Node faults need `native`. */
  readonly way?: Way;
}

/** On every namespace and node that a lab makes inside a cluster; its value is the lab's number. */
export const LAB_LABEL = 'faultline.lab';

/** What an `up` came to; `lab env` prints it and tests start from it. */
export interface RunningLab {
  readonly number: number;
  readonly way: Way;
  readonly profile: Profile;
  /** "v1.34.4" */
  readonly kubernetes: string;
  /** Kubeconfig with full rights in the lab; never the user's own file. */
  readonly kubeconfig: string;
  /** Names of the real nodes, `lab-1` first; empty for `api`. */
  readonly nodes: readonly string[];
  /** Folder of the logs, one file a process. */
  readonly logs: string;
  /** Unix ms. */
  readonly upSince: number;
}

export interface LabProcess {
  /** "etcd", "kubelet lab-2" */
  readonly name: string;
  /** undefined: it should run and does not. */
  readonly pid: number | undefined;
  readonly sinceMs: number | undefined;
  /** Proportional share, so that shared pages count once. */
  readonly memoryBytes: number | undefined;
  readonly log: string;
}

export interface LabStatus {
  readonly number: number;
  /** `broken`: a start or a stop was interrupted, or a process is gone; the next `up` or `down` repairs it. */
  readonly state: 'down' | 'starting' | 'up' | 'stopping' | 'broken';
  readonly lab: RunningLab | undefined;
  readonly processes: readonly LabProcess[];
  /** Nodes whose fault has not ended: what, and until when (Unix ms). */
  readonly faults: readonly NodeFault[];
}

export interface NodeFault {
  readonly node: string;
  readonly kind: 'stop' | 'cut' | 'freeze';
  readonly untilMs: number;
}
