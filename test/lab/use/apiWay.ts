import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { KubeConfig } from '@kubernetes/client-node';

/** A way to the API server that can be cut. */
export class ApiWay {
  readonly config: KubeConfig;
  isOpen = true;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(server: Server, config: KubeConfig) {
    this.#server = server;
    this.config = config;
  }

  static async open(kubeconfig: string): Promise<ApiWay> {
    const text = await readFile(kubeconfig, 'utf8');
    const given = new KubeConfig();
    given.loadFromString(text);
    const api = given.getCurrentCluster()?.server ?? '';
    const { hostname, port } = new URL(api);
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const config = new KubeConfig();
    config.loadFromString(text.replaceAll(api, `https://127.0.0.1:${(server.address() as AddressInfo).port}`));
    const way = new ApiWay(server, config);
    server.on('connection', (client) => {
      if (!way.isOpen) return void client.resetAndDestroy();
      const upstream = connect(Number(port), hostname);
      for (const socket of [client, upstream]) {
        way.#sockets.add(socket);
        socket
          .on('error', () => undefined)
          .on('close', () => {
            client.destroy();
            upstream.destroy();
            way.#sockets.delete(socket);
          });
      }
      client.pipe(upstream).pipe(client);
    });
    return way;
  }

  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  close(): void {
    this.#server.close();
    this.cut();
  }
}
