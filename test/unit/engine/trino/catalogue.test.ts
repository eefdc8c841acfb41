import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { cancelled } from '../../../../src/base/errors.ts';
import { readCatalogue, type ReadRows } from '../../../../src/engine/trino/catalogue.ts';
import { failureOf, never } from '../support.ts';

const functions = {
  columns: ['Function', 'Return Type', 'Argument Types', 'Function Type', 'Deterministic', 'Description'],
  rows: [
    ['abs', 'bigint', 'bigint', 'scalar', 'true', 'Absolute value'],
    ['abs', 'double', 'double', 'scalar', 'true', 'Absolute value'],
    ['now', 'timestamp(3) with time zone', '', 'scalar', 'true', ''],
  ],
};
const columns = ['table_schema', 'table_name', 'column_name', 'data_type'];

describe('The catalogue of Trino and Presto', () => {
  const asked: string[] = [];
  const read =
    (others: (signal: AbortSignal) => Promise<Awaited<ReturnType<ReadRows>>>): ReadRows =>
    async (sql, signal) => {
      asked.push(sql);
      if (sql === 'SHOW FUNCTIONS') return functions;
      if (/table_schema = /.test(sql))
        return {
          columns,
          rows: [
            ['it’s', 'Orders', 'order', 'date'],
            ['it’s', 'Orders', 'o_key', 'bigint'],
          ],
        };
      return others(signal);
    };
  const two = async (): Promise<Awaited<ReturnType<ReadRows>>> => ({ columns, rows: [['Other', 'group', 'x', 'integer']] });

  it('names are written as a statement needs them: short in the own schema, quoted where they have to be', async () => {
    const { tables } = await readCatalogue(read(two), { catalog: 'tpch', schema: 'it’s' }, never);
    assert.deepEqual(tables, [
      {
        name: '"Orders"',
        schema: 'it’s',
        columns: [
          { name: '"order"', type: 'date' },
          { name: 'o_key', type: 'bigint' },
        ],
      },
      { name: '"Other"."group"', schema: 'Other', columns: [{ name: 'x', type: 'integer' }] },
    ]);
  });

  it('a function is there once, with its first form', async () => {
    const found = await readCatalogue(read(two), {}, never);
    assert.deepEqual(found, {
      tables: [],
      functions: [
        { name: 'abs', signature: 'abs(bigint) → bigint', description: 'Absolute value' },
        { name: 'now', signature: 'now() → timestamp(3) with time zone' },
      ],
    });
  });

  it('a catalog that takes too long for its other schemas is done without them; a stop is a stop', async () => {
    const endless = (signal: AbortSignal): Promise<never> =>
      new Promise((_, reject) => signal.addEventListener('abort', () => reject(cancelled()), { once: true }));
    const scope = { catalog: 'hive', schema: 'sales' };
    assert.equal((await readCatalogue(read(endless), scope, never, 20)).tables.length, 1);
    const stop = new AbortController();
    const reading = readCatalogue(read(endless), scope, stop.signal);
    setTimeout(() => stop.abort(), 20);
    assert.equal((await failureOf(reading)).reason, 'cancelled');
  });

  it('a name can’t break out of the statement that asks for it', async () => {
    asked.length = 0;
    await readCatalogue(read(two), { catalog: 'a"b', schema: "it's" }, never);
    assert.match(asked[1] ?? '', /FROM "a""b"\.information_schema\.columns\s+WHERE table_schema = 'it''s'/);
    assert.match(asked[1] ?? '', /LIMIT \d+$/);
  });
});
