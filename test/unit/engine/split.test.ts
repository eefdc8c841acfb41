import assert from 'node:assert/strict';
import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api';
import { splitStatements, statementAt } from '../../../src/engine/sql/split.ts';
import { effortMs } from './effort.ts';

const corpus = [
  'select 1; select 2',
  "select ';'; select 2",
  "select E'a\\'; b'; select 2",
  "select e'\\\\'; select 1",
  "select 'a\\'; select 2",
  "select 'it''s; ok'; select 2",
  '/* a /* ; */ ; */ select 1; select 2',
  'select $$;$$; select $t$ ; $$ ; $t$; select 3',
  'select 1 as a$b$; select 2 as c$b$',
  'select "a;""b" from (select 1 as "a;""b"); select 1',
  'select 1 -- ; x\n; select 2',
  'from range(3); summarize select 1',
  '; ;select 1;;',
  'select 1;-- done',
  'create macro f(x) as x+1; select f(1)',
  'select 1 as begin; select 2 as "end"',
  'begin; select 1; commit',
  'select case when 1=1 then 2 end; select 2',
  "select x'41'; select 2",
  'select $1; select ?; ',
  "set x=1; pragma version; call foo(); attach 'x' as y; load tpch; install x",
  "select {'a;b': 1}; select [1,2]; select x -> x+1",
  "copy x to 'a;b'; vacuum; checkpoint",
  "select 'ä€😀;'; select 2 as größe",
  'select 1--2;\n+1; select 5 */* ; */ 3',
  'select\u00a01;\u00a0select 2;\u3000',
  'select 1\r\n;\r\n-- x ;\r\nselect 2',
  'select 0x1f, 1e5, 1_000, .5, 5.; select list_value(1,2,3)[1:2]',
  'explain analyze select 1; select 2',
];

describe('statements of a text', () => {
  let connection: DuckDBConnection;
  before(async () => {
    connection = await (await DuckDBInstance.create()).connect();
  });
  after(() => connection.closeSync());

  async function engineCount(sql: string): Promise<number | undefined> {
    try {
      return (await connection.extractStatements(sql)).count;
    } catch {
      return undefined;
    }
  }

  for (const sql of corpus) {
    it(`counts like DuckDB: ${JSON.stringify(sql)}`, async () => {
      const expected = (await engineCount(sql)) ?? assert.fail('DuckDB does not parse this text');
      assert.equal(splitStatements(sql, 'duckdb').length, expected);
    });
  }

  it('counts like DuckDB for generated texts, each statement parses alone', async () => {
    const random = seeded(7);
    let compared = 0;
    for (let round = 0; round < 4000; round++) {
      const text = generated(random);
      const expected = await engineCount(text);
      if (expected === undefined) continue;
      compared++;
      const statements = splitStatements(text, 'duckdb');
      assert.equal(statements.length, expected, JSON.stringify(text));
      for (const statement of statements) {
        assert.equal(text.slice(statement.start, statement.end), statement.text);
        assert.equal(await engineCount(statement.text), 1, JSON.stringify(statement.text));
      }
    }
    assert.ok(compared > 1500, `only ${compared} generated texts were valid`);
  });

  it('finds no statement where there is none', () => {
    for (const text of ['', ';;', ' \n-- nothing\n/* here ; */']) assert.deepEqual(splitStatements(text, 'duckdb'), []);
  });

  it('leaves semicolon, blanks and comments outside', () => {
    const text = '-- title\n  select 1 /* in */ + 2 -- tail\n ; /* x */ select 3  ';
    assert.deepEqual(
      splitStatements(text, 'duckdb').map((statement) => statement.text),
      ['select 1 /* in */ + 2', 'select 3'],
    );
  });

  it('keeps what stands after an unclosed quote in one statement', () => {
    assert.equal(splitStatements("select 1; select 'open; select 3; ", 'duckdb').length, 2);
    assert.equal(splitStatements('select 1; /* open; select 3', 'duckdb').length, 1);
  });

  it('needs twice the time for twice the text, not four times', () => {
    const line = "select l_orderkey, sum(x) from t where a = 'b;c' and d in (1, 2, 3); -- note\n";
    const hostile = "select $a $b $c 'x' /* y */ \n";
    for (const piece of [line, hostile, '$x ', '/* ', "'' "]) {
      const small = piece.repeat(Math.ceil(1_250_000 / piece.length));
      const large = small.repeat(4);
      assert.ok(effortMs(() => splitStatements(large, 'duckdb')) < 12 * effortMs(() => splitStatements(small, 'duckdb')) + 20, piece);
    }
  });

  describe('at the cursor', () => {
    const cases: readonly (readonly [string, string | undefined])[] = [
      ['|select 1; select 2', 'select 1'],
      ['select 1|; select 2', 'select 1'],
      ['select 1;| select 2', 'select 1'],
      ['select 1; |select 2', 'select 2'],
      ['select 1;\n|\nselect 2', 'select 2'],
      ['select 1; -- note|\nselect 2', 'select 1'],
      ['-- title|\nselect 1;\nselect 2', 'select 1'],
      ['select 1;\nselect 2;\n\n|', 'select 2'],
      ['select 1;\nsel|ect 2', 'select 2'],
      ['|', undefined],
      ['-- only|', undefined],
    ];
    for (const [marked, expected] of cases) {
      it(JSON.stringify(marked), () => {
        const offset = marked.indexOf('|');
        const text = marked.replace('|', '');
        assert.equal(statementAt(splitStatements(text, 'duckdb'), offset, text)?.text, expected);
      });
    }
  });
});

/** Mulberry32: the same texts in every run. */
function seeded(seed: number): () => number {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

const values = [
  '1',
  "'a'",
  "';'",
  "'--'",
  "'/*'",
  "'$$'",
  "''''",
  "E'\\''",
  "E'\\\\'",
  "e';\\n'",
  '$$;$$',
  "$q$ ' ; $q$",
  '$a_1$ $$ ; $a_1$',
  '$é$;$é$',
  '1e3',
  '0xff',
  "x'3b'",
  '[1, 2]',
  "{'k;': 1}",
  '1.',
  '.5',
  '- -1',
];
const names = ['a', 'a$b', 'b$$', '"x;"', '"y""z"', 'e1', 'größe', '"--"', '_e'];
// No-break spaces stand in the corpus only: DuckDB itself reads them wrongly before a dollar quote.
const gaps = [' ', '\n', '\t', ' -- ; \' "\n', '/* ; */', "/* a /* b; */ ' */", '\r\n', ' /**/ ', '/*/ ; */', '--\n'];

function generated(random: () => number): string {
  const pick = (from: readonly string[]): string => from[Math.floor(random() * from.length)] ?? '';
  const parts: string[] = [];
  const count = 1 + Math.floor(random() * 4);
  for (let statement = 0; statement < count; statement++) {
    parts.push(pick(gaps), 'select', pick(gaps), pick(values));
    if (random() < 0.6) parts.push(pick(gaps), 'as', pick(gaps), pick(names));
    if (random() < 0.4) parts.push(pick(gaps), ',', pick(['', pick(gaps)]), pick(values), pick(['', pick(gaps)]), '+', pick(values));
    if (random() < 0.5) parts.push(pick(gaps));
    if (statement < count - 1 || random() < 0.5) parts.push(pick([';', ';', ' ;', ';;']));
  }
  return parts.join('');
}
