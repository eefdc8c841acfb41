/** What the tests of connections and watches share. */
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { connectCluster, type ClusterConnection, type ConnectOptions } from '../../src/cluster/connect/connection.ts';
import type { KubeObject } from '../../src/cluster/objects.ts';
import type { WatchChange, Watched } from '../../src/cluster/watch/watch.ts';
import { loadKubeconfig } from './use/api.ts';

/** A way to the API server that can be cut: connections break, and new ones are refused until it is mended. Or that takes everything and answers nothing. */
export class Wire {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly port: number;
  #isCut = false;
  #isSilent = false;

  private constructor(server: Server, target: URL) {
    this.#server = server;
    this.port = (server.address() as AddressInfo).port;
    server.on('connection', (near) => {
      this.#keep(near);
      if (this.#isCut) return void near.resetAndDestroy();
      if (this.#isSilent) return;
      const far = connect(Number(target.port), target.hostname);
      this.#keep(far);
      near.pipe(far).pipe(near);
      near.on('close', () => far.destroy());
      far.on('close', () => near.destroy());
    });
  }

  static async to(server: string): Promise<Wire> {
    const listening = createServer().listen(0, '127.0.0.1');
    await once(listening, 'listening');
    return new Wire(listening, new URL(server));
  }

  cut(): void {
    this.#isCut = true;
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  silence(): void {
    this.#isSilent = true;
    for (const socket of this.#sockets) socket.unpipe().pause();
  }

  mend(): void {
    this.#isCut = false;
    if (this.#isSilent) for (const socket of this.#sockets) socket.resetAndDestroy();
    this.#isSilent = false;
  }

  close(): void {
    this.cut();
    this.#server.close();
  }

  #keep(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => this.#sockets.delete(socket));
  }
}

/** Kubeconfigs of a test, in a folder that goes with it. */
export class Contexts {
  readonly folder: string;
  readonly #connections: ClusterConnection[] = [];
  #count = 0;

  private constructor(folder: string) {
    this.folder = folder;
  }

  static async make(): Promise<Contexts> {
    return new Contexts(await mkdtemp(join(tmpdir(), 'faultline-contexts-')));
  }

  async connect(
    cluster: object,
    user: object,
    options: Partial<ConnectOptions> & { readonly namespace?: string } = {},
  ): Promise<ClusterConnection> {
    const name = `context-${++this.#count}`;
    const file = join(this.folder, name);
    const { namespace = 'default', ...more } = options;
    await writeFile(file, kubeconfigText(name, cluster, user, namespace));
    const connection = await connectCluster({ name, cluster: name, namespace, file }, { env: process.env, ...more });
    this.#connections.push(connection);
    return connection;
  }

  async end(): Promise<void> {
    for (const connection of this.#connections) connection.close();
    await rm(this.folder, { recursive: true, force: true });
  }
}

export function kubeconfigText(name: string, cluster: object, user: object, namespace: string): string {
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name, cluster }],
    users: [{ name, user }],
    contexts: [{ name, context: { cluster: name, user: name, namespace } }],
  });
}

/** Server, cluster and user of a lab's kubeconfig, as a kubeconfig has them. */
export function partsOf(kubeconfig: string): { readonly server: string; readonly cluster: object; readonly user: object } {
  const text = JSON.parse(loadKubeconfig(kubeconfig, 'default').exportConfig()) as {
    clusters: [{ cluster: { server: string } }];
    users: [{ user: object }];
  };
  const [{ cluster }] = text.clusters;
  return { server: cluster.server, cluster, user: text.users[0].user };
}

/** The watch once `isSo` holds for it, looked at after each of its changes. */
export async function untilWatch<T extends KubeObject>(watched: Watched<T>, isSo: () => boolean): Promise<void> {
  while (!isSo()) {
    await new Promise<void>((resolve) => {
      const listener = watched.changed.listen(() => {
        listener.dispose();
        resolve();
      });
    });
  }
}

/** Everything a watch told since `clear`. */
export class Told {
  #changes: WatchChange[] = [];

  constructor(watched: Watched<KubeObject>) {
    watched.changed.listen((change) => this.#changes.push(change));
  }

  clear(): void {
    this.#changes = [];
  }

  /** Objects, once for each time they were told. */
  get size(): number {
    return this.of('added').length + this.of('changed').length + this.of('deleted').length;
  }

  of(what: 'added' | 'changed' | 'deleted'): string[] {
    return this.#changes.flatMap((change) => change[what]).toSorted();
  }
}

/** How often a connection lists and watches. */
export function counted(connection: ClusterConnection): {
  readonly connection: ClusterConnection;
  readonly counts: { list: number; watch: number };
} {
  const counts = { list: 0, watch: 0 };
  return {
    counts,
    connection: {
      ...connection,
      request: (request) => {
        if (request.query?.['continue'] === undefined && request.query?.['limit'] !== undefined) counts.list++;
        return connection.request(request);
      },
      lines: (request) => {
        counts.watch++;
        return connection.lines(request);
      },
    },
  };
}
