/** The library as a server would use it: a connection for each request, or for each session, and a limit on how many run at once. */
import { setTimeout as delay } from 'node:timers/promises';
import { loadChdb } from './chdb.ts';
import type { Answer, Connection } from './chdb.ts';
import { ServerError } from './errors.ts';
import type { Statement } from './request.ts';
import { asKill, identifier, quoted, withFrontIds } from './sql.ts';

/** Fewer than the threads of Node's pool (UV_THREADPOOL_SIZE in the image), so that there is always one for a KILL QUERY. */
const MAX_CONCURRENT = 24;
/** A KILL QUERY … SYNC looks again this often, and gives up after so many looks. */
const LOOK_MS = 50;
const LOOKS = 1200;

interface Session {
  readonly connection: Connection;
  busy: boolean;
  end: NodeJS.Timeout;
}

export class Engine {
  readonly version: string;
  readonly #connect: () => Connection;
  readonly #sessions = new Map<string, Session>();
  readonly #running = new Set<string>();

  private constructor(connect: () => Connection, version: string) {
    this.#connect = connect;
    this.version = version;
  }

  static async open(path: string): Promise<Engine> {
    const { Session: Opened } = loadChdb();
    const connect = (): Connection => new Opened(path);
    // Kept open: with the last connection the library would let go of the data folder.
    const first = connect();
    const version = await first.queryAsync('SELECT version()', { format: 'TabSeparatedRaw' });
    return new Engine(connect, version.text().trim());
  }

  async createDatabase(name: string): Promise<void> {
    const connection = this.#connect();
    await connection.queryAsync(`CREATE DATABASE IF NOT EXISTS ${identifier(name)}`);
    connection.close();
  }

  /** Throws the library's error, or a ServerError. */
  async run(statement: Statement): Promise<Answer> {
    const { queryId } = statement;
    const kill = asKill(statement.sql);
    if (statement.sql.trim() === '') throw new ServerError(62, 'Empty query', 'SYNTAX_ERROR');
    if (this.#running.has(queryId))
      throw new ServerError(216, `Query with id = ${queryId} is already running.`, 'QUERY_WITH_SAME_ID_IS_ALREADY_RUNNING');
    if (kill === undefined && this.#running.size >= MAX_CONCURRENT)
      throw new ServerError(
        202,
        `Too many simultaneous queries. Current: ${this.#running.size}, maximum: ${MAX_CONCURRENT}.`,
        'TOO_MANY_SIMULTANEOUS_QUERIES',
      );
    this.#running.add(queryId);
    try {
      return await this.#with(statement, async (connection) => {
        await prepare(connection, statement);
        const options = { format: statement.format };
        if (kill === undefined) return connection.queryAsync(withFrontIds(statement.sql), options);
        const answer = await connection.queryAsync(kill.sql, options);
        if (kill.sync) await ended(connection, kill.sql);
        return answer;
      });
    } finally {
      this.#running.delete(queryId);
    }
  }

  async #with<T>({ session }: Statement, action: (connection: Connection) => Promise<T>): Promise<T> {
    if (session === undefined) {
      const connection = this.#connect();
      try {
        return await action(connection);
      } finally {
        connection.close();
      }
    }
    const { id, mustExist, timeoutMs } = session;
    if (mustExist && !this.#sessions.has(id)) throw new ServerError(372, `Session ${id} not found`, 'SESSION_NOT_FOUND');
    const held = this.#sessions.get(id) ?? { connection: this.#connect(), busy: false, end: setTimeout(() => undefined, 0) };
    if (held.busy) throw new ServerError(373, `Session ${id} is locked by a concurrent client`, 'SESSION_IS_LOCKED');
    this.#sessions.set(id, held);
    clearTimeout(held.end);
    held.busy = true;
    try {
      return await action(held.connection);
    } finally {
      held.busy = false;
      held.end = setTimeout(() => {
        this.#sessions.delete(id);
        held.connection.close();
      }, timeoutMs).unref();
    }
  }
}

async function prepare(connection: Connection, { database, queryId, readonly, settings }: Statement): Promise<void> {
  if (database !== undefined && database !== '') await connection.queryAsync(`USE ${identifier(database)}`);
  for (const [name, value] of settings) {
    if (!/^\w+$/.test(name)) throw new ServerError(115, `Unknown setting '${name}'`, 'UNKNOWN_SETTING');
    await connection.queryAsync(`SET ${name} = ${quoted(value)}`);
  }
  await connection.queryAsync(`SET log_comment = ${quoted(queryId)}`);
  if (readonly) await connection.queryAsync('SET readonly = 2');
}

async function ended(connection: Connection, kill: string): Promise<void> {
  for (let look = 0; look < LOOKS; look++) {
    const left = await connection.queryAsync(kill, { format: 'TabSeparated' });
    if (left.text() === '') return;
    await delay(LOOK_MS);
  }
}
