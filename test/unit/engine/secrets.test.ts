import assert from 'node:assert/strict';
import { holdsSecret } from '../../../src/engine/sql/secrets.ts';
import { effortMs } from './effort.ts';

const secret = [
  "CREATE SECRET s (TYPE s3, KEY_ID 'a', SECRET 'b')",
  'create or replace persistent secret (type s3, provider credential_chain)',
  "/* mine */ CREATE  TEMPORARY\nSECRET x (TYPE http, BEARER_TOKEN 'x')",
  "ATTACH 'postgres:host=db user=me password=hunter2' AS pg (TYPE postgres)",
  "ATTACH 'dbname=x passwd=hunter2' AS my (TYPE mysql)",
  "ATTACH 'enc.db' AS e (ENCRYPTION_KEY 'asdf')",
  "attach 'md:?motherduck_token=abcdef12345'",
  "SET s3_secret_access_key = 'wJalrXUtnFEMI'",
  "SET GLOBAL s3_access_key_id TO 'x'",
  "set motherduck_token='x'",
  'SET s3_session_token = $1$token$1',
  "COPY t FROM 's3://b/x' CREDENTIALS 'aws_access_key_id=x;aws_secret_access_key=y'",
  "CREATE USER u IDENTIFIED BY 'x'",
  "CREATE USER u IDENTIFIED WITH sha256_password BY 'x'",
  "CREATE USER u WITH PASSWORD 'x'",
  "ALTER ROLE u PASSWORD 'x'",
  "SELECT * FROM read_csv('https://me:pa55@example.org/x.csv')",
  "SELECT * FROM read_parquet('https://h/x?sig=abcDEF123&se=1')",
  "SELECT * FROM read_parquet('https://h/x?X-Amz-Signature=abcdef')",
  "SELECT 'AKIAIOSFODNN7EXAMPLE'",
  '-- token: ghp_abcdefghijklmnopqrstuvwxyz0123456789\nSELECT 1',
  "SELECT 'Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.xyz'",
  "SELECT http_get('https://h', headers := {'Authorization': 'Basic dXNlcjpwYXNzd29yZA=='})",
  "SELECT mysql('h', user => 'u', password => 'p')",
  "SELECT mysql('h', password := 'p')",
  "SELECT {'api_key': 'abc'}",
  "SELECT * FROM users WHERE password = 'hunter2'",
  "UPDATE users SET password = 'x'",
  "SET VARIABLE api_token = 'x'",
  "SELECT '-----BEGIN RSA PRIVATE KEY-----'",
  "select * from postgres_scan('host=h password=''x y''', 'public', 't')",
];

const harmless = [
  'SELECT password_hash FROM users',
  'SELECT password, count(*) FROM users GROUP BY password',
  'SELECT token, secret FROM t WHERE token = other.token',
  'SELECT * FROM t WHERE password IS NOT NULL',
  "SELECT * FROM duckdb_secrets() WHERE name = 'x'",
  "SELECT 'password' AS label",
  "SELECT * FROM 'https://example.org/data.parquet'",
  "SELECT * FROM 's3://bucket/path/x.parquet'",
  "SELECT * FROM read_csv('x.csv', delim = ';')",
  'CREATE TABLE users (id INTEGER, password VARCHAR, access_key VARCHAR)',
  "SELECT n_name FROM nation WHERE n_comment LIKE '%token%'",
  'SET threads = 2; -- a note',
  'SELECT count(DISTINCT key_id) FROM t -- keys per user',
  'SELECT a.b:c FROM t',
  'SELECT basic, bearer FROM t',
  "SELECT '12:30:00', 'a:b@c', 'me@example.org'",
  "SELECT l_orderkey AS key, sum(l_extendedprice * (1 - l_discount)) FROM lineitem WHERE l_shipdate > DATE '1995-03-15' GROUP BY key",
  'DROP SECRET x',
  'SELECT secret_key FROM t ORDER BY secret_key',
];

describe('secrets in statements', () => {
  for (const statement of secret) it(`kept out of the history: ${statement}`, () => assert.equal(holdsSecret(statement, 'duckdb'), true));
  it('a long statement takes four times as long as a quarter of it, not sixteen times', () => {
    for (const piece of ['x', 'eyJ', 'password ', 'a_', 'bearer ', 'token', '://', 'a:']) {
      const took = (length: number): number => {
        const statement = `select '${piece.repeat(length / piece.length)}'`;
        return effortMs(() => holdsSecret(statement, 'duckdb'));
      };
      assert.ok(took(200_000) < 12 * took(50_000) + 20, piece);
    }
  });
  for (const statement of harmless) it(`kept in the history: ${statement}`, () => assert.equal(holdsSecret(statement, 'duckdb'), false));
});
