import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { redact } from '../../../src/ui/log.ts';

describe('the log', () => {
  for (const [what, text] of Object.entries({
    'the body of a secret': `CREATE SECRET s (TYPE s3, KEY_ID 'x', SECRET 'hunter2')`,
    'a password in a setting': `SET s3_secret_access_key = 'hunter2'`,
    'a password in a URL': 'http://admin:hunter2@trino:8080/v1',
    'a bearer token': 'Authorization: Bearer hunter2',
    'a password in a connection string': 'host=db password=hunter2 port=5432',
    'a password in JSON': '{"password": "hunter2"}',
    'a quoted password after its word': `ATTACH 'x' (PASSWORD 'hunter2')`,
  })) {
    it(`does not hold ${what}`, () => assert.ok(!redact(text).includes('hunter2'), redact(text)));
  }

  it('keeps what only speaks of secrets', () => {
    for (const text of ['the password was refused', 'select password_hash from users', 'SELECT 1 -- token count']) {
      assert.equal(redact(text), text);
    }
  });
});
