import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { FaultlineError } from '../../../src/base/errors.ts';
import { consentTo } from '../../../src/cluster/act/protection.ts';
import type { ClusterConnection } from '../../../src/cluster/connect/connection.ts';
import type { Deployer } from '../../../src/deploy/deploy.ts';
import { openDeployer } from '../../../src/deploy/deployer.ts';
import { FakeApi, json } from '../cluster/server.ts';

describe('a deploy to a context whose kubeconfig was written anew', () => {
  let api: FakeApi;
  let connection: ClusterConnection;
  let deployer: Deployer;

  beforeEach(async () => {
    api = await FakeApi.start((_asked, response) => json(response, {}));
    connection = await api.connect();
    const helm = { path: '/there/is/no/helm', version: '4.0.0', major: 4 } as const;
    deployer = openDeployer({ connection, helm, env: {}, chartsFolder: '/none' });
  });
  afterEach(async () => {
    connection.close();
    await api.stop();
  });

  const name = { release: 'web', namespace: 'mine' };
  const options = () => ({ signal: AbortSignal.timeout(5_000), deadlineMs: 5_000 });
  const protection = () => ({ context: 'fake', server: connection.server, level: 'open', knownBy: 'identity' }) as const;
  async function first(events: AsyncIterable<unknown>): Promise<unknown> {
    for await (const event of events) return event;
    return undefined;
  }
  const works: Readonly<Record<string, () => Promise<unknown>>> = {
    preview: () => deployer.plan({ chart: 'trino', ...name, valuesFiles: [], sets: [] }, options().signal),
    rollback: () => first(deployer.rollback(name, consentTo(protection(), 'rollback'), options())),
    uninstall: () => first(deployer.uninstall(name, consentTo(protection(), 'uninstall'), options())),
    test: () => first(deployer.test(name, consentTo(protection(), 'install'), options())),
  };

  for (const [what, work] of Object.entries(works))
    it(`is refused before Helm is run: ${what}`, async () => {
      await api.context({}, { server: 'http://127.0.0.1:1' });
      await assert.rejects(
        work(),
        (error) =>
          FaultlineError.is(error, 'refusedByProtection') && /leads to another cluster now \(http:\/\/127\.0\.0\.1:1\)/.test(String(error)),
      );
      assert.deepEqual(api.asked, []);
    });

  it('goes on to Helm where it leads to the same cluster', async () => {
    await api.context({ token: 'renewed' });
    await assert.rejects(works['rollback']?.() ?? assert.fail(), /\/there\/is\/no\/helm could not be run/);
  });
});
