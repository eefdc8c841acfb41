/**
 * What a client of Trino has to remember between statements: the server keeps nothing. Headers of answers change it, headers of
 * requests tell it. Keys and values stay as the server wrote them (they are URL-encoded, so a comma always parts two of them).
 */
import type { IncomingHttpHeaders } from 'node:http';
import type { ServerEngine } from '../../base/target.ts';

export type HeaderPrefix = 'X-Trino-' | 'X-Presto-';

export function headerPrefix(engine: ServerEngine): HeaderPrefix {
  return engine === 'presto' ? 'X-Presto-' : 'X-Trino-';
}

export interface SessionStart {
  readonly user: string;
  readonly source: string;
  readonly clientTags: readonly string[];
  readonly catalog?: string;
  readonly schema?: string;
}

/** Without the second one Trino rounds times to milliseconds. What is named here has to be understood by the rest of this folder. */
const CAPABILITIES = 'PATH,PARAMETRIC_DATETIME,SESSION_AUTHORIZATION';

export class Session {
  readonly #prefix: HeaderPrefix;
  readonly #lowerPrefix: string;
  readonly #start: SessionStart;
  #user: string;
  #catalog: string | undefined;
  #schema: string | undefined;
  #path: string | undefined;
  #transaction = 'NONE';
  readonly #properties = new Map<string, string>();
  readonly #roles = new Map<string, string>();
  readonly #prepared = new Map<string, string>();

  constructor(prefix: HeaderPrefix, start: SessionStart) {
    this.#prefix = prefix;
    this.#lowerPrefix = prefix.toLowerCase();
    this.#start = start;
    this.#user = start.user;
    this.#catalog = start.catalog;
    this.#schema = start.schema;
  }

  get catalog(): string | undefined {
    return this.#catalog;
  }

  get schema(): string | undefined {
    return this.#schema;
  }

  get inTransaction(): boolean {
    return this.#transaction !== 'NONE';
  }

  /** Of a request that begins a statement. `alone`: one of our own, which must not run in the person's transaction. */
  headers(alone = false): Record<string, string> {
    const headers: Record<string, string> = {
      [`${this.#prefix}User`]: this.#user,
      [`${this.#prefix}Source`]: this.#start.source,
      [`${this.#prefix}Client-Tags`]: this.#start.clientTags.join(','),
      [`${this.#prefix}Client-Capabilities`]: CAPABILITIES,
      // Also where there is none: else START TRANSACTION is refused.
      [`${this.#prefix}Transaction-Id`]: alone ? 'NONE' : this.#transaction,
    };
    const add = (name: string, value: string | undefined): void => {
      if (value !== undefined && value !== '') headers[`${this.#prefix}${name}`] = value;
    };
    if (this.#user !== this.#start.user) add('Original-User', this.#start.user);
    add('Catalog', this.#catalog);
    add('Schema', this.#schema);
    add('Path', this.#path);
    add('Session', joined(this.#properties));
    add('Role', joined(this.#roles));
    add('Prepared-Statement', joined(this.#prepared));
    return headers;
  }

  /** Of every other request: who asks. */
  identity(): Record<string, string> {
    return { [`${this.#prefix}User`]: this.#user, [`${this.#prefix}Source`]: this.#start.source };
  }

  /** Takes over what an answer says. */
  fold(answer: IncomingHttpHeaders): void {
    const one = (name: string): string | undefined => {
      const value = answer[`${this.#lowerPrefix}${name}`];
      return Array.isArray(value) ? value.join(',') : value;
    };
    this.#catalog = one('set-catalog') ?? this.#catalog;
    this.#schema = one('set-schema') ?? this.#schema;
    this.#path = one('set-path') ?? this.#path;
    merge(this.#properties, one('set-session'));
    drop(this.#properties, one('clear-session'));
    merge(this.#roles, one('set-role'));
    merge(this.#prepared, one('added-prepare'));
    drop(this.#prepared, one('deallocated-prepare'));
    this.#transaction = one('started-transaction-id') ?? this.#transaction;
    if (one('clear-transaction-id') !== undefined) this.#transaction = 'NONE';
    const user = one('set-authorization-user');
    if (user !== undefined) this.#user = decodeURIComponent(user.replaceAll('+', ' '));
    if (one('reset-authorization-user') !== undefined) this.#user = this.#start.user;
  }

  /** The coordinator that knew the transaction is gone. */
  forgetTransaction(): void {
    this.#transaction = 'NONE';
  }
}

function joined(entries: ReadonlyMap<string, string>): string {
  return [...entries].map(([key, value]) => `${key}=${value}`).join(',');
}

function merge(entries: Map<string, string>, header: string | undefined): void {
  for (const entry of items(header)) {
    const at = entry.indexOf('=');
    if (at > 0) entries.set(entry.slice(0, at), entry.slice(at + 1));
  }
}

function drop(entries: Map<string, string>, header: string | undefined): void {
  for (const key of items(header)) entries.delete(key);
}

function items(header: string | undefined): readonly string[] {
  return (header ?? '').split(',').flatMap((item) => (item.trim() === '' ? [] : [item.trim()]));
}
