/** A local HTTP server that says what an API server can be made to say only with difficulty. */
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { connectCluster, type ClusterConnection, type ConnectOptions } from '../../../src/cluster/connect/connection.ts';
import type { KubeContext } from '../../../src/cluster/connect/kubeconfig.ts';

export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
}

export type Answer = (asked: Asked, response: ServerResponse) => void;

export class FakeApi {
  readonly asked: Asked[] = [];
  readonly folder: string;
  readonly url: string;
  readonly #server: Server;
  answer: Answer;

  private constructor(server: Server, folder: string, answer: Answer) {
    this.#server = server;
    this.folder = folder;
    this.answer = answer;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    server.on('request', (request, response) => {
      const url = new URL(request.url ?? '/', this.url);
      const asked = { method: request.method ?? '', path: url.pathname, query: url.searchParams, headers: request.headers };
      this.asked.push(asked);
      request.resume();
      this.answer(asked, response);
    });
  }

  static async start(answer: Answer): Promise<FakeApi> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new FakeApi(server, await mkdtemp(join(tmpdir(), 'faultline-cluster-')), answer);
  }

  /** Every connection breaks; new ones are taken. */
  breakConnections(): void {
    this.#server.closeAllConnections();
  }

  /** Lists and watches that were asked for. */
  count(what: 'list' | 'watch'): number {
    return this.asked.filter(({ query }) => query.has('watch') === (what === 'watch')).length;
  }

  /** Writes a kubeconfig with one context. */
  async context(user: object = {}, cluster: object = {}): Promise<KubeContext> {
    const file = join(this.folder, 'kubeconfig');
    await writeFile(file, kubeconfig({ server: this.url, ...cluster }, user));
    return { name: 'fake', cluster: 'fake', namespace: 'mine', file };
  }

  async connect(user: object = {}, options: Partial<ConnectOptions> = {}): Promise<ClusterConnection> {
    return connectCluster(await this.context(user), { env: process.env, ...options });
  }

  async stop(): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    await rm(this.folder, { recursive: true, force: true });
  }
}

export function kubeconfig(cluster: object, user: object): string {
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'fake', cluster }],
    users: [{ name: 'me', user }],
    contexts: [{ name: 'fake', context: { cluster: 'fake', user: 'me', namespace: 'mine' } }],
  });
}

export function json(response: ServerResponse, body: unknown, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

export function status(response: ServerResponse, code: number, reason: string, message: string): void {
  json(response, { kind: 'Status', apiVersion: 'v1', status: 'Failure', code, reason, message }, code);
}

export function forbidden(response: ServerResponse, verb: string): void {
  status(response, 403, 'Forbidden', `pods is forbidden: User "jane" cannot ${verb} resource "pods" in API group "" at the cluster scope`);
}

export function pod(name: string, version: number, namespace = 'mine'): object {
  return { metadata: { name, namespace, resourceVersion: String(version) } };
}

export function list(response: ServerResponse, version: number, items: readonly object[], next?: string): void {
  json(response, { metadata: { resourceVersion: String(version), ...(next === undefined ? {} : { continue: next }) }, items });
}

/** Begins a watch; the lines are written as they come. */
export function stream(response: ServerResponse, ...events: readonly (readonly [type: string, object: object])[]): void {
  if (!response.headersSent) {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.flushHeaders();
  }
  for (const [type, object] of events) response.write(`${JSON.stringify({ type, object })}\n`);
}

/** Resolves when `isSo` holds; looks again after each of the watch's changes, or turns of the event loop. */
export async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 2));
}
