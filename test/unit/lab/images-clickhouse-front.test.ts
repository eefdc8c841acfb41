import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { asServerError, ServerError, statusOf } from '../../lab/images/clickhouse-front/errors.ts';
import { asKill, contentType, formatOf, ID, quoted, withFrontIds } from '../../lab/images/clickhouse-front/sql.ts';

describe("the lab's front of ClickHouse", () => {
  it('ends queries by the ids that clients gave, and never asks the library to wait', () => {
    assert.deepEqual(asKill("kill query WHERE query_id = 'query_id SYNC' sync"), {
      sql: `kill query WHERE ${ID} = 'query_id SYNC' `,
      sync: true,
    });
    assert.deepEqual(asKill("KILL QUERY WHERE user = 'a' ASYNC"), { sql: "KILL QUERY WHERE user = 'a' ", sync: false });
    assert.equal(asKill("SELECT 'KILL QUERY'"), undefined);
  });

  it('shows the ids that clients gave in system.processes, and leaves quoted text and comments as they are', () => {
    const sql = "SELECT 'system.processes' FROM system.processes -- system.processes";
    const [first, second, third] = ["SELECT 'system.processes' FROM ", `${ID} AS query_id`, ' -- system.processes'];
    const changed = withFrontIds(sql);
    assert.ok(changed.startsWith(first) && changed.includes(second) && changed.endsWith(third), changed);
    assert.equal(withFrontIds('SELECT 1 FROM system.processes_of_mine'), 'SELECT 1 FROM system.processes_of_mine');
  });

  it("takes a statement's own format before the default, and an INSERT's for its data", () => {
    assert.equal(formatOf('SELECT 1 FORMAT JSON', 'TabSeparated'), 'JSON');
    assert.equal(formatOf("SELECT 'FORMAT CSV'", 'TabSeparated'), 'TabSeparated');
    assert.equal(formatOf('SELECT 1\nformat\n  JSONEachRow SETTINGS max_threads = 1', 'CSV'), 'JSONEachRow');
    assert.equal(formatOf('INSERT INTO t FORMAT JSONEachRow', 'TabSeparated'), 'TabSeparated');
  });

  it('names the content of each format', () => {
    assert.equal(contentType('JSONCompact'), 'application/json; charset=UTF-8');
    assert.equal(contentType('JSONCompactEachRowWithNames'), 'application/x-ndjson; charset=UTF-8');
    assert.equal(contentType('CSVWithNames'), 'text/csv; charset=UTF-8; header=present');
    assert.equal(contentType('TabSeparated'), 'text/tab-separated-values; charset=UTF-8');
    assert.equal(contentType('Parquet'), 'application/octet-stream');
    assert.equal(contentType('PrettyCompact'), 'text/plain; charset=UTF-8');
  });

  it('lets no value out of its quotes', () => {
    assert.equal(quoted(String.raw`it's \ here`), String.raw`'it\'s \\ here'`);
  });

  it("gives an error the server's status, also one that has no code", () => {
    const codes = [62, 60, 516, 194, 159, 48, 394].map(statusOf);
    assert.deepEqual(codes, [400, 404, 403, 401, 408, 501, 500]);
    assert.equal(asServerError(new Error('Code: 60. DB::Exception: gone (UNKNOWN_TABLE)')).code, 60);
    assert.equal(asServerError(new ServerError(202, 'busy', 'TOO_MANY')).message, 'Code: 202. DB::Exception: busy (TOO_MANY)');
    assert.deepEqual(asServerError('odd'), { code: 1001, message: 'Code: 1001. DB::Exception: odd (STD_EXCEPTION)' });
  });
});
