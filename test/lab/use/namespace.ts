/** A namespace a test file: made when it starts, gone when it ends. */
import { randomBytes } from 'node:crypto';
import { LAB_LABEL } from '../lab.ts';
import type { Api } from './api.ts';
import { unlessGone } from './api.ts';
import type { Scope } from './wait.ts';
import { waitFor, waitForAll } from './wait.ts';

export const TEST_LABEL = 'faultline.test';
/** When whoever made the namespace must long be gone, RFC 3339: a test run that was killed can't tidy up. */
export const DEADLINE = 'faultline.test/deadline';
const LIFE_MS = 40 * 60_000;
const READY_LIMIT_MS = 30_000;
/** Pods get their grace period, and a node that is just back needs a moment to report that they ended. */
const GONE_LIMIT_MS = 120_000;

/** Made, and with what the cluster puts into each namespace: pods can't be made before. */
export async function makeNamespace(api: Api, lab: number): Promise<Scope> {
  const namespace = `test-${randomBytes(4).toString('hex')}`;
  await api.core.createNamespace({
    body: {
      metadata: {
        name: namespace,
        // The second one lets `down` find it in a cluster that stays.
        labels: { [TEST_LABEL]: String(process.pid), [LAB_LABEL]: String(lab) },
        annotations: { [DEADLINE]: new Date(Date.now() + LIFE_MS).toISOString() },
      },
    },
  });
  const scope = { api, namespace, signal: new AbortController().signal };
  const bounds = { timeoutMs: READY_LIMIT_MS };
  const there = (): boolean => true;
  await waitFor(scope, 'The namespace has its service account', { kind: 'ServiceAccount', name: 'default' }, there, bounds);
  await waitFor(scope, 'The namespace has the cluster certificate', { kind: 'ConfigMap', name: 'kube-root-ca.crt' }, there, bounds);
  return scope;
}

/** Never takes away finalisers: what keeps a namespace is a finding. */
export async function removeNamespace({ api, namespace }: Scope): Promise<void> {
  await unlessGone(api.core.deleteNamespace({ name: namespace }));
  const scope = { api, namespace, signal: AbortSignal.timeout(2 * GONE_LIMIT_MS) };
  await waitForAll(scope, `Namespace ${namespace} is gone`, { kind: 'Namespace', name: namespace }, (left) => left.length === 0, {
    timeoutMs: GONE_LIMIT_MS,
  });
}

/** Starts the deletion of what killed test runs left, without waiting for it. */
export async function removeExpired(api: Api): Promise<void> {
  const { items } = await api.core.listNamespace({ labelSelector: TEST_LABEL });
  for (const { metadata } of items) {
    const deadline = Date.parse(metadata?.annotations?.[DEADLINE] ?? '');
    if (metadata?.name !== undefined && metadata.deletionTimestamp === undefined && deadline < Date.now())
      await unlessGone(api.core.deleteNamespace({ name: metadata.name }));
  }
}
