import assert from 'node:assert/strict';
import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { librarySnippets } from '../../build/snippets.ts';

describe('editor snippets', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'faultline-snippets-'));
    await mkdir(join(folder, 'tpch'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('a query is typed by its prefix, or by its path without one', async () => {
    await writeFile(join(folder, 'tpch/q01.sql'), '-- title: Pricing\n-- stresses: scans\n-- prefix: price\n\nSELECT 1;\n');
    await writeFile(join(folder, 'tpch/q02.sql'), '-- title: Supplier\n\nSELECT 2;\n');
    const snippets = Object.values(await librarySnippets(folder));
    assert.deepEqual(
      snippets.map(({ prefix }) => prefix),
      ['price', 'tpch-q02'],
    );
    assert.deepEqual(snippets[0]?.body, ['SELECT 1;']);
    assert.equal(snippets[0]?.description, 'Pricing. scans');
  });

  it('two queries with one prefix fail the build: one could never be typed', async () => {
    await writeFile(join(folder, 'a.sql'), '-- title: A\n-- prefix: same\n\nSELECT 1;\n');
    await writeFile(join(folder, 'b.sql'), '-- title: B\n-- prefix: same\n\nSELECT 2;\n');
    await assert.rejects(librarySnippets(folder), /a\.sql.*same prefix: same|b\.sql.*same prefix: same/);
  });

  it('a file that the library could not show fails the build', async () => {
    await writeFile(join(folder, 'a.sql'), '-- title: A\n-- title: B\n\nSELECT 1;\n');
    await assert.rejects(librarySnippets(folder), /“title” twice, again at line 2 of a\.sql/);
  });
});
