/**
 * What is said to the helper program and what it says, one JSON a line, over its standard input and output. The other side of it is
 * `program/protocol.go`. `t`: milliseconds on the helper's own monotonic clock. What the helper says is checked when it comes.
 */
import * as v from 'valibot';
import type { Existing, ExistingDelay } from '../../journal/fault-plan.ts';

/** In the target's pod. One at a time; nothing of it has an effect before `go`. */
export type HelperFault =
  /** Packets are dropped at the pod's devices. Loopback is never touched; `peers`: only packets from and to these. */
  | { readonly kind: 'networkCut'; readonly direction: 'both' | 'in' | 'out'; readonly peers?: readonly string[]; readonly exempt: Exempt }
  /** Each packet is lost with this probability, 0 to 100 with two decimals. */
  | {
      readonly kind: 'packetLoss';
      readonly percent: number;
      readonly direction: 'both' | 'in' | 'out';
      readonly peers?: readonly string[];
      readonly exempt: Exempt;
    }
  /** What the pod answers comes later: by its kernel (netem) all that leaves the port, else by a proxy and for new connections alone. */
  | ({ readonly kind: 'latency'; readonly latencyMs: number; readonly jitterMs: number; readonly existing: ExistingDelay } & ByProxy)
  /** New connections to the pod go through a proxy: each side hears so much later that the other one has closed. */
  | ({ readonly kind: 'slowClose'; readonly delayMs: number; readonly existing: Existing } & ByProxy)
  /** All threads of the target container are held. */
  | { readonly kind: 'freeze'; readonly containerId?: string }
  /** The target container's first process is killed, and with it, mostly, the helper: the end of the connection is the answer. */
  | { readonly kind: 'containerCrash'; readonly containerId?: string }
  /** Processors are kept busy: as many as said, or less where the container's limit is lower. In the target's own container. */
  | { readonly kind: 'cpuStress'; readonly cores: number }
  /** Memory is taken and held. The kernel is asked to end this process before any other of the container. In the target's own container. */
  | { readonly kind: 'memoryStress'; readonly bytes: number };

interface ByProxy {
  /** Of the pod; absent: every TCP port. */
  readonly port?: number;
  readonly exempt: Exempt;
  /** How long connections that were made during the fault may stay in the proxy (without delay) after it; then they are closed. */
  readonly lingerMs: number;
}

/** What a fault of the network leaves alone. */
export interface Exempt {
  /** Of the node, as the pod sees it: else its kubelet restarts the container. The pod's gateway counts as one where `kubelet` is true. */
  readonly addresses: readonly string[];
  readonly kubelet: boolean;
  /** Port 53, both ways. */
  readonly dns: boolean;
}

export type HelperFaultKind = HelperFault['kind'];

export type Request =
  | { readonly do: 'check' }
  | { readonly do: 'arm'; readonly name: string; readonly fault: HelperFault }
  /** `notAfter`: on the helper's clock. Later it refuses. */
  | { readonly do: 'go'; readonly durationMs: number; readonly notAfter: number }
  | { readonly do: 'peers'; readonly addresses: readonly string[] }
  | { readonly do: 'proof' }
  | { readonly do: 'heal' }
  | { readonly do: 'beat' }
  | { readonly do: 'bye' };

const Mechanism = v.object({
  possible: v.boolean(),
  /** Why not. */
  why: v.optional(v.string()),
  /** What it does in another way than one might think, on this kernel. */
  note: v.optional(v.string()),
});
export type Mechanism = v.InferOutput<typeof Mechanism>;

const MECHANISMS = [
  'networkCut',
  'packetLoss',
  'latency',
  'slowClose',
  'reset',
  'freeze',
  'containerCrash',
  'cpuStress',
  'memoryStress',
  'netem',
] as const;
export type MechanismName = (typeof MECHANISMS)[number];

export const Checked = v.object({
  mechanisms: v.object({
    networkCut: Mechanism,
    packetLoss: Mechanism,
    latency: Mechanism,
    slowClose: Mechanism,
    reset: Mechanism,
    freeze: Mechanism,
    containerCrash: Mechanism,
    cpuStress: Mechanism,
    memoryStress: Mechanism,
    netem: Mechanism,
  } satisfies Record<MechanismName, typeof Mechanism>),
});
export type Checked = v.InferOutput<typeof Checked>;

export const Hello = v.object({
  event: v.literal('hello'),
  t: v.number(),
  version: v.string(),
  pid: v.number(),
  kernel: v.string(),
  arch: v.string(),
  /** "net:[4026532208]" */
  netns: v.string(),
  hostname: v.string(),
  /** "NET_ADMIN", "SYS_PTRACE" */
  capabilities: v.array(v.string()),
});
export type Hello = v.InferOutput<typeof Hello>;

/** What shows, without any client, that a fault has an effect. Zero or absent where it does not apply. */
export const Proof = v.object({
  /** Whether that is enough to call the effect proven. */
  proven: v.boolean(),
  /** "1204 packets dropped (in 802, out 402)" */
  text: v.string(),
  packetsIn: v.optional(v.number()),
  packetsOut: v.optional(v.number()),
  /** Of the proxy. */
  connections: v.optional(v.number()),
  open: v.optional(v.number()),
  delayed: v.optional(v.number()),
  reset: v.optional(v.number()),
  unaffected: v.optional(v.number()),
  processes: v.optional(v.number()),
  threads: v.optional(v.number()),
  /** Of the cgroup, since `go`. */
  cpuUsedMs: v.optional(v.number()),
  cpuThrottledMs: v.optional(v.number()),
  memoryBytes: v.optional(v.number()),
  memoryLimitBytes: v.optional(v.number()),
});
export type Proof = v.InferOutput<typeof Proof>;

export const Armed = v.object({
  /** "drops packets at eth0, both ways; leaves alone 10.0.0.1, DNS" */
  text: v.string(),
  /** Names of devices, processes … that it is about. */
  on: v.array(v.string()),
  note: v.optional(v.string()),
});
export type Armed = v.InferOutput<typeof Armed>;

export const Applied = v.object({
  /** Between these it began. */
  from: v.number(),
  to: v.number(),
  /** What is left of the duration, as the kernel told it when it was read back; absent where nothing lasts. */
  leftMs: v.optional(v.number()),
  proof: Proof,
});
export type Applied = v.InferOutput<typeof Applied>;

export const Healed = v.object({
  /** false: nothing was under way. */
  was: v.boolean(),
  /** Looked for, and not found any more. */
  verified: v.boolean(),
  /** Milliseconds from the request to the effect's end. */
  tookMs: v.number(),
  proof: v.optional(Proof),
});
export type Healed = v.InferOutput<typeof Healed>;

const ENDS = [
  /** The duration is over: the kernel ended it. */
  'deadline',
  'heal',
  /** Before its time, and nobody asked: what the fault was made of is gone. */
  'lost',
  /** The target's processes ended. */
  'targetGone',
  /** Nothing was heard for 10 s. */
  'noHeartbeat',
  /** Nobody is at the other end. */
  'inputEnded',
  'terminated',
] as const;
export type EndReason = (typeof ENDS)[number];

export const Said = v.variant('event', [
  Hello,
  /** A fault is over. `early`: before its duration, whatever the reason. */
  v.object({
    event: v.literal('ended'),
    t: v.number(),
    why: v.picklist(ENDS),
    early: v.boolean(),
    verified: v.boolean(),
    proof: v.optional(Proof),
    text: v.optional(v.string()),
  }),
  /** Nothing is left of it: the last connection through the proxy is closed; `closedByUs`: so many when the time to linger was over. */
  v.object({ event: v.literal('drained'), t: v.number(), closedByUs: v.number() }),
  /** It exits. */
  v.object({ event: v.literal('leaving'), t: v.number(), why: v.string() }),
]);
export type Said = v.InferOutput<typeof Said>;

/** To the request with the same id. */
export const Answer = v.object({
  id: v.number(),
  t: v.number(),
  ok: v.optional(v.unknown()),
  error: v.optional(v.object({ code: v.string(), text: v.string() })),
});
export type Answer = v.InferOutput<typeof Answer>;
