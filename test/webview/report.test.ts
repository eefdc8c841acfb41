/** An HTML report as its reader opens it: from a file, without an editor, without a network. */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core';
import { compareRuns } from '../../src/analysis/compare.ts';
import { htmlReport, type HtmlReport, type ReportedRun } from '../../src/report/html.ts';
import { webviewBundle } from '../build/bundles.ts';
import { madeJournal, madeRun, type MadeRun } from '../unit/report/support.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const queries = Array.from({ length: 22 }, (_, index) => `q${String(index + 1).padStart(2, '0')}`);

describe('an HTML report', function () {
  this.timeout(60_000);
  let browser: Browser;
  let page: HtmlReport['page'];
  let folder: string;

  before(async () => {
    const bundle = await build({ ...webviewBundle({ root, outputFolder: join(root, 'dist'), production: true }), write: false });
    const text = (end: string): string => bundle.outputFiles.find(({ path }) => path.endsWith(end))?.text ?? '';
    page = { script: text('histogram.js'), style: text('histogram.css') };
    folder = await mkdtemp(join(tmpdir(), 'faultline-report-'));
    browser = await chromium.launch({
      executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
      args: ['--no-sandbox', '--disable-gpu'],
    });
  });
  after(async () => {
    await browser.close();
    await rm(folder, { recursive: true, force: true });
  });

  /** `problems`: errors, refused content, and whatever was asked of a network. */
  async function open(report: Omit<HtmlReport, 'page'>, options: BrowserContextOptions = {}): Promise<{ shown: Page; problems: string[] }> {
    const file = join(folder, 'report.html');
    await writeFile(file, await htmlReport({ ...report, page }));
    const context = await browser.newContext({ offline: true, viewport: { width: 1280, height: 900 }, ...options });
    const shown = await context.newPage();
    const problems: string[] = [];
    shown.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') problems.push(message.text());
    });
    shown.on('pageerror', (error) => problems.push(String(error)));
    shown.on('request', (request) => {
      if (!/^(file|data|blob):/.test(request.url())) problems.push(request.url());
    });
    shown.on('dialog', (dialog) => {
      problems.push(`dialog: ${dialog.message()}`);
      void dialog.dismiss();
    });
    await shown.goto(pathToFileURL(file).href);
    return { shown, problems };
  }

  it('opens from a file with verdict, charts and a row a query', async () => {
    const { shown, problems } = await open({ a: reported({ statements: queries }) });
    await shown.getByRole('heading', { name: 'Passed' }).waitFor();
    await shown
      .getByRole('cell', { name: 'q22', exact: true })
      .or(shown.getByRole('rowheader', { name: 'q22', exact: true }))
      .first()
      .waitFor();
    assert.ok((await shown.locator('canvas').count()) >= 3, 'charts are drawn');
    // Stop, export and run again are the editor's.
    assert.equal(await shown.getByRole('button', { name: /stop|run again|export|csv/i }).count(), 0);
    assert.deepEqual(problems, []);
  });

  it('shows two runs against each other', async () => {
    const a: MadeRun = { run: 'a', name: 'first', statements: queries };
    const b: MadeRun = { run: 'b', name: 'second', statements: queries, responses: (q, pass) => 15 * (q + 1) + pass * 0.01 };
    const comparison = compareRuns(madeRun(a), madeRun(b));
    const { shown, problems } = await open({ a: reported(a), b: { ...reported(b), comparison } });
    await shown
      .getByText(/A is 33 % faster/)
      .first()
      .waitFor();
    assert.deepEqual(problems, []);
  });

  it('without scripts says the verdict, the reason, the counts and every query', async () => {
    const { shown, problems } = await open({ a: reported({ statements: queries, failures: 2 }) }, { javaScriptEnabled: false });
    assert.equal(await shown.getByRole('heading', { level: 1 }).textContent(), 'Failed made');
    assert.ok(await shown.getByText('266 planned = 264 ok + 2 failed + 0 dropped').isVisible());
    assert.ok(
      await shown
        .getByText(/errors|failed/)
        .first()
        .isVisible(),
    );
    await shown.getByRole('cell', { name: 'q22', exact: true }).scrollIntoViewIfNeeded();
    assert.equal(await shown.getByRole('row').count(), 23);
    const last = await shown.getByText('Git revision').or(shown.getByText('Driver')).last().boundingBox();
    assert.ok(last !== null && last.height > 0);
    assert.deepEqual(problems, []);
  });

  it('without scripts can be scrolled to its end', async () => {
    const { shown } = await open(
      { a: reported({ statements: queries }) },
      { javaScriptEnabled: false, viewport: { width: 800, height: 300 } },
    );
    await shown.getByText('Driver').hover();
    await shown.mouse.wheel(0, 5000);
    const last = await shown.getByText('Driver').boundingBox();
    assert.ok(last !== null && last.y >= 0 && last.y < 300, `it is at ${last?.y}`);
  });

  it('takes the reader’s light or dark', async () => {
    for (const [colorScheme, expected] of [
      ['light', 'rgb(255, 255, 255)'],
      ['dark', 'rgb(31, 31, 31)'],
    ] as const) {
      const { shown } = await open({ a: reported({}) }, { colorScheme, javaScriptEnabled: false });
      assert.equal(await shown.locator('body').evaluate((body) => getComputedStyle(body).backgroundColor), expected);
    }
  });

  it('draws its charts anew when the reader turns to the dark', async () => {
    const { shown } = await open({ a: reported({ statements: queries }) }, { colorScheme: 'light' });
    const chart = shown.locator('canvas').first();
    await shown.getByRole('heading', { name: 'Passed' }).waitFor();
    await chart.waitFor();
    const pixels = (): Promise<string> => chart.evaluate((canvas: HTMLCanvasElement) => canvas.toDataURL());
    const light = await pixels();
    await shown.emulateMedia({ colorScheme: 'dark' });
    await shown.waitForFunction((before) => document.querySelector('canvas')?.toDataURL() !== before, light);
  });

  it('runs no name of a query, a run or an error', async () => {
    const hostile = `</script><script>alert(1)</script><img src=x onerror="alert(2)">' & "`;
    const made = { name: hostile, statements: [hostile, 'q02'], failures: 1, errorText: hostile };
    for (const javaScriptEnabled of [true, false]) {
      const { shown, problems } = await open({ a: reported(made) }, { javaScriptEnabled });
      await shown.getByText('<img src=x', { exact: false }).first().waitFor();
      assert.deepEqual(problems, []);
    }
  });
});

function reported(made: MadeRun): ReportedRun {
  return { view: madeRun(made).view('ended'), journal: Buffer.from(madeJournal(made).text) };
}
