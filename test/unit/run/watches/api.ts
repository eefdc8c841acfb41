/** An API server with a few objects, which tells every watch of what becomes of them. */
import type { ServerResponse } from 'node:http';
import type { KubeObject } from '../../../../src/cluster/objects.ts';
import { FakeApi, json, list, stream, type Asked } from '../../cluster/server.ts';

/** By plural. */
export type Objects = Readonly<Record<string, readonly KubeObject[]>>;

interface Open {
  readonly plural: string;
  readonly response: ServerResponse;
}

export class Cluster {
  readonly api: FakeApi;
  readonly #objects = new Map<string, Map<string, KubeObject>>();
  readonly #open = new Set<Open>();
  #version = 100;
  /** Answers instead, where it does. */
  instead: (asked: Asked, response: ServerResponse) => boolean = () => false;

  private constructor(api: FakeApi, objects: Objects) {
    this.api = api;
    for (const [plural, all] of Object.entries(objects)) for (const object of all) this.#of(plural).set(keyOf(object), this.#next(object));
    api.answer = (asked, response) => this.#answer(asked, response);
  }

  static async start(objects: Objects): Promise<Cluster> {
    return new Cluster(await FakeApi.start(() => undefined), objects);
  }

  put(plural: string, ...objects: readonly KubeObject[]): void {
    for (const each of objects) {
      const object = this.#next(each);
      const type = this.#of(plural).has(keyOf(object)) ? 'MODIFIED' : 'ADDED';
      this.#of(plural).set(keyOf(object), object);
      this.#tell(plural, type, object);
    }
  }

  remove(plural: string, each: KubeObject): void {
    this.#of(plural).delete(keyOf(each));
    this.#tell(plural, 'DELETED', this.#next(each));
  }

  /** Every watch ends in the middle of a line. */
  cut(): void {
    this.api.breakConnections();
  }

  async stop(): Promise<void> {
    await this.api.stop();
  }

  #answer(asked: Asked, response: ServerResponse): void {
    if (this.instead(asked, response)) return;
    const { path, query } = asked;
    if (path === '/apis') return json(response, { kind: 'APIGroupList', groups: [] });
    if (path === '/version') return json(response, { major: '1', minor: '34', gitVersion: 'v1.34.1' });
    const parts = path.split('/');
    const at = parts.indexOf('namespaces');
    const plural = (at < 0 ? parts.at(-1) : parts[at + 2]) ?? '';
    const name = at < 0 ? undefined : parts[at + 3];
    const all = [...this.#of(plural).values()];
    if (name !== undefined) {
      const found = all.find(({ metadata }) => metadata.name === name);
      return found === undefined
        ? json(
            response,
            { kind: 'Status', status: 'Failure', code: 404, reason: 'NotFound', message: `${plural} "${name}" not found` },
            404,
          )
        : json(response, found);
    }
    if (!query.has('watch')) return list(response, this.#version, all);
    const open = { plural, response };
    this.#open.add(open);
    response.on('close', () => this.#open.delete(open));
    stream(response);
    // What happened since the version that is asked for.
    for (const object of all)
      if (Number(object.metadata.resourceVersion) > Number(query.get('resourceVersion') ?? 0)) stream(response, ['MODIFIED', object]);
  }

  #tell(plural: string, type: string, object: KubeObject): void {
    for (const open of this.#open) if (open.plural === plural) stream(open.response, [type, object]);
  }

  #of(plural: string): Map<string, KubeObject> {
    const known = this.#objects.get(plural) ?? new Map<string, KubeObject>();
    this.#objects.set(plural, known);
    return known;
  }

  #next(object: KubeObject): KubeObject {
    return { ...object, metadata: { ...object.metadata, resourceVersion: String(++this.#version) } };
  }
}

function keyOf({ metadata }: KubeObject): string {
  return `${metadata.namespace ?? ''}/${metadata.name}`;
}
