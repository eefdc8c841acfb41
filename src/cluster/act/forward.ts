/**
 * A local port that leads into a pod. A forward of Kubernetes dies with its pod; this one stays, and leads the next connection to
 * another ready pod of the same target, or to the one that takes its place.
 */
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import { FaultlineError, normalise } from '../../base/errors.ts';
import { t } from '../../base/messages.ts';
import type { ClusterConnection } from '../connect/connection.ts';
import type { Pod } from '../objects.ts';
import { followPods } from './follow.ts';
import type { FollowedPods } from './follow.ts';
import { isOver, noPod, PodPool, uidOf } from './pool.ts';
import { Emitter, pause } from './signal.ts';
import type { Listenable } from './signal.ts';
import { portIn, selectionOf } from './target.ts';
import type { PodSelection, PodsTarget } from './target.ts';
import { joinPod } from './tunnel.ts';

export interface ForwardRequest {
  readonly namespace: string;
  readonly target: PodsTarget;
  /** Of a service the service's own, by number or name; else the container's. */
  readonly port: number | string;
  /** A free one where nothing is said. */
  readonly localPort?: number;
}

export interface ForwardOptions {
  /** Closes it. */
  readonly signal?: AbortSignal;
  /** How long a connection waits for a ready pod before it is cut: 60 s where nothing is said. */
  readonly podWaitMs?: number;
  /** Without a sign of life for so long a connection is taken for dead: 20 s where nothing is said. */
  readonly quietLimitMs?: number;
}

/** `sinceMs`: wall clock. */
export type ForwardState =
  | { readonly kind: 'connected'; readonly pod: string; readonly sinceMs: number }
  | { readonly kind: 'waiting'; readonly why: string; readonly sinceMs: number }
  | { readonly kind: 'closed'; readonly sinceMs: number };

export interface Forward {
  readonly request: ForwardRequest;
  /** On 127.0.0.1. */
  readonly port: number;
  /** `http://127.0.0.1:40123`. */
  readonly url: string;
  readonly state: ForwardState;
  /** Connections that are open now. */
  readonly connections: number;
  /** Why the last connection that failed did: nothing listens on the port, forbidden, no pod in time. Gone with the next that works. */
  readonly problem: FaultlineError | undefined;
  /** State, connections or problem are others. */
  readonly changed: Listenable;
  /** Resolves when a pod is ready; fails with `unreachable` and why there is none. */
  ready(timeoutMs: number, signal?: AbortSignal): Promise<void>;
  /** Cuts what is open. */
  close(): Promise<void>;
}

const POD_LIMIT_MS = 60_000;
/** A pod that did not take a connection is left alone for so long; its watch is often later than its death. */
const AVOID_MS = 1000;
/** After its time is over a pod's connections are cut, though nobody has seen it go: its node may be lost. */
const GRACE_MS = 2000;

/**
 * Fails: `notFound` (target, port), `forbidden` (reading the target or its pods), `unsupported` (a service without pods),
 * `invalid` (the local port is taken), `unreachable`, `cancelled`. Pods need not be there yet.
 */
export async function openForward(connection: ClusterConnection, request: ForwardRequest, options: ForwardOptions = {}): Promise<Forward> {
  const life = new AbortController();
  const signal = options.signal === undefined ? life.signal : AbortSignal.any([life.signal, options.signal]);
  const selection = await selectionOf(connection, request.namespace, request.target, signal);
  const followed = await followPods(connection, request.namespace, selection, signal);
  try {
    checkPort(followed.pods(), selection, request.port);
    const server = await listen(request.localPort ?? 0);
    return new PodForward({ connection, request, options, selection, followed, server, life, signal });
  } catch (error) {
    followed.dispose();
    throw error;
  }
}

/** Said now and not with the first connection, where a pod is there to tell. */
function checkPort([first]: readonly Pod[], selection: PodSelection, port: number | string): void {
  if (first !== undefined) portIn(first, selection, port);
}

async function listen(port: number): Promise<Server> {
  // Half open: a client that has sent all it has still wants its answer.
  const server = createServer({ allowHalfOpen: true, noDelay: true, pauseOnConnect: true });
  try {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    return server;
  } catch (error) {
    throw new FaultlineError(
      'invalid',
      { what: t('Port {0} of this machine can’t be used', port), remedy: t('Choose another one, or let one be chosen.') },
      error,
    );
  }
}

interface Parts {
  readonly connection: ClusterConnection;
  readonly request: ForwardRequest;
  readonly options: ForwardOptions;
  readonly selection: PodSelection;
  readonly followed: FollowedPods;
  readonly server: Server;
  readonly life: AbortController;
  readonly signal: AbortSignal;
}

interface Tie {
  readonly pod: string;
  readonly cut: AbortController;
}

class PodForward implements Forward {
  readonly request: ForwardRequest;
  readonly port: number;
  readonly url: string;
  readonly changed = new Emitter();
  readonly #parts: Parts;
  readonly #pool: PodPool;
  readonly #ties = new Map<Socket, Tie | undefined>();
  /** Pods that are terminating, and the timers that end them. */
  readonly #dying = new Map<string, NodeJS.Timeout>();
  #state: ForwardState;
  #problem: FaultlineError | undefined;
  #closing: Promise<void> | undefined;

  constructor(parts: Parts) {
    const { request, selection, server, followed, signal } = parts;
    const { preferred } = selection;
    this.#parts = parts;
    this.request = request;
    const address = server.address();
    this.port = typeof address === 'object' && address !== null ? address.port : 0;
    this.url = `http://127.0.0.1:${this.port}`;
    this.#pool = new PodPool({ unready: request.target.kind === 'pod', ...(preferred === undefined ? {} : { preferred }) });
    this.#state = { kind: 'waiting', why: this.#pool.why(selection.what), sinceMs: Date.now() };
    followed.changed.listen(() => this.#look());
    server.on('connection', (socket) => void this.#lead(socket));
    signal.addEventListener('abort', () => void this.close(), { once: true });
    this.#look();
  }

  get state(): ForwardState {
    return this.#state;
  }

  get connections(): number {
    return this.#ties.size;
  }

  get problem(): FaultlineError | undefined {
    return this.#problem;
  }

  async ready(timeoutMs: number, signal?: AbortSignal): Promise<void> {
    const ends = [this.#parts.signal, ...(signal === undefined ? [] : [signal])];
    await this.#pod(timeoutMs, AbortSignal.any(ends));
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const { server, followed, life } = this.#parts;
    const ended = new Promise<void>((resolve) => server.close(() => resolve()));
    life.abort();
    followed.dispose();
    for (const timer of this.#dying.values()) clearTimeout(timer);
    for (const socket of this.#ties.keys()) socket.destroy();
    await ended;
    this.#become({ kind: 'closed', sinceMs: Date.now() });
  }

  #look(): void {
    const pods = this.#parts.followed.pods();
    this.#pool.set(pods);
    const alive = new Map(pods.filter((pod) => !isOver(pod)).map((pod) => [uidOf(pod), pod]));
    for (const [socket, tie] of this.#ties) if (tie !== undefined && !alive.has(tie.pod)) this.#cut(socket, tie);
    for (const [uid, pod] of alive) if (pod.metadata.deletionTimestamp !== undefined) this.#watchEnd(uid, pod);
    this.#tell();
  }

  /** A pod that ends in order may finish its answers; one on a lost node stays in the list for minutes, and nothing comes from it. */
  #watchEnd(uid: string, { metadata }: Pod): void {
    if (this.#dying.has(uid)) return;
    const end = (): void => {
      for (const [socket, tie] of this.#ties) if (tie?.pod === uid) this.#cut(socket, tie);
    };
    const timer = setTimeout(end, (metadata.deletionGracePeriodSeconds ?? 0) * 1000 + GRACE_MS);
    timer.unref();
    this.#dying.set(uid, timer);
  }

  #cut(socket: Socket, { cut }: Tie): void {
    cut.abort();
    // Reset and not ended: an answer without a length would look complete.
    socket.resetAndDestroy();
  }

  #tell(): void {
    if (this.#state.kind === 'closed') return;
    const pod = this.#pool.chosen();
    const sinceMs = Date.now();
    if (pod === undefined) {
      const why = this.#pool.why(this.#parts.selection.what);
      this.#become({ kind: 'waiting', why, sinceMs: this.#state.kind === 'waiting' ? this.#state.sinceMs : sinceMs });
    } else {
      const same = this.#state.kind === 'connected' && this.#state.pod === pod.metadata.name;
      this.#become({ kind: 'connected', pod: pod.metadata.name, sinceMs: same ? this.#state.sinceMs : sinceMs });
    }
  }

  #become(state: ForwardState): void {
    if (JSON.stringify(state) === JSON.stringify(this.#state)) return;
    this.#state = state;
    this.changed.fire();
  }

  async #pod(timeoutMs: number, signal: AbortSignal): Promise<Pod> {
    const timeout = AbortSignal.timeout(Math.max(0, Math.ceil(timeoutMs)));
    try {
      return await this.#pool.one(AbortSignal.any([signal, timeout]));
    } catch (error) {
      if (!timeout.aborted || signal.aborted) throw normalise(error);
      const { what } = this.#parts.selection;
      throw noPod(what, this.#pool.why(what), timeoutMs);
    }
  }

  async #lead(socket: Socket): Promise<void> {
    socket.on('error', () => socket.destroy());
    this.#ties.set(socket, undefined);
    const gone = new AbortController();
    socket.once('close', () => {
      gone.abort();
      this.#ties.delete(socket);
      this.changed.fire();
    });
    this.changed.fire();
    try {
      await this.#connect(socket, AbortSignal.any([this.#parts.signal, gone.signal]));
      this.#problem = undefined;
    } catch (error) {
      if (!gone.signal.aborted && !this.#parts.signal.aborted) {
        this.#problem = normalise(error);
        socket.resetAndDestroy();
      }
    }
  }

  /** Until its end. What a pod refuses before anything was sent may go to another one. */
  async #connect(socket: Socket, signal: AbortSignal): Promise<void> {
    const { connection, request, options, selection } = this.#parts;
    const until = performance.now() + (options.podWaitMs ?? POD_LIMIT_MS);
    let last: unknown;
    while (performance.now() < until) {
      const pod = await this.#pod(until - performance.now(), signal).catch((error: unknown) => {
        throw last ?? error;
      });
      const cut = new AbortController();
      const uid = uidOf(pod);
      const tie: Tie = { pod: uid, cut };
      try {
        const place = { namespace: request.namespace, pod: pod.metadata.name, port: portIn(pod, selection, request.port) };
        const tunnel = await joinPod(connection, place, socket, {
          signal: AbortSignal.any([signal, cut.signal]),
          ...(options.quietLimitMs === undefined ? {} : { quietLimitMs: options.quietLimitMs }),
        });
        this.#ties.set(socket, tie);
        this.#problem = undefined;
        const problem = await tunnel.ended;
        if (problem === undefined) return;
        if (FaultlineError.is(problem, 'notFound')) this.#rest(uid);
        throw problem;
      } catch (error) {
        if (this.#ties.get(socket) === tie || !mayRetry(error)) throw error;
        last = error;
        this.#rest(uid);
        await pause(20, signal);
      }
    }
    throw last;
  }

  #rest(uid: string): void {
    this.#pool.avoid(uid);
    this.#tell();
    setTimeout(() => {
      this.#pool.allow(uid);
      this.#tell();
    }, AVOID_MS).unref();
  }
}

function mayRetry(error: unknown): boolean {
  // `internal`: a 5xx of the API server, which is how it tells that a kubelet does not answer or a container does not run.
  return ['notFound', 'unreachable', 'internal', 'timedOut', 'invalid'].some(
    (reason) => FaultlineError.is(error) && error.reason === reason,
  );
}
