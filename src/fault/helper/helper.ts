/** Signatures. */
import type { Applied, Armed, Checked, Healed, HelperFault, Hello, Proof, Said } from './protocol.ts';

/** Resolved at the preview, and held by UID. */
export interface HelperTarget {
  readonly namespace: string;
  readonly pod: string;
  readonly uid: string;
  /** Whose processes are meant. */
  readonly container: string;
}

export interface Helper {
  /** Of the ephemeral container: `fl-<run>-<n>`; of one in the target's own container the container's name. */
  readonly name: string;
  readonly hello: Hello;
  /** Tries each mechanism on this kernel, without any effect. */
  check(): Promise<Checked>;
  /** Makes everything ready; without effect. Within 30 s `go` has to come, or it exits. */
  arm(fault: HelperFault): Promise<Armed>;
  /** Begins. The kernel ends it after `durationMs`; refused where the order arrives later than `withinMs` from now (3 s). */
  go(durationMs: number, withinMs?: number): Promise<Applied>;
  /** Of a network fault with peers: these from now on. */
  setPeers(addresses: readonly string[]): Promise<void>;
  proof(): Promise<Proof>;
  heal(): Promise<Healed>;
  readonly said: { listen(listener: (said: Said) => void): { dispose(): void } };
  /** Once: how it ended, or why nothing more is heard of it. Never rejects. */
  readonly ended: Promise<HelperEnd>;
  /** Heals what is under way, lets it exit, and waits until it has. */
  close(): Promise<void>;
}

export interface HelperEnd {
  /** `left`: it said that it goes. `lost`: the connection ended without that; what it held is ended by the kernel. */
  readonly kind: 'left' | 'lost';
  readonly text: string;
}
export type { Applied, Armed, Checked, Healed, HelperFault, Hello, Proof, Said };
