/** Passwords of servers: in VS Code's secret storage, by a name that a target keeps in their place. No `vscode` import. */
import { createHash } from 'node:crypto';
import type { ServerTarget } from '../../base/target.ts';
import { targetKey } from '../../engine/target.ts';

/** What we need of `vscode.SecretStorage`. */
export interface SecretStore {
  get(key: string): PromiseLike<string | undefined>;
  store(key: string, value: string): PromiseLike<void>;
  delete(key: string): PromiseLike<void>;
}

export class Passwords {
  readonly #store: SecretStore;

  constructor(store: SecretStore) {
    this.#store = store;
  }

  /** A spec that is written from the editor names the same variable: then a terminal can set it. */
  async of(secret: string): Promise<string | undefined> {
    return (await this.#store.get(secret)) ?? process.env[secret];
  }

  /** The target with the name of its password. */
  async keep(target: ServerTarget, password: string): Promise<ServerTarget> {
    const { secret: _, ...rest } = target;
    const secret = `FAULTLINE_PASSWORD_${createHash('sha256').update(targetKey(rest)).digest('hex').slice(0, 12).toUpperCase()}`;
    await this.#store.store(secret, password);
    return { ...rest, secret };
  }

  async forget({ secret }: ServerTarget): Promise<void> {
    if (secret !== undefined) await this.#store.delete(secret);
  }
}
