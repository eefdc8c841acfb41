/** The HTML report of a run that broke something, as its reader opens it: from a file, without an editor, without a network. */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core';
import { RunProjection } from '../../src/analysis/run.ts';
import { JournalText } from '../../src/journal/parse.ts';
import { htmlReport, pageNameOf, type ReportedRun } from '../../src/report/html.ts';
import { webviewBundle } from '../build/bundles.ts';
import { recoveryScenes, type RecoverySceneName } from './recovery-states.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

describe('an HTML report of a recovery', function () {
  this.timeout(60_000);
  let browser: Browser;
  let folder: string;
  let files: ReadonlyMap<string, string>;

  before(async () => {
    const bundle = await build({ ...webviewBundle({ root, outputFolder: join(root, 'dist'), production: true }), write: false });
    files = new Map(bundle.outputFiles.map(({ path, text }) => [path.split('/').at(-1) ?? '', text]));
    folder = await mkdtemp(join(tmpdir(), 'faultline-recovery-report-'));
    browser = await chromium.launch({
      executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
      args: ['--no-sandbox', '--disable-gpu'],
    });
  });
  after(async () => {
    await browser.close();
    await rm(folder, { recursive: true, force: true });
  });

  async function open(scene: RecoverySceneName, options: BrowserContextOptions = {}): Promise<{ shown: Page; problems: string[] }> {
    const a = reported(scene);
    const name = pageNameOf(a.view);
    const page = { script: files.get(`${name}.js`) ?? '', style: files.get(`${name}.css`) ?? '' };
    const file = join(folder, 'report.html');
    await writeFile(file, await htmlReport({ a, page }));
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
    await shown.goto(pathToFileURL(file).href);
    return { shown, problems };
  }

  it('opens from a file with verdict, lanes and the shared cursor; nothing in it needs an editor', async () => {
    const { shown, problems } = await open('passed');
    await shown.getByRole('heading', { name: 'Passed' }).waitFor();
    await shown.locator('section.lanes').focus();
    await shown.keyboard.press('ArrowRight');
    assert.match((await shown.locator('.over.front text').textContent()) ?? '', /^\+3\.0/);
    assert.equal(await shown.getByRole('button', { name: /export|heal|stop|run again/i }).count(), 0);
    assert.deepEqual(problems, []);
  });

  it('gives the picture of the timeline as a download', async () => {
    const { shown, problems } = await open('passed');
    await shown.getByRole('button', { name: 'More actions' }).click();
    const download = shown.waitForEvent('download');
    await shown.getByRole('menuitem', { name: '(SVG)' }).click();
    assert.match((await download).suggestedFilename(), /\.svg$/);
    assert.deepEqual(problems, []);
  });

  it('without scripts says verdict, reason, key numbers, lanes, stages and what the verdict stands on', async () => {
    const { shown, problems } = await open('passed', { javaScriptEnabled: false });
    assert.match((await shown.getByRole('heading', { level: 1 }).textContent()) ?? '', /^Passed/);
    const text = (await shown.locator('article').innerText()).replace(/\s+/g, ' ');
    for (const part of [
      'Users were served again 3.05 s after the fault',
      'kill kafka-1, leader of messages/17',
      '0.18 + 2.17 + 0.70 + 5.40',
      'In EndpointSlice',
      'effect proven: old container id gone',
      'no loss among 41,230 acknowledged',
    ])
      assert.ok(text.includes(part), part);
    assert.deepEqual(problems, []);
  });

  it('a recovery that never came has no number in it', async () => {
    const { shown } = await open('never', { javaScriptEnabled: false });
    const text = await shown.locator('article').innerText();
    assert.match(text, /not within 120 s/);
  });
});

function reported(scene: RecoverySceneName): ReportedRun {
  const { text } = recoveryScenes[scene]().read(0, 100_000_000);
  const journal = new JournalText();
  const events = journal.push(text);
  assert.ok(journal.header);
  const run = new RunProjection(journal.header);
  for (const event of events) run.add(event);
  return { view: run.view('ended'), recovery: run.recoveryView('ended'), journal: Buffer.from(text) };
}
