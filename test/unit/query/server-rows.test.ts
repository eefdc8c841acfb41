import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'mocha';
import { systemClock } from '../../../src/base/clock.ts';
import type { Cell, Column, ColumnKind } from '../../../src/engine/engine.ts';
import { ResultStore } from '../../../src/query/store/store.ts';
import type { StoredResult } from '../../../src/query/store/result.ts';

const column = (name: string, type: string, kind: ColumnKind): Column => ({ name, type, kind });

/** More than stay in memory. */
const count = 5_000;

describe('rows of a server in the store', () => {
  let folder: string;
  let store: ResultStore;
  let result: StoredResult;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'faultline-server-rows-'));
    store = new ResultStore({ folder, memoryLimitBytes: 256e6, freeBytes: () => Promise.resolve(1e12) }, systemClock);
    result = store.create([
      column('n', 'bigint', 'integer'),
      column('price', 'decimal(15,2)', 'decimal'),
      column('ratio', 'double', 'float'),
      column('huge', 'UInt256', 'integer'),
      column('fine', 'Decimal(76, 40)', 'decimal'),
      column('name', 'varchar', 'text'),
    ]);
    const rows = Array.from({ length: count }, (_, at): Cell[] =>
      at === 7
        ? [null, null, null, null, null, null]
        : [String(at - 10), `${at}.50`, `${at}.0E0`, `${2n ** 200n + BigInt(at)}`, `${at}.${'0'.repeat(39)}1`, `n${at}`],
    );
    for (let from = 0; from < count; from += 1_000) {
      const part = rows.slice(from, from + 1_000);
      await result.append({ rowCount: part.length, rows: () => part });
    }
    result.finish();
  });
  after(async () => {
    await store.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const first = async (of: number, descending: boolean): Promise<Cell | undefined> => {
    await result.setView({ sort: [{ column: of, descending }], filters: [] });
    return (await result.window(0, 1)).rows[0]?.[of];
  };

  it('come back digit by digit', async () => {
    await result.setView({ sort: [], filters: [] });
    assert.deepEqual((await result.window(4_998, 1)).rows, [
      ['4988', '4998.50', '4998.0E0', `${2n ** 200n + 4_998n}`, `4998.${'0'.repeat(39)}1`, 'n4998'],
    ]);
  });

  it('are sorted as numbers, not as texts', async () => {
    assert.equal(await first(0, true), '4989');
    assert.equal(await first(0, false), '-10');
    assert.equal(await first(1, true), '4999.50');
    assert.equal(await first(2, true), '4999.0E0');
    assert.equal(await first(3, true), String(2n ** 200n + 4_999n));
    assert.equal(await first(4, true), `4999.${'0'.repeat(39)}1`);
  });

  it('are filtered as numbers', async () => {
    const rowsWith = async (of: number, text: string): Promise<number> =>
      (await result.setView({ sort: [], filters: [{ column: of, op: '>=', text }] })).viewRowCount;
    assert.equal(await rowsWith(0, '1000'), 3_990);
    assert.equal(await rowsWith(1, '4000'), 1_000);
    assert.equal(await rowsWith(2, '4.5e3'), 500);
    assert.equal(await rowsWith(3, String(2n ** 200n + 4_000n)), 1_000);
    assert.equal(await rowsWith(4, '4998'), 2);
  });

  it('are summed as numbers', async () => {
    await result.setView({ sort: [], filters: [] });
    const sums = await store.summary(result.id, { fromRow: 0, toRow: count, fromColumn: 0, toColumn: 6 });
    assert.deepEqual(sums.map(({ nulls, sum }) => [nulls, sum]).slice(0, 3), [
      [1, '12447503'],
      [1, '12499992.50'],
      [1, '12497493.0'],
    ]);
    assert.equal(sums[0]?.max, '4989');
    assert.equal(sums[5]?.sum, null);
  });
});
