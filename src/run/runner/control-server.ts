/** The socket through which other windows and terminals reach a run. Its path is in the lease; only this person can open it. */
import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, readdirSync, rmdirSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import type { Disposable } from '../../base/disposables.ts';
import { FaultlineError } from '../../base/errors.ts';
import { t } from '../../base/messages.ts';
import { isAlive, ownerOf, ownerText, parseOwner } from '../../base/owner.ts';
import { connect } from '../../base/rpc.ts';
import type { RunControl } from '../control.ts';
import { linePort } from '../lines.ts';

export interface ControlActions {
  readonly run: string;
  /** Resolves when the end is in the journal and synced. */
  stop(): Promise<void>;
  /** Ends what is broken now. */
  heal(): void;
  /** An owner, until its connection closes. */
  adopt(): Disposable;
}

const fileName = 'control.sock';
const shortPrefix = 'faultline-socket-';
/** `sun_path` holds 108 bytes on Linux and 104 on macOS, with the zero at its end. */
const longestPath = 100;

export class ControlServer {
  readonly path: string;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  /** Fails: `storage`. */
  static async open(folder: string, actions: ControlActions): Promise<ControlServer> {
    let failure: unknown;
    // A path that is too long, or a disk that can't hold a socket: then in the system's folder for temporary files.
    for (const make of candidates(folder)) {
      try {
        return await ControlServer.#listen(make(), actions);
      } catch (error) {
        failure = error;
      }
    }
    throw new FaultlineError(
      'storage',
      { what: t('The run can’t be made reachable'), meaning: t('No socket could be made in “{0}” or “{1}”', folder, tmpdir()) },
      failure,
    );
  }

  static async #listen(path: string, actions: ControlActions): Promise<ControlServer> {
    const sockets = new Set<Socket>();
    const server = createServer((socket) => {
      sockets.add(socket);
      let owner: Disposable | undefined;
      const api: RunControl = {
        run: () => actions.run,
        stop: () => actions.stop(),
        heal: () => actions.heal(),
        adopt: () => {
          owner ??= actions.adopt();
        },
      };
      const remote = connect<object, RunControl>(linePort(socket), api);
      socket.on('error', () => undefined);
      socket.once('close', () => {
        sockets.delete(socket);
        owner?.dispose();
        remote.$close();
      });
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(path, () => {
        server.off('error', reject);
        resolve();
      });
    });
    if (process.platform !== 'win32') chmodSync(path, 0o600);
    return new ControlServer(path, server, sockets);
  }

  private constructor(path: string, server: Server, sockets: Set<Socket>) {
    this.path = path;
    this.#server = server;
    this.#sockets = sockets;
  }

  /** Lets answers that are under way arrive, then goes; the socket's file with it. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const socket of this.#sockets) {
      socket.end();
      setTimeout(() => socket.destroy(), 500).unref();
    }
    await closed;
    removeSocket(this.path);
  }
}

/** Also of a runner that was killed, by whoever notices. */
export function removeSocket(path: string): void {
  if (process.platform === 'win32') return;
  rmSync(path, { force: true });
  const folder = dirname(path);
  // Only a folder that was made for it, and only when it is empty.
  if (dirname(folder) === tmpdir() && basename(folder).startsWith(shortPrefix)) rmdirSync(folder);
}

/** Paths to try, in this order; the folder of one is made when it is asked for. */
function candidates(folder: string): readonly (() => string)[] {
  if (process.platform === 'win32') return [() => `\\\\.\\pipe\\faultline-run-${process.pid}-${randomBytes(4).toString('hex')}`];
  const own = join(folder, fileName);
  return Buffer.byteLength(own) <= longestPath ? [() => own, shortPath] : [shortPath];
}

function shortPath(): string {
  sweepDead();
  const short = join(tmpdir(), `${shortPrefix}${ownerText(ownerOf(process.pid))}`);
  // One that is there already is not ours.
  mkdirSync(short, { mode: 0o700 });
  return join(short, fileName);
}

/** What runners that were killed left in the system's folder. */
function sweepDead(): void {
  for (const name of readdirSync(tmpdir())) {
    const owner = name.startsWith(shortPrefix) ? parseOwner(name.slice(shortPrefix.length)) : undefined;
    if (owner !== undefined && !isAlive(owner)) rmSync(join(tmpdir(), name), { recursive: true, force: true });
  }
}
