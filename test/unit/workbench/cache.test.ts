import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { cached, cacheDir, nodeEnv, run, SetupError, withLock } from '../../workbench/cache.mjs';

describe('the cache outside the repository', () => {
  const before = process.env['FAULTLINE_CACHE'];
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'faultline-cache-'));
    process.env['FAULTLINE_CACHE'] = folder;
  });
  afterEach(() => {
    if (before === undefined) delete process.env['FAULTLINE_CACHE'];
    else process.env['FAULTLINE_CACHE'] = before;
    rmSync(folder, { recursive: true, force: true });
  });

  const fill = async (partial: string): Promise<void> => writeFileSync(join(partial, 'done'), '');

  it('is where FAULTLINE_CACHE says', () => {
    assert.equal(cacheDir(), folder);
  });

  it('builds once, also when two ask at the same time', async () => {
    let builds = 0;
    const ask = (): Promise<string> =>
      cached('thing', 'done', async (partial) => {
        builds++;
        await fill(partial);
      });
    assert.deepEqual(await Promise.all([ask(), ask()]), [join(folder, 'thing'), join(folder, 'thing')]);
    assert.equal(builds, 1);
  });

  it('never takes an interrupted build for a finished one', async () => {
    await assert.rejects(
      cached('thing', 'done', async (partial) => {
        writeFileSync(join(partial, 'half'), '');
        throw new SetupError('interrupted');
      }),
      /interrupted/,
    );
    assert.equal(existsSync(join(folder, 'thing')), false);
    const built = await cached('thing', 'done', fill);
    assert.deepEqual([existsSync(join(built, 'done')), existsSync(join(built, 'half'))], [true, false]);
  });

  it('takes over the lock of a process that died', async () => {
    mkdirSync(join(folder, 'locks'));
    // This pid lives, but it is another process than the one that took the lock.
    writeFileSync(join(folder, 'locks', 'thing.lock'), JSON.stringify({ pid: process.pid, start: '1' }));
    assert.equal(await withLock('thing', async () => 'mine'), 'mine');
  });

  it('takes over the lock of a process that died while it was writing it', async () => {
    const file = join(folder, 'locks', 'thing.lock');
    mkdirSync(join(folder, 'locks'));
    writeFileSync(file, '');
    utimesSync(file, new Date(0), new Date(0));
    assert.equal(await withLock('thing', async () => 'mine'), 'mine');
  });

  it('says, once, that another process holds the lock', async () => {
    const said: string[] = [];
    const first = Promise.withResolvers<void>();
    const holder = withLock('thing', () => first.promise);
    const waiter = withLock(
      'thing',
      async () => 'mine',
      () => {
        said.push('waiting');
        first.resolve();
      },
    );
    await holder;
    assert.equal(await waiter, 'mine');
    assert.deepEqual(said, ['waiting']);
  });

  it('tells what a program that failed had said', async () => {
    await assert.rejects(run('sh', ['-c', 'echo no space left; exit 7']), (error) => {
      assert.ok(error instanceof SetupError);
      assert.match(error.message, /no space left\n\n"sh -c .*" ended with code 7/);
      return true;
    });
  });

  it('keeps what an outer npm run left in the environment from an inner npm', () => {
    process.env['npm_config_local_prefix'] = folder;
    try {
      const env = nodeEnv('/opt/node');
      assert.equal(env['npm_config_local_prefix'], undefined);
      assert.match(env['PATH'] ?? '', /^\/opt\/node\/bin:/);
    } finally {
      delete process.env['npm_config_local_prefix'];
    }
  });
});
