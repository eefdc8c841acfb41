/**
 * A deploy whose Helm was killed leaves its release "pending", and Helm then refuses everything. What it wrote down is marked as
 * failed, as Helm itself does when it is stopped in time: the next upgrade goes on from the objects that are there.
 */
import { gunzipSync, gzipSync } from 'node:zlib';
import * as v from 'valibot';
import { FaultlineError } from '../base/errors.ts';
import { t } from '../base/messages.ts';
import type { ObjectList, Secret } from '../cluster/objects.ts';
import type { ReleaseName, ReleaseState, ReleaseStatusWord } from './release.ts';
import { ifAllowed, parseManifests, unlessGone } from './objects.ts';
import type { Requests } from './objects.ts';

const PENDING: ReadonlySet<ReleaseStatusWord> = new Set(['pending-install', 'pending-upgrade', 'pending-rollback']);

export function isPending({ status }: ReleaseState): boolean {
  return PENDING.has(status);
}

/** Only what is changed; everything else stays as Helm wrote it. */
const stored = v.looseObject({ info: v.looseObject({ status: v.string(), description: v.optional(v.string()) }) });

/** What was done, in words. Fails: `notFound` where Helm keeps releases elsewhere, `forbidden`. */
export async function markFailed(requests: Requests, state: ReleaseState, signal: AbortSignal): Promise<string> {
  const { release, namespace, revision, status } = state;
  const path = secretPath(state);
  const secret = await unlessGone(requests.request<Secret>({ path, signal }));
  const data = secret?.data?.['release'];
  if (secret === undefined || data === undefined) {
    throw new FaultlineError('notFound', {
      what: t('Revision {0} of {1} was interrupted ({2}), and its secret is not there', revision, release, status),
      meaning: t('Helm may keep its releases elsewhere here (HELM_DRIVER).'),
      remedy: t('“helm rollback {0} --namespace {1}” mends it.', release, namespace),
    });
  }
  const description = `Interrupted while it was ${status}; the next deploy goes on from here`;
  const body = { metadata: { labels: { status: 'failed' } }, data: { release: withStatus(data, 'failed', description) } };
  const guarded = { ...body, metadata: { ...body.metadata, resourceVersion: secret.metadata.resourceVersion } };
  await requests.request({ method: 'PATCH', path, body: guarded, contentType: 'application/merge-patch+json', signal });
  return t('Revision {0} was interrupted ({1}): it is marked as failed, and what it made is taken up.', revision, status);
}

/** The release is JSON, packed by gzip, in base64; the API puts base64 around it once more. */
export function withStatus(data: string, status: ReleaseStatusWord, description: string): string {
  const release = v.parse(stored, JSON.parse(unpacked(data)));
  const changed = { ...release, info: { ...release.info, status, description } };
  return Buffer.from(gzipSync(JSON.stringify(changed)).toString('base64')).toString('base64');
}

function unpacked(data: string): string {
  const packed = Buffer.from(Buffer.from(data, 'base64').toString('latin1'), 'base64');
  // Helm of old did not pack.
  const isPacked = packed[0] === 0x1f && packed[1] === 0x8b;
  return (isPacked ? gunzipSync(packed) : packed).toString('utf8');
}

/** Helm keeps labels of others on what it stores. */
const READY = 'faultline.dev/ready';

/** Remembers that all of a revision was ready once: Helm calls "deployed" what was only sent. What may not be written is left out. */
export async function markReady(requests: Requests, state: ReleaseState, signal: AbortSignal): Promise<void> {
  const body = { metadata: { labels: { [READY]: String(state.revision) } } };
  await ifAllowed(
    requests.request({ method: 'PATCH', path: secretPath(state), body, contentType: 'application/merge-patch+json', signal }),
  );
}

/** Revisions that were ready once; those that others deployed are not known. */
export async function readyRevisions(
  requests: Requests,
  { release, namespace }: ReleaseName,
  signal: AbortSignal,
): Promise<ReadonlySet<number>> {
  const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/secrets`;
  const query = { labelSelector: `owner=helm,name=${release},${READY}` };
  const list = await ifAllowed(requests.request<ObjectList<Secret>>({ path, query, signal }));
  // Helm hands labels on to the next revision: only its own number counts.
  const own = (list?.items ?? []).filter(({ metadata }) => metadata.labels?.[READY] === metadata.labels?.['version']);
  return new Set(own.map(({ metadata }) => Number(metadata.labels?.['version'])));
}

function secretPath({ release, namespace, revision }: ReleaseState): string {
  const name = `sh.helm.release.v1.${release}.v${revision}`;
  return `/api/v1/namespaces/${encodeURIComponent(namespace)}/secrets/${encodeURIComponent(name)}`;
}

const withFiles = v.looseObject({
  chart: v.looseObject({ files: v.optional(v.nullable(v.array(v.looseObject({ name: v.string(), data: v.string() })))) }),
});

/** Names of the definitions that a chart brought in its folder `crds`: an uninstall leaves them. Empty where it can't be read. */
export async function definitionsOf(requests: Requests, state: ReleaseState, signal: AbortSignal): Promise<readonly string[]> {
  const path = secretPath(state);
  const secret = await ifAllowed(requests.request<Secret>({ path, signal }));
  const data = secret?.data?.['release'];
  if (data === undefined) return [];
  const parsed = v.safeParse(withFiles, JSON.parse(unpacked(data)));
  const files = parsed.success ? (parsed.output.chart.files ?? []) : [];
  return files
    .filter(({ name }) => /^(?:charts\/[^/]+\/)?crds\/.*\.ya?ml$/.test(name))
    .flatMap((file) => parseManifests(Buffer.from(file.data, 'base64').toString('utf8')).objects.map(({ metadata }) => metadata.name));
}
