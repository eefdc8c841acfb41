/** Manifests and the live objects behind them, of any kind. */
import { parseAllDocuments } from 'yaml';
import { FaultlineError } from '../base/errors.ts';
import { t } from '../base/messages.ts';
import type { ApiRequest } from '../cluster/connect/connection.ts';
import type { KubeObject } from '../cluster/objects.ts';

/** The one thing that is asked of a connection. */
export interface Requests {
  request<T>(request: ApiRequest): Promise<T>;
}

export type Manifest = KubeObject & Readonly<Record<string, unknown>> & { readonly apiVersion: string; readonly kind: string };

export interface Rendered {
  readonly objects: readonly Manifest[];
  /** What runs before and after, and never is part of the release. */
  readonly hooks: readonly Manifest[];
}

/** Fails: `invalid` for a template that gives no object. */
export function parseManifests(text: string): Rendered {
  const all = parseAllDocuments(text, { merge: true }).flatMap((document) => {
    const [error] = document.errors;
    if (error !== undefined) throw new FaultlineError('invalid', { what: t('A template gives no YAML'), meaning: error.message }, error);
    return flat(document.toJS({ maxAliasCount: 10_000 }));
  });
  const isHook = ({ metadata }: Manifest): boolean => metadata.annotations?.['helm.sh/hook'] !== undefined;
  return { objects: all.filter((one) => !isHook(one)), hooks: all.filter(isHook) };
}

function flat(value: unknown): readonly Manifest[] {
  if (value === null || value === undefined) return [];
  if (isList(value)) return value.items.flatMap(flat);
  if (isManifest(value)) return [value];
  throw new FaultlineError('invalid', {
    what: t('A template gives something that is no object of Kubernetes'),
    meaning: JSON.stringify(value).slice(0, 200),
  });
}

function isList(value: unknown): value is { readonly items: readonly unknown[] } {
  return (
    typeof value === 'object' &&
    value !== null &&
    'kind' in value &&
    String(value.kind).endsWith('List') &&
    'items' in value &&
    Array.isArray(value.items)
  );
}

function isManifest(value: unknown): value is Manifest {
  if (typeof value !== 'object' || value === null || !('kind' in value) || !('apiVersion' in value) || !('metadata' in value)) return false;
  const { kind, apiVersion, metadata } = value;
  return (
    typeof kind === 'string' && typeof apiVersion === 'string' && typeof metadata === 'object' && metadata !== null && 'name' in metadata
  );
}

/** Of the hooks those that `helm test` runs. */
export function isTest({ metadata }: Manifest): boolean {
  return /\btest(?:-success)?\b/.test(metadata.annotations?.['helm.sh/hook'] ?? '');
}

/** `Deployment/web` */
export function labelOf({ kind, metadata }: { readonly kind?: string; readonly metadata: { readonly name: string } }): string {
  return `${kind ?? '?'}/${metadata.name}`;
}

/** The same object in another version of its API is the same. */
export function idOf({ apiVersion, kind, metadata }: Manifest, namespace: string): string {
  return `${groupOf(apiVersion)}/${kind}/${metadata.namespace ?? namespace}/${metadata.name}`;
}

function groupOf(apiVersion: string): string {
  return apiVersion.includes('/') ? (apiVersion.split('/')[0] ?? '') : '';
}

interface Resource {
  readonly name: string;
  readonly kind: string;
  readonly namespaced: boolean;
}

/** Paths of objects by what the server says of its kinds; each version of an API is asked once. */
export class Kinds {
  readonly #requests: Requests;
  readonly #signal: AbortSignal;
  readonly #known = new Map<string, Promise<readonly Resource[]>>();

  constructor(requests: Requests, signal: AbortSignal) {
    this.#requests = requests;
    this.#signal = signal;
  }

  /** undefined: the server has no such kind (yet). */
  async pathOf({ apiVersion, kind, metadata }: Manifest, namespace: string): Promise<string | undefined> {
    const found = (await this.#resources(apiVersion)).find((one) => one.kind === kind && !one.name.includes('/'));
    if (found === undefined) return undefined;
    const within = found.namespaced ? `/namespaces/${encodeURIComponent(metadata.namespace ?? namespace)}` : '';
    return `${rootOf(apiVersion)}${within}/${found.name}/${encodeURIComponent(metadata.name)}`;
  }

  async isNamespaced({ apiVersion, kind }: Manifest): Promise<boolean> {
    return (await this.#resources(apiVersion)).find((one) => one.kind === kind)?.namespaced ?? true;
  }

  #resources(apiVersion: string): Promise<readonly Resource[]> {
    const before = this.#known.get(apiVersion);
    if (before !== undefined) return before;
    const asked = unlessGone(
      this.#requests.request<{ readonly resources: readonly Resource[] }>({ path: rootOf(apiVersion), signal: this.#signal }),
    ).then((answer) => answer?.resources ?? []);
    this.#known.set(apiVersion, asked);
    return asked;
  }
}

function rootOf(apiVersion: string): string {
  return apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
}

/** undefined for what is not there. */
export async function unlessGone<T>(request: Promise<T>): Promise<T | undefined> {
  try {
    return await request;
  } catch (error) {
    if (FaultlineError.is(error, 'notFound')) return undefined;
    throw error;
  }
}

/** What may not be read is not needed. */
export async function ifAllowed<T>(request: Promise<T>): Promise<T | undefined> {
  try {
    return await request;
  } catch (error) {
    if (FaultlineError.is(error, 'notFound') || FaultlineError.is(error, 'forbidden')) return undefined;
    throw error;
  }
}

/** At most `atOnce` at the same time, in the order of `items`. */
export async function eachOf<T, R>(items: readonly T[], atOnce: number, work: (item: T) => Promise<R>): Promise<readonly R[]> {
  const results: R[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let at = next++; at < items.length; at = next++) {
      const item = items[at];
      if (item !== undefined) results[at] = await work(item);
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, worker));
  return results;
}
