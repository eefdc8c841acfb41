/** The clusters of this window: which contexts there are, and those that a person opened. None is contacted before. No `vscode` import. */
import type { Disposable } from '../../base/disposables.ts';
import { normalise, type FaultlineError } from '../../base/errors.ts';
import type { PermissionCache, Wish } from '../../cluster/act/permissions.ts';
import type { ClusterConnection } from '../../cluster/connect/connection.ts';
import { isSameCluster, type ClusterIdentity, type IdentityReader } from '../../cluster/connect/identity.ts';
import type { KubeContext, Kubeconfigs } from '../../cluster/connect/kubeconfig.ts';
import type { LiveCluster } from '../../cluster/live.ts';
import type { EngineInstance, KafkaInstance } from '../../cluster/recognise/model.ts';
import { Signal } from '../signal.ts';
import type { KeptKafkaLogins } from './kafkaLogins.ts';

export interface OpenCluster {
  readonly context: KubeContext;
  readonly connection: ClusterConnection;
  readonly live: LiveCluster;
  readonly permissions: PermissionCache;
  readonly kafkaLogins: KeptKafkaLogins;
  readonly identity: IdentityReader;
}

export type ClusterState =
  | { readonly kind: 'closed' }
  | { readonly kind: 'connecting' }
  | { readonly kind: 'open'; readonly cluster: OpenCluster }
  | { readonly kind: 'failed'; readonly error: FaultlineError };

/** What it needs of the cluster room, which is loaded with the first context that is opened. */
export interface ClusterRoom {
  contexts(): Promise<Kubeconfigs>;
  /** Nothing is contacted by it; the watches that it starts do that. */
  open(context: KubeContext): Promise<OpenCluster>;
}

export class Clusters implements Disposable {
  readonly #room: ClusterRoom;
  readonly #states = new Map<string, ClusterState>();
  readonly #listening = new Map<string, Disposable>();
  #disposed = false;
  #isLooking = false;
  #others = 0;

  /** Of one context: its state, or what it shows. */
  readonly changed = new Signal<KubeContext>();
  /** Of one context: menus may offer something else. */
  readonly rightsChanged = new Signal<KubeContext>();

  constructor(room: ClusterRoom) {
    this.#room = room;
  }

  contexts(): Promise<Kubeconfigs> {
    return this.#room.contexts();
  }

  stateOf(context: KubeContext): ClusterState {
    return this.#states.get(contextKey(context)) ?? { kind: 'closed' };
  }

  /** Those that are open, in the order they were opened. */
  get open(): readonly OpenCluster[] {
    return [...this.#states.values()].flatMap((state) => (state.kind === 'open' ? [state.cluster] : []));
  }

  /** The open cluster; opens it where it is not. Fails as `ClusterRoom.open`. */
  async use(context: KubeContext): Promise<OpenCluster> {
    const state = this.stateOf(context);
    if (state.kind === 'open') return state.cluster;
    this.#set(context, { kind: 'connecting' });
    try {
      const cluster = await this.#room.open(context);
      const now = this.stateOf(context);
      if (now.kind === 'open') {
        // Two asked at once.
        letGo(cluster);
        return now.cluster;
      }
      if (this.#disposed || now.kind !== 'connecting') {
        letGo(cluster);
        throw normalise(new DOMException('closed', 'AbortError'));
      }
      cluster.live.look(this.#isLookedAt);
      const listening = [
        cluster.live.changed.listen(() => this.changed.fire(context)),
        cluster.permissions.changed.listen(() => this.rightsChanged.fire(context)),
      ];
      this.#listening.set(contextKey(context), { dispose: () => listening.forEach((each) => each.dispose()) });
      this.#set(context, { kind: 'open', cluster });
      // For what is drawn. As long as it can't be read, the cluster counts as protected.
      this.identify(cluster).catch(() => undefined);
      return cluster;
    } catch (error) {
      const known = normalise(error);
      if (this.stateOf(context).kind === 'connecting') this.#set(context, { kind: 'failed', error: known });
      throw known;
    }
  }

  /** Asks the cluster which one it is: an address may lead to another one by now. Fails as a request does. */
  async identify({ context, identity }: OpenCluster): Promise<ClusterIdentity> {
    const before = identity.last ?? {};
    const now = await identity.read();
    if (!isSameCluster(before, now) && !this.#disposed) this.changed.fire(context);
    return now;
  }

  /** Engines are asked only while somebody looks. */
  look(isLooking: boolean): void {
    this.#isLooking = isLooking;
    for (const { live } of this.open) live.look(this.#isLookedAt);
  }

  /** Somebody else than the tree looks, until that is disposed. */
  lookWhile(): Disposable {
    let isOver = false;
    this.#others++;
    this.look(this.#isLooking);
    return {
      dispose: () => {
        if (isOver) return;
        isOver = true;
        this.#others--;
        this.look(this.#isLooking);
      },
    };
  }

  get #isLookedAt(): boolean {
    return this.#isLooking || this.#others > 0;
  }

  /** Ends its watches and everything that goes through its connection. */
  close(context: KubeContext): void {
    const key = contextKey(context);
    const state = this.stateOf(context);
    this.#listening.get(key)?.dispose();
    this.#listening.delete(key);
    this.#states.delete(key);
    if (state.kind === 'open') letGo(state.cluster);
    if (!this.#disposed) this.changed.fire(context);
  }

  dispose(): void {
    this.#disposed = true;
    for (const listening of this.#listening.values()) listening.dispose();
    for (const cluster of this.open) letGo(cluster);
    this.#states.clear();
  }

  #set(context: KubeContext, state: ClusterState): void {
    this.#states.set(contextKey(context), state);
    this.changed.fire(context);
  }
}

function letGo({ live, connection }: OpenCluster): void {
  live.dispose();
  connection.close();
}

/** Two files may each have a context of the same name. */
export function contextKey({ file, name }: KubeContext): string {
  return `${file}:${name}`;
}

/** Whether a menu offers it: what nobody knows yet is offered, and says no when it is tried. */
export function mayDo({ permissions }: OpenCluster, namespace: string | undefined, wishes: readonly Wish[]): boolean {
  const known = permissions.now(namespace);
  return known === undefined || wishes.every((wish) => known.can(wish) !== false);
}

export function isKafka(instance: EngineInstance): instance is KafkaInstance {
  return instance.engine === 'kafka';
}
