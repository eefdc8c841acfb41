import assert from 'node:assert/strict';
import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { FaultlineError } from '../../../src/base/errors.ts';
import {
  Library,
  type LibraryNode,
  defaultLibraryLimits,
  documentOf,
  parseLibraryFile,
  snippetsFor,
} from '../../../src/workload/library.ts';
import { variantFor } from '../../../src/workload/variants.ts';

describe('a file of the SQL library', () => {
  it('gives title, what it stresses, parameters, prefix, engines and the statement below', () => {
    const text = [
      '-- title: Pricing summary: report',
      '-- stresses: Scanning lineitem.',
      '-- parameters: delta = 90 days',
      '-- prefix: tpch-q01',
      '-- engines: DuckDB, trino',
      '',
      '-- a comment of its own',
      'select 1;',
      '',
    ].join('\r\n');
    assert.deepEqual(parseLibraryFile(`\uFEFF${text}`, 'tpch/q01.sql'), {
      kind: 'entry',
      path: 'tpch/q01.sql',
      file: 'tpch/q01.sql',
      title: 'Pricing summary: report',
      stresses: 'Scanning lineitem.',
      parameters: 'delta = 90 days',
      prefix: 'tpch-q01',
      engines: ['duckdb', 'trino'],
      sql: '-- a comment of its own\nselect 1;',
    });
  });

  it('without a header is named after itself and keeps its comments', () => {
    const text = '-- OWNER: Kim\n-- note: monthly\nselect 1';
    const entry = parseLibraryFile(text, '/home/kim/sql/monthly-revenue_by region.sql');
    assert.equal(entry.title, 'monthly revenue by region');
    assert.equal(entry.sql, text);
    assert.equal(entry.prefix, undefined);
  });

  const wrong: readonly (readonly [string, string, RegExp])[] = [
    ['a key twice', '-- title: a\n-- title: b\nselect 1', /“title” twice, again at line 2 of x\.sql/],
    ['a key without a value', '-- title: a\n-- prefix:\nselect 1', /“prefix” has no value at line 2 of x\.sql/],
    ['a prefix that nobody can type', '-- prefix: Q 1\nselect 1', /prefix “Q 1” .* line 1 of x\.sql/],
    ['comments and no statement', '-- title: a\n/* select 1 */ -- ;\n;', /x\.sql has no statement/],
    ['nothing at all', '', /x\.sql has no statement/],
  ];
  for (const [what, text, message] of wrong)
    it(`with ${what} is refused with the line and what to do`, () => {
      assert.throws(
        () => parseLibraryFile(text, 'x.sql'),
        (error) => FaultlineError.is(error, 'invalid') && message.test(error.message) && error.facts.remedy !== undefined,
      );
    });

  it('opens in an editor with what is known about it as comments, and reads back as the same statement', () => {
    const entry = parseLibraryFile('-- title: Heartbeat\n-- stresses: Little.\n-- prefix: probe-x\n\nselect 1;', 'x.sql');
    assert.equal(documentOf(entry), '-- Heartbeat\n-- Stresses: Little.\nselect 1;\n');
  });
});

describe('editor snippets of the SQL library', () => {
  it('insert the statement as it stands, with dollars, braces and backslashes', () => {
    const entry = parseLibraryFile("-- title: T\n-- stresses: S.\n-- prefix: own-t\nselect '$1 ${x} \\n',\n  2;", 'probe/t.sql');
    const snippets = snippetsFor([entry, parseLibraryFile('-- title: U\n-- parameters: a = 1\nselect 2', 'probe/u.sql')]);
    assert.deepEqual(snippets, {
      'T (probe/t.sql)': { prefix: 'own-t', description: 'T. S', body: ["select '\\$1 \\${x\\} \\\\n',", '  2;'] },
      'U (probe/u.sql)': { prefix: 'probe-u', description: 'U. Parameters: a = 1', body: ['select 2'] },
    });
  });

  it('are refused when two files share a prefix', () => {
    const [a, b] = ['a.sql', 'b.sql'].map((path) => parseLibraryFile('-- prefix: same\nselect 1', path));
    assert(a && b);
    assert.throws(() => snippetsFor([a, b]), /a\.sql and b\.sql have the same prefix: same/);
  });
});

describe('the folders of the SQL library', () => {
  let root: string;
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'faultline-library-'));
  });
  afterEach(() => rm(root, { recursive: true, force: true }));

  async function write(...files: readonly string[]): Promise<void> {
    for (const file of files) {
      await mkdir(dirname(join(root, file)), { recursive: true });
      await writeFile(join(root, file), 'select 1;');
    }
  }

  /** The tree as indented titles, with the reason of what can't be used. */
  function drawn(nodes: readonly LibraryNode[], indent = ''): string[] {
    return nodes.flatMap((node) => {
      if (node.kind === 'problem') return [`${indent}! ${node.title}: ${node.error.reason}`];
      if (node.kind === 'entry') return [`${indent}${node.title}`];
      return [`${indent}${node.title}/`, ...drawn(node.children, `${indent}  `)];
    });
  }

  async function ownTree(limits = defaultLibraryLimits): Promise<readonly string[]> {
    await write('built-in/tpch/q1.sql');
    const nodes = await new Library(join(root, 'built-in'), [join(root, 'own')], limits).list();
    return drawn(nodes.slice(1));
  }

  it('show sub-folders first, then queries as people count, and nothing that is not SQL', async () => {
    await write('own/q10.sql', 'own/q2.sql', 'own/Q1.SQL', 'own/notes.txt', 'own/.git/x.sql', 'own/empty/readme.md', 'own/b/deep/z.sql');
    assert.deepEqual(await ownTree(), ['own/', '  b/', '    deep/', '      z', '  Q1', '  q2', '  q10']);
  });

  it('name the built-in folders in words and find an entry by its path', async () => {
    await write('built-in/tpch/q01.sql', 'own/mine.sql');
    const library = new Library(join(root, 'built-in'), [join(root, 'own')]);
    assert.deepEqual(drawn(await library.list()), ['TPC-H/', '  q01', 'own/', '  mine']);
    assert.equal((await library.entry('tpch/q01.sql')).file, join(root, 'built-in/tpch/q01.sql'));
    assert.equal((await library.entry(join(root, 'own/mine.sql'))).title, 'mine');
    await assert.rejects(library.entry('tpch/q99.sql'), (error) => FaultlineError.is(error, 'notFound'));
  });

  it('follow a link once: a link to a folder above does not make the tree endless', async () => {
    await write('own/a/q.sql');
    await symlink(join(root, 'own'), join(root, 'own/a/up'));
    await symlink(join(root, 'nowhere'), join(root, 'own/a/broken.sql'));
    assert.deepEqual(await ownTree(), ['own/', '  a/', '    q']);
  });

  it('say of a folder that is gone, and of files that are no query, why they are of no use', async () => {
    assert.deepEqual(await ownTree(), ['! own: notFound']);
    await write('own/good.sql');
    await writeFile(join(root, 'own/bad.sql'), '-- prefix: NO\nselect 1;');
    await writeFile(join(root, 'own/big.sql'), 'x'.repeat(2_000));
    assert.deepEqual(await ownTree({ ...defaultLibraryLimits, maxFileBytes: 1_000 }), [
      'own/',
      '  ! bad.sql: invalid',
      '  ! big.sql: invalid',
      '  good',
    ]);
  });

  it('say that a folder may not be read, and show the others', async () => {
    await write('own/a/q.sql', 'own/b/q.sql');
    await chmod(join(root, 'own/b'), 0o000);
    try {
      // The superuser may read everything: there the folder is simply listed.
      const mayRead = process.getuid?.() === 0;
      assert.deepEqual(await ownTree(), ['own/', '  a/', '    q', ...(mayRead ? ['  b/', '    q'] : ['  ! b: forbidden'])]);
    } finally {
      await chmod(join(root, 'own/b'), 0o700);
    }
  });

  it('stay bounded in count and depth, and say that more is left out', async () => {
    await write('own/1.sql', 'own/2.sql', 'own/3.sql', 'own/d/e/f/q.sql');
    assert.deepEqual(await ownTree({ ...defaultLibraryLimits, maxNodes: 2 }), ['own/', '  1', '  2', '  ! More is left out: invalid']);
    assert.deepEqual((await ownTree({ ...defaultLibraryLimits, maxDepth: 2 })).slice(0, 4), [
      'own/',
      '  d/',
      '    e/',
      '      ! More is left out: invalid',
    ]);
  });

  it('show one entry a query: its text for one engine stands beside it, and is given to that engine alone', async () => {
    await mkdir(join(root, 'own'), { recursive: true });
    await writeFile(join(root, 'own/q.sql'), '-- title: Q\nselect 1;');
    await writeFile(join(root, 'own/q.clickhouse.sql'), '-- why\nselect 1 settings join_use_nulls = 1;');
    await writeFile(join(root, 'own/alone.trino.sql'), 'select 3;');
    const entries = await new Library(join(root, 'none'), [join(root, 'own')]).entries();
    assert.deepEqual(
      entries.map(({ title }) => title),
      ['alone.trino', 'Q'],
    );
    const [, entry] = entries;
    assert(entry);
    assert.equal(variantFor(entry, 'duckdb').sql, 'select 1;');
    assert.equal(variantFor(entry, 'clickhouse').sql, '-- why\nselect 1 settings join_use_nulls = 1;');
    assert.equal(variantFor(entry, 'clickhouse').title, 'Q');
  });

  it('put a problem in the place of a query whose text for one engine can’t be read', async () => {
    await write('own/q.sql');
    await writeFile(join(root, 'own/q.clickhouse.sql'), '-- nothing');
    assert.deepEqual(await ownTree(), ['own/', '  ! q.clickhouse.sql: invalid']);
  });
});
