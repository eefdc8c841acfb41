/**
 * node test/lab/images/server.ts --folder FOLDER --address ADDRESS --port PORT
 *
 * Serves an image store to containerd as a registry that can only be read (the pull part of the OCI distribution API). A node asks it as a
 * mirror for all registries and says with `?ns=docker.io` which one it means, so images keep the names that charts ask for. A name that the
 * store doesn't have is answered as a registry answers an unknown one. Images that are added while it runs are served at once.
 */
import { createReadStream, statSync } from 'node:fs';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { parseArgs } from 'node:util';
import { blobPath, readIndex } from './store.ts';

/** What a request is about. */
type Wanted = { readonly kind: 'manifest' | 'blob'; readonly repository: string; readonly reference: string } | { readonly kind: 'api' };

type Answer =
  | { readonly kind: 'json'; readonly status: number; readonly body: unknown }
  | { readonly kind: 'file'; readonly path: string; readonly type: string; readonly digest: string };

const DIGEST = /^sha256:[0-9a-f]{64}$/;

/** A server that isn't listening yet; `log` gets one line a request. */
export function imageServer(folder: string, log: (line: string) => void): Server {
  const index = followedIndex(folder);
  return createServer((request, response) => {
    const started = performance.now();
    response.on('close', () => {
      const ms = Math.round(performance.now() - started);
      const whole = response.writableFinished ? '' : ' cut off';
      log(
        `${new Date().toISOString()} ${request.socket.remoteAddress} ${request.method} ${request.url} ${response.statusCode} ${ms} ms${whole}`,
      );
    });
    answer(folder, index(), request, response).catch((error: unknown) => {
      log(`${new Date().toISOString()} ${request.url}: ${String(error)}`);
      if (response.headersSent) response.destroy();
      else send(request, response, failure(500, 'UNKNOWN', 'the store could not be read'));
    });
  });
}

type Index = ReturnType<typeof readIndex>;

/** The index as it is now, read again only when the file has changed. */
function followedIndex(folder: string): () => Index {
  let stamp = '';
  let index: Index = [];
  return () => {
    const entry = statSync(join(folder, 'index.json'), { throwIfNoEntry: false });
    const now = entry === undefined ? '' : `${entry.ino} ${entry.size} ${entry.mtimeMs}`;
    if (now !== stamp) index = readIndex(folder);
    stamp = now;
    return index;
  };
}

async function answer(folder: string, index: Index, request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.method !== 'GET' && request.method !== 'HEAD')
    return send(request, response, failure(405, 'UNSUPPORTED', 'these images can only be read'));
  const url = new URL(request.url ?? '/', 'http://registry');
  const wanted = parsePath(url.pathname);
  const found = find(folder, index, wanted, url.searchParams.get('ns'));
  if (found.kind === 'json') return send(request, response, found);
  return sendFile(request, response, found);
}

function parsePath(path: string): Wanted | undefined {
  if (path === '/v2' || path === '/v2/') return { kind: 'api' };
  // Nothing in a name or a digest has to be escaped, but some clients do it to the colon.
  const match = /^\/v2\/(?<repository>.+)\/(?<kind>manifests|blobs)\/(?<reference>[^/]+)$/.exec(path.replaceAll(/%3a/gi, ':'))?.groups;
  if (match === undefined) return undefined;
  return {
    kind: match['kind'] === 'blobs' ? 'blob' : 'manifest',
    repository: match['repository'] ?? '',
    reference: match['reference'] ?? '',
  };
}

function find(folder: string, index: Index, wanted: Wanted | undefined, registry: string | null): Answer {
  if (wanted === undefined) return failure(404, 'UNSUPPORTED', 'no such address');
  switch (wanted.kind) {
    case 'api':
      return { kind: 'json', status: 200, body: {} };
    case 'blob': {
      const path = DIGEST.test(wanted.reference) ? blobPath(folder, wanted.reference) : undefined;
      if (path === undefined || statSync(path, { throwIfNoEntry: false }) === undefined)
        return failure(404, 'BLOB_UNKNOWN', `no blob ${wanted.reference}`);
      return { kind: 'file', path, type: 'application/octet-stream', digest: wanted.reference };
    }
    case 'manifest': {
      const entry = index.find(({ annotations, digest }) => {
        const name = splitName(annotations['io.containerd.image.name']);
        const same = name.repository === wanted.repository && (registry === null || name.registry === registry);
        return same && (wanted.reference === name.tag || wanted.reference === digest);
      });
      if (entry === undefined) return failure(404, 'MANIFEST_UNKNOWN', `the lab has no image ${wanted.repository}:${wanted.reference}`);
      return { kind: 'file', path: blobPath(folder, entry.digest), type: entry.mediaType, digest: entry.digest };
    }
  }
}

/** "docker.io/library/busybox:1.36" in its parts. */
function splitName(name: string): { readonly registry: string; readonly repository: string; readonly tag: string } {
  const slash = name.indexOf('/');
  const colon = name.lastIndexOf(':');
  return { registry: name.slice(0, slash), repository: name.slice(slash + 1, colon), tag: name.slice(colon + 1) };
}

function failure(status: number, code: string, message: string): Answer & { readonly kind: 'json' } {
  return { kind: 'json', status, body: { errors: [{ code, message }] } };
}

function send(request: IncomingMessage, response: ServerResponse, { status, body }: Answer & { readonly kind: 'json' }): void {
  const text = JSON.stringify(body);
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
    'docker-distribution-api-version': 'registry/2.0',
  });
  response.end(request.method === 'HEAD' ? undefined : text);
}

async function sendFile(request: IncomingMessage, response: ServerResponse, file: Answer & { readonly kind: 'file' }): Promise<void> {
  const { size } = statSync(file.path);
  const range = parseRange(request.headers.range, size);
  const common = { 'content-type': file.type, 'docker-content-digest': file.digest, 'accept-ranges': 'bytes', etag: `"${file.digest}"` };
  if (range === 'beyond') {
    response.writeHead(416, { ...common, 'content-range': `bytes */${size}`, 'content-length': 0 });
    response.end();
    return;
  }
  const { first, last } = range ?? { first: 0, last: size - 1 };
  response.writeHead(range === undefined ? 200 : 206, {
    ...common,
    'content-length': last - first + 1,
    ...(range === undefined ? {} : { 'content-range': `bytes ${first}-${last}/${size}` }),
  });
  if (request.method === 'HEAD' || size === 0) {
    response.end();
    return;
  }
  try {
    await pipeline(createReadStream(file.path, { start: first, end: last, highWaterMark: 1 << 20 }), response);
  } catch (error) {
    // A node that goes away in the middle of a layer is no failure of the server.
    if (!response.destroyed) throw error;
  }
}

/** One range of bytes, its ends included. Anything else than one plain range means the whole file, as HTTP allows. */
function parseRange(header: string | undefined, size: number): { readonly first: number; readonly last: number } | 'beyond' | undefined {
  const match = /^bytes=(?<first>\d*)-(?<last>\d*)$/.exec(header ?? '')?.groups;
  const from = match?.['first'] ?? '';
  const to = match?.['last'] ?? '';
  if (from === '' && to === '') return undefined;
  // "-500": the last 500 bytes.
  const first = from === '' ? Math.max(0, size - Number(to)) : Number(from);
  const last = from === '' || to === '' ? size - 1 : Math.min(Number(to), size - 1);
  if (first > last) return 'beyond';
  return { first, last };
}

function main(): void {
  const { values } = parseArgs({ options: { folder: { type: 'string' }, address: { type: 'string' }, port: { type: 'string' } } });
  const { folder, address, port } = values;
  if (folder === undefined || address === undefined || port === undefined) {
    console.error('Usage: server.ts --folder FOLDER --address ADDRESS --port PORT');
    process.exit(2);
  }
  const server = imageServer(folder, (line) => console.log(line));
  server.on('error', (error) => {
    console.error(error.message);
    process.exit(1);
  });
  server.listen(Number(port), address, () => console.log(`${new Date().toISOString()} serving ${folder} on ${address}:${port}`));
  const stop = () => {
    server.close();
    server.closeAllConnections();
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
}

if (import.meta.main) main();
