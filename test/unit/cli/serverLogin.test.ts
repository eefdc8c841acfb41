import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { FaultlineError } from '../../../src/base/errors.ts';
import { whereThePasswordIs } from '../../../src/cli/reachable.ts';
import { FakeApi, json, status } from '../cluster/server.ts';
import { makeHome, type Home } from './support.ts';

describe('a server that does not let a terminal in', function () {
  this.timeout(60_000);
  let api: FakeApi;
  let home: Home;
  let locked: Server;
  let url: string;

  before(async () => {
    home = await makeHome();
    api = await FakeApi.start(({ path }, response) => {
      if (path === '/api/v1/namespaces/shop/services/clickhouse')
        json(response, { metadata: { name: 'clickhouse' }, spec: { selector: { app: 'ch' }, ports: [{ port: 8123 }] } });
      else if (path === '/api/v1/namespaces/shop/pods') {
        const env = [
          { name: 'CLICKHOUSE_USER', value: 'app' },
          { name: 'CLICKHOUSE_PASSWORD', valueFrom: { secretKeyRef: { name: 'clickhouse-auth', key: 'password' } } },
        ];
        json(response, { items: [{ metadata: { name: 'c-0' }, spec: { containers: [{ name: 'server', env }] } }] });
      } else status(response, 404, 'NotFound', 'services "trino" not found');
    });
    locked = createServer((request, response) => {
      request.resume();
      response.writeHead(403, { 'X-ClickHouse-Exception-Code': '516' });
      response.end('Code: 516. DB::Exception: default: Authentication failed. (AUTHENTICATION_FAILED) (version 26.7.1.1)\n');
    }).listen(0, '127.0.0.1');
    await once(locked, 'listening');
    const address = locked.address();
    url = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
  });
  after(async () => {
    locked.closeAllConnections();
    locked.close();
    await api.stop();
    await home.remove();
  });

  it('in a cluster: the error names the Secret that has the password, and how to give it', async () => {
    const { file, name } = await api.context();
    const at = {
      kind: 'kubernetes',
      kubeconfig: file,
      context: name,
      namespace: 'shop',
      service: 'clickhouse',
      port: 8123,
      scheme: 'http',
    } as const;
    const target = { kind: 'server', engine: 'clickhouse', name: 'shop/clickhouse', at, user: 'default' } as const;
    const refused = (): Promise<void> => Promise.reject(new FaultlineError('unauthorised', { what: 'No' }));
    await assert.rejects(whereThePasswordIs(target, process.env, AbortSignal.timeout(10_000), refused), (error) => {
      assert.ok(FaultlineError.is(error, 'unauthorised'));
      assert.match(error.facts.remedy ?? '', /user app has the password of Secret clickhouse-auth, key password/);
      assert.match(
        error.facts.remedy ?? '',
        /export FAULTLINE_PASSWORD="\$\(kubectl get secret clickhouse-auth --namespace shop --output jsonpath='\{\.data\.password\}' \| base64 --decode\)"/,
      );
      return true;
    });
  });

  it('a load makes no data for it first, and says where the password goes', async () => {
    const { code, stderr } = await home.run(['load', 'tpch', '--url', url, '--scale', '0.01']);
    assert.equal(code, 3, stderr);
    assert.match(stderr, /FAULTLINE_PASSWORD.*“faultline deploy status RELEASE” says where/);
    assert.equal(existsSync(join(home.path, 'data')), false);
  });

  it('a benchmark leaves no run behind, and of a Service that is not there it says the namespace', async () => {
    const locked = await home.run(['bench', 'tpch', '--engine', 'clickhouse', '--url', url]);
    assert.equal(locked.code, 3, locked.stderr);
    assert.match(locked.stderr, /FAULTLINE_PASSWORD/);
    const { file, name } = await api.context();
    const place = ['--kubeconfig', file, '--context', name, '--namespace', 'analytics', '--service', 'trino'];
    const missing = await home.run(['bench', 'tpch', '--engine', 'trino', ...place, '--catalog', 'tpch', '--schema', 'tiny']);
    assert.equal(missing.code, 2, missing.stderr);
    assert.match(missing.stderr, /There is no Service trino in namespace analytics of fake/);
    const runs = await home.run(['runs']);
    assert.match(runs.stdout, /No runs/i);
  });

  it('a kubeconfig that is not there is looked for where the terminal named it, not in the editor’s settings', async () => {
    const named = await home.run(['tree', '--kubeconfig', '/nowhere/nope.yaml']);
    assert.match(named.stderr, /The kubeconfig \/nowhere\/nope\.yaml is not there\.\n\s+Check the path in --kubeconfig\./);
    assert.doesNotMatch(named.stderr, /faultline\.kubeconfigs/);
  });
});
