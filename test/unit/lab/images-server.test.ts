import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { request } from 'node:http';
import { describe, it } from 'mocha';
import { imageServer } from '../../lab/images/server.ts';
import { addImages, openStore } from '../../lab/images/store.ts';
import { HELLO, image, inFolder, SILENT } from './images-kit.ts';

interface Served {
  readonly folder: string;
  readonly log: readonly string[];
  readonly get: (path: string, init?: RequestInit) => Promise<Response>;
  readonly port: number;
}

/** A server on a store with the image `one`, and its end. */
function served(action: (served: Served) => Promise<void>): Promise<void> {
  return inFolder(async (folder) => {
    await addImages(folder, [image('one', [HELLO], ['quay.io/lab/one:2'])], SILENT);
    const log: string[] = [];
    const server = imageServer(folder, (line) => log.push(line));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    assert.ok(address !== null && typeof address === 'object');
    try {
      await action({ folder, log, port: address.port, get: (path, init) => fetch(`http://127.0.0.1:${address.port}${path}`, init) });
    } finally {
      server.close();
      server.closeAllConnections();
    }
  });
}

async function errorCode(response: Response): Promise<string | undefined> {
  return /"code":"(?<code>[A-Z_]+)"/.exec(await response.text())?.groups?.['code'];
}

describe('the image server of the lab', () => {
  it('gives a node everything of an image by its name, and every byte is what its digest says', () =>
    served(async ({ get, folder }) => {
      assert.equal((await get('/v2/')).status, 200);
      const answer = await get('/v2/library/one/manifests/1?ns=docker.io');
      assert.equal(answer.status, 200);
      assert.equal(answer.headers.get('content-type'), 'application/vnd.oci.image.manifest.v1+json');
      assert.equal(answer.headers.get('docker-content-digest'), openStore(folder).find('one')?.manifest.digest);
      const manifest = await answer.text();
      const blobs = [...manifest.matchAll(/"digest":"(?<digest>[^"]+)"/g)].map(({ groups }) => groups?.['digest'] ?? '');
      assert.equal(blobs.length, 2);
      for (const digest of blobs) {
        const bytes = Buffer.from(await (await get(`/v2/library/one/blobs/${digest}?ns=docker.io`)).arrayBuffer());
        assert.equal(`sha256:${createHash('sha256').update(bytes).digest('hex')}`, digest);
      }
    }));

  it('tells the registries apart that a node asks it for', () =>
    served(async ({ get }) => {
      assert.equal((await get('/v2/lab/one/manifests/2?ns=quay.io')).status, 200);
      assert.equal((await get('/v2/lab/one/manifests/2?ns=docker.io')).status, 404);
      assert.equal((await get('/v2/lab/one/manifests/2')).status, 200);
    }));

  it('answers an unknown name, tag or blob as a registry does', () =>
    served(async ({ get }) => {
      for (const path of [
        '/v2/library/two/manifests/1',
        '/v2/library/one/manifests/3',
        `/v2/library/one/manifests/sha256:${'0'.repeat(64)}`,
      ]) {
        const answer = await get(`${path}?ns=docker.io`);
        assert.equal(answer.status, 404, path);
        assert.equal(await errorCode(answer), 'MANIFEST_UNKNOWN');
      }
      const blob = await get(`/v2/library/one/blobs/sha256:${'0'.repeat(64)}`);
      assert.equal(blob.status, 404);
      assert.equal(await errorCode(blob), 'BLOB_UNKNOWN');
    }));

  it('says how large a thing is without sending it', () =>
    served(async ({ get, folder }) => {
      const { digest, size } = openStore(folder).find('one')?.manifest ?? { digest: '', size: 0 };
      for (const reference of ['1', digest]) {
        const answer = await get(`/v2/library/one/manifests/${reference}?ns=docker.io`, { method: 'HEAD' });
        assert.equal(answer.headers.get('content-length'), String(size));
        assert.equal(await answer.text(), '');
      }
    }));

  it('goes on in the middle of a blob', () =>
    served(async ({ get, folder }) => {
      const digest = openStore(folder).find('one')?.manifest.digest ?? '';
      const path = `/v2/library/one/blobs/${digest}`;
      const whole = await (await get(path)).text();
      const part = async (range: string) => {
        const answer = await get(path, { headers: { range } });
        return [answer.status, answer.headers.get('content-range'), await answer.text()];
      };
      const last = whole.length - 1;
      assert.deepEqual(await part('bytes=5-9'), [206, `bytes 5-9/${whole.length}`, whole.slice(5, 10)]);
      assert.deepEqual(await part('bytes=20-'), [206, `bytes 20-${last}/${whole.length}`, whole.slice(20)]);
      assert.deepEqual(await part('bytes=-4'), [206, `bytes ${last - 3}-${last}/${whole.length}`, whole.slice(-4)]);
      assert.deepEqual(await part(`bytes=${whole.length}-`), [416, `bytes */${whole.length}`, '']);
    }));

  it('serves an image that was added while it runs', () =>
    served(async ({ get, folder }) => {
      assert.equal((await get('/v2/library/late/manifests/1?ns=docker.io')).status, 404);
      await addImages(folder, [image('late', [HELLO])], SILENT);
      assert.equal((await get('/v2/library/late/manifests/1?ns=docker.io')).status, 200);
    }));

  it('refuses to be written to, and gives nothing but blobs', () =>
    served(async ({ get, port }) => {
      const answer = await get('/v2/library/one/blobs/uploads/', { method: 'POST' });
      assert.equal(answer.status, 405);
      assert.equal(await errorCode(answer), 'UNSUPPORTED');
      // fetch would make these paths plain before it sends them.
      for (const path of ['/v2/library/one/blobs/..%2f..%2findex.json', '/v2/library/one/blobs/../../index.json', '/index.json', '/v2/%ff'])
        assert.equal(await statusOf(port, path), 404, path);
    }));

  it('writes a line for each request', () =>
    served(async ({ get, log }) => {
      await (await get('/v2/library/one/manifests/1?ns=docker.io')).text();
      await (await get('/v2/none/manifests/1?ns=docker.io')).text();
      const lines = log.map((line) => line.replace(/^\S+ \S+ /, '').replace(/ \d+ ms$/, ''));
      assert.deepEqual(lines, ['GET /v2/library/one/manifests/1?ns=docker.io 200', 'GET /v2/none/manifests/1?ns=docker.io 404']);
    }));
});

function statusOf(port: number, path: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    request({ host: '127.0.0.1', port, path }, (response) => {
      response.resume();
      resolve(response.statusCode);
    })
      .on('error', reject)
      .end();
  });
}
