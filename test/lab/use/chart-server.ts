/** One packed chart on loopback: in a repository of Helm's kind, and in a registry without TLS that is only read. */
import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';

export interface ChartServer {
  /** `http://127.0.0.1:PORT/repo`: its index names the chart. */
  readonly repository: string;
  /** `localhost:PORT`: the chart is `charts/NAME` in it. */
  readonly registry: string;
  /** All paths below it, and all in the registry below `private/`, want a login. */
  readonly locked: string;
  close(): Promise<void>;
}

interface Blob {
  readonly body: Buffer;
  readonly type: string;
}

export async function serveChart(name: string, version: string, packed: Buffer): Promise<ChartServer> {
  const config = Buffer.from(JSON.stringify({ apiVersion: 'v2', name, version }));
  const [configType, layerType] = ['application/vnd.cncf.helm.config.v1+json', 'application/vnd.cncf.helm.chart.content.v1.tar+gzip'];
  const manifest: Blob = {
    type: 'application/vnd.oci.image.manifest.v1+json',
    body: Buffer.from(
      JSON.stringify({
        schemaVersion: 2,
        mediaType: 'application/vnd.oci.image.manifest.v1+json',
        config: { mediaType: configType, digest: digestOf(config), size: config.length },
        layers: [{ mediaType: layerType, digest: digestOf(packed), size: packed.length }],
      }),
    ),
  };
  const index = `apiVersion: v1\nentries:\n  ${name}:\n    - { apiVersion: v2, name: ${name}, version: ${version}, urls: [${name}-${version}.tgz] }\n`;
  const chart = `/v2/charts/${name}`;
  const answers = new Map<string, Blob>([
    ['/v2/', { type: 'application/json', body: Buffer.from('{}') }],
    [`${chart}/tags/list`, { type: 'application/json', body: Buffer.from(JSON.stringify({ name: `charts/${name}`, tags: [version] })) }],
    [`${chart}/manifests/${version}`, manifest],
    [`${chart}/manifests/${digestOf(manifest.body)}`, manifest],
    [`${chart}/blobs/${digestOf(config)}`, { type: 'application/octet-stream', body: config }],
    [`${chart}/blobs/${digestOf(packed)}`, { type: 'application/octet-stream', body: packed }],
    ['/repo/index.yaml', { type: 'text/yaml', body: Buffer.from(index) }],
    [`/repo/${name}-${version}.tgz`, { type: 'application/gzip', body: packed }],
  ]);
  const server = createServer((request, response) => answer(answers, request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    repository: `http://127.0.0.1:${port}/repo`,
    registry: `localhost:${port}`,
    locked: `http://127.0.0.1:${port}/private`,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

function answer(answers: ReadonlyMap<string, Blob>, { url = '', method }: IncomingMessage, response: ServerResponse): void {
  const found = answers.get(url);
  if (found === undefined) {
    response.writeHead(/^\/(?:v2\/)?private\//.test(url) ? 401 : 404).end();
    return;
  }
  const { body, type } = found;
  response.writeHead(200, { 'content-type': type, 'content-length': body.length, 'docker-content-digest': digestOf(body) });
  response.end(method === 'HEAD' ? undefined : body);
}

function digestOf(bytes: Buffer): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}
