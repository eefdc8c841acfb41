import assert from 'node:assert/strict';
import { specLimits } from '../../../../src/run/spec/limits.ts';
import { readSpec } from '../../../../src/run/spec/spec.ts';
import { head, library, minimal, planOf, read } from './kit.ts';

describe('the text of a spec', () => {
  const said = async (text: string): Promise<{ readonly at: string; readonly said: string }> => {
    const { plan, problems } = await readSpec(text, { folder: '/nowhere', library });
    assert.equal(plan, undefined);
    const [first] = problems;
    assert.ok(first, 'no problem was found');
    const { line, column, endLine, endColumn, message, remedy = '' } = first;
    return { at: `${line}:${column}-${endLine}:${endColumn}`, said: `${message} | ${remedy}` };
  };

  it('empty, or comments only: says how a spec begins', async () => {
    for (const text of ['', '\n\n', '\uFEFF', '# nothing\n', '---\n', 'null\n']) {
      assert.deepEqual(await said(text), { at: '0:0-0:0', said: 'The spec is empty | Begin with faultline: 1.' }, JSON.stringify(text));
    }
  });

  it('something else than keys', async () => {
    assert.deepEqual(await said('[1, 2]\n'), { at: '0:0-0:6', said: 'A list is not a spec | Write it as {faultline: …}.' });
    assert.match((await said('hello\n')).said, /“hello” is not a spec/);
  });

  it('a tab in the indentation', async () => {
    assert.deepEqual(await said('faultline: 1\nengine:\n\tkind: duckdb\n'), {
      at: '2:0-2:1',
      said: 'YAML is indented by spaces, not by tabs | Put two spaces in place of the tab.',
    });
  });

  it('several documents', async () => {
    assert.deepEqual(await said(`${minimal}---\nfaultline: 1\n`), {
      at: '3:0-3:3',
      said: 'A spec is one document | Keep each run in a file of its own.',
    });
  });

  it('a key that stands twice, at the second one', async () => {
    assert.deepEqual(await said(`${minimal}timeout: 1 s\ntimeout: 2 s\n`), {
      at: '4:0-4:7',
      said: 'The key stands twice | Keep one of them.',
    });
  });

  it('brackets that do not close', async () => {
    assert.match((await said('faultline: 1\nengine: {kind: duckdb\n')).at, /^[12]:/);
    assert.deepEqual(await said('faultline: 1\nengine: {kind: duckdb\nworkload: {tpch: 6}\n'), {
      at: '2:0-2:1',
      said: 'A “{” or “[” above is not closed | Close it with “}” or “]” in its line, or indent what belongs to it.',
    });
  });

  it('a file of another kind', async () => {
    const other = 'The file is no text in UTF-8 | A spec is a YAML file; begin with faultline: 1.';
    for (const bytes of [Buffer.from('PAR1\0\0'), Buffer.from(Array.from({ length: 200 }, (_, at) => 128 + (at % 64)))]) {
      assert.equal((await said(bytes.toString('utf8'))).said, other);
    }
  });

  it('aliases, tags and bombs are refused, not followed', async () => {
    assert.deepEqual(await said(`${head}workload: &w {tpch: 6}\nagainst: *w\n`), {
      at: '3:9-3:11',
      said: 'A spec has no aliases | Write the value out.',
    });
    const bomb = Array.from({ length: 30 }, (_, at) => `a${at}: &a${at} [${at === 0 ? 'x' : `*a${at - 1}, *a${at - 1}`}]\n`).join('');
    assert.match((await said(bomb)).said, /no aliases/);
    assert.match((await said(`${head}workload: !!js/function x\n`)).said, /^A spec has no tags/);
    assert.match((await said('['.repeat(100_000))).said, /nested too deeply|Flow sequence/);
    assert.match((await said(`${minimal}name: ${'{a: '.repeat(20_000)}`)).said, /nested too deeply|Flow map/);
  });

  it('longer than a spec may be', async () => {
    assert.match((await said(`${minimal}# ${'x'.repeat(specLimits.maxSpecCharacters)}\n`)).said, /longer than 256,000 characters/);
  });

  it('of a newer format, or of none', async () => {
    assert.deepEqual(await read(`faultline: «2»\nengine: {kind: duckdb, scale: 1}\nworkload: {tpch: 6}\n`), {
      marked: `faultline: «2»\nengine: {kind: duckdb, scale: 1}\nworkload: {tpch: 6}\n`,
      said: ['This spec has format 2; this Faultline reads format 1 | A newer Faultline reads it.'],
    });
    assert.match(
      (await said(`faultline: one\nengine: {kind: duckdb, scale: 1}\nworkload: {tpch: 6}\n`)).said,
      /“one” is not a format of a spec/,
    );
  });

  it('a byte order mark and Windows line ends move no problem', async () => {
    const { plan, problems } = await readSpec(`\uFEFF${minimal.replaceAll('\n', '\r\n')}timeout: 30\r\n`, { folder: '/nowhere', library });
    assert.equal(plan, undefined);
    assert.deepEqual(
      problems.map(({ line, column, endLine, endColumn }) => [line, column, endLine, endColumn]),
      [[3, 9, 3, 11]],
    );
    assert.equal((await planOf(`\uFEFF${minimal.replaceAll('\n', '\r\n')}`)).statements.length, 22);
  });

  it('is YAML 1.2: no, yes and on are words', async () => {
    for (const name of ['no', 'yes', 'on', 'off', 'NO']) assert.equal((await planOf(`${minimal}name: ${name}\n`)).name, name);
  });

  it('never makes the reader throw, wherever it is cut', async () => {
    const text = `${minimal}load: {rate: 20/s, duration: 1 min}\nexpect:\n  - "latency.p99(q01) <= 2 s"\nabort:\n  - errors > 20 % over 10 s\n`;
    for (let end = 0; end <= text.length; end++) {
      const { plan, problems } = await readSpec(text.slice(0, end), { folder: '/nowhere', library });
      assert.ok(plan !== undefined || problems.length > 0, text.slice(0, end));
      const lines = text.slice(0, end).split('\n');
      for (const { line, column, endLine, endColumn } of problems) {
        const where = `${line}:${column}-${endLine}:${endColumn} of ${JSON.stringify(text.slice(0, end))}`;
        assert.ok(line < lines.length && endLine < lines.length && column <= (lines[line] ?? '').length, where);
        assert.ok(endColumn <= (lines[endLine] ?? '').length && (endLine > line || endColumn >= column), where);
      }
    }
  });
});
