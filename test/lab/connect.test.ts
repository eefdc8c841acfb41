import assert from 'node:assert/strict';
import { createPrivateKey, sign } from 'node:crypto';
import { once } from 'node:events';
import { chmod, readFile, writeFile } from 'node:fs/promises';
import { createServer as createSilent, type AddressInfo, type Server } from 'node:net';
import { delimiter, dirname, join } from 'node:path';
import { createServer as createTls } from 'node:tls';
import { after, before, describe, it } from 'mocha';
import { FaultlineError } from '../../src/base/errors.ts';
import { protectionOf, withLevel } from '../../src/cluster/act/levels.ts';
import { protectionNotes } from '../../src/cluster/act/protection.ts';
import { connectCluster, type ClusterConnection } from '../../src/cluster/connect/connection.ts';
import { clusterIdentity, type ClusterIdentity } from '../../src/cluster/connect/identity.ts';
import { readContexts } from '../../src/cluster/connect/kubeconfig.ts';
import { kinds } from '../../src/cluster/watch/kinds.ts';
import { watchKind } from '../../src/cluster/watch/watch.ts';
import { run } from '../workbench/cache.mjs';
import { useLab, type TestLab } from './use/lab.ts';
import { Contexts, kubeconfigText, partsOf, untilWatch } from './watch-kit.ts';

const READER = 'reader';

/** As that of a cluster which is no lab. */
function elsewhere({ isLab: _isLab, ...identity }: ClusterIdentity): ClusterIdentity {
  return identity;
}

describe('a connection to a real API server', () => {
  let lab: TestLab;
  let contexts: Contexts;
  let cluster: object;

  before(async function () {
    this.timeout(300_000);
    lab = await useLab({ profile: 'api' });
    contexts = await Contexts.make();
    ({ cluster } = partsOf(lab.kubeconfig));
  });
  after(() => contexts?.end());

  const version = (connection: ClusterConnection): Promise<{ gitVersion: string }> => connection.request({ path: '/version' });
  const whoAmI = async (connection: ClusterConnection): Promise<string | undefined> => {
    const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' };
    const path = '/apis/authentication.k8s.io/v1/selfsubjectreviews';
    const review = await connection.request<{ status?: { userInfo?: { username?: string } } }>({ method: 'POST', path, body });
    return review.status?.userInfo?.username;
  };
  async function failure(promise: Promise<unknown>): Promise<FaultlineError> {
    const error = await promise.then(
      () => assert.fail('it succeeded'),
      (caught: unknown) => caught,
    );
    assert.ok(error instanceof FaultlineError, String(error));
    return error;
  }
  async function account(name: string): Promise<string> {
    await lab.apply({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name } });
    const body = { spec: { audiences: [], expirationSeconds: 3600 } };
    const { status } = await lab.api.core.createNamespacedServiceAccountToken({ name, namespace: lab.namespace, body });
    return status?.token ?? assert.fail('no token');
  }
  async function program(name: string, script: string): Promise<string> {
    const file = join(contexts.folder, name);
    await writeFile(file, `#!/bin/sh\n${script}\n`);
    await chmod(file, 0o755);
    return file;
  }
  const exec = (command: string): object => ({ exec: { apiVersion: 'client.authentication.k8s.io/v1', command } });

  it('by client certificate, and the cluster is known again', async () => {
    const connection = await contexts.connect(cluster, partsOf(lab.kubeconfig).user);
    assert.match((await version(connection)).gitVersion, /^v1\./);
    const identity = await clusterIdentity(connection);
    assert.match(identity.uid ?? '', /^[0-9a-f-]{36}$/);
    assert.match(identity.caHash ?? '', /^[0-9a-f]{64}$/);
    assert.deepEqual(await clusterIdentity(connection), identity);
  });

  it('is protected by what it is, under any name, and by its address for a login that may not see that', async () => {
    const { user } = partsOf(lab.kubeconfig);
    const token = await account('stranger');
    const [admin, stranger] = [await contexts.connect(cluster, user), await contexts.connect(cluster, { token })];
    const [seen, seenByStranger] = [await clusterIdentity(admin), await clusterIdentity(stranger)];
    const [identity, unread] = [elsewhere(seen), elsewhere(seenByStranger)];
    assert.deepEqual(seenByStranger, { caHash: seen.caHash, isLab: true });
    assert.deepEqual([protectionOf(admin, seen, {}).level, protectionOf(stranger, seenByStranger, {}).level], ['open', 'open']);
    assert.equal(protectionOf(admin, identity, {}).level, 'confirm');
    const renamed = { context: { name: 'renamed', file: '/elsewhere' }, server: 'https://another.example:6443' };
    const open = withLevel(admin, identity, {}, 'open');
    assert.equal(protectionOf(renamed, identity, open).level, 'open');
    assert.equal(protectionOf(stranger, unread, open).level, 'confirm');
    const readOnly = withLevel(admin, identity, open, 'readOnly');
    const levels = [protectionOf(renamed, identity, readOnly), protectionOf(stranger, unread, readOnly)].map(({ level }) => level);
    assert.deepEqual(levels, ['readOnly', 'readOnly']);
    assert.match(protectionNotes(protectionOf(stranger, unread, readOnly)).join(), /may not be read .* the address https:/);
  });

  it('by a client certificate that has expired says when it did', async () => {
    // The authority's key lies beside the certificates of a lab.
    const { 'certificate-authority': ca = '' } = cluster as { 'certificate-authority'?: string };
    const file = (name: string): string => join(contexts.folder, name);
    await run('openssl', [
      'req',
      '-new',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-keyout',
      file('old.key'),
      '-out',
      file('old.csr'),
      '-subj',
      '/CN=jane',
    ]);
    await run('openssl', [
      'x509',
      '-req',
      '-in',
      file('old.csr'),
      '-CA',
      ca,
      '-CAkey',
      join(dirname(ca), 'ca.key'),
      '-CAcreateserial',
      '-CAserial',
      file('serial'),
      '-days',
      '-1',
      '-out',
      file('old.crt'),
    ]);
    const connection = await contexts.connect(cluster, { 'client-certificate': file('old.crt'), 'client-key': file('old.key') });
    const error = await failure(version(connection));
    assert.equal(error.reason, 'unauthorised');
    assert.match(error.message, /^The login for context-\d+ expired on 20.* Ask for a new client certificate/);
  });

  it('by a token that has expired says when it did', async () => {
    const { 'certificate-authority': ca = '' } = cluster as { 'certificate-authority'?: string };
    const key = createPrivateKey(await readFile(join(dirname(ca), 'sa.key')));
    const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
    const exp = Math.floor(Date.now() / 1000) - 60;
    const iss = 'https://kubernetes.default.svc.cluster.local';
    const signed = `${part({ alg: 'ES256', typ: 'JWT' })}.${part({ iss, aud: [iss], exp, iat: exp - 600, nbf: exp - 600, sub: 'system:serviceaccount:default:default' })}`;
    const token = `${signed}.${sign('sha256', Buffer.from(signed), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`;
    const error = await failure(version(await contexts.connect(cluster, { token })));
    assert.equal(
      error.facts.what.replace(/context-\d+/, 'X'),
      `The login for X expired on ${new Date(exp * 1000).toISOString().replace('.000Z', 'Z')}`,
    );
  });

  it('by a token file goes on when the token is another one', async () => {
    const tokenFile = join(contexts.folder, 'token');
    await writeFile(tokenFile, await account('first'));
    const connection = await contexts.connect(cluster, { tokenFile });
    assert.equal(await whoAmI(connection), `system:serviceaccount:${lab.namespace}:first`);
    await lab.api.core.deleteNamespacedServiceAccount({ name: 'first', namespace: lab.namespace });
    await writeFile(tokenFile, await account('second'));
    // The first one's token is refused as soon as the server has noticed; until then it is still who asks.
    while ((await whoAmI(connection)) !== `system:serviceaccount:${lab.namespace}:second`);
  });

  it('by a login program that hangs fails within its bound, and a watch behind it is live once the program works', async function () {
    this.timeout(60_000);
    const login = await program('aws', 'sleep 1000');
    const connection = await contexts.connect(cluster, exec(login), { execTimeoutMs: 500 });
    const pods = watchKind(connection, kinds.namespaces);
    await untilWatch(pods, () => pods.state.error !== undefined);
    assert.equal(pods.state.kind, 'syncing');
    assert.match(pods.state.error?.message ?? '', /did not answer within 0\.5 s and was ended.*aws sso login/);
    await program('aws', `echo '${JSON.stringify({ kind: 'ExecCredential', status: { token: await account(READER) } })}'`);
    await lab.apply({
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRoleBinding',
      metadata: { name: `${lab.namespace}-${READER}`, labels: { 'faultline.lab': String(lab.lab.number) } },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'system:node-problem-detector' },
      subjects: [{ kind: 'ServiceAccount', name: READER, namespace: lab.namespace }],
    });
    try {
      pods.retry();
      // That role may not list namespaces: being told so by name shows that the login works.
      await untilWatch(pods, () => pods.state.kind === 'forbidden');
      assert.match(
        pods.state.error?.facts.what ?? '',
        new RegExp(`^system:serviceaccount:${lab.namespace}:${READER} may not list namespaces`),
      );
    } finally {
      pods.dispose();
      await lab.api.objects.delete({
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'ClusterRoleBinding',
        metadata: { name: `${lab.namespace}-${READER}` },
      });
    }
  });

  it('of 50 contexts, of which 45 are dead, holds up none of the five that live', async function () {
    this.timeout(120_000);
    const { user } = partsOf(lab.kubeconfig);
    const dead = await deadServers(contexts.folder);
    try {
      const live = async (): Promise<number> => {
        const began = performance.now();
        await Promise.all(
          Array.from({ length: 5 }, async () => {
            const watched = watchKind(await contexts.connect(cluster, user), kinds.namespaces);
            await untilWatch(watched, () => watched.state.kind === 'live');
            watched.dispose();
          }),
        );
        return performance.now() - began;
      };
      await live();
      const usualMs = await live();
      const tried = await Promise.all(
        Array.from({ length: 45 }, async (_, at) => {
          const { server, words } = dead.kinds[at % dead.kinds.length] ?? assert.fail();
          const watched = watchKind(await contexts.connect({ ...cluster, server }, user), kinds.namespaces);
          return { watched, words };
        }),
      );
      const besideMs = await live();
      for (const { watched, words } of tried) {
        await untilWatch(watched, () => watched.state.error !== undefined);
        assert.match(watched.state.error?.message ?? '', words);
        watched.dispose();
      }
      assert.ok(besideMs <= usualMs + 1000, `the living took ${Math.round(besideMs)} ms beside the dead, ${Math.round(usualMs)} ms alone`);
    } finally {
      dead.close();
    }
  });

  it('of a kubeconfig that is broken and mended says the line, and then connects', async () => {
    const file = join(contexts.folder, 'mine');
    const { user } = partsOf(lab.kubeconfig);
    const good = kubeconfigText('mine', cluster, user, lab.namespace);
    const env = { ...process.env, KUBECONFIG: [file, lab.kubeconfig].join(delimiter) };
    await writeFile(file, good.replace('contexts:', 'contexts: ]'));
    const broken = await readContexts(env, []);
    const line = good.split('\n').findIndex((text) => text.startsWith('contexts:')) + 1;
    assert.match(broken.problems[0]?.error.facts.what ?? '', new RegExp(`not valid YAML at line ${line}$`));
    assert.equal(broken.contexts.length, 1, 'the other file’s context is there all the same');
    await writeFile(file, good);
    const mended = await readContexts(env, []);
    assert.deepEqual([mended.problems.length, mended.contexts[0]?.name], [0, 'mine']);
    const connection = await connectCluster(mended.contexts[0] ?? assert.fail(), { env });
    assert.match((await version(connection)).gitVersion, /^v1\./);
    connection.close();
  });
});

/** Servers that take connections and say nothing, that refuse, and that show a certificate of somebody else's. */
async function deadServers(
  folder: string,
): Promise<{ readonly kinds: readonly { readonly server: string; readonly words: RegExp }[]; close(): void }> {
  const file = (name: string): string => join(folder, name);
  await run('openssl', [
    'req',
    '-x509',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-nodes',
    '-days',
    '1',
    '-subj',
    '/CN=somebody',
    '-addext',
    'subjectAltName=IP:127.0.0.1',
    '-keyout',
    file('dead.key'),
    '-out',
    file('dead.crt'),
  ]);
  const silent = createSilent((socket) => socket.on('error', () => undefined));
  const wrong = createTls({ key: await readFile(file('dead.key')), cert: await readFile(file('dead.crt')) }).on(
    'tlsClientError',
    () => undefined,
  );
  const at = async (server: Server): Promise<string> => {
    await once(server.listen(0, '127.0.0.1'), 'listening');
    return `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  };
  const gone = createSilent();
  const refusing = await at(gone);
  gone.close();
  return {
    kinds: [
      { server: await at(silent), words: /does not answer/ },
      { server: refusing, words: /refuses the connection/ },
      { server: await at(wrong), words: /is not signed by the authority that the kubeconfig names/ },
    ],
    close: () => {
      silent.close();
      wrong.close();
    },
  };
}
