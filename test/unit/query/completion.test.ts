import assert from 'node:assert/strict';
import type { Catalogue } from '../../../src/engine/engine.ts';
import { completions, hoverAt } from '../../../src/query/completion.ts';

const catalogue: Catalogue = {
  tables: [
    {
      name: 'lineitem',
      schema: 'main',
      rowsEstimate: 60175,
      columns: [
        { name: 'l_orderkey', type: 'BIGINT' },
        { name: 'l_quantity', type: 'DECIMAL(15,2)' },
        { name: 'comment', type: 'VARCHAR' },
      ],
    },
    {
      name: 'orders',
      schema: 'main',
      rowsEstimate: 15000,
      columns: [
        { name: 'o_orderkey', type: 'BIGINT' },
        { name: 'comment', type: 'VARCHAR' },
      ],
    },
    { name: 'other."my table"', schema: 'other', columns: [{ name: '"a b"', type: 'INTEGER' }] },
  ],
  functions: [{ name: 'abs', signature: 'abs(x BIGINT) → BIGINT', description: 'Absolute value' }],
};

/** `|` marks the cursor. */
function offered(marked: string, kind?: string): string[] {
  const offset = marked.indexOf('|');
  const { items } = completions(catalogue, marked.replace('|', ''), offset, 'duckdb');
  return items.filter((item) => kind === undefined || item.kind === kind).map((item) => item.text);
}

function hover(marked: string): string | undefined {
  const offset = marked.indexOf('|');
  const found = hoverAt(catalogue, marked.replace('|', ''), offset, 'duckdb');
  return found === undefined ? undefined : [found.code, ...found.lines].join('\n');
}

describe('completion', () => {
  const columns: readonly (readonly [string, readonly string[]])[] = [
    ['select | from lineitem', ['l_orderkey', 'l_quantity', 'comment']],
    ['select l_q| from lineitem', ['l_orderkey', 'l_quantity', 'comment']],
    ['select l.| from lineitem l', ['l_orderkey', 'l_quantity', 'comment']],
    ['select l.l_q| from lineitem as l, orders o', ['l_orderkey', 'l_quantity', 'comment']],
    ['select o.| from lineitem l join orders o on true', ['o_orderkey', 'comment']],
    ['select * from lineitem l join orders o on l.l_orderkey = o.|', ['o_orderkey', 'comment']],
    ['select lineitem.| from lineitem', ['l_orderkey', 'l_quantity', 'comment']],
    ['select | from lineitem, orders', ['l_orderkey', 'l_quantity', 'lineitem.comment', 'o_orderkey', 'orders.comment']],
    ['select 1; select | from orders; select 2 from lineitem', ['o_orderkey', 'comment']],
    ['select s.| from (select l_quantity as q, l_orderkey from lineitem) s', ['q', 'l_orderkey']],
    ['select x.| from (select *, 1 as one from orders) as x', ['o_orderkey', 'comment', 'one']],
    ['with c as (select l_quantity q from lineitem) select | from c', ['q']],
    ['with c(a, b) as (select 1, 2), d as (select a from c) select d.| from d', ['a']],
    ['with c as (select | from orders) select 1', ['o_orderkey', 'comment']],
    ['select (select | from orders) from lineitem l', ['o_orderkey', 'orders.comment', 'l_orderkey', 'l_quantity', 'l.comment']],
    ['select abs(|) from orders', ['o_orderkey', 'comment']],
    ['select o_orderkey from orders union select | from lineitem', ['l_orderkey', 'l_quantity', 'comment']],
    ['from orders select |', ['o_orderkey', 'comment']],
    ['update orders set |', ['o_orderkey', 'comment']],
    ['select * from orders where |', ['o_orderkey', 'comment']],
    ['select * from other."my table" m where m.|', ['"a b"']],
    ['select * from LINEITEM where |', ['l_orderkey', 'l_quantity', 'comment']],
    ['select t.| from range(3) t(n)', ['n']],
    ['select -- from\n | from orders', ['o_orderkey', 'comment']],
    ['select * from orders where o_orderkey in (select | ', ['o_orderkey', 'comment']],
    ['select * from orders; |', []],
  ];
  for (const [marked, expected] of columns) {
    it(`columns: ${marked}`, () => assert.deepEqual(offered(marked, 'column'), expected));
  }

  it('offers tables, and nothing else, where a table is expected', () => {
    for (const marked of [
      'select * from |',
      'select * from ord|',
      'select * from lineitem, |',
      'select 1 from orders join |',
      'describe |',
    ]) {
      assert.deepEqual(offered(marked), ['lineitem', 'orders', 'other."my table"'], marked);
    }
    assert.deepEqual(offered('with c as (select 1) select * from |'), ['c', 'lineitem', 'orders', 'other."my table"']);
    assert.deepEqual(offered('select * from other.|'), ['"my table"']);
  });

  it('offers aliases, functions and keywords in an expression', () => {
    assert.deepEqual(offered('select | from lineitem l', 'alias'), ['l']);
    assert.deepEqual(offered('select a| from lineitem l', 'function'), ['abs']);
    assert.ok(offered('sel|', 'keyword').includes('SELECT'));
  });

  it('offers nothing inside of a string or a comment', () => {
    for (const marked of ["select '| '", "select 'open |", 'select 1 -- |', '/* | */ select 1', 'select $$ | $$'])
      assert.deepEqual(offered(marked), [], marked);
  });

  it('replaces the word that is being typed', () => {
    const { start, end } = completions(catalogue, 'select l_qu from lineitem', 11, 'duckdb');
    assert.deepEqual([start, end], [7, 11]);
  });
});

describe('hover', () => {
  it('says what a name means', () => {
    assert.equal(hover('select l_q|uantity from lineitem'), 'l_quantity DECIMAL(15,2)\nof lineitem');
    assert.equal(hover('select l.l_q|uantity from lineitem l'), 'l_quantity DECIMAL(15,2)\nof lineitem');
    assert.equal(hover('select * from ord|ers'), 'orders\n  o_orderkey BIGINT\n  comment VARCHAR\n15,000 rows');
    assert.equal(hover('select |l.l_quantity from orders l'), 'l = orders\n  o_orderkey BIGINT\n  comment VARCHAR\n15,000 rows');
    assert.equal(hover('select a|bs(1)'), 'abs(x BIGINT) → BIGINT\nAbsolute value');
    assert.equal(hover('with c as (select 1 as one) select * from |c'), 'c\n  one');
    assert.equal(hover('select 1; select o_order|key from orders'), 'o_orderkey BIGINT\nof orders');
  });

  it('is silent about keywords, strings, numbers and unknown names', () => {
    for (const marked of ['sel|ect 1', "select 'ord|ers'", 'select 12|3', 'select unk|nown from orders', '-- ord|ers\nselect 1']) {
      assert.equal(hover(marked), undefined, marked);
    }
  });
});
