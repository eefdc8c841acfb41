/** Two network namespaces with a cable between them: the pod and its peers, without a cluster. Needs root. */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { systemClock } from '../../../src/base/clock.ts';
import { helperClient, type HelperClient, type HelperPipe } from '../../../src/fault/helper/client.ts';
import type { Exempt, Said } from '../../../src/fault/helper/protocol.ts';
import { faultHelper } from '../../build/fault-helper.ts';
import { Progress } from '../../workbench/cache.mjs';
import { goArch } from '../../lab/build/go.ts';
import { machineMs, type Order, type Told } from './agent.ts';

export const POD = '10.231.0.1';
export const POD_6 = 'fd31::1';
/** Of the other namespace; the first one is the pod's gateway. */
export const PEERS = ['10.231.0.2', '10.231.0.3'] as const;
export const PORT = 7000;
export const NOTHING_EXEMPT: Exempt = { addresses: [], kubelet: false, dns: true };

const ip = (...args: string[]): string => execFileSync('ip', args, { encoding: 'utf8' });

let made = 0;

export class Net {
  /** Of the namespace that stands for the pod's. */
  readonly pod: string;
  readonly peer: string;
  readonly #children: ChildProcess[] = [];

  constructor() {
    const name = `flt${process.pid}-${++made}`;
    this.pod = `${name}a`;
    this.peer = `${name}b`;
    for (const one of [this.pod, this.peer]) ip('netns', 'add', one);
    ip('-n', this.pod, 'link', 'add', 'eth0', 'type', 'veth', 'peer', 'name', 'eth0', 'netns', this.peer);
    const addresses = { [this.pod]: [`${POD}/24`, `${POD_6}/64`], [this.peer]: [...PEERS.map((one) => `${one}/24`), 'fd31::2/64'] };
    for (const [namespace, list] of Object.entries(addresses)) {
      for (const device of ['lo', 'eth0']) ip('-n', namespace, 'link', 'set', device, 'up');
      for (const one of list) ip('-n', namespace, 'addr', 'add', one, 'dev', 'eth0', ...(one.includes(':') ? ['nodad'] : []));
    }
    ip('-n', this.pod, 'route', 'add', 'default', 'via', PEERS[0]);
  }

  /** The pod, which serves, and its peer. */
  async served(): Promise<readonly [Agent, Agent]> {
    const [pod, peer] = await Promise.all([this.agent(this.pod), this.agent(this.peer)]);
    pod.order({ do: 'serve', host: '::', port: PORT });
    await pod.next((told) => told.kind === 'serving');
    return [pod, peer];
  }

  async agent(namespace: string): Promise<Agent> {
    const child = spawn('ip', ['netns', 'exec', namespace, process.execPath, join(import.meta.dirname, 'agent.ts')], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.#children.push(child);
    const agent = new Agent(child);
    await agent.next((told) => told.kind === 'ready');
    return agent;
  }

  /** Started as in a pod; with `client` also spoken to, heartbeat included. */
  async helper(
    options: { readonly env?: Readonly<Record<string, string>>; readonly within?: readonly string[] } = {},
  ): Promise<SpawnedHelper> {
    const spawned = await spawnHelper(['ip', 'netns', 'exec', this.pod, ...(options.within ?? [])], options.env);
    this.#children.push(spawned.child);
    return spawned;
  }

  /** What the packet filter of the pod's namespace holds. */
  rules(): string {
    return execFileSync('ip', ['netns', 'exec', this.pod, 'nft', 'list', 'ruleset'], { encoding: 'utf8' }).trim();
  }

  async end(): Promise<void> {
    for (const child of this.#children) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
    for (const one of [this.pod, this.peer]) ip('netns', 'del', one);
  }
}

/** A program inside a namespace, and what it has said so far. */
export class Agent {
  readonly told: Told[] = [];
  readonly #child: ChildProcess;
  readonly #waiting = new Set<() => void>();

  constructor(child: ChildProcess) {
    this.#child = child;
    if (child.stdout === null) throw new Error('no output');
    createInterface({ input: child.stdout }).on('line', (line) => {
      this.told.push(JSON.parse(line) as Told);
      for (const wake of this.#waiting) wake();
    });
  }

  order(order: Order): void {
    this.#child.stdin?.write(`${JSON.stringify(order)}\n`);
  }

  /** The first that fits, also one that was said already. */
  async next<T extends Told>(fits: (told: Told) => told is T): Promise<T>;
  async next(fits: (told: Told) => boolean): Promise<Told>;
  async next(fits: (told: Told) => boolean): Promise<Told> {
    for (;;) {
      const found = this.told.find(fits);
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => {
        const wake = (): void => {
          this.#waiting.delete(wake);
          resolve();
        };
        this.#waiting.add(wake);
      });
    }
  }

  /** Of a probe, by planned start. */
  samples(id: string): readonly (Told & { readonly kind: 'probe' })[] {
    return this.told
      .filter((told) => told.kind === 'probe')
      .filter((told) => told.id === id)
      .sort((a, b) => a.at - b.at);
  }

  /** The first sample that began after a moment and was (not) answered. */
  async sample(id: string, afterMs: number, ok: boolean): Promise<Told & { readonly kind: 'probe' }> {
    return this.next((told): told is Told & { readonly kind: 'probe' } => {
      return told.kind === 'probe' && told.id === id && told.at > afterMs && told.ok === ok;
    });
  }
}

export type Of<K extends Told['kind']> = Told & { readonly kind: K };

let opened = 0;

/** One of a peer to the pod, kept open. */
export class Connection {
  readonly id = `c${++opened}`;
  readonly #peer: Agent;

  private constructor(peer: Agent) {
    this.#peer = peer;
  }

  static async open(peer: Agent, host: string = POD): Promise<Connection> {
    const made = new Connection(peer);
    peer.order({ do: 'open', id: made.id, host, port: PORT });
    await made.next('opened');
    return made;
  }

  /** The first of its kind after a moment. */
  next(kind: 'opened' | 'got' | 'peerEnded' | 'closed', after = 0): Promise<Of<'got'>> {
    return this.#peer.next((told): told is Of<'got'> => told.kind === kind && told.id === this.id && told.at > after);
  }

  /** Milliseconds for one byte there and back. */
  async trip(bytes = 1): Promise<number> {
    const sentMs = machineMs();
    this.#peer.order({ do: 'send', id: this.id, bytes });
    return (await this.next('got', sentMs)).at - sentMs;
  }
}

export interface SpawnedHelper {
  readonly child: ChildProcess;
  readonly pipe: HelperPipe;
  /** All that it has said on its own. */
  readonly said: Said[];
  /** Resolves with how it ended. */
  readonly exited: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>;
  /** To the program itself, whatever it was started by. */
  kill(signal: NodeJS.Signals): void;
  /** Resolves when the program itself is no more. */
  gone(): Promise<void>;
  client(name?: string): Promise<HelperClient>;
  event(kind: Said['event']): Promise<Said>;
}

/** Process ids as the machine sees them: one and those below it. */
export function family(pid: number): readonly number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number);
  return [pid, ...children.flatMap(family)];
}

/** A parent that was stopped with it does not wait for it. */
function lives(pid: number): boolean {
  try {
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

function programBelow(pid: number, file: string): number {
  const found = family(pid).find((one) => readlinkSync(`/proc/${one}/exe`).endsWith(file));
  if (found === undefined) throw new Error('the helper does not run');
  return found;
}

export async function spawnHelper(prefix: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<SpawnedHelper> {
  const file = await faultHelper(goArch(), new Progress('lines'));
  const [program, ...args] = [...prefix, file];
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'], env: { ...process.env, ...env } });
  const said: Said[] = [];
  const waiting = new Set<() => void>();
  const exited = once(child, 'exit').then(([code, signal]) => ({ code: code as number | null, signal: signal as NodeJS.Signals | null }));
  const closed = once(child, 'close').then(() => undefined);
  // A write to one that is killed.
  child.stdin.on('error', () => undefined);
  const pipe: HelperPipe = {
    send: (line) => void child.stdin.write(`${line}\n`),
    listen: (onLine) => {
      createInterface({ input: child.stdout }).on('line', (line) => {
        const message = JSON.parse(line) as Said;
        if ('event' in message) said.push(message);
        onLine(line);
        for (const wake of waiting) wake();
      });
    },
    closed,
    terminate: () => child.stdin.destroy(),
  };
  let pid: number | undefined;
  const own = (): number => (pid ??= programBelow(child.pid ?? 0, file));
  return {
    child,
    pipe,
    said,
    exited,
    kill: (signal) => void process.kill(own(), signal),
    gone: async () => {
      for (const one = own(); lives(one);) await pause(10);
    },
    client: (name = 'test') => helperClient(pipe, { clock: systemClock, what: 'The helper', name, signal: new AbortController().signal }),
    event: async (kind) => {
      for (;;) {
        const found = said.find(({ event }) => event === kind);
        if (found !== undefined) return found;
        await new Promise<void>((resolve) => {
          const wake = (): void => {
            waiting.delete(wake);
            resolve();
          };
          waiting.add(wake);
        });
      }
    },
  };
}
