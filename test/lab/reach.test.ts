import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { before, describe, it } from 'mocha';
import { FaultlineError } from '../../src/base/errors.ts';
import type { ServerPlace } from '../../src/base/target.ts';
import type { Forward } from '../../src/cluster/act/forward.ts';
import { reachWith } from '../../src/cluster/reach.ts';
import { loadKubeconfig } from './use/api.ts';
import { useLab } from './use/lab.ts';
import type { TestLab } from './use/lab.ts';
import { deployment, SAYS_ITS_NAME, service } from './use/workloads.ts';

describe('reaching a server', () => {
  let lab: TestLab;
  let place: Extract<ServerPlace, { kind: 'kubernetes' }>;

  before(async function () {
    this.timeout(120_000);
    lab = await useLab({ profile: 'node' });
    await lab.apply([deployment({ name: 'web', script: SAYS_ITS_NAME, port: 8080 }), service('web', { app: 'web', port: 8080 })]);
    const context = loadKubeconfig(lab.kubeconfig, lab.namespace).currentContext;
    place = { kind: 'kubernetes', kubeconfig: lab.kubeconfig, context, namespace: lab.namespace, service: 'web', port: 80, scheme: 'http' };
    await lab.readyPods('app=web', 1);
  });

  async function ask(url: string): Promise<string> {
    return (await (await fetch(url, { headers: { connection: 'close' } })).text()).trim();
  }

  it('a url is taken as it is', async () => {
    const reached = await reachWith({ env: {} })({ kind: 'url', url: 'https://trino.example.com/' }, lab.signal);
    assert.deepEqual({ url: reached.url, path: reached.path }, { url: 'https://trino.example.com', path: 'direct' });
    await reached.close();
  });

  it('a service is reached by one forward for all who ask, until the last of them closes', async () => {
    const forwards: Forward[] = [];
    const reach = reachWith({ env: process.env, onForward: (_place, forward) => forwards.push(forward) });
    const [first, second] = await Promise.all([reach(place, lab.signal), reach(place, lab.signal)]);
    assert.equal(first.path, 'portForward');
    assert.equal(first.serverName, `web.${lab.namespace}.svc`);
    assert.equal(first.url, second.url);
    assert.equal(forwards.length, 1);
    await first.close();
    await first.close();
    assert.match(await ask(second.url), /^web-/);
    await second.close();
    await assert.rejects(fetch(second.url));
    const third = await reach(place, lab.signal);
    assert.match(await ask(third.url), /^web-/);
    await third.close();
  });

  it('who gives up does not end it for another who waits for the same server', async () => {
    const reach = reachWith({ env: process.env });
    const impatient = new AbortController();
    const one = reach(place, impatient.signal);
    const other = reach(place, lab.signal);
    impatient.abort();
    await assert.rejects(one, (error) => FaultlineError.is(error, 'cancelled'));
    const reached = await other;
    assert.match(await ask(reached.url), /^web-/);
    await reached.close();
  });

  it('what is not there is said: context, service, and pods that are not ready', async () => {
    const reach = reachWith({ env: process.env, readyMs: 300 });
    const fails = async (other: Partial<typeof place>, reason: string, text: RegExp): Promise<void> => {
      await assert.rejects(reach({ ...place, ...other }, lab.signal), (error) => {
        assert.ok(error instanceof FaultlineError, String(error));
        assert.equal(error.reason, reason);
        assert.match(error.message, text);
        return true;
      });
    };
    await fails({ context: 'nowhere' }, 'notFound', /There is no context nowhere/);
    await fails({ service: 'nobody' }, 'notFound', /nobody/);
    await lab.apply(service('empty', { app: 'nothing', port: 1 }));
    await fails({ service: 'empty' }, 'unreachable', /service empty has no pod that serves.*There is no pod/s);
    await fails({ port: 81 }, 'notFound', /has no port 81/);
  });

  it('from a pod of the same cluster it is asked by its name, from one of another cluster it is not', async () => {
    const authority = join(lab.kubeconfig, '..', 'authority.pem');
    const connection = await lab.api.connection();
    await writeFile(authority, (await connection.authority()) ?? '');
    const env = { ...process.env, KUBERNETES_SERVICE_HOST: '10.0.0.1' };
    const inside = await reachWith({ env, ownAuthorityFile: authority })(place, lab.signal);
    assert.deepEqual({ url: inside.url, path: inside.path }, { url: `http://web.${lab.namespace}.svc:80`, path: 'inCluster' });
    await inside.close();
    const outside = await reachWith({ env, ownAuthorityFile: `${authority}.none` })(place, lab.signal);
    assert.equal(outside.path, 'portForward');
    await outside.close();
  });
});
