import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { after, before, describe, it } from 'mocha';
import { FaultlineError } from '../../../../src/base/errors.ts';
import {
  inClusterContext,
  kubeconfigPaths,
  readContexts,
  readKubeconfig,
  readKubeconfigs,
} from '../../../../src/cluster/connect/kubeconfig.ts';

const sample = `apiVersion: v1
kind: Config
current-context: prod
clusters:
- name: prod-cluster
  cluster: { server: "https://192.0.2.1:6443" }
contexts:
- name: prod
  context: { cluster: prod-cluster, user: me, namespace: analytics }
- name: lab
  context: { cluster: lab-cluster, user: me }
`;

describe('kubeconfig files', () => {
  let folder: string;
  const file = (name: string): string => join(folder, name);
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'faultline-kubeconfig-'));
    await writeFile(file('config'), sample);
    await writeFile(file('broken'), 'contexts: [}');
    await writeFile(file('other'), 'name: not a kubeconfig');
  });
  after(() => rm(folder, { recursive: true }));

  it('name their contexts', async () => {
    assert.deepEqual(await readKubeconfig(file('config')), [
      { name: 'prod', cluster: 'prod-cluster', namespace: 'analytics', file: file('config') },
      { name: 'lab', cluster: 'lab-cluster', file: file('config') },
    ]);
  });

  it('that name a context twice, as merged files do, list it once, as it stands first', async () => {
    await writeFile(file('merged'), `${sample}- name: prod\n  context: { cluster: another, user: me }\n`);
    const contexts = await readKubeconfig(file('merged'));
    assert.deepEqual(
      contexts.map(({ name, cluster }) => [name, cluster]),
      [
        ['prod', 'prod-cluster'],
        ['lab', 'lab-cluster'],
      ],
    );
  });

  it('are never written, not even their time', async () => {
    const before = await stat(file('config'));
    await readKubeconfig(file('config'));
    assert.equal((await stat(file('config'))).mtimeMs, before.mtimeMs);
    assert.equal(await readFile(file('config'), 'utf8'), sample);
  });

  it('that are broken say how, and the others are listed all the same', async () => {
    const paths = ['broken', 'other', 'missing', 'config'].map(file);
    const read = await readKubeconfigs(paths, [file('missing')]);
    const what = read.map((entry) => ('error' in entry ? entry.error.reason : entry.contexts.length));
    assert.deepEqual(what, ['invalid', 'invalid', 'notFound', 2]);
  });

  it('of kubectl that are not there are no error', async () => {
    assert.deepEqual(await readKubeconfigs([file('missing')], []), []);
  });

  it('come from KUBECONFIG with several paths, then from the setting, each once', () => {
    const env = { KUBECONFIG: ['/a', '/b', ''].join(delimiter) };
    assert.deepEqual(kubeconfigPaths(env, ['/b', '/c']), ['/a', '/b', '/c']);
  });

  it('too large for a kubeconfig is refused before it is read', async () => {
    await writeFile(file('large'), Buffer.alloc(10_000_001, 32));
    await assert.rejects(readKubeconfig(file('large')), (error) => FaultlineError.is(error, 'invalid'));
  });

  it('of a list are merged as kubectl does: the first of a name wins, and each context remembers its file', async () => {
    await writeFile(file('second'), sample.replaceAll('prod-cluster', 'second-cluster').replace('name: lab', 'name: extra'));
    await writeFile(file('own'), sample);
    const { contexts, problems } = await readContexts({ KUBECONFIG: [file('config'), file('second'), file('broken')].join(delimiter) }, [
      file('own'),
    ]);
    assert.deepEqual(
      contexts.map(({ name, cluster, file: of, mergedWith }) => [name, cluster, of, mergedWith?.length]),
      [
        ['prod', 'prod-cluster', file('config'), 2],
        ['lab', 'lab-cluster', file('config'), 2],
        ['extra', 'lab-cluster', file('second'), 2],
        ['prod', 'prod-cluster', file('own'), undefined],
        ['lab', 'lab-cluster', file('own'), undefined],
      ],
    );
    assert.deepEqual(
      problems.map((problem) => [problem.file, /at line 1/.test(problem.error.facts.what)]),
      [[file('broken'), true]],
    );
  });

  it('that hold only logins, or nothing any more, are part of a list and no mistake', async () => {
    await writeFile(file('logins'), 'users: [{ name: me, user: { token: t } }]');
    await writeFile(file('emptied'), 'apiVersion: v1\nkind: Config\nclusters: null\ncontexts: null\nusers: null\n');
    const list = ['config', 'logins', 'emptied', 'missing'].map(file);
    const { contexts, problems } = await readContexts({ KUBECONFIG: list.join(delimiter) }, []);
    assert.deepEqual(problems, []);
    assert.deepEqual(contexts[0]?.mergedWith, list.slice(0, 3));
  });

  it('are not needed inside a pod', async () => {
    const env = { KUBECONFIG: file('missing'), KUBERNETES_SERVICE_HOST: '10.0.0.1' };
    assert.equal(await inClusterContext(env, file('no-account')), undefined);
    await writeFile(file('token'), 't');
    await writeFile(file('namespace'), 'mine\n');
    assert.deepEqual(await inClusterContext(env, folder), {
      name: 'in-cluster',
      cluster: 'in-cluster',
      namespace: 'mine',
      file: folder,
      inCluster: true,
    });
    assert.equal(await inClusterContext({}, folder), undefined);
  });
});
