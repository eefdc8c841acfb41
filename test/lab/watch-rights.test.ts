import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'mocha';
import type { ConfigMap } from '../../src/cluster/objects.ts';
import { kinds } from '../../src/cluster/watch/kinds.ts';
import { watchKind, type Watched } from '../../src/cluster/watch/watch.ts';
import { useLab, type TestLab } from './use/lab.ts';
import { Contexts, partsOf, untilWatch } from './watch-kit.ts';

const READER = 'reader';

describe('a watch of someone who may see one namespace', () => {
  let lab: TestLab;
  let contexts: Contexts;
  let token: string;
  let watched: Watched<ConfigMap> | undefined;

  before(async function () {
    this.timeout(300_000);
    lab = await useLab({ profile: 'api' });
    contexts = await Contexts.make();
    await lab.apply([
      { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: READER } },
      { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'mine' } },
      {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'Role',
        metadata: { name: READER },
        rules: [{ apiGroups: [''], resources: ['configmaps'], verbs: ['list', 'watch'] }],
      },
    ]);
    const { status } = await lab.api.core.createNamespacedServiceAccountToken({
      name: READER,
      namespace: lab.namespace,
      body: { spec: { audiences: [], expirationSeconds: 3600 } },
    });
    token = status?.token ?? '';
    await grant();
  });
  afterEach(() => watched?.dispose());
  after(() => contexts?.end());

  const user = (): string => `system:serviceaccount:${lab.namespace}:${READER}`;
  const names = (): string[] => [...(watched?.objects().keys() ?? [])].filter((key) => !key.endsWith('/kube-root-ca.crt'));
  async function grant(): Promise<void> {
    await lab.apply({
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'RoleBinding',
      metadata: { name: READER },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: READER },
      subjects: [{ kind: 'ServiceAccount', name: READER, namespace: lab.namespace }],
    });
  }
  async function revoke(): Promise<void> {
    const { metadata } = { metadata: { name: READER, namespace: lab.namespace } };
    await lab.api.objects.delete({ apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'RoleBinding', metadata });
  }
  async function connect(): ReturnType<Contexts['connect']> {
    return contexts.connect(partsOf(lab.kubeconfig).cluster, { token }, { namespace: lab.namespace });
  }

  it('shows that one, and says which right all others would need', async function () {
    this.timeout(60_000);
    watched = watchKind(await connect(), kinds.configMaps);
    await untilWatch(watched, () => watched?.state.kind === 'live' && names().length > 0);
    assert.deepEqual(names(), [`${lab.namespace}/mine`]);
    assert.equal(watched.narrowed?.facts.what, `${user()} may not list configmaps in the whole cluster`);
    await lab.apply({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'later' } });
    await untilWatch(watched, () => names().length === 2);
  });

  it('says what is forbidden in another namespace, and of a kind of the whole cluster', async function () {
    this.timeout(60_000);
    const connection = await connect();
    const elsewhere = watchKind(connection, kinds.configMaps, { namespaces: ['kube-system'] });
    const nodes = watchKind(connection, kinds.nodes);
    await untilWatch(elsewhere, () => elsewhere.state.kind === 'forbidden');
    await untilWatch(nodes, () => nodes.state.kind === 'forbidden');
    assert.equal(elsewhere.state.error?.facts.what, `${user()} may not list configmaps in namespace kube-system`);
    assert.equal(nodes.state.error?.facts.what, `${user()} may not list nodes in the whole cluster`);
    elsewhere.dispose();
    nodes.dispose();
  });

  it('notices that the right was revoked when the watch ends at the latest, and shows all again once it is given back', async function () {
    this.timeout(120_000);
    const bounds = { watchSeconds: 6, askAgainMs: 500 };
    watched = watchKind(await connect(), kinds.configMaps, { namespaces: [lab.namespace], bounds });
    await untilWatch(watched, () => watched?.state.kind === 'live');
    const before = names().length;
    await revoke();
    await untilWatch(watched, () => watched?.state.kind === 'forbidden');
    assert.match(watched.state.error?.facts.what ?? '', /may not (watch|list) configmaps in namespace/);
    assert.equal(names().length, before, 'what was seen before stays, marked as forbidden since then');
    await lab.apply({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'unseen' } });
    await grant();
    await untilWatch(watched, () => watched?.state.kind === 'live');
    assert.ok(names().includes(`${lab.namespace}/unseen`));
  });
});
