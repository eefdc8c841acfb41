/**
 * An API server that keeps objects and does what the real one does with the requests of a fault: preconditions, versions, dry runs,
 * reviews of rights. A test decides what it refuses, and what happens behind it.
 */
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '../../../src/base/clock.ts';
import { connectCluster, type ClusterConnection } from '../../../src/cluster/connect/connection.ts';
import { json, kubeconfig, status } from '../cluster/server.ts';

export interface ApiObject {
  [key: string]: unknown;
  metadata: {
    name: string;
    namespace?: string;
    uid?: string;
    resourceVersion?: string;
    generation?: number;
    annotations?: Record<string, string>;
    labels?: Record<string, string>;
    deletionTimestamp?: string;
  };
}

export interface Request {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: Body;
  readonly isDryRun: boolean;
}

interface Body {
  readonly metadata?: {
    readonly uid?: string;
    readonly resourceVersion?: string;
    readonly annotations?: Readonly<Record<string, string | null>>;
  };
  readonly dryRun?: readonly string[];
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string };
  readonly deleteOptions?: { readonly preconditions?: { readonly uid?: string }; readonly dryRun?: readonly string[] };
  readonly gracePeriodSeconds?: number;
  readonly spec?: Readonly<Record<string, unknown>>;
  readonly [key: string]: unknown;
}

/** Answers the request itself, by answering `true`. */
export type Meddle = (request: Request, response: ServerResponse) => boolean;

export class ScriptedApi {
  readonly objects = new Map<string, ApiObject>();
  /** Those that are no reads, in order: "DELETE /api/…", with "?" where it was a dry run. */
  readonly writes: Request[] = [];
  /** `verb resource[/subresource]`: what the user may not do. */
  readonly forbidden = new Set<string>();
  /** Kinds that the cluster has beside those of Kubernetes. */
  readonly groups: { readonly name: string; readonly kind: string; readonly plural: string }[] = [];
  meddle: Meddle = () => false;
  /** What a webhook makes of a change. */
  alter: (request: Request, changed: ApiObject) => void = () => undefined;
  /** After a write that was done: what controllers do. */
  afterwards: (request: Request, object: ApiObject | undefined) => void = () => undefined;
  readonly #server: Server;
  readonly #folder: string;
  #version = 100;

  private constructor(server: Server, folder: string) {
    this.#server = server;
    this.#folder = folder;
  }

  static async start(): Promise<ScriptedApi> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const api = new ScriptedApi(server, await mkdtemp(join(tmpdir(), 'faultline-faults-')));
    server.on('request', (request, response) => void api.#answer(request, response));
    api.put('/api/v1/namespaces', { metadata: { name: 'kube-system', uid: 'uid-of-cluster' } });
    return api;
  }

  /** For what is no request: connections that are upgraded. */
  get server(): Server {
    return this.#server;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** `clock`: of the machine that asks. */
  async connect(clock?: Clock): Promise<ClusterConnection> {
    const file = join(this.#folder, 'kubeconfig');
    await writeFile(file, kubeconfig({ server: this.url }, {}));
    return connectCluster(
      { name: 'fake', cluster: 'fake', namespace: 'data', file },
      { env: process.env, ...(clock === undefined ? {} : { clock }) },
    );
  }

  async stop(): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    await rm(this.#folder, { recursive: true, force: true });
  }

  put(collection: string, object: object): ApiObject {
    const made = structuredClone(object) as ApiObject;
    made.metadata.resourceVersion = String(this.#version++);
    this.objects.set(`${collection}/${made.metadata.name}`, made);
    return made;
  }

  at(path: string): ApiObject {
    const object = this.objects.get(path);
    if (object === undefined) throw new Error(`there is no ${path}: ${[...this.objects.keys()].join(' ')}`);
    return object;
  }

  /** Done for real: without dry runs and without reviews. */
  get changes(): readonly string[] {
    return this.writes.filter(({ isDryRun }) => !isDryRun).map(({ method, path }) => `${method} ${path}`);
  }

  get rehearsals(): readonly string[] {
    return this.writes.filter(({ isDryRun }) => isDryRun).map(({ method, path }) => `${method} ${path}`);
  }

  async #answer(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(incoming.url ?? '/', 'http://x');
    let text = '';
    for await (const chunk of incoming) text += String(chunk);
    const body = (text === '' ? {} : JSON.parse(text)) as Body;
    const dryRun = url.searchParams.get('dryRun') ?? body.dryRun?.[0] ?? body.deleteOptions?.dryRun?.[0];
    const request: Request = {
      method: incoming.method ?? '',
      path: url.pathname,
      query: url.searchParams,
      body,
      isDryRun: dryRun === 'All',
    };
    const isReview = url.pathname.startsWith('/apis/authorization.k8s.io/');
    if (request.method !== 'GET' && !isReview) this.writes.push(request);
    if (this.meddle(request, response)) return;
    if (isReview) this.#review(request, response);
    else if (request.method === 'GET') this.#get(request, response);
    else if (request.method === 'POST') this.#post(request, response);
    else this.#change(request, response);
  }

  #review({ path, body }: Request, response: ServerResponse): void {
    if (path.endsWith('selfsubjectrulesreviews')) return json(response, { status: { incomplete: true, resourceRules: [] } }, 201);
    const { verb, resource, subresource } = (body.spec?.['resourceAttributes'] ?? {}) as Record<string, string>;
    const asked = `${verb} ${resource}${subresource === undefined ? '' : `/${subresource}`}`;
    json(response, { status: { allowed: !this.forbidden.has(asked) } }, 201);
  }

  #get({ path, query }: Request, response: ServerResponse): void {
    if (path === '/apis') return json(response, { groups: this.groups.map(({ name }) => ({ name, preferredVersion: { version: 'v1' } })) });
    const group = this.groups.find(({ name }) => path === `/apis/${name}/v1`);
    if (group !== undefined)
      return json(response, {
        resources: [
          { name: group.plural, kind: group.kind, verbs: ['list'] },
          { name: `${group.plural}/status`, kind: group.kind, verbs: ['get'] },
        ],
      });
    const one = this.objects.get(path);
    if (one !== undefined) return json(response, one);
    if (
      /^\/apis?\/.*\/(?:pods|configmaps|jobs|(?:cluster)?roles|(?:cluster)?rolebindings|serviceaccounts|deployments|statefulsets|daemonsets|nodes|leases|services|poddisruptionbudgets|horizontalpodautoscalers)$/.test(
        path,
      ) ||
      this.groups.some(({ plural }) => path.endsWith(`/${plural}`))
    )
      return this.#list(path, query, response);
    status(response, 404, 'NotFound', `${path} not found`);
  }

  #list(path: string, query: URLSearchParams, response: ServerResponse): void {
    const plural = path.slice(path.lastIndexOf('/') + 1);
    const namespace = /\/namespaces\/([^/]+)\//.exec(path)?.[1];
    const labels = (query.get('labelSelector') ?? '').split(',').filter((part) => part !== '');
    const on = /spec\.nodeName=(.*)/.exec(query.get('fieldSelector') ?? '')?.[1];
    const items = [...this.objects].flatMap(([key, object]) => {
      const isOf = new RegExp(`/${plural}/[^/]+$`).test(key) && (namespace === undefined || object.metadata.namespace === namespace);
      const hasLabels = labels.every((label) => object.metadata.labels?.[label.split('=')[0] ?? ''] === label.split('=')[1]);
      const isThere = on === undefined || (object['spec'] as { nodeName?: string } | undefined)?.nodeName === on;
      return isOf && hasLabels && isThere ? [object] : [];
    });
    if (!query.has('watch')) return json(response, { metadata: { resourceVersion: String(this.#version) }, items });
    response.writeHead(200, { 'content-type': 'application/json' }).flushHeaders();
    const since = Number(query.get('resourceVersion') ?? 0);
    for (const object of this.#removed.filter(({ metadata }) => Number(metadata.resourceVersion) >= since)) tell(response, object);
    this.#watchers.add(response);
    response.on('close', () => this.#watchers.delete(response));
  }

  get watching(): number {
    return this.#watchers.size;
  }

  readonly #watchers = new Set<ServerResponse>();
  readonly #removed: ApiObject[] = [];

  remove(path: string): void {
    const object = this.objects.get(path);
    this.objects.delete(path);
    if (object === undefined) return;
    object.metadata.resourceVersion = String(this.#version++);
    this.#removed.push(object);
    for (const watcher of this.#watchers) tell(watcher, object);
  }

  #post(request: Request, response: ServerResponse): void {
    const { path, body, isDryRun } = request;
    if (path.endsWith('/eviction')) {
      const pod = path.replace(/\/eviction$/, '');
      const found = this.objects.get(pod);
      const uid = body.deleteOptions?.preconditions?.uid;
      if (found === undefined) return status(response, 404, 'NotFound', `${pod} not found`);
      if (uid !== undefined && uid !== found.metadata.uid)
        return status(response, 409, 'Conflict', 'the UID in the precondition is another');
      json(response, { kind: 'Status', status: 'Success' }, 201);
      if (!isDryRun) this.afterwards(request, found);
      return;
    }
    const made = { ...body, metadata: { name: '', ...body.metadata, uid: `uid-made-${this.#version}` } } as ApiObject;
    const key = `${path}/${made.metadata.name}`;
    if (this.objects.has(key)) return status(response, 409, 'AlreadyExists', `${key} already exists`);
    json(response, isDryRun ? made : this.put(path, made), 201);
    if (!isDryRun) this.afterwards(request, made);
  }

  #change(request: Request, response: ServerResponse): void {
    const { method, path, body, isDryRun } = request;
    const found = this.objects.get(path);
    if (found === undefined) return status(response, 404, 'NotFound', `${path} not found`);
    const uid = body.preconditions?.uid ?? body.metadata?.uid;
    if (uid !== undefined && method !== 'PUT' && uid !== found.metadata.uid)
      return status(
        response,
        409,
        'Conflict',
        `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${found.metadata.uid}`,
      );
    const version = body.preconditions?.resourceVersion ?? body.metadata?.resourceVersion;
    if (version !== undefined && version !== found.metadata.resourceVersion)
      return status(response, 409, 'Conflict', 'the object has been modified; please apply your changes to the latest version');
    if (method === 'DELETE') {
      if (!isDryRun) found.metadata.deletionTimestamp = new Date(0).toISOString();
      json(response, found);
      if (!isDryRun) {
        if (body.gracePeriodSeconds === 0 || !path.includes('/pods/')) this.remove(path);
        this.afterwards(request, found);
      }
      return;
    }
    const changed = method === 'PUT' ? merged({ metadata: { uid: found.metadata.uid } }, body) : merged(found, body);
    changed.metadata.resourceVersion = String(this.#version++);
    const isOther = JSON.stringify(changed['spec']) !== JSON.stringify(found['spec']);
    // Kubernetes does not count the changes of a node.
    if (!path.startsWith('/api/v1/nodes/')) changed.metadata.generation = (found.metadata.generation ?? 1) + (isOther ? 1 : 0);
    this.alter(request, changed);
    json(response, changed);
    if (isDryRun) return;
    this.objects.set(path, changed);
    this.afterwards(request, changed);
  }
}

function tell(watcher: ServerResponse, object: ApiObject): void {
  watcher.write(`${JSON.stringify({ type: 'DELETED', object })}\n`);
}

/** RFC 7396, which for what faults send is what a strategic merge does too. */
function merged(target: unknown, patch: unknown): ApiObject {
  const merge = (into: unknown, from: unknown): unknown => {
    if (typeof from !== 'object' || from === null || Array.isArray(from)) return from;
    const result: Record<string, unknown> = typeof into === 'object' && into !== null ? { ...into } : {};
    for (const [key, value] of Object.entries(from)) {
      if (value === null) delete result[key];
      else result[key] = merge(result[key], value);
    }
    return result;
  };
  return merge(target, patch) as ApiObject;
}
