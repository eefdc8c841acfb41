import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { after, before, describe, it } from 'mocha';
import { runFiles } from '../../files.ts';
import { readReport } from '../../reporter.ts';
import type { Report } from '../../reporter.ts';

describe('test files side by side', () => {
  let folder: string;

  before(() => {
    // Inside the repository, where the files find Mocha.
    const parent = join(import.meta.dirname, '..', '..', '..', '.test');
    mkdirSync(parent, { recursive: true });
    folder = mkdtempSync(join(parent, 'files-'));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  async function run(files: Readonly<Record<string, string>>, options: { jobs?: number; grep?: string } = {}): Promise<[Report, string]> {
    const paths = Object.entries(files).map(([name, text]) => {
      const path = join(folder, `${name}.test.ts`);
      writeFileSync(path, `import { after, afterEach, describe, it } from 'mocha';\n${text}`);
      return path;
    });
    const reportPath = join(folder, 'report.json');
    let printed = '';
    const failed = await runFiles({ files: paths, jobs: 2, reportPath, timeoutMs: 5000, print: (text) => (printed += text), ...options });
    const report = readReport(reportPath);
    assert.equal(failed, report.failed);
    // In colours where the environment forces them.
    return [report, stripVTControlCharacters(printed)];
  }

  it('add up to one report, in the order of the files', async () => {
    const [report, printed] = await run({
      a: `it('one', () => {}); it('two', () => {});`,
      b: `it('three', () => { throw new Error('no'); });`,
    });
    assert.deepEqual(report.titles, ['one', 'two']);
    assert.deepEqual(
      report.failures.map(({ title }) => title),
      ['three'],
    );
    assert.match(printed, /a\.test\.ts, [\d.]+ s\n[^]*✔ one[^]*✔ two/);
    assert.deepEqual(
      readdirSync(folder).filter((name) => name.startsWith('report.json.')),
      [],
    );
  });

  it('one that dies or can not be loaded is a failure by its name, and its neighbours are counted', async () => {
    const [report] = await run({
      dies: `it('x', () => process.kill(process.pid, 'SIGKILL'));`,
      bad: `throw new Error('no such thing');`,
      c: `it('good', () => {});`,
    });
    assert.deepEqual(report.titles, ['good']);
    assert.equal(report.failed, 2);
    assert.match(report.failures[0]?.text ?? '', /dies\.test\.ts ended with SIGKILL, without a report/);
    assert.match(report.failures[1]?.text ?? '', /no such thing/);
  });

  it('run as many at a time as was said', async () => {
    const meet = (own: string, other: string): string => `
      import { existsSync, writeFileSync } from 'node:fs';
      it('meets the other', async () => {
        writeFileSync('${folder}/${own}', '');
        while (!existsSync('${folder}/${other}')) await new Promise((resolve) => setTimeout(resolve, 20));
      });`;
    const [together] = await run({ here: meet('1', '2'), there: meet('2', '1') });
    assert.equal(together.passed, 2);
    const apart = `it('is alone', () => { if (process.env['FAULTLINE_TESTS_BESIDE'] !== undefined) throw new Error('not alone'); });`;
    assert.equal((await run({ apart }, { jobs: 1 }))[0].passed, 1);
    assert.equal((await run({ apart }))[0].failed, 1);
  });

  it('say in the report what a hook found after a test failed', async () => {
    const text = `afterEach(function () { if (this.currentTest.err) this.currentTest.err.stack += ' and why'; }); it('fails', () => { throw new Error('no'); });`;
    const [report] = await run({ found: text });
    assert.match(report.failures[0]?.text ?? '', / and why$/m);
  });

  it('take a pattern to all files', async () => {
    const [report] = await run({ a: `it('one', () => {}); it('two', () => {});`, b: `it('two', () => {});` }, { grep: 'two' });
    assert.deepEqual(report.titles, ['two', 'two']);
  });
});
