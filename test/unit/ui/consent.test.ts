import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { FaultlineError } from '../../../src/base/errors.ts';
import { withLevel } from '../../../src/cluster/act/levels.ts';
import { Consent, consentTo } from '../../../src/cluster/act/protection.ts';
import type { Clusters, OpenCluster } from '../../../src/ui/session/clusters.ts';
import { consentFor } from '../../../src/ui/session/consent.ts';
import { FakeApi, json, status } from '../cluster/server.ts';
import { clustersOfTests } from './clusters.ts';

describe('before a cluster is changed', () => {
  let api: FakeApi;
  let clusters: Clusters;
  /** UID of its kube-system; none: nobody answers. */
  let uid: string | undefined = 'one';

  beforeEach(async () => {
    uid = 'one';
    api = await FakeApi.start(({ path }, response) => {
      if (path === '/api/v1/namespaces/kube-system' && uid !== undefined) json(response, { metadata: { name: 'kube-system', uid } });
      else status(response, 503, 'ServiceUnavailable', 'later');
    });
    clusters = clustersOfTests();
  });
  afterEach(async () => {
    clusters.dispose();
    await api.stop();
  });

  async function open(): Promise<OpenCluster> {
    return clusters.use(await api.context());
  }
  const openHere = (cluster: OpenCluster) => withLevel(cluster.connection, { uid: 'one' }, {}, 'open');
  const refused = (error: unknown): boolean => FaultlineError.is(error, 'refusedByProtection');

  it('it says which one it is, and is asked for by that', async () => {
    const cluster = await open();
    const consent = await consentFor(
      cluster,
      clusters,
      () => openHere(cluster),
      async (protection) => {
        assert.deepEqual([protection.level, protection.knownBy], ['open', 'identity']);
        return consentTo(protection, 'restart');
      },
    );
    Consent.check(consent, cluster.connection, 'restart');
  });

  it('a click is not enough when another one answers at its address', async () => {
    const cluster = await open();
    await clusters.identify(cluster);
    uid = 'two';
    const asked = consentFor(
      cluster,
      clusters,
      () => openHere(cluster),
      async (protection) => consentTo(protection, 'restart'),
    );
    await assert.rejects(asked, (error) => refused(error) && /fake is protected\..*Type fake to confirm/.test(String(error)));
  });

  it('what a person said does not count when another one answers by then', async () => {
    const cluster = await open();
    const asked = consentFor(
      cluster,
      clusters,
      () => openHere(cluster),
      async (protection) => {
        uid = 'two';
        return consentTo(protection, 'restart');
      },
    );
    await assert.rejects(asked, (error) => refused(error) && /there is another cluster now than when you were asked/.test(String(error)));
  });

  it('nobody is asked when it does not say which one it is', async () => {
    const cluster = await open();
    uid = undefined;
    const ask = async (): Promise<Consent> => assert.fail('asked');
    await assert.rejects(
      consentFor(cluster, clusters, () => openHere(cluster), ask),
      (error) => FaultlineError.is(error, 'unreachable'),
    );
  });

  it('it is drawn anew when it said which one it is, and when that is another', async () => {
    const seen: (string | undefined)[] = [];
    const cluster = await open();
    const news = (expected: string): Promise<void> =>
      new Promise((resolve) => {
        const listening = clusters.changed.listen(() => {
          seen.push(cluster.identity.last?.uid);
          if (cluster.identity.last?.uid !== expected) return;
          listening.dispose();
          resolve();
        });
      });
    await news('one');
    const later = news('two');
    uid = 'two';
    await clusters.identify(cluster);
    await later;
    assert.equal(seen.at(-1), 'two');
  }).timeout(5_000);
});
