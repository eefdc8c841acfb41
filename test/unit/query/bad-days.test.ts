import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ownerOf, ownerText } from '../../../src/base/owner.ts';
import { openService } from './support.ts';

describe('results on a bad day', () => {
  it('what a killed window left on the disk goes with the next large result', async () => {
    const opened = openService();
    const { folder } = opened.place;
    const leftover = (name: string, owner: string | undefined): string => {
      const path = join(folder, name);
      mkdirSync(path);
      writeFileSync(join(path, 'result-1.db'), 'rows');
      if (owner !== undefined) writeFileSync(join(path, 'owner'), owner);
      return path;
    };
    const ended = spawnSync(process.execPath, ['--version']).pid;
    const ofDead = leftover('of-dead', ownerText(ownerOf(ended)));
    const ofLiving = leftover('of-living', ownerText(ownerOf(process.pid)));
    const ofNobody = leftover('of-nobody', undefined);
    await opened.result('SELECT * FROM range(10000)');
    assert.deepEqual(
      [ofDead, ofLiving, ofNobody].map((path) => existsSync(path)),
      [false, true, true],
    );
    await opened.close();
  });

  it('a statement is stopped at the row limit and keeps exactly so many rows', async () => {
    const one = openService({ settings: { maxRows: 5000 } });
    const end = await one.run('SELECT range FROM range(100000000)');
    assert.deepEqual([end.outcome, end.result?.rowCount, end.error], ['limited', 5000, undefined]);
    assert.equal((await one.run('SELECT range FROM range(5000)')).outcome, 'done');
    await one.close();
  });

  it('a statement is stopped when the disk has no room, and keeps what had arrived', async () => {
    let free = 10e9;
    const one = openService({ freeBytes: async () => free });
    one.onProgress = ({ result }) => {
      if ((result?.rowCount ?? 0) > 2048) free = 100e6;
    };
    const end = await one.run('SELECT range FROM range(200000000)');
    assert.equal(end.outcome, 'limited');
    assert.equal(end.error?.reason, 'storage');
    assert.match(end.error?.facts.what ?? '', /100 MB/);
    const kept = end.result ?? assert.fail();
    assert.ok(kept.rowCount > 2048);
    const last = await one.service.window({ result: kept.id, offset: kept.rowCount - 1, limit: 1 });
    assert.deepEqual(last.rows, [[String(kept.rowCount - 1)]]);
    await one.close();
  });

  it('without a store small answers still work, and large ones say why they are not whole', async () => {
    const one = openService();
    writeFileSync(join(one.place.folder, 'store'), 'a file where the folder should be');
    const small = await one.result('SELECT 42 AS x');
    assert.deepEqual((await one.service.window({ result: small.id, offset: 0, limit: 5 })).rows, [['42']]);
    const end = await one.run('SELECT range FROM range(1000000)');
    assert.deepEqual([end.outcome, end.error?.reason, end.result?.rowCount], ['limited', 'storage', 2048]);
    assert.ok(end.error?.facts.remedy?.includes(one.place.settings.storeFolder));
    assert.equal((await one.service.window({ result: end.result?.id ?? '', offset: 2047, limit: 5 })).rows[0]?.[0], '2047');
    await one.close();
  });

  it('an error of the engine is in the answer, not thrown', async () => {
    const one = openService();
    const end = await one.run('SELECT c_naem FROM range(3)');
    assert.deepEqual([end.outcome, end.error?.reason, end.result], ['failed', 'engine', undefined]);
    const gone = await one.service.run({ runId: 'x', target: { kind: 'file', path: join(one.place.folder, 'none.csv') }, sql: 'SELECT 1' });
    assert.deepEqual([gone.outcome, gone.error?.reason], ['failed', 'notFound']);
    await one.close();
  });
});
