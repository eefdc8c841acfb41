/** What this window works on: the selected target and a person's own data files. Kept in the workspace's state. */
import type { ServerTarget } from '../../base/target.ts';
import type { EngineTarget } from '../../engine/engine.ts';
import { Signal } from '../signal.ts';
import { isServer, isTarget, sameTarget } from './targets.ts';

/** What we need of `vscode.Memento`. */
export interface Memory {
  get(key: string): unknown;
  update(key: string, value: unknown): PromiseLike<void>;
}

const keys = { target: 'faultline.target', files: 'faultline.dataFiles', servers: 'faultline.servers' } as const;

export interface SessionParts {
  readonly memory: Memory;
  /** What is selected until the person selects something: TPC-H 0.01. */
  readonly initial: EngineTarget;
  /** Own files and servers are left alone in an untrusted workspace. */
  readonly isTrusted: () => boolean;
}

export class Session {
  readonly #parts: SessionParts;
  readonly changed = new Signal();

  constructor(parts: SessionParts) {
    this.#parts = parts;
  }

  get target(): EngineTarget {
    const stored = this.#parts.memory.get(keys.target);
    if (!isTarget(stored)) return this.#parts.initial;
    return stored.kind !== 'tpch' && !this.#parts.isTrusted() ? this.#parts.initial : stored;
  }

  async select(target: EngineTarget): Promise<void> {
    if (sameTarget(target, this.target)) return;
    await this.#parts.memory.update(keys.target, target);
    this.changed.fire();
  }

  /** Own data files in the order they were opened. */
  get files(): readonly string[] {
    const stored = this.#parts.memory.get(keys.files);
    return Array.isArray(stored) ? stored.filter((path) => typeof path === 'string') : [];
  }

  async addFile(path: string): Promise<void> {
    if (!this.files.includes(path)) await this.#parts.memory.update(keys.files, [...this.files, path]);
    this.changed.fire();
  }

  /** Servers in the order they were connected. */
  get servers(): readonly ServerTarget[] {
    const stored = this.#parts.memory.get(keys.servers);
    return Array.isArray(stored) ? stored.filter(isServer) : [];
  }

  /** One that is the same is replaced: its name or scale may be another. */
  async addServer(server: ServerTarget): Promise<void> {
    const others = this.servers.filter((known) => !sameTarget(known, server));
    await this.#parts.memory.update(keys.servers, [...others, server]);
    this.changed.fire();
  }

  /** Forgets a target that is gone: a file taken out of the tree, a data set that was removed. */
  async forget(target: EngineTarget): Promise<void> {
    if (target.kind === 'file') {
      await this.#parts.memory.update(
        keys.files,
        this.files.filter((path) => path !== target.path),
      );
    }
    if (target.kind === 'server') {
      await this.#parts.memory.update(
        keys.servers,
        this.servers.filter((known) => !sameTarget(known, target)),
      );
    }
    if (sameTarget(target, this.target)) await this.#parts.memory.update(keys.target, undefined);
    this.changed.fire();
  }
}
