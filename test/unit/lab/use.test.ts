import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { KubeConfig } from '@kubernetes/client-node';
import { afterEach, describe, it } from 'mocha';
import { apiOf } from '../../lab/use/api.ts';
import { apply } from '../../lab/use/apply.ts';
import { evidenceFolder } from '../../lab/use/evidence.ts';
import { waitForAll } from '../../lab/use/wait.ts';
import type { Scope } from '../../lab/use/wait.ts';

const PODS = '/api/v1/namespaces/here/pods';
const pod = (name: string, resourceVersion: string): object => ({ apiVersion: 'v1', kind: 'Pod', metadata: { name, resourceVersion } });

describe('what tests use of the lab', () => {
  let server: Server | undefined;

  afterEach(() => server?.closeAllConnections());
  afterEach(() => server?.close());

  /** An API server that answers as `answer` says. */
  async function cluster(answer: (url: URL, response: ServerResponse, request: IncomingMessage) => void): Promise<Scope> {
    server = createServer((request, response) => answer(new URL(request.url ?? '', 'http://here'), response, request));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const config = new KubeConfig();
    config.loadFromClusterAndUser({ name: 'c', server: `http://127.0.0.1:${port}`, skipTLSVerify: true }, { name: 'u' });
    const { signal } = new AbortController();
    return { api: apiOf(config, signal), namespace: 'here', signal };
  }

  function json(response: ServerResponse, value: unknown): void {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(value));
  }

  const resources = (plural: string, kind: string): object => ({ resources: [{ name: plural, kind, namespaced: true }] });
  const list = (version: string, ...items: object[]): object => ({
    apiVersion: 'v1',
    kind: 'PodList',
    metadata: { resourceVersion: version },
    items,
  });
  const event = (type: string, object: object): string => `${JSON.stringify({ type, object })}\n`;

  it('a wait sees the whole list at once, goes on where a watch broke, and lists anew when its version is too old', async () => {
    const asked: string[] = [];
    let lists = 0;
    const scope = await cluster((url, response) => {
      if (url.pathname !== PODS) return json(response, resources('pods', 'Pod'));
      const from = url.searchParams.get('resourceVersion');
      asked.push(url.searchParams.has('watch') ? `watch ${from ?? ''}` : 'list');
      if (!url.searchParams.has('watch')) {
        lists += 1;
        return json(response, lists === 1 ? list('10', pod('a', '9'), pod('b', '10')) : list('30', pod('d', '30')));
      }
      response.writeHead(200);
      if (from === '10') return void response.end(event('ADDED', pod('c', '11')) + event('DELETED', pod('a', '12')));
      if (from === '12') return void response.end(event('ERROR', { kind: 'Status', code: 410 }));
      response.write(event('ADDED', pod('e', '31')));
    });
    const seen: string[] = [];
    await waitForAll(scope, 'e is there', { kind: 'Pod' }, (pods) => {
      seen.push(pods.map(({ metadata }) => metadata?.name).join(''));
      return seen.at(-1) === 'de';
    });
    assert.deepEqual(seen, ['ab', 'abc', 'bc', 'd', 'de']);
    assert.deepEqual(asked, ['list', 'watch 10', 'watch 12', 'list', 'watch 30']);
  });

  it('a wait that takes too long says what there was instead', async () => {
    const scope = await cluster((url, response) => {
      if (url.pathname === '/api/v1') return json(response, resources('pods', 'Pod'));
      if (url.pathname !== PODS) return json(response, { apiVersion: 'v1', kind: 'EventList', items: [] });
      if (!url.searchParams.has('watch')) return json(response, list('10', pod('only', '9')));
      response.writeHead(200);
      response.flushHeaders();
    });
    const wait = waitForAll(scope, 'Two pods are there', { kind: 'Pod' }, (pods) => pods.length === 2, { timeoutMs: 300 });
    await assert.rejects(wait, /^Error: Two pods are there: not within 0\.3 s\.\nLast seen of Pod \(all\) in here:[^]*name: only/);
  });

  it('a manifest reaches the API as it is written, fields that the client has no name for too', async () => {
    let body = '';
    const scope = await cluster((url, response, request) => {
      if (request.method === 'GET') return json(response, resources('networkpolicies', 'NetworkPolicy'));
      request.on('data', (chunk: Buffer) => (body += String(chunk)));
      request.on('end', () =>
        json(response, { apiVersion: 'v1', kind: 'Pod', metadata: { name: url.searchParams.get('fieldValidation') } }),
      );
    });
    const [applied] = await apply(
      scope,
      'apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: { name: p }\nspec: { ingress: [{ from: [{ podSelector: {} }] }], typo: 1 }\n---\n',
    );
    assert.deepEqual(JSON.parse(body), {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata: { name: 'p', namespace: 'here' },
      spec: { ingress: [{ from: [{ podSelector: {} }] }], typo: 1 },
    });
    assert.equal(applied?.metadata?.name, 'Strict');
  });

  it('evidence of a test has its place by the name of the test', () => {
    const file = `${import.meta.dirname.replace(/unit\/lab$/, '')}lab/alone/nodes.test.ts`;
    assert.match(evidenceFolder({ fullTitle: 'A node: stopped, "back"', file }), /\/\.test\/report\/lab\/alone\/a-node-stopped-back$/);
  });
});
