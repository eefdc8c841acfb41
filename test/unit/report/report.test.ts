import assert from 'node:assert/strict';
import { inflateSync } from 'node:zlib';
import { compareRuns } from '../../../src/analysis/compare.ts';
import { RunProjection } from '../../../src/analysis/run.ts';
import { csvReport } from '../../../src/report/csv.ts';
import { htmlReport } from '../../../src/report/html.ts';
import { jsonComparison, jsonReport } from '../../../src/report/json.ts';
import { markdownComparison, markdownReport } from '../../../src/report/markdown.ts';
import { madeJournal, madeRun, type MadeRun } from './support.ts';

const page = { script: 'document.title = "drawn";', style: 'body { margin: 0 }' };
const hostile = '</script><script>alert(1)</script> "a" & \'b\' <!-- | `x` # _y_';
const view = (made: MadeRun = {}) => madeRun(made).view('ended');
const htmlOf = (made: MadeRun, parts: typeof page = page): Promise<string> =>
  htmlReport({ a: { view: view(made), journal: Buffer.from(madeJournal(made).text) }, page: parts });

describe('a report as HTML', () => {
  it('holds the whole journal, and the facts that the page asks for', async () => {
    const { text, header } = madeJournal({});
    const html = await htmlOf({});
    const packed = /<script id="faultline-journal-a" type="application\/octet-stream\+base64">([^<]*)<\/script>/.exec(html)?.[1] ?? '';
    assert.equal(inflateSync(Buffer.from(packed, 'base64')).toString(), text);
    const facts: unknown = JSON.parse(/<script id="faultline-report" type="application\/json">([^<]*)<\/script>/.exec(html)?.[1] ?? '');
    assert.deepEqual(facts, { a: { run: header.run, state: 'ended', sizeBytes: Buffer.byteLength(text) }, b: null, place: 'report' });
  });

  it('leaves out a last line that lost its end', async () => {
    const { text } = madeJournal({});
    const cut = Buffer.from(text.slice(0, -5));
    const html = await htmlReport({ a: { view: view(), journal: cut }, page });
    const packed = /journal-a"[^>]*>([^<]*)</.exec(html)?.[1] ?? '';
    const lines = inflateSync(Buffer.from(packed, 'base64')).toString();
    assert.ok(lines.endsWith('}\n') && text.startsWith(lines) && lines.length < cut.length);
  });

  it('shows an interrupted run and a running one as what they are', async () => {
    for (const [state, expected] of [
      ['interrupted', 'interrupted'],
      ['running', 'live'],
    ] as const) {
      const made = { end: 'none' } as const;
      const html = await htmlReport({ a: { view: madeRun(made).view(state), journal: Buffer.from(madeJournal(made).text) }, page });
      assert.match(html, new RegExp(`"state":"${expected}"`));
    }
  });

  it('lets no name and no error text out of its place', async () => {
    const html = await htmlOf({ name: hostile, statements: [hostile, 'q02'], failures: 1, errorText: hostile, run: hostile });
    // The facts, the journal and the page's own: nothing else is a script.
    assert.equal(html.match(/<script/g)?.length, 3);
    assert.equal(html.match(/<\/script/g)?.length, 3);
    assert.ok(!html.includes('alert(1)</') && !html.includes('<!--'));
    assert.match(html, /&#60;\/script&#62;&#60;script&#62;alert\(1\)/);
  });

  it('lets no text of the page’s own bundle end its element', async () => {
    const script = 'const end = "</script>", comment = "<!-- <script>";\n//# sourceMappingURL=histogram.js.map\n';
    const style = 'i::after { content: "</style>" }\n/*# sourceMappingURL=histogram.css.map */\n';
    const html = await htmlOf({}, { script, style });
    assert.equal(html.match(/<\/script>/g)?.length, 3);
    assert.equal(html.match(/<\/style>/g)?.length, 2);
    assert.ok(html.includes(String.raw`const end = "<\/script>", comment = "\x3c!-- <script>"`));
    assert.ok(!html.includes('sourceMappingURL'));
  });

  it('fetches nothing and runs nothing but its own script', async () => {
    const html = await htmlOf({});
    const policy = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(html)?.[1] ?? '';
    assert.match(policy, /^default-src &#39;none&#39;; script-src &#39;sha256-[A-Za-z0-9+/]{43}=&#39;; /);
    assert.ok(!/\b(src|href|action)=/.test(html));
  });
});

describe('a report as Markdown', () => {
  it('says verdict, reason and counts before the table', () => {
    const lines = markdownReport(view()).split('\n');
    assert.deepEqual(lines.slice(0, 7), [
      '# made: Passed',
      '',
      view().reason,
      '',
      '36 planned = 36 ok + 0 failed + 0 dropped',
      '',
      '| Query | Planned | Failed | Dropped | p50 | p95 | p99 | Max | Rows | Answer |',
    ]);
    assert.equal(lines[8], '| q01 | 12 | 0 | 0 | 10.1 ms | – | – | 10.1 ms | 4 | ok |');
  });

  it('shows failures with their reason', () => {
    assert.match(markdownReport(view({ failures: 3 })), /\n- 3 × engine: There is no table lineitem\n/);
  });

  it('says whose times the table shows where that is not plain', async () => {
    const failures = 'Times are of the 36 operations that were answered: what failed with an error or was dropped has none.';
    const arms = 'Figures are of old and new together; a comparison tells them apart.';
    for (const [made, note] of [
      [{ failures: 3 }, failures],
      [{ arms: ['old', 'new'] }, arms],
    ] as const) {
      assert.ok(markdownReport(view(made)).split('\n').includes(note));
      assert.ok((await htmlOf(made)).includes(`<p>${note}</p>`));
    }
    assert.ok(!/Times are of|Figures are of/.test(markdownReport(view())));
  });

  it('keeps a name with Markdown in it in its cell', () => {
    const text = markdownReport(view({ statements: ['a|b\n# c', '<img src=x>'] }));
    assert.match(text, /^\| a\\\|b \\# c \| 12 \|/m);
    assert.match(text, /^\| \\<img src=x\\> \|/m);
  });

  it('lets no name begin a list, become a formula or a link', () => {
    const names = ['- a', '12. b', 'www.example.org $x$', 'http://example.org/', '1.5 x', '-5'];
    const text = markdownReport(view({ name: '--- rule', statements: names }));
    assert.match(text, /^# \\--- rule: /);
    const shown = text.split('\n').flatMap((line) => /^\| ([^|]+) \| 12 \|/.exec(line)?.[1] ?? []);
    assert.deepEqual(shown, [
      String.raw`\- a`,
      String.raw`12\. b`,
      String.raw`www\.example.org \$x\$`,
      String.raw`http:\//example.org/`,
      '1.5 x',
      '-5',
    ]);
  });

  it('sends no orders to a terminal', () => {
    const text = markdownReport(view({ name: 'a\u001b[2J\u009b2J\u0007', failures: 1, errorText: 'b\u001b]0;x' }));
    assert.ok(!/[^\P{Cc}\n]/u.test(text));
  });

  it('of a run without arrivals claims no lag', () => {
    assert.match(markdownReport(view()), /^- Driver: valid: too few operations for the p99 of its lag$/m);
  });

  it('says nothing of threads and memory where no engine was opened', () => {
    const { header } = madeJournal({ threads: 0 });
    const text = markdownReport(new RunProjection(header).view('interrupted'));
    assert.match(text, /^- Engine: DuckDB on TPC-H 0\.01$/m);
  });

  it('shows a power of ten thousands as a number, and not as a power of ten', () => {
    const text = markdownReport({ ...view(), tpchPower: { label: 'derived from TPC-H', value: 12_345.6, passes: 3 } });
    assert.match(text, /^- Power: 12,350 \(derived from TPC-H\)$/m);
  });

  it('of a comparison has a row a query and what else differed', () => {
    const text = markdownComparison(compareRuns(madeRun({ run: 'a' }), madeRun({ run: 'b', threads: 4, responses: (q) => 20 * (q + 1) })));
    assert.match(text, /^# A is 50 % faster \(95 %: 50 to 50 %\)\n/);
    assert.match(text, /^\| q01 \| 10\.1 ms \| 0 % \| 20\.0 ms \| 0 % \| 0\.50\d \| 0\.50\d–0\.50\d \| \\<0\.001 \| −1\.00 \| faster \|$/m);
    assert.match(text, /## What else differed\n\n- threads: 2 and 4\n$/);
  });
});

describe('a report for programs', () => {
  it('as JSON has every percentile, and null where the samples don’t allow one', () => {
    const parsed = JSON.parse(jsonReport(view())) as ReturnType<typeof view> & { format: number };
    assert.equal(parsed.format, 1);
    assert.deepEqual(parsed.statements[0]?.response, view().statements[0]?.response);
    assert.deepEqual([parsed.statements[0]?.response.count, parsed.statements[0]?.response.p99], [12, null]);
  });

  it('as JSON of a comparison has all that the table has', () => {
    const comparison = compareRuns(madeRun({ run: 'a' }), madeRun({ run: 'b' }));
    assert.deepEqual(JSON.parse(jsonComparison(comparison)), { format: 1, ...comparison });
  });

  it('as CSV has a line a query, exact, empty where there is no figure', () => {
    const [head, first, ...rest] = csvReport(view({ statements: ['q,1', 'q02'], responses: (_, pass) => 10 + pass / 8 })).split('\n');
    assert.equal(head, 'query,planned,ok,failed,dropped,p50Ms,p90Ms,p95Ms,p99Ms,maxMs,rows,answer');
    assert.equal(first, '"q,1",12,12,0,0,10.625,,,,11.375,4,ok');
    assert.equal(rest.length, 2);
  });

  it('as CSV gives a spreadsheet no formula', () => {
    const names = ['=1+1', '\u001b[2J', '+a', '-a', '@a', '\ta', 'a=b', '=a,"b"'];
    const lines = csvReport(view({ statements: names }))
      .split('\n')
      .slice(1, -1);
    assert.deepEqual(
      lines.map((line) => line.replace(/,12,12,.*$/, '')),
      ["'=1+1", '\ufffd[2J', "'+a", "'-a", "'@a", "'\ta", 'a=b', '"\'=a,""b"""'],
    );
  });
});
