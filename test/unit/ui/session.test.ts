import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { Session } from '../../../src/ui/session/session.ts';
import { documentName, firstWords, StatementTitles } from '../../../src/ui/session/statement.ts';
import { pageHtml } from '../../../src/ui/panels/html.ts';

const initial = { kind: 'tpch', scale: 0.01, path: '/data/tpch-0.01.duckdb' } as const;
const file = { kind: 'file', path: '/home/me/sales.parquet' } as const;

function session(isTrusted = true, stored: Record<string, unknown> = {}) {
  const values = new Map(Object.entries(stored));
  const memory = { get: (key: string) => values.get(key), update: async (key: string, value: unknown) => void values.set(key, value) };
  return new Session({ memory, initial, isTrusted: () => isTrusted });
}

describe('what a window works on', () => {
  it('is TPC-H 0.01 until something is selected', async () => {
    const it = session();
    assert.deepEqual(it.target, initial);
    await it.addFile(file.path);
    await it.select(file);
    assert.deepEqual([it.target, it.files], [file, [file.path]]);
  });

  it('goes back to TPC-H 0.01 when what was selected is closed or removed', async () => {
    const it = session();
    await it.addFile(file.path);
    await it.select(file);
    await it.forget(file);
    assert.deepEqual([it.target, it.files], [initial, []]);
  });

  it('keeps the servers that were connected, each once, and forgets one with what was selected', async () => {
    const own = session();
    const server = {
      kind: 'server',
      engine: 'trino',
      name: 'shop/trino',
      at: { kind: 'url', url: 'http://localhost:8080' },
      user: 'ana',
    } as const;
    await own.addServer(server);
    await own.addServer({ ...server, tpchScale: 0.01 });
    await own.select(server);
    assert.deepEqual(own.servers, [{ ...server, tpchScale: 0.01 }]);
    assert.deepEqual(own.target, server);
    await own.forget(server);
    assert.deepEqual(own.servers, []);
    assert.equal(own.target.kind, 'tpch');
  });

  it('is no own file in an untrusted workspace', () => {
    assert.deepEqual(session(false, { 'faultline.target': file }).target, initial);
  });

  it('survives a stored state that someone broke', () => {
    const it = session(true, { 'faultline.target': { kind: 'tpch', scale: 'x' }, 'faultline.dataFiles': 'x' });
    assert.deepEqual([it.target, it.files], [initial, []]);
  });
});

describe('names of tabs', () => {
  it('are the first words of a statement, without its comments', () => {
    assert.equal(firstWords('-- a note\nselect  a,\n  b /* x */ from t;'), 'select a, b from t');
    assert.equal(firstWords('select l_returnflag, l_linestatus, sum(l_quantity) from lineitem'), 'select l_returnflag, l_linestatus,…');
  });

  it('are the name of the file, where it has one', () => {
    assert.equal(documentName('/home/me/monthly report.sql'), 'monthly report');
    assert.equal(documentName('Untitled-3'), undefined);
  });
});

describe('the frame of a page', () => {
  const frame = { title: '<Results>', script: 'https://x/results.js', style: 'https://x/results.css', source: 'https://x', language: 'en' };

  it('runs nothing but its own script, and another nonce each time', () => {
    const html = pageHtml(frame);
    const nonce = /script-src &#39;nonce-([^&]+)&#39;|script-src 'nonce-([^']+)'/.exec(html)?.slice(1).find(Boolean);
    assert.ok(nonce);
    assert.ok(html.includes(`<script type="module" nonce="${nonce}"`));
    assert.ok(html.includes(`default-src 'none'`));
    assert.ok(!/script-src[^;]*unsafe/.test(html));
    assert.ok(!pageHtml(frame).includes(nonce));
  });

  it('does not take a title for markup', () => {
    assert.ok(!pageHtml(frame).includes('<Results>'));
  });
});

describe('the title of a copy from the library', () => {
  it('goes with its statement: another one in the same document is called by its own words', () => {
    const titles = new StatementTitles();
    titles.name('untitled:1', 'q06 forecasting revenue change', '-- title: x\n\nselect 6;\n');
    assert.equal(titles.of('untitled:1', 'select   6'), 'q06 forecasting revenue change');
    assert.equal(titles.of('untitled:1', 'select 1'), undefined);
    assert.equal(titles.of('untitled:2', 'select 6'), undefined);
    titles.forget('untitled:1');
    assert.equal(titles.of('untitled:1', 'select 6'), undefined);
  });
});
