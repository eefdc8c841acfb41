import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { download, mavenJars, mavenPlace, parseLock } from '../../lab/build/downloads.ts';
import type { Line } from '../../lab/build/transfer.ts';
import { Progress, SetupError } from '../../workbench/cache.mjs';

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

const CONTENT = Buffer.from('the very bytes that were pinned, '.repeat(1000));
const SHA256 = createHash('sha256').update(CONTENT).digest('hex');
const HALF = CONTENT.length / 2;

/** An answer that breaks off once its first half was read. */
function halfOf(content: Buffer): Response {
  let sent = false;
  const pull = (controller: ReadableStreamDefaultController): void => {
    if (sent) controller.error(new Error('the line dropped'));
    else controller.enqueue(content.subarray(0, content.length / 2));
    sent = true;
  };
  const body = new ReadableStream({ pull }, { highWaterMark: 0 });
  return new Response(body, { headers: { 'content-length': String(content.length) } });
}

describe("the lab's downloads", () => {
  const before = process.env['FAULTLINE_CACHE'];
  const line: Line = { fetch, retryAfterMs: [0, 0], stallMs: 20_000 };
  const silent = new Progress('terminal');
  let folder: string;
  let server: Server;
  let url: string;
  let asked: string[];
  let answers: Answer[];

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'faultline-downloads-'));
    process.env['FAULTLINE_CACHE'] = folder;
    [asked, answers] = [[], []];
    server = createServer((request, response) => {
      asked.push(request.headers.range ?? 'all');
      (answers.shift() ?? whole)(request, response);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    assert.ok(address !== null && typeof address === 'object');
    url = `http://127.0.0.1:${address.port}/thing.zip`;
  });
  afterEach(async () => {
    if (before === undefined) delete process.env['FAULTLINE_CACHE'];
    else process.env['FAULTLINE_CACHE'] = before;
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    rmSync(folder, { recursive: true, force: true });
  });

  const whole: Answer = (request, response) => {
    const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
    const headers = from > 0 ? { 'content-range': `bytes ${from}-${CONTENT.length - 1}/${CONTENT.length}` } : {};
    response.writeHead(from > 0 ? 206 : 200, { ...headers, 'content-length': CONTENT.length - from }).end(CONTENT.subarray(from));
  };
  const fetchThing = (): Promise<string> => download({ url, sha256: SHA256, name: 'thing.zip' }, silent, line);
  const kept = (): string[] => readdirSync(join(folder, 'lab', 'downloads'));
  const leave = (name: string, content: Buffer): void => {
    mkdirSync(join(folder, 'lab', 'downloads'), { recursive: true });
    writeFileSync(join(folder, 'lab', 'downloads', name), content);
  };
  const partial = `${SHA256.slice(0, 16)}-thing.zip.partial`;

  it('are fetched once and kept', async () => {
    const path = await fetchThing();
    assert.deepEqual(readFileSync(path), CONTENT);
    assert.equal(await fetchThing(), path);
    assert.deepEqual(asked, ['all']);
  });

  it('are fetched once when two ask at the same time', async () => {
    const [one, other] = await Promise.all([fetchThing(), fetchThing()]);
    assert.equal(one, other);
    assert.deepEqual(asked, ['all']);
  });

  it('go on where a line dropped', async () => {
    let requests = 0;
    const drops: Line = {
      ...line,
      fetch: async (input, init) => (requests++ === 0 ? halfOf(CONTENT) : fetch(input, init)),
    };
    assert.deepEqual(readFileSync(await download({ url, sha256: SHA256, name: 'thing.zip' }, silent, drops)), CONTENT);
    assert.deepEqual(asked, [`bytes=${HALF}-`]);
  });

  it('go on where a process was killed', async () => {
    leave(partial, CONTENT.subarray(0, 100));
    assert.deepEqual(readFileSync(await fetchThing()), CONTENT);
    assert.deepEqual([asked, kept()], [['bytes=100-'], [`${SHA256.slice(0, 16)}-thing.zip`]]);
  });

  it('were whole when a process was killed before it could say so', async () => {
    leave(partial, CONTENT);
    answers = [(_request, response) => response.writeHead(416).end()];
    assert.deepEqual(readFileSync(await fetchThing()), CONTENT);
  });

  it('begin anew when what was left there is no beginning of the file', async () => {
    leave(partial, Buffer.alloc(100));
    assert.deepEqual(readFileSync(await fetchThing()), CONTENT);
    assert.deepEqual(asked, ['bytes=100-', 'all']);
  });

  it('begin anew with a server that knows no ranges', async () => {
    leave(partial, CONTENT.subarray(0, 100));
    answers = [(_request, response) => response.end(CONTENT)];
    assert.deepEqual(readFileSync(await fetchThing()), CONTENT);
  });

  it('are tried again when nothing arrives any more', async () => {
    answers = [(_request, response) => response.writeHead(200, { 'content-length': CONTENT.length }).write(CONTENT.subarray(0, HALF))];
    const path = await download({ url, sha256: SHA256, name: 'thing.zip' }, silent, { ...line, stallMs: 1000 });
    assert.deepEqual(readFileSync(path), CONTENT);
    assert.ok(asked.length >= 2);
  });

  it('are tried again when the server is overloaded', async () => {
    answers = [(_request, response) => response.writeHead(503).end()];
    assert.deepEqual(readFileSync(await fetchThing()), CONTENT);
  });

  it('are refused and not kept when they are not what was pinned', async () => {
    answers = [(_request, response) => response.end('something else')];
    await assert.rejects(fetchThing(), (error) => error instanceof SetupError && error.message.includes(SHA256));
    assert.deepEqual(kept(), []);
  });

  it('that a server does not have are asked for once', async () => {
    answers = [(_request, response) => response.writeHead(404).end()];
    await assert.rejects(fetchThing(), (error) => error instanceof SetupError && /answers 404/.test(error.message));
    assert.equal(asked.length, 1);
  });

  it('say without a network what could not be had, why, and what to do', async () => {
    await new Promise((resolve) => server.close(resolve));
    await assert.rejects(fetchThing(), (error) => {
      assert.ok(error instanceof SetupError);
      assert.ok(error.message.includes(url));
      assert.match(error.message, /ECONNREFUSED/);
      assert.match(error.message, /HTTPS_PROXY.*NODE_USE_ENV_PROXY=1/);
      return true;
    });
  });

  it('of a lock file come under the names that Maven gives them, in its order', async () => {
    const locked = ['org.example:two:2.0:linux-x86_64', 'org.example:one:1.0'];
    const hash = (content: string): string => createHash('sha256').update(content).digest('hex');
    const lockFile = join(folder, 'lock.txt');
    writeFileSync(lockFile, locked.map((coordinate) => `${coordinate} ${hash(mavenPlace(coordinate, 'jar').url)}\n`).join(''));
    const registry: Line = { ...line, fetch: async (wanted) => new Response(String(wanted)) };
    const jars = await mavenJars(lockFile, silent, registry);
    assert.deepEqual(
      jars.map(({ coordinate, file, path }) => [coordinate, file, readFileSync(path, 'utf8')]),
      [
        [locked[0], 'two-2.0-linux-x86_64.jar', 'https://repo.maven.apache.org/maven2/org/example/two/2.0/two-2.0-linux-x86_64.jar'],
        [locked[1], 'one-1.0.jar', 'https://repo.maven.apache.org/maven2/org/example/one/1.0/one-1.0.jar'],
      ],
    );
  });

  it('of a lock file end together when one can not be had', async () => {
    const lockFile = join(folder, 'lock.txt');
    writeFileSync(lockFile, Array.from({ length: 40 }, (_, index) => `org.example:a${index}:1.0 ${'0'.repeat(64)}\n`).join(''));
    let requests = 0;
    const missing: Line = { ...line, fetch: async () => (requests++, new Response('', { status: 404 })) };
    await assert.rejects(mavenJars(lockFile, silent, missing), SetupError);
    assert.ok(requests < 40, `${requests} requests`);
    assert.equal(existsSync(join(folder, 'lab', 'downloads')) ? kept().length : 0, 0);
  });

  it('are locked for every image that is made from jars', () => {
    const locks = join(import.meta.dirname, '..', '..', 'lab', 'images', 'locks');
    const names = readdirSync(locks).filter((name) => name.endsWith('.txt'));
    assert.ok(names.length > 0);
    for (const name of names) {
      const jars = parseLock(readFileSync(join(locks, name), 'utf8'));
      const files = new Set(jars.map(({ coordinate }) => mavenPlace(coordinate, 'jar').file));
      assert.ok(jars.length > 0, name);
      assert.equal(files.size, jars.length, `${name}: two jars of one file name would overwrite each other in lib/`);
    }
    assert.throws(() => parseLock('org.example:one:1.0 1234'), SetupError);
  });
});
