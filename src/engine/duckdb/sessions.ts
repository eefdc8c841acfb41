/**
 * Connections of one open target.
 *
 * There is one session: statements that follow each other share it, so that `SET`, `BEGIN` and `CREATE TEMP TABLE` hold for the
 * next. A statement that starts while the session is busy gets a connection of its own, which is closed after it: it sees the same
 * tables, but neither the session's settings nor its temporary tables nor its open transaction.
 *
 * With `keep` that connection is kept for the next one: the clients of a benchmark stay connected, as real ones do.
 */
import type { DuckDBConnection } from '@duckdb/node-api';

/** A connection and what we know of its state. */
export interface Session {
  readonly connection: DuckDBConnection;
  /** The person has begun a transaction. */
  inTransaction: boolean;
}

export interface Lease {
  readonly session: Session;
  release(): void;
}

export class Sessions {
  readonly #connect: () => Promise<DuckDBConnection>;
  readonly #keep: boolean;
  readonly #free: Session[] = [];
  #session: Session | undefined;
  #busy = false;
  #closed = false;
  readonly #extra = new Set<DuckDBConnection>();

  constructor(connect: () => Promise<DuckDBConnection>, { keep }: { readonly keep: boolean }) {
    this.#connect = connect;
    this.#keep = keep;
  }

  /** The session when it is free, else a connection for this one use. */
  async lease(): Promise<Lease> {
    if (this.#busy) return this.extra();
    this.#busy = true;
    try {
      const session = (this.#session ??= { connection: await this.#connect(), inTransaction: false });
      return { session, release: () => void (this.#busy = false) };
    } catch (error) {
      this.#busy = false;
      throw error;
    }
  }

  /** A connection for one use, whatever the session does. */
  async extra(): Promise<Lease> {
    const session = this.#free.pop() ?? { connection: await this.#connect(), inTransaction: false };
    this.#extra.add(session.connection);
    return {
      session,
      release: () => {
        if (this.#closed) return;
        if (this.#keep) this.#free.push(session);
        else if (this.#extra.delete(session.connection)) session.connection.closeSync();
      },
    };
  }

  /** Interrupts what still runs, and closes. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const connection of this.#session === undefined ? this.#extra : [this.#session.connection, ...this.#extra]) {
      connection.interrupt();
      connection.closeSync();
    }
  }
}
