import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import { formatDuration } from '../../src/base/units.ts';
import { sample } from './journals/sample.ts';
import { Harness, type OpenOptions } from './harness.ts';
import { brush, called, calls, cells, countDraws, draws, keptBrush, ms, projected } from './latency-look.ts';
import { factsOf, reader, scenes, ServedJournal, type Served } from './latency-states.ts';

describe('the latency page', function () {
  this.timeout(90_000);
  let harness: Harness;
  let page: Page;
  let problems: string[];
  before(async () => {
    harness = await Harness.start();
  });
  after(() => harness.stop());
  afterEach(async () => {
    assert.deepEqual(problems, []);
    await page.close();
  });

  async function open(served: Served, options: OpenOptions = {}): Promise<void> {
    ({ page, problems } = await harness.openLatency(factsOf(served), reader(served), options));
    await page.waitForSelector('main:not([hidden])');
  }

  const strip = (): Promise<string> =>
    page
      .locator('.eq')
      .innerText()
      .then((text) => text.replace(/\s+/g, ' '));
  const count = (row: string): Promise<string> => page.locator('.by-query tbody tr', { hasText: row }).locator('td').first().innerText();

  it('says the verdict first, then why, then that planned = ok + failed + dropped', async () => {
    await open(scenes.failed());
    assert.equal(await page.locator('h1').innerText(), 'Failed');
    await page.getByText('q15 answered wrong 3 times').first().waitFor();
    assert.equal(await strip(), 'planned 12,000 = ok 11,982 + failed 6 + dropped 12');
    await page.getByText('3 errors, 3 wrong answers; dropped: never sent, queue full').waitFor();
    assert.match(await page.locator('.lag').innerText(), /^valid\s+driver lag p99 .* \(limit .*\), busy \d+ % \(limit 80 %\)$/);
    assert.match(await page.locator('header .facts').innerText(), /DuckDB 1\.5\.5 on TPC-H 1, 4 threads/);
    await page.locator('.vh[role=status]', { hasText: /^Failed\. q15 answered wrong 3 times/ }).waitFor({ state: 'attached' });
  });

  it('of clients with passes and a time says both, how far each is, and when it ends at the latest', async () => {
    await open(scenes.timed());
    assert.equal(await page.locator('h1').innerText(), 'Running: 7 of 100 queries, 0:21 of at most 1:00');
    assert.equal(await page.getByRole('progressbar').getAttribute('aria-valuenow'), '35');
    const facts = await page.locator('header .facts').innerText();
    assert.match(facts, /closed loop, 1 client, 100 passes, at most 1 min.*\bends at \S+ at the latest/s);
  });

  it('grows while the run goes on, is drawn at most four times a second, and says the verdict when it has ended', async () => {
    const whole = sample({ stall: false, troubles: false, durationMs: 60_000, expectations: [] });
    const lines = whole.text.split(/(?<=\n)/);
    const first = Math.floor(lines.length / 3);
    const served = { a: new ServedJournal(whole.header.run, lines.slice(0, first).join(''), 'live'), b: null };
    await open(served);
    assert.match(await page.locator('h1').innerText(), /^Running: 0:\d\d of 1:00$/);
    assert.equal(await page.getByRole('progressbar').getAttribute('aria-valuemax'), '100');
    assert.equal(await page.getByRole('button', { name: 'Compare…' }).isDisabled(), true);
    await page.mouse.wheel(0, 5000);
    const stop = await page.getByRole('button', { name: 'Stop' }).boundingBox();
    assert.ok(stop !== null && stop.y >= 0 && stop.y < 60, `Stop is at ${stop?.y}`);
    await countDraws(page);
    const before = Number((await count('q01')).replace(',', ''));
    const began = performance.now();
    const step = Math.ceil((lines.length - first) / 60);
    for (let at = first; at < lines.length; at += step) {
      served.a.append(lines.slice(at, at + step).join(''));
      if (at + step >= lines.length) served.a.state = 'ended';
      await page.evaluate((facts) => window.fakeLatency.changed(facts), factsOf(served));
    }
    await page.getByRole('heading', { name: 'Passed' }).waitFor();
    const seconds = (performance.now() - began) / 1000;
    assert.ok((await draws(page)) <= 4 * seconds + 2, `${await draws(page)} draws in ${seconds.toFixed(1)} s`);
    assert.ok(Number((await count('q01')).replace(',', '')) > before);
    assert.equal(await strip(), 'planned 1,200 = ok 1,200 + failed 0 + dropped 0');
    await page.locator('.vh[role=status]', { hasText: /^Passed\./ }).waitFor({ state: 'attached' });
    assert.equal(await page.getByRole('button', { name: 'Stop' }).isVisible(), false);
  });

  it('the power of TPC-H stands beside the counts, with what it is derived from', async () => {
    await open(scenes.power());
    assert.match(
      await page.locator('.power').innerText(),
      /^[\d,.]+ derived from TPC-H: power of 22 queries without refresh functions \(22nd root\), median of 3 passes$/,
    );
    assert.match(await page.locator('header .facts').innerText(), /closed loop, 1 client, 3 passes/);
  });

  it('a stretch of time that is dragged over filters the histogram, the curves and the tables, and adds up', async () => {
    const served = scenes.failed();
    const text = served.a.read(0, 1e9).text;
    await open(served);
    await brush(page, 355_000, 395_000);
    const span = await keptBrush(page);
    assert.ok(span !== null && span.fromMs % 10_000 === 0 && span.toMs % 10_000 === 0);
    const run = projected(text);
    const [all, part] = [run.latency({}), run.latency(span)];
    const { percentiles, counts } = part;
    const readout = await page.locator('.overtime .rest').innerText();
    assert.ok(readout.includes(`planned ${counts.planned.toLocaleString('en-US')}`), readout);
    assert.match(
      (await page.locator('.histogram .chart').getAttribute('aria-label')) ?? '',
      new RegExp(`^Histogram of ${percentiles.response.count} `),
    );
    await page.getByRole('radio', { name: 'Table' }).click();
    const bins = await cells(page.getByRole('region', { name: 'Response time' }));
    const sum = (column: number): number => bins.reduce((total, row) => total + Number((row[column] ?? '').replace(/,/g, '')), 0);
    assert.deepEqual([sum(2), sum(3)], [all.percentiles.response.count, percentiles.response.count]);
    const shown = await cells(page.getByRole('region', { name: 'Percentiles' }));
    assert.deepEqual(shown[0], ['p50', ...(['response', 'wait', 'service'] as const).map((curve) => ms(percentiles[curve].p50, 1))]);
    await page.keyboard.press('Escape');
    await page.waitForFunction(() => !/planned in \d/.test(document.querySelector('.tables')?.textContent ?? ''));
    assert.equal(await keptBrush(page), null);
  });

  it('the tables show what the charts say, in the same order', async () => {
    const served = scenes.failed();
    const run = projected(served.a.read(0, 1e9).text);
    await open(served);
    const label = (await page.locator('.curves .chart').getAttribute('aria-label')) ?? '';
    await page.locator('.curves .chart').focus();
    await page.keyboard.press('t');
    assert.deepEqual(await page.locator('.tables h2').allInnerTexts(), ['Response time', 'Percentiles', 'Over time']);
    const { percentiles } = run.latency({});
    const table = await cells(page.getByRole('region', { name: 'Percentiles' }));
    assert.deepEqual(
      table.map(([name]) => name),
      ['p50', 'p75', 'p90', 'p95', 'p99', 'p99.9', 'max'],
    );
    const row = table[5] ?? [];
    assert.deepEqual(
      row.slice(1),
      [percentiles.response.p999, percentiles.wait.p999, percentiles.service.p999].map((value) => ms(value, 1)),
    );
    assert.ok(label.includes(`p99.9: response ${formatDuration(percentiles.response.p999 ?? 0)}, `), label);
    const overTime = run.overTime({});
    const steps = await cells(page.getByRole('region', { name: 'Over time' }));
    assert.deepEqual(
      steps.map((cells) => cells[4]),
      overTime.columns.map(({ p50 }) => ms(p50, 0)),
    );
    await page.keyboard.press('t');
    await page.locator('.histogram .chart').waitFor();
  });

  it('a picked query is what the charts show, and the table says so', async () => {
    await open(scenes.failed());
    await page.locator('.by-query tbody tr', { hasText: 'q15' }).click();
    await page.getByText('q15, requests per bin').waitFor();
    assert.match((await page.locator('.histogram .chart').getAttribute('aria-label')) ?? '', /^Histogram of 538 response times/);
    await page.getByRole('button', { name: 'Open the query' }).click();
    assert.deepEqual(await calls(page, 'openStatement', 1), [[14]]);
    await page.getByRole('button', { name: 'Show all' }).click();
    await page.getByText('q15, requests per bin').waitFor({ state: 'detached' });
    assert.match((await page.locator('.histogram .chart').getAttribute('aria-label')) ?? '', /^Histogram of 11,985 /);
  });

  it('the table is sorted by any column, and what has no figure comes last', async () => {
    await open(scenes.few());
    const column = (n: number): Promise<string[]> => page.locator(`.by-query tbody tr > :nth-child(${n})`).allInnerTexts();
    await page.getByRole('button', { name: 'query' }).click();
    assert.deepEqual((await column(1)).slice(0, 3), ['q01', 'q02', 'q03']);
    await page.getByRole('button', { name: 'query' }).click();
    assert.deepEqual((await column(1)).slice(0, 3), ['q22', 'q21', 'q20']);
    for (const press of ['descending', 'ascending']) {
      await page.getByRole('button', { name: /^p50/ }).click();
      assert.equal(await page.locator('th[aria-sort]').getAttribute('aria-sort'), press);
      const medians = await column(5);
      const known = medians.filter((text) => text !== '–').map(Number);
      const sorted = known.toSorted((a, b) => (press === 'descending' ? b - a : a - b));
      assert.deepEqual(known, sorted);
      assert.deepEqual(
        medians.slice(known.length),
        Array.from({ length: medians.length - known.length }, () => '–'),
      );
    }
  });

  it('everything can be done by keyboard: readout, brush, pick, sort, tables', async () => {
    await open(scenes.failed());
    await page.locator('.overtime .chart').focus();
    await page.keyboard.press('Home');
    await page.locator('.overtime .readout', { hasText: /^0:00–0:10: \d+ requests/ }).waitFor();
    for (let i = 0; i < 3; i++) await page.keyboard.press('Shift+ArrowRight');
    await page.locator('.overtime .readout', { hasText: /^5:00–5:10/ }).waitFor();
    await page.keyboard.press('b');
    await page.locator('.vh[role=status]', { hasText: 'Selection from 5:00–5:10; press B again' }).waitFor({ state: 'attached' });
    for (let i = 0; i < 2; i++) await page.keyboard.press('ArrowRight');
    await page.keyboard.press('b');
    assert.deepEqual(await keptBrush(page), { fromMs: 300_000, toMs: 330_000 });
    await page.locator('.histogram .rest', { hasText: 'planned in 5:00–5:30' }).waitFor();
    await page.keyboard.press('Escape');
    await page.locator('.histogram .rest', { hasText: 'planned in' }).waitFor({ state: 'detached' });

    await page.locator('.curves .chart').focus();
    await page.keyboard.press('End');
    await page.locator('.curves .readout', { hasText: /^p99\.99\d*: response 4\.3\d s/ }).waitFor();

    await page.locator('.by-query tbody tr[tabindex="0"]').focus();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    const second = await page.locator('.by-query tbody tr').nth(1).locator('th').innerText();
    await page.getByText(`${second}, requests per bin`).waitFor();
    assert.equal(await page.evaluate(() => document.activeElement?.getAttribute('aria-selected')), 'true');
    await page.keyboard.press('Escape');
    await page.getByText(`${second}, requests per bin`).waitFor({ state: 'detached' });
    await page.locator('.by-query [data-column="max"]').focus();
    await page.keyboard.press('Enter');
    assert.equal(await page.evaluate(() => document.activeElement?.getAttribute('data-column')), 'max');
    await page.getByRole('radio', { name: 'Chart' }).focus();
    await page.keyboard.press('ArrowRight');
    await page.getByRole('region', { name: 'Percentiles' }).waitFor();
    assert.equal(await page.evaluate(() => document.activeElement?.textContent), 'Table');
  });

  it('what was arranged is there again when the page was hidden or made anew', async () => {
    await open(scenes.failed());
    await brush(page, 355_000, 395_000);
    await page.locator('.by-query tbody tr', { hasText: 'q09' }).click();
    await page.getByRole('button', { name: /^count/ }).click();
    const kept = await keptBrush(page);
    await page.reload();
    await page.getByText('q09, requests per bin').waitFor();
    await page.locator('.overtime .clear').waitFor();
    assert.equal(await page.locator('th[aria-sort]').innerText(), 'count ▼');
    assert.deepEqual(await keptBrush(page), kept);
  });

  it('the first wrong answer of a query is shown row by row, and its values stay text', async () => {
    const script = '<img src=x onerror=alert(1)>';
    const made = sample({ durationMs: 30_000 });
    const events = made.text.replaceAll('1172627.2087', script);
    await open({ a: new ServedJournal(made.header.run, events, 'ended'), b: null });
    await page.getByRole('heading', { name: 'Wrong answers' }).waitFor();
    assert.deepEqual(await cells(page.locator('.difference')), [
      ['1', 'total_revenue', '1772627.2087', script, 'within 1 %, and $100 of a sum'],
      ['1', 's_phone', '16-789-973-6601', 'NULL', 'the same text'],
    ]);
    assert.equal(await page.locator('#app img').count(), 0);
  });

  it('two runs are compared: who is faster, ~ where nothing can be said, and the same in the table', async () => {
    await open(scenes.compared());
    await page.locator('.compare canvas:not([hidden])').waitFor();
    const title = await page.locator('.compare .rest').innerText();
    assert.match(title, /^A is 4\.\d % faster\s+\(95 %: .* %\); ~ nothing can be said: \d+ of 22/);
    const silent = Number(/said: (\d+) of/.exec(title)?.[1]);
    assert.match(
      await page.locator('.compare .differences').innerText(),
      /^median response, 95 % interval, rank test; .* one after the other/,
    );
    await page.locator('.compare .chart').focus();
    await page.keyboard.press('Home');
    await page.locator('.compare .readout', { hasText: /^q01: A \d+ ms, B \d+ ms, / }).waitFor();
    await page.getByRole('radio', { name: 'Table' }).click();
    const rows = (await cells(page.locator('.compare-tables'))).map((row) => row[3]);
    assert.equal(rows.length, 22);
    assert.equal(rows.filter((text) => text === '~').length, silent);
    await page.getByRole('button', { name: 'End comparison' }).click();
    await called(page, 'endCompare');
  });

  it('arms of one run are compared and can be looked at one by one', async () => {
    await open(scenes.arms());
    await page.locator('.compare .differences', { hasText: 'interleaved; also different: threads: 4 and 2' }).waitFor();
    assert.equal(await page.getByRole('button', { name: 'End comparison' }).count(), 0);
    const all = (await page.locator('.histogram .chart').getAttribute('aria-label')) ?? '';
    await page.getByRole('radio', { name: 'B', exact: true }).click();
    assert.match(all, /^Histogram of 12,000 /);
    assert.match((await page.locator('.histogram .chart').getAttribute('aria-label')) ?? '', /^Histogram of 6,000 /);
  });

  it('Stop is in reach while a long journal is still being read, and says that it is stopping', async () => {
    const made = sample({ ratePerSecond: 340, factor: 0.02, stall: false, troubles: false, until: 590_000 });
    assert.ok(made.events.length > 200_000);
    const served = { a: new ServedJournal(made.header.run, made.text, 'live'), b: null };
    ({ page, problems } = await harness.openLatency(factsOf(served), reader(served)));
    await page.getByRole('heading', { name: /^Reading the run/ }).waitFor();
    await page.getByRole('button', { name: 'Stop' }).click();
    await page.getByRole('heading', { name: /^Stopping: / }).waitFor({ timeout: 60_000 });
    const names = await page.evaluate(() => window.fakeLatency.calls.map(({ name }) => name));
    assert.ok(names.indexOf('stop') < names.lastIndexOf('read'), `stop came at ${names.indexOf('stop')} of ${names.length}`);
    // Drawn once, the page answers a key in less time than it took to read: it is not rebuilt from the journal.
    await page.locator('.by-query tbody tr[tabindex="0"]').focus();
    await page.keyboard.press('Enter');
    await page.getByText(/^q\d\d, requests per bin/).waitFor();
    assert.equal((await calls(page, 'read')).length, names.filter((name) => name === 'read').length);
  });

  it('a journal of a newer format is refused in words, and can be tried again', async () => {
    const made = sample({ durationMs: 5000 });
    const text = made.text.replace(/^\{"faultline":\d+/, '{"faultline":99');
    const served = { a: new ServedJournal(made.header.run, text, 'ended'), b: null };
    ({ page, problems } = await harness.openLatency(factsOf(served), reader(served)));
    await page.getByRole('alert').filter({ hasText: /newer/ }).waitFor();
    assert.equal(await page.locator('main').isVisible(), false);
    await page.getByRole('button', { name: 'Open the log' }).click();
    await called(page, 'openLog');
  });

  it('a run that has measured nothing yet, one whose every query failed and one that was interrupted each say so', async () => {
    await open(scenes.preparing());
    await page.getByRole('heading', { name: 'Running: making TPC-H 1, 42 %' }).waitFor();
    await page.getByText('Nothing has been measured yet: the engine is being made ready.').waitFor();
    assert.equal(await page.locator('.charts').isVisible(), false);
    await page.close();
    await open(scenes.broken());
    await page.getByRole('heading', { name: 'Failed' }).waitFor();
    assert.equal(await strip(), 'planned 100 = ok 0 + failed 100 + dropped 0');
    await page.getByRole('cell', { name: 'There is no table lineitem' }).waitFor();
    await page.close();
    await open(scenes.interrupted());
    await page.getByRole('heading', { name: 'Inconclusive: interrupted' }).waitFor();
    assert.equal(await page.getByRole('button', { name: 'Stop' }).isVisible(), false);
  });

  it('what the host could not do is said, and the page stays', async () => {
    await open(scenes.passed());
    await page.evaluate(() => (window.fakeLatency.failing['export'] = 'the disk is full'));
    await page.getByRole('button', { name: 'Export CSV' }).click();
    await page.getByRole('alert').filter({ hasText: 'the disk is full' }).waitFor();
    await page.locator('.histogram .chart').waitFor();
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.getByRole('alert').waitFor({ state: 'hidden' });
  });

  it('charts take the colours of the theme, and take the new ones when it changes', async () => {
    await open(scenes.passed(), { theme: 'dark' });
    const blue = (): Promise<boolean> =>
      page.evaluate(() => {
        const canvas = document.querySelector<HTMLCanvasElement>('.histogram canvas');
        const probe = document.createElement('canvas').getContext('2d');
        const context = canvas?.getContext('2d');
        if (!canvas || !context || !probe) return false;
        probe.fillStyle = getComputedStyle(document.documentElement).getPropertyValue('--vscode-editor-background');
        probe.fillRect(0, 0, 1, 1);
        probe.globalAlpha = 0.6;
        probe.fillStyle = getComputedStyle(document.documentElement).getPropertyValue('--vscode-charts-blue');
        probe.clearRect(0, 0, 1, 1);
        probe.fillRect(0, 0, 1, 1);
        const wanted = probe.getImageData(0, 0, 1, 1).data;
        const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
        for (let i = 0; i < data.length; i += 4)
          if ([0, 1, 2, 3].every((k) => Math.abs((data[i + k] ?? 0) - (wanted[k] ?? 0)) <= 2)) return true;
        return false;
      });
    assert.equal(await blue(), true);
    await page.evaluate(() => {
      document.documentElement.dataset['theme'] = 'light';
      document.body.className = 'vscode-light';
    });
    assert.equal(await blue(), true);
  });

  it('nothing is wider than the page, from 400 to 1600 px', async () => {
    await open(scenes.compared());
    await page.locator('.compare canvas:not([hidden])').waitFor();
    for (const view of ['Chart', 'Table']) {
      await page.getByRole('radio', { name: view }).click();
      for (const width of [400, 640, 800, 1000, 1280, 1600]) {
        await page.setViewportSize({ width, height: 860 });
        await page.waitForFunction(() => [...document.querySelectorAll('canvas')].every((canvas) => canvas.clientWidth <= innerWidth));
        const wide = await page.evaluate(() => (document.scrollingElement?.scrollWidth ?? 0) - document.documentElement.clientWidth);
        assert.equal(wide, 0, `${view} at ${width}`);
      }
    }
  });

  it('charts are images with a sentence and one tab stop each; everything that can be pressed has a name', async () => {
    await open(scenes.compared());
    await page.locator('.compare canvas:not([hidden])').waitFor();
    const found = await page.evaluate(() => ({
      charts: [...document.querySelectorAll('.chart')].map((chart) => [
        chart.getAttribute('role'),
        chart.getAttribute('tabindex'),
        (chart.getAttribute('aria-label') ?? '').endsWith('.'),
        chart.querySelectorAll('[tabindex], button').length,
      ]),
      nameless: [...document.querySelectorAll('button, vscode-button, [role=radio], [role=region], summary')].filter(
        (element) => (element.getAttribute('aria-label') ?? element.textContent).trim() === '',
      ).length,
      headers: [...document.querySelectorAll('thead th')].filter((th) => !th.hasAttribute('scope')).map((th) => th.textContent),
      handlers: [...document.querySelectorAll('*')].flatMap((element) =>
        element.getAttributeNames().filter((name) => name.startsWith('on')),
      ),
    }));
    assert.deepEqual(found, { charts: Array.from({ length: 4 }, () => ['img', '0', true, 0]), nameless: 0, headers: [], handlers: [] });
    assert.equal(await page.getByRole('radiogroup', { name: 'Show as' }).getByRole('radio', { checked: true }).innerText(), 'Chart');
  });

  it('nothing moves by itself where a person asked for less motion', async () => {
    await open(scenes.live(), { reducedMotion: true });
    assert.equal(await page.evaluate(() => document.getAnimations().length), 0);
  });
});
