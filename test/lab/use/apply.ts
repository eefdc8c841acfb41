/** Manifests into the cluster, as `kubectl apply --server-side` does it. */
import type { KubernetesObject } from '@kubernetes/client-node';
import { parseAllDocuments } from 'yaml';
import type { Scope } from './wait.ts';

/** A manifest as it is written: what a kind holds beside the header is for the API to check. */
export type Manifest = KubernetesObject & Readonly<Record<string, unknown>>;

export const FIELD_MANAGER = 'faultline-test';

/** YAML text of one or more documents, or objects. In order; those without a namespace go into the test's. */
export async function apply(scope: Scope, manifests: string | Manifest | readonly Manifest[]): Promise<KubernetesObject[]> {
  const applied: KubernetesObject[] = [];
  for (const manifest of parse(manifests)) {
    const { name } = manifest.metadata ?? {};
    if (name === undefined || manifest.kind === undefined) throw new Error(`Not a manifest: ${JSON.stringify(manifest)}`);
    // The API ignores the namespace of a kind that has none, and the client leaves it out of the path.
    const object = { ...manifest, metadata: Object.assign({ namespace: scope.namespace }, manifest.metadata) };
    try {
      applied.push(await scope.api.objects.applyAsIs(object, FIELD_MANAGER));
    } catch (error) {
      throw new Error(`${manifest.kind} ${name} could not be applied: ${reasonOf(error)}`, { cause: error });
    }
  }
  return applied;
}

function parse(manifests: string | Manifest | readonly Manifest[]): readonly Manifest[] {
  if (typeof manifests !== 'string') return isList(manifests) ? manifests : [manifests];
  return parseAllDocuments(manifests).flatMap((document) => {
    const [error] = document.errors;
    if (error !== undefined) throw error;
    const manifest = document.toJS() as Manifest | null;
    return manifest === null ? [] : [manifest];
  });
}

function isList(manifests: Manifest | readonly Manifest[]): manifests is readonly Manifest[] {
  return Array.isArray(manifests);
}

/** The API's own words where it answered. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const body: unknown = 'body' in error ? error.body : undefined;
  const status: unknown = typeof body === 'string' && body.startsWith('{') ? JSON.parse(body) : body;
  if (typeof status === 'object' && status !== null && 'message' in status) return String(status.message);
  return error.message;
}
